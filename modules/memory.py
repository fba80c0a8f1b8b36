"""A full memory, the device's or the machine's, told from other errors and said in words."""

import ctypes
import errno
import gc
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

import torch

from onetrainer_clone.settings import UserError

T = TypeVar("T")
_WORDS = (  # of RuntimeErrors; torch has a kind of its own for its CUDA allocator alone
    "can't allocate memory",
    "not enough memory",
    "out of memory",
    "bad_alloc",
    "alloc_failed",
    "bad allocation",
    "defaultcpuallocator",
)


def is_full(error: BaseException) -> bool:
    """Whether an error says that a memory is full."""
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in _WORDS)


def in_words(error: BaseException) -> str:
    return f"the memory is full ({str(error).splitlines()[0] if str(error) else 'RAM'})"


@contextmanager
def full_in_words(doing: str, way_out: str) -> Iterator[None]:
    """Inside, a full memory is a `UserError`: what was being done, what torch said, and what would help."""
    try:
        yield
    except Exception as error:
        if not is_full(error):
            raise
        raise UserError(f"{doing}: {in_words(error)}. What would help: {way_out}") from None


def let_go(error: BaseException) -> None:
    """What the frames of an error still hold, for most a step's activations, makes room for what comes after it."""
    found: BaseException | None = error
    while found is not None:
        traceback.clear_frames(found.__traceback__)
        found = found.__cause__ or found.__context__
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


class AtOnce:
    """How much a network is given at once: half of it from where the memory was full."""

    def __init__(self, most: int):
        self.most = most
        self.halved = False

    def map(self, count: int, work: Callable[[slice], T], size: int = 1) -> list[T]:
        """What work gives for the portions of so many rows, each of a size. Raises what work raises for a single row."""
        found: list[T] = []
        done = 0
        while done < count:
            portion = min(count - done, max(1, self.most // size))
            try:
                found.append(work(slice(done, done + portion)))
            except Exception as error:
                if portion == 1 or not is_full(error):
                    raise
                let_go(error)
                self.most, self.halved = portion // 2 * size, True
                continue
            done += portion
        return found


def give_back() -> None:
    """After a run: what is free goes back to the system. glibc alone would keep it in pieces."""
    gc.collect()
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library has no such call
            ctypes.CDLL("libc.so.6").malloc_trim(0)

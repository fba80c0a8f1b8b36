"""Room in the cache, which all runs share: beyond its limit the entries go that were not used for longest.

Each use of an entry sets its file's time. A run announces itself with a file that it keeps locked, made before it uses the
first entry; what was used since the earliest run that goes on has begun is needed by one of them, so it stays. The system
unlocks the file when the process ends, so a killed run holds nothing.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from onetrainer_clone.locks import FileLock

ANNOUNCED, TURN = ".in-use", ".room.lock"  # the folder of the runs' files; who holds the lock may change who uses what
COARSE_SECONDS = 2.0  # file times of some drives are no finer
WAIT_SECONDS = 30.0  # for another run that makes room


@dataclass(frozen=True)
class Room:
    """What making room came to."""

    bytes: int  # that the cache takes now
    removed: int  # entries


@dataclass(frozen=True)
class _Entry:
    path: str
    used: float
    bytes: int


def used_now(path: Path) -> None:
    """Note that an entry is used. Where it cannot be noted, it is at most removed too early and made again."""
    with suppress(OSError):
        os.utime(path)


@contextmanager
def in_use(cache: Path) -> Iterator[None]:
    """Inside, nobody removes what is used here. Where that cannot be announced nothing can be removed either."""
    with ExitStack() as stack:
        lock = FileLock(cache / ANNOUNCED / uuid4().hex)
        try:
            lock.path.parent.mkdir(parents=True, exist_ok=True)
            with _turn(cache):
                lock.take()
            stack.callback(_withdraw, lock)
        except OSError:  # read-only, or a drive without locks
            pass
        yield


def _withdraw(lock: FileLock) -> None:
    lock.release()
    _remove(os.fspath(lock.path))


@contextmanager
def _turn(cache: Path) -> Iterator[bool]:
    """Inside, no other run begins or makes room, if True; False where another one took too long."""
    lock = FileLock(cache / TURN)
    taken = lock.take(WAIT_SECONDS)
    try:
        yield taken
    finally:
        lock.release()


def make_room(cache: Path, limit_bytes: int) -> Room:
    """Remove what was not used for longest, until the cache takes no more than its limit (0: none) or all is needed.

    Raises OSError where the cache cannot be written, or its drive knows no locks: then nothing is removed.
    """
    with _turn(cache) as ours:
        entries = sorted(_entries(cache), key=lambda entry: entry.used)
        size, removed = sum(entry.bytes for entry in entries), 0
        needed_since = _earliest(cache) - COARSE_SECONDS
        for entry in entries if ours and limit_bytes else ():
            if size <= limit_bytes or entry.used >= needed_since:
                break
            if _remove(entry.path):
                size, removed = size - entry.bytes, removed + 1
        return Room(size, removed)


def _entries(cache: Path) -> Iterator[_Entry]:
    """The files of the cache, with what killed writers left half-written."""
    for kind in ("latents", "texts"):
        for folder, _, names in os.walk(cache / kind):
            for name in names:
                path = os.path.join(folder, name)
                try:
                    status = os.stat(path)
                except OSError:  # written or removed by another run at this moment
                    continue
                yield _Entry(path, status.st_mtime, status.st_size)


def _earliest(cache: Path) -> float:
    """When the earliest run that goes on has begun; infinity where none does. Files of runs that are over are removed."""
    begun = [float("inf")]
    for path in list((cache / ANNOUNCED).glob("*")):
        lock = FileLock(path)
        if lock.take():
            _withdraw(lock)
        else:
            with suppress(FileNotFoundError):  # it has ended at this moment
                begun.append(path.stat().st_mtime)
    return min(begun)


def _remove(path: str) -> bool:
    try:
        os.unlink(path)
    except OSError:  # gone already, or (Windows) being read
        return False
    return True

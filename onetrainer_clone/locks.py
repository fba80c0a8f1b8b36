"""Locks between processes: files that the system unlocks when their process ends, however it ends. Standard library only."""

import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

AGAIN_SECONDS = 0.1


class FileLock:
    """An exclusive lock on a file, which is made where it is missing. Two of one process exclude each other, too.

    `with FileLock(path):` waits for it. Raises OSError where the file cannot be made or its drive knows no locks.
    """

    def __init__(self, path: Path):
        self.path = path
        self._descriptor: int | None = None

    def take(self, wait_seconds: float = 0.0) -> bool:
        """Whether the lock is ours now; tried again for so many seconds while another has it."""
        until = time.monotonic() + wait_seconds
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            while not _lock(descriptor):
                if time.monotonic() >= until:
                    os.close(descriptor)
                    return False
                time.sleep(AGAIN_SECONDS)
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        if self._descriptor is not None:
            _unlock(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        self.take(float("inf"))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.release()


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> bool:
        """Whether nobody else has it. Windows has no other answer than PermissionError."""
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        """Windows unlocks what is closed when it comes to it."""
        with suppress(OSError):  # the drive is gone
            msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> bool:
        """Whether nobody else has it. Raises OSError on drives without locks."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        """Closing does it."""

"""Whether a run goes on: its folder has a file that stays locked as long as the process lives that started it."""

import os
from contextlib import suppress
from pathlib import Path

from onetrainer_clone.locks import FileLock
from onetrainer_clone.settings import UserError

RUNNING = ".running"
PATIENCE_SECONDS = 0.5  # with somebody who only looks


def announce(folder: Path) -> FileLock:
    """Say that a run goes on here, until the lock is released. Raises `UserError` where one goes on already."""
    lock = FileLock(folder / RUNNING)
    taken = True
    with suppress(OSError):  # a drive without locks: then nobody can be told
        taken = lock.take(PATIENCE_SECONDS)
    if not taken:
        raise UserError(f"the run '{folder.name}' goes on in another window or terminal: stop it there first")
    return lock


def goes_on(folder: Path) -> bool:
    """Whether a run of any process goes on here."""
    lock = FileLock(folder / RUNNING)
    if not os.path.exists(lock.path):
        return False
    try:
        taken = lock.take()
    except OSError:
        return False
    lock.release()
    return not taken

"""The trash of a workspace: what is deleted there lies in it until the person empties it, and can be brought back."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from onetrainer_clone.paths import move
from onetrainer_clone.settings import UserError

TRASH = ".trash"  # in the workspace


def is_in_trash(folder: Path) -> bool:
    """Whether a run lies in a workspace's trash."""
    return folder.parent.name == TRASH


def workspace_of(folder: Path) -> Path:
    """The workspace of a run, also of one in the trash."""
    return folder.parent.parent if is_in_trash(folder) else folder.parent


def put_into_trash(folder: Path) -> Path:
    """Move a run's folder into the workspace's trash; returns where it lies now. Raises `UserError` where that fails."""
    trash = folder.parent / TRASH
    target = _free(trash / folder.name)
    try:
        trash.mkdir(exist_ok=True)
        move(folder, target)
    except OSError as error:
        raise UserError(f"'{folder}' could not be moved to {trash}: {error.strerror or error}") from None
    return target


def bring_back(trashed: Path, folder: Path) -> Path:
    """Undo of `put_into_trash`; returns where it lies now: where another run has the name by now, it gets a number.

    Raises `UserError` where it cannot be moved.
    """
    target = _free(folder)
    try:
        move(trashed, target)
    except OSError as error:
        raise UserError(f"'{trashed}' could not be moved back: {error.strerror or error}") from None
    return target


def bytes_in(folders: Iterable[Path]) -> int:
    """What is free when they are deleted. What cannot be read does not count."""
    return sum(map(_bytes_in, folders))


def destroy(folder: Path) -> None:
    """Delete a run in the trash for good. Raises `UserError` where it lies elsewhere, and where that fails."""
    if not is_in_trash(folder):
        raise UserError(f"'{folder}' is not in the trash: only what is can be deleted for good")
    aside = folder.with_name(f".{folder.name}")
    try:
        shutil.rmtree(aside, ignore_errors=True)  # what was left of an earlier one
        move(folder, aside)  # Windows refuses it, with nothing deleted yet, where a program has one of the files open
        if aside.is_symlink():
            aside.unlink()
        else:
            shutil.rmtree(aside)
    except OSError as error:
        raise UserError(f"'{folder}' could not be deleted: {error.strerror or error}") from None


def _free(folder: Path) -> Path:
    """'cat', or 'cat-2' where there is one already."""
    found, number = folder, 2
    while os.path.lexists(found):
        found, number = folder.with_name(f"{folder.name}-{number}"), number + 1
    return found


def _bytes_in(folder: str | Path) -> int:
    try:
        with os.scandir(folder) as entries:
            return sum(
                _bytes_in(entry.path) if entry.is_dir(follow_symlinks=False) else entry.stat(follow_symlinks=False).st_size
                for entry in entries
            )
    except OSError:
        return 0

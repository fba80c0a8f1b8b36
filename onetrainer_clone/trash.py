"""The trash of a workspace: what is deleted there lies in it until the person empties it, and can be brought back."""

from pathlib import Path

from onetrainer_clone.paths import move
from onetrainer_clone.settings import UserError

TRASH = ".trash"  # in the workspace


def put_into_trash(folder: Path) -> Path:
    """Move a run's folder into the workspace's trash; returns where it lies now. Raises `UserError` where that fails."""
    trash = folder.parent / TRASH
    target, number = trash / folder.name, 2
    while target.exists():
        target, number = trash / f"{folder.name}-{number}", number + 1
    try:
        trash.mkdir(exist_ok=True)
        move(folder, target)
    except OSError as error:
        raise UserError(f"'{folder}' could not be moved to {trash}: {error.strerror or error}") from None
    return target


def bring_back(trashed: Path, folder: Path) -> None:
    """Undo of `put_into_trash`. Raises `UserError` where another run has the name by now."""
    if folder.exists():
        raise UserError(f"there is a run '{folder.name}' again: it stays in {trashed}")
    try:
        move(trashed, folder)
    except OSError as error:
        raise UserError(f"'{trashed}' could not be moved back: {error.strerror or error}") from None

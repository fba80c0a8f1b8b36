"""A result whose folder could not be written lies in another one: the person is offered a third."""

import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from onetrainer_clone.events import Saved
from onetrainer_clone.paths import write_file
from ui.background import Background
from ui.dialogs import Ask, Option

KEEP, CHOOSE = Option("keep", "Leave it there"), Option("choose", "Choose a folder ...", "main")


def offer(ask: Ask, worker: Background, files: Sequence[Saved], why: str = "") -> None:
    """Say where the files of the result are; they are copied to the folder that the person chooses, off the main thread."""
    names = ", ".join(Path(saved.path).name for saved in files)
    message = (
        f"{why or f'The folder {files[0].wanted} could not be written.'}\n\nThe result ({names}) is in "
        f"{Path(files[0].path).parent}. A copy can be put into a folder of your choice."
    )
    if ask.choose("The result is in another folder", message, (KEEP, CHOOSE)) != "choose":
        return
    if not (chosen := ask.folder("A folder for the result")):
        return

    def failed(error: Exception) -> None:
        if not isinstance(error, OSError):
            raise error
        offer(ask, worker, files, f"{chosen} cannot be written either: {error.strerror or error}.")

    def done(copies: list[Path]) -> None:
        ask.tell("The result is copied", "\n".join(str(path) for path in copies))

    worker.submit(f"copy {files[0].path} to {chosen}", partial(copied, files, Path(chosen)), done, failed)


def copied(files: Sequence[Saved], folder: Path) -> list[Path]:
    """Copies of the files, each whole or not at all, under names that nothing else there has. Raises OSError."""
    made = []
    for saved in files:
        source, target, number = Path(saved.path), folder / Path(saved.path).name, 2
        while target.exists():
            target, number = folder / f"{source.stem}-{number}{source.suffix}", number + 1
        with source.open("rb") as read:
            write_file(target, partial(shutil.copyfileobj, read))
        made.append(target)
    return made

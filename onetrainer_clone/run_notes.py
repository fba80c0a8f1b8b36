"""What a person wrote about a run. It lies in the run's folder, so it goes where the run goes, also into the trash."""

import os
from pathlib import Path

from onetrainer_clone.paths import write_whole
from onetrainer_clone.settings import UserError

NOTE = "note.txt"


def read_note(folder: Path) -> str:
    """Empty where there is none, or none that can be read."""
    try:
        return (folder / NOTE).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def write_note(folder: Path, text: str) -> None:
    """Whole or not at all. Raises `UserError` where it cannot be written; the text is in the message, so it is not lost."""
    try:
        if not os.path.isdir(folder):
            raise FileNotFoundError(2, "the folder is gone")
        if text.strip() or os.path.exists(folder / NOTE):
            write_whole(folder / NOTE, f"{text.strip()}\n")
    except OSError as error:
        message = f"the note about '{folder.name}' could not be written to {folder}: {error.strerror or error}"
        raise UserError(f"{message}. The note was: {text}") from None

"""Grids that were drawn before: found by their picture files, which say how they were made."""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from PIL.PngImagePlugin import PngImageFile

from onetrainer_clone.drawing import Drawing
from onetrainer_clone.events import Sampled
from onetrainer_clone.past_runs import oldest_first
from onetrainer_clone.settings import Invalid, UserError, load

SHEET = "grid.png"
PICTURE = re.compile(r"(\d+)-(\d+)-seed(\d+)\.png")  # column, row, seed


@dataclass(frozen=True)
class EarlierGrid:
    """What was drawn, what stands above its columns, and its pictures that are still there."""

    drawing: Drawing
    columns: tuple[str, ...]
    samples: tuple[Sampled, ...]


def sheets_in(folder: Path, most: int) -> list[Path]:
    """The picture files of the grids in the folders of a folder, the newest first."""
    try:
        with os.scandir(folder) as entries:
            found = [Path(entry.path) / SHEET for entry in entries if entry.is_dir()]
    except OSError:
        return []
    return oldest_first(found)[::-1][:most]


def read_grid(sheet: Path) -> EarlierGrid:
    """Raises `UserError` for a picture that is none of ours, or cannot be read."""
    try:
        with PngImageFile(sheet) as picture:  # not Image.open: a large grid is as large as what that refuses
            told = json.loads(str(picture.info["onetrainer-clone"]))
        columns = tuple(str(column) for column in told.pop("columns"))
        drawing = load(Drawing, told)
    except OSError as error:
        raise UserError(f"'{sheet}' cannot be read: {error.strerror or error}") from None
    except (SyntaxError, ValueError, KeyError, TypeError, AttributeError, Invalid):
        message = f"'{sheet}' is no grid that this program has drawn: choose the labelled picture of one ({SHEET})"
        raise UserError(message) from None
    return EarlierGrid(drawing, columns, tuple(_samples(drawing, _folder(drawing, sheet), len(columns))))


def _folder(drawing: Drawing, sheet: Path) -> Path:
    """Where the single pictures lie; beside the grid's file, if all of it was moved."""
    moved = sheet.parent / drawing.target.name
    return moved if os.path.isdir(moved) else drawing.target


def _samples(drawing: Drawing, folder: Path, columns: int) -> list[Sampled]:
    """Of what else lies there nothing."""
    found = []
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    for name in names:
        if (told := PICTURE.fullmatch(name)) is None:
            continue
        column, row, seed = map(int, told.groups())
        if column < columns and row < len(drawing.prompts) and drawing.prompts[row].seed == seed:
            prompt = drawing.prompts[row]
            found.append(Sampled(column, row, prompt.text, seed, "live", str(folder / name)))
    return found

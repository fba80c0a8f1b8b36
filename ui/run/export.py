"""Charts as files: a picture, and a table of numbers. Runs on a worker."""

import csv
import io
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from onetrainer_clone.paths import write_whole
from onetrainer_clone.settings import UserError


def free_name(folder: Path, name: str, suffix: str) -> Path:
    """A file name that is not taken, made of words."""
    plain = re.sub(r"[^\w.-]+", "-", name).strip("-") or "chart"
    paths = (folder / f"{plain}{f'-{number}' if number else ''}{suffix}" for number in range(10_000))
    return next((path for path in paths if not path.exists()), folder / f"{plain}{suffix}")


def csv_bytes(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def write(path: Path, data: Callable[[], bytes]) -> Path:
    """Write a file, whole or not at all. Raises `UserError`."""
    try:
        write_whole(path, data())
    except OSError as error:
        raise UserError(f"the chart could not be written to {path}: {error.strerror or error}") from None
    return path

"""Charts as files that the person names: a picture of what is in view, or a table of every point. Made on a worker."""

import csv
import importlib
import io
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from onetrainer_clone.paths import write_whole
from onetrainer_clone.settings import UserError
from ui.background import Background
from ui.dialogs import Ask
from ui.filekinds import CSV, PNG
from ui.run.curves import Curve, table
from ui.run.zoom import Zoom


class Exporter:
    """`painter` is the thread on which charts are drawn; a table, which may take long, is made on a thread of its own."""

    def __init__(self, painter: Background):
        self._painter = painter
        self._tables = Background("tables")

    def deliver(self) -> None:
        self._tables.deliver()

    def close(self) -> None:
        self._tables.close(5.0)  # a file that is being written is written

    def picture(self, ask: Ask, title: str, draw: Callable[[object], None], then: Callable[[Path], None]) -> None:
        """`draw` writes a PNG into a binary file."""
        if chosen := ask.new_file("Save the chart as", file_name(title, PNG.suffix), PNG):

            def data() -> bytes:
                found = io.BytesIO()
                draw(found)
                return found.getvalue()

            path = Path(chosen)
            self._painter.submit(f"export {path}", lambda: write(path, data), then)

    def table(self, ask: Ask, title: str, curves: Callable[[], Sequence[Curve]], then: Callable[[Path], None]) -> None:
        """`curves` finds them with all of their points, on the worker."""
        if chosen := ask.new_file("Save the table as", file_name(title, CSV.suffix), CSV):
            path = Path(chosen)
            self._tables.submit(f"export {path}", lambda: write(path, lambda: csv_bytes(table(curves()))), then)


def png(curves: Sequence[Curve], title: str, log: bool, from_zero: bool, zoom: Zoom, mode: int, into: object) -> None:
    """Draw the chart into a binary file. For the painter's thread."""
    importlib.import_module("ui.run.plot").png(into, curves, title, log, from_zero, zoom, mode)


def file_name(title: str, suffix: str) -> str:
    """A name made of words: 'my run, Loss per concept' -> 'my-run-loss-per-concept.csv'."""
    return (re.sub(r"[^\w.]+", "-", title.lower()).strip("-") or "chart") + suffix


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

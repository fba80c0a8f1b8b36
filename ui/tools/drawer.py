"""Draws pictures without training, in the background, or shows those of an earlier time."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from onetrainer_clone.drawing import Drawing
from onetrainer_clone.earlier_grids import read_grid
from onetrainer_clone.events import Event, Saved
from onetrainer_clone.session import Busy, Controls, Emit, Train
from onetrainer_clone.settings import UserError
from ui.run.record import Record
from ui.tools.job import Job

Draw = Callable[[Drawing, Emit, Controls], None]


class Drawer(Job):
    def __init__(self, draw: Draw | None, train: Train, busy: Callable[[], str]):
        super().__init__(train, busy)
        self.draw = draw
        self.show(Drawing())

    def show(self, drawing: Drawing, columns: tuple[str, ...] = (), sheet: str = "") -> None:
        """From now on it is about this drawing."""
        self.drawing = drawing
        self.record = Record()  # its "steps" are the columns of the grid
        self.record.columns = columns
        self.sheet = sheet  # the file of the labelled picture, once it is there

    def start(self, drawing: Drawing) -> None:
        """Raises `UserError` while another drawing, or a run, goes on: they would share the memory."""
        if self.draw is None:
            raise UserError("pictures cannot be drawn here: this window was opened without a way to draw")
        labels = tuple(column.label for column in drawing.columns)
        self._begin(partial(self.draw, drawing), partial(self.show, drawing, labels))

    def open(self, sheet: Path) -> None:
        """Show a grid that was drawn before. Raises `UserError` while one is drawn, and for a file that is none."""
        if self.going:
            raise Busy
        grid = read_grid(sheet)
        if not grid.samples:
            raise UserError(f"the single pictures of '{sheet}' are gone: the labelled picture itself is all that is left")
        self.show(grid.drawing, grid.columns, str(sheet))
        for sample in grid.samples:
            self.record.on(sample)
        self.moved.emit()

    def _on(self, event: Event) -> None:
        super()._on(event)
        if isinstance(event, Saved):
            self.sheet = event.path
        self.record.on(event)

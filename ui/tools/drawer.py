"""Draws pictures without training, in the background: one drawing at a time, followed like a run. Touches no widget."""

from collections.abc import Callable
from functools import partial

from onetrainer_clone.drawing import Drawing
from onetrainer_clone.events import Ended, Event, Saved
from onetrainer_clone.session import Busy, Controls, Emit, Session, Train
from onetrainer_clone.settings import UserError
from ui.run.record import Record
from ui.signals import Signal, each

BATCH = 200  # events that one turn of the window's loop takes at most

Draw = Callable[[Drawing, Emit, Controls], None]


class Drawer:
    def __init__(self, draw: Draw | None, train: Train, training: Callable[[], bool]):
        self.draw = draw
        self.drawing = Drawing()
        self.record = Record()  # its "steps" are the columns of the grid
        self.sheet = ""  # the file of the labelled picture, once it is there
        self.going = False
        self.moved: Signal[[]] = Signal()
        self._session, self._training = Session(train), training

    def start(self, drawing: Drawing) -> None:
        """Raises `UserError` while another drawing, or a run, goes on: they would share the memory."""
        if self.going:
            raise Busy
        if self._training():
            raise UserError(
                "a run is going on: wait for its end, or ask for pictures on the Run tab, below its buttons"
            )
        if self.draw is None:
            raise UserError("pictures cannot be drawn here: this window was opened without a way to draw")
        self._session.join(5)
        self._session.run(partial(self.draw, drawing))
        self.drawing, self.record, self.sheet = drawing, Record(), ""
        self.record.columns = tuple(column.label for column in drawing.columns)
        self.going = True
        self.moved.emit()

    def stop(self) -> None:
        if self.going:
            self._session.controls.stop()
            self.moved.emit()

    @property
    def stopping(self) -> bool:
        return self.going and self._session.controls.stopping

    def poll(self) -> None:
        """Take what the drawing has told since the last turn."""
        if events := self._session.events(limit=BATCH):
            each([*(partial(self._on, event) for event in events), self.moved.emit])

    def _on(self, event: Event) -> None:
        match event:
            case Saved():
                self.sheet = event.path
            case Ended():
                self.going = False
        self.record.on(event)

"""Draws pictures without training, in the background: one drawing at a time, followed like a run. Touches no widget."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from onetrainer_clone.contact_sheet import Place
from onetrainer_clone.drawing import Drawing
from onetrainer_clone.events import Ended, Sampled, Saved
from onetrainer_clone.progress import Progress
from onetrainer_clone.session import Busy, Controls, Emit, Session, Train
from onetrainer_clone.settings import UserError
from ui.signals import Signal

BATCH = 200  # events that one turn of the window's loop takes at most

Draw = Callable[[Drawing, Emit, Controls], None]


class Drawer:
    def __init__(self, draw: Draw | None, train: Train, training: Callable[[], bool]):
        self.draw = draw
        self.drawing = Drawing()
        self.pictures: dict[Place, Path] = {}
        self.sheet = ""  # the file of the labelled picture, once it is there
        self.progress = Progress()
        self.going = False
        self.version = 0  # counts up when a picture comes
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
        self.drawing, self.pictures, self.sheet, self.progress = drawing, {}, "", Progress()
        self.going = True
        self.version += 1
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
        events = self._session.events(limit=BATCH)
        for event in events:
            self.progress.on(event)
            match event:
                case Sampled():
                    self.pictures[event.index, event.step] = Path(event.path)
                    self.version += 1
                case Saved():
                    self.sheet = event.path
                case Ended():
                    self.going = False
        if events:
            self.moved.emit()

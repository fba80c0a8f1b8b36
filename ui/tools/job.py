"""Something that goes on in the background, one at a time, followed like a run. Touches no widget."""

from collections.abc import Callable
from functools import partial

from onetrainer_clone.events import Ended, Event
from onetrainer_clone.session import Busy, Controls, Emit, Session, Train
from onetrainer_clone.settings import UserError
from ui.signals import Signal, each

BATCH = 200  # events that one turn of the window's loop takes at most

Work = Callable[[Emit, Controls], None]


class Job:
    """`busy` says in words what else goes on and needs the memory; empty where nothing does."""

    def __init__(self, train: Train, busy: Callable[[], str]):
        self.going = False
        self.moved: Signal[[]] = Signal()
        self._busy, self._session = busy, Session(train)

    def blocked(self, beside: bool = False) -> str:
        """Why it cannot begin now, in words. `beside`: it needs so little that it may go on beside anything."""
        return "" if beside else self._busy()

    @property
    def stopping(self) -> bool:
        return self.going and self._session.controls.stopping

    def stop(self) -> None:
        if self.going:
            self._session.controls.stop()
            self.moved.emit()

    def poll(self) -> None:
        """Take what was told since the last turn."""
        if events := self._session.events(limit=BATCH):
            each([*(partial(self._on, event) for event in events), self.moved.emit])

    def _begin(self, work: Work, forget: Callable[[], object], beside: bool = False) -> None:
        """`forget` what the one before has told. Raises `UserError` while it, or something else, goes on."""
        if self.going:
            raise Busy
        if why := self.blocked(beside):
            raise UserError(why)
        self._session.join(5)
        self._session.run(work)
        forget()
        self.going = True
        self.moved.emit()

    def _on(self, event: Event) -> None:
        if isinstance(event, Ended):
            self.going = False

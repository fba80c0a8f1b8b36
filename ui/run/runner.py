"""Starts runs and follows them: the border between the window and the session. Touches no widget."""

from collections.abc import Callable
from functools import partial

from onetrainer_clone.events import WAITING_FOR_ROOM, Ended
from onetrainer_clone.session import Busy, Controls, Session, Train
from onetrainer_clone.state import TrainingState
from ui.background import Background
from ui.run.record import Record
from ui.signals import Signal, each
from ui.store import StateStore

BATCH = 200  # events that one turn of the window's loop takes at most


class Runner:
    """One run at a time. `moved` is emitted at most once per turn, `ended` once per run."""

    def __init__(self, train: Train, store: StateStore):
        self.record = Record()
        self.state: TrainingState | None = None  # as it runs
        self.moved: Signal[[]] = Signal()
        self.ended: Signal[[Ended]] = Signal()
        self.edits: Signal[[]] = Signal()  # the window's settings changed while a run goes on
        self._session = Session(train)
        self._store = store
        self._going = self._launching = False
        self._begun_with = store.state  # what the window held when the run began
        self._stop_at_launch: bool | None = None  # the person's word while a run is being launched: save or not
        store.changed.connect(lambda _before, _after: self.edits.emit() if self.going else None)
        self.quiet = False  # whether its end is told elsewhere: runs of the queue open no dialogs

    @property
    def going(self) -> bool:
        """From the start until `Ended` was heard, whether the thread is alive or not."""
        return self._going or self._launching

    @property
    def running(self) -> TrainingState | None:
        """What runs now; None also while it is being launched: until then `state` is the last run's."""
        return self.state if self._going else None

    @property
    def controls(self) -> Controls:
        return self._session.controls

    @property
    def paused(self) -> bool:
        return self._going and self.controls.paused

    @property
    def stopping(self) -> bool:
        return self._stop_at_launch is not None or (self._going and self.controls.stopping)

    @property
    def listening(self) -> bool:
        """Whether a run does what is asked of it: not yet while it is launched, not any more while it stops."""
        return self._going and not self.stopping

    @property
    def waiting_for_room(self) -> bool:
        """Whether the last save is tried again until there is room: another stop gives it up."""
        return self._going and self.record.progress.detail == WAITING_FOR_ROOM

    @property
    def edited(self) -> bool:
        """Whether settings were changed in the window since the run began: it keeps its own, they count for the next."""
        return self.going and self._store.state != self._begun_with

    def launch(
        self,
        worker: Background,
        begin: Callable[[Session], TrainingState],
        known: Callable[[], Record] = Record,
        quiet: bool = False,
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        """Start a run off the main thread; an old one goes on with what is `known` of it.

        Raises `Busy` while another one goes on. Where it does not start, what was shown before comes back, and `failed`
        hears why; without it that is shown.
        """
        if self.going:
            raise Busy
        self._launching, before, self.record = True, self.record, Record()
        self._begun_with = self._store.state

        def work() -> tuple[Record, TrainingState]:
            self._session.join(5)  # the last run's thread is over as soon as its end was heard
            return known(), begin(self._session)

        def then(found: tuple[Record, TrainingState]) -> None:
            self.record, self.state = found
            self.record.state = found[1]
            self._launching, self._going, self.quiet = False, True, quiet
            if self._stop_at_launch is not None:
                self.controls.stop(self._stop_at_launch)
                self._stop_at_launch = None
            self.moved.emit()

        def gave_up(error: Exception) -> None:
            self._launching, self._stop_at_launch, self.record = False, None, before

            def tell() -> None:
                if failed is None:
                    raise error
                failed(error)

            each((self.moved.emit, tell))

        worker.submit("launch", work, then, gave_up)
        self.moved.emit()

    def pause(self, pause: bool) -> None:
        if self._going:
            (self.controls.pause if pause else self.controls.resume)()
            self.moved.emit()

    def stop(self, save: bool) -> None:
        """The first word counts."""
        if self._launching and self._stop_at_launch is None:
            self._stop_at_launch = save
        elif self._going:
            self.controls.stop(save)
        self.moved.emit()

    def poll(self) -> None:
        """Take what the run has told since the last turn."""
        if self._launching:
            return  # what it tells belongs to a record that is not there yet
        if not (events := self._session.events(limit=BATCH)):
            return
        calls: list[Callable[[], object]] = [*(partial(self.record.on, event) for event in events), self.moved.emit]
        for ended in (event for event in events if isinstance(event, Ended)):
            self._going = False
            calls.append(partial(self.ended.emit, ended))
        each(calls)

    def join(self, timeout: float) -> None:
        self._session.join(timeout)

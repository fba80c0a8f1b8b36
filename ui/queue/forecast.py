"""How long what waits in the queue will take: its steps from its plan, and the speed of runs like it. Knows no Tk."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from onetrainer_clone.past_runs import PastRun, summarize
from onetrainer_clone.progress import Progress, duration
from onetrainer_clone.settings import UserError
from onetrainer_clone.state import TrainingState
from presets.queue import Entry
from ui.background import Background
from ui.signals import Signal

T = TypeVar("T")
Kind = tuple[str, ...]  # runs of one kind take about as long per picture
FEW_STEPS = 10  # the first ones are slow: nothing is foretold from them


@dataclass(frozen=True)
class Work:
    """What an entry has to do; 0 steps where its plan cannot be made."""

    kind: Kind
    steps: int
    samples_per_step: int


class Forecast:
    """`changed` is told when more is known. The plans, which read all captions, are made on the worker."""

    def __init__(self, worker: Background):
        self.changed: Signal[[]] = Signal()
        self._worker, self._looking = worker, False
        self._work: dict[tuple[str, str], Work] = {}  # by key and settings of the entry
        self._speeds: dict[Kind, float] = {}  # seconds per sample
        self._read: set[str] = set()  # folders of runs whose speed was looked up

    def look(self, entries: Sequence[Entry]) -> None:
        """Find out what is not known yet, one entry at a time."""
        if self._looking:
            return
        for entry in entries:
            if entry.status == "waiting" and (entry.key, entry.text) not in self._work:
                self._submit(partial(_work, entry), partial(self._on_work, entry))
                return
            if entry.status == "done" and entry.folder and entry.folder not in self._read:
                self._read.add(entry.folder)
                self._submit(partial(_speed, entry), self._on_speed)
                return

    def _submit(self, work: Callable[[], T], then: Callable[[T], None]) -> None:
        def done(found: T) -> None:
            self._looking = False
            then(found)
            self.changed.emit()

        def failed(error: Exception) -> None:
            self._looking = False
            raise error

        self._looking = True
        self._worker.submit("forecast", work, done, failed)

    def learn(self, state: TrainingState, progress: Progress) -> None:
        """The speed of a run that goes on."""
        if progress.step < FEW_STEPS:
            return
        work = _per_step(state)
        if progress.elapsed_seconds:
            self._speeds[kind_of(state)] = progress.elapsed_seconds / progress.step / work
        elif progress.samples_per_second:
            self._speeds[kind_of(state)] = 1 / progress.samples_per_second

    def steps(self, entry: Entry) -> int:
        """0: not known."""
        work = self._work.get((entry.key, entry.text))
        return work.steps if work else 0

    def seconds(self, entry: Entry) -> float | None:
        """None: no run of its kind has told how fast it is, or its plan cannot be made."""
        work = self._work.get((entry.key, entry.text))
        if work is None or not work.steps or work.kind not in self._speeds:
            return None
        return work.steps * work.samples_per_step * self._speeds[work.kind]

    def total(self, entries: Sequence[Entry], left: float | None = 0.0) -> str:
        """'about 2 h 05 min', 'at least 2 h 05 min'; empty where nothing is known. `left`: of the run that goes on."""
        found = [left, *(self.seconds(entry) for entry in entries)]
        known = [seconds for seconds in found if seconds is not None]
        if not sum(known):
            return ""
        return f"{'about' if len(known) == len(found) else 'at least'} {duration(sum(known))}"

    def _on_work(self, entry: Entry, work: Work) -> None:
        self._work[entry.key, entry.text] = work

    def _on_speed(self, found: tuple[Kind, float] | None) -> None:
        if found is not None:
            self._speeds.setdefault(*found)


def kind_of(state: TrainingState) -> Kind:
    training = state.training
    return str(state.model.type.value), str(state.method.value), str(training.resolution), str(training.device.value)


def _per_step(state: TrainingState) -> int:
    return state.training.batch_size * state.training.accumulation


def _work(entry: Entry) -> Work:
    from onetrainer_clone.plan import make_plan  # here: it takes time to import

    try:
        state = entry.state()
        steps = make_plan(state).steps if state.active else 0
        return Work(kind_of(state), steps, _per_step(state))
    except UserError:
        return Work((), 0, 0)  # why, is said when it is added and when it is started


def _speed(entry: Entry) -> tuple[Kind, float] | None:
    """Of a run that is done."""
    run = summarize(PastRun(Path(entry.folder)))
    try:
        state = entry.state()
    except UserError:
        return None
    if not run.seconds or run.step < FEW_STEPS:
        return None
    return kind_of(state), run.seconds / run.step / _per_step(state)

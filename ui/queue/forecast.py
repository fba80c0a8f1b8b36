"""What waits in the queue, seen ahead: whether it can run, its steps, and how long it takes. Knows no Tk."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from onetrainer_clone.progress import Progress, duration
from onetrainer_clone.settings import UserError
from onetrainer_clone.state import TrainingState, check, errors
from presets.queue import Entry
from presets.workspaces import known
from ui.background import Background
from ui.queue.said import before_it_runs, why
from ui.queue.speeds import Kind, kind_of, past_speed, samples_per_step, seconds_per_sample
from ui.signals import Signal

T = TypeVar("T")
Named = tuple[str, str]  # an entry with these settings


@dataclass(frozen=True)
class Work:
    """What an entry has to do; 0 steps where its plan cannot be made. `wrong`: what keeps it from running, in words."""

    kind: Kind = ()
    steps: int = 0
    samples_per_step: int = 0
    wrong: str = ""


class Forecast:
    """`changed` is told when more is known. The plans, which read all captions, are made on the worker."""

    def __init__(self, worker: Background):
        self.changed: Signal[[]] = Signal()
        self._worker, self._looking = worker, False
        self._work: dict[Named, Work] = {}
        self._looked_at: set[Named] = set()  # since the page came into view
        self._speeds: dict[Kind, float] = {}  # seconds per sample
        self._asked: set[Kind] = set()  # whose past runs were looked through

    def begin_anew(self) -> None:
        """A drive may have gone, or come, since all was looked at; what was found is shown until it is found again."""
        self._looked_at.clear()

    def look(self, entries: Sequence[Entry]) -> None:
        """Find out what is not known yet, one thing at a time."""
        if self._looking:
            return
        waiting = [entry for entry in entries if entry.status == "waiting"]
        for entry in waiting:
            if _name(entry) not in self._looked_at:
                self._looked_at.add(_name(entry))
                return self._submit(partial(_look_at, entry, self._of(entry)), partial(self._on_work, entry))
        for entry in waiting:
            work = self._of(entry)
            if work.steps and work.kind not in self._speeds and work.kind not in self._asked:
                self._asked.add(work.kind)
                return self._submit(partial(_speed, entry, work.kind), partial(self._on_speed, work.kind))

    def learn(self, state: TrainingState, progress: Progress) -> None:
        """The speed of a run that goes on."""
        if (seconds := seconds_per_sample(state, progress)) is not None:
            self._speeds[kind_of(state)] = seconds

    def said(self, entry: Entry) -> str:
        """What is to be said of an entry: of one that waits, what keeps it from running as things are now."""
        known = entry.status == "waiting" and _name(entry) in self._work
        return self._of(entry).wrong if known else entry.said

    def steps(self, entry: Entry) -> int:
        """0: not known."""
        return self._of(entry).steps

    def seconds(self, entry: Entry) -> float | None:
        """None: no run of its kind has told how fast it is, or its plan cannot be made."""
        work = self._of(entry)
        if not work.steps or work.kind not in self._speeds:
            return None
        return work.steps * work.samples_per_step * self._speeds[work.kind]

    def total(self, entries: Sequence[Entry], left: float | None = 0.0) -> str:
        """'about 2 h 05 min', 'at least 2 h 05 min'; empty where nothing is known. `left`: of the run that goes on."""
        found = [left, *(self.seconds(entry) for entry in entries)]
        known = [seconds for seconds in found if seconds is not None]
        if not sum(known):
            return ""
        return f"{'about' if len(known) == len(found) else 'at least'} {duration(sum(known))}"

    def _of(self, entry: Entry) -> Work:
        return self._work.get(_name(entry), Work())

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

    def _on_work(self, entry: Entry, work: Work) -> None:
        self._work[_name(entry)] = work

    def _on_speed(self, kind: Kind, seconds: float | None) -> None:
        if seconds is not None:
            self._speeds.setdefault(kind, seconds)


def _name(entry: Entry) -> Named:
    return entry.key, entry.text


def _look_at(entry: Entry, before: Work) -> Work:
    """A plan that was made is not made again."""
    from onetrainer_clone.plan import make_plan  # here: it takes time to import

    try:
        state = entry.state()
        wrong = before_it_runs(state, errors(check(state)))
        steps = before.steps or (0 if wrong else make_plan(state).steps)
        return Work(kind_of(state), steps, samples_per_step(state), wrong)
    except (UserError, OSError) as error:
        return Work(wrong=f"Before it can run:\n{why(entry, error)}")


def _speed(entry: Entry, kind: Kind) -> float | None:
    return past_speed(kind, [entry.state().saving.folder, *known()])

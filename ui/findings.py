"""What is to be said about the state: its problems and the plan of its run, found off the main thread, latest wins."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from onetrainer_clone.settings import Problem, UserError, join, split
from onetrainer_clone.state import TrainingState, check
from ui.background import Background
from ui.signals import Signal
from ui.store import StateStore

if TYPE_CHECKING:
    from onetrainer_clone.plan import ConceptPlan, Plan  # it needs numpy, which takes long to import

PAUSE_MS = 300  # after the last keystroke
LONGEST_PAUSE_MS = 3000  # where looking takes long, the pause is as long, up to this


class Timer:
    """Calls a function once, so long after the last time that it was asked to. `after` and `cancel` are Tk's."""

    def __init__(self, after: Callable[[int, Callable[[], None]], str], cancel: Callable[[str], None]):
        self._after, self._cancel = after, cancel
        self._waiting = ""

    def start(self, milliseconds: int, call: Callable[[], None]) -> None:
        self.stop()

        def fire() -> None:
            self._waiting = ""
            call()

        self._waiting = self._after(milliseconds, fire)

    @property
    def waiting(self) -> bool:
        return bool(self._waiting)

    def stop(self) -> None:
        if self._waiting:
            self._cancel(self._waiting)
            self._waiting = ""


class Findings:
    """Problems and plan of the store's state, a moment after it changed."""

    def __init__(self, store: StateStore, timer: Timer, background: Background):
        self.problems: tuple[Problem, ...] = ()  # of the state itself and of what the plan found
        self.plan: Plan | None = None
        self.plan_problem = ""
        self.checked: Signal[[]] = Signal()
        self.planned: Signal[[]] = Signal()
        self._store, self._timer, self._background = store, timer, background
        self._planned_for: TrainingState | None = None
        self._planned = False  # whether the plan that was asked for last has come
        self._checked: tuple[Problem, ...] = ()
        self._seconds = 0.0  # that the last check took
        # By path, since every row of a form and of a list asks for its own: a walk through all would be felt.
        self._of: dict[str, list[Problem]] = {}
        self._under: dict[str, list[Problem]] = {}
        self._by_name: dict[str, ConceptPlan] = {}
        store.changed.connect(self._on_change)

    def of(self, path: str) -> list[Problem]:
        """The problems of one setting."""
        return self._of.get(path, [])

    def under(self, prefix: str) -> list[Problem]:
        """The problems of a group and all that lies in it."""
        return self._under.get(prefix, [])

    def concept(self, index: int) -> "ConceptPlan | None":
        """The plan of the concept at this place of the state; None where there is none (yet)."""
        concepts = self._store.state.concepts
        return self._by_name.get(concepts[index].name) if 0 <= index < len(concepts) else None

    @property
    def up_to_date(self) -> bool:
        """Whether the plan that is known is the plan of the state as it is now."""
        return self._planned and not self._needs_plan(self._store.state)

    def look(self) -> None:
        """Look now."""
        self._timer.stop()
        state = self._store.state
        self._background.submit("check", lambda: _timed(state), self._on_checked)
        if self._needs_plan(state):
            self._planned_for, self._planned = state, False
            self._background.submit("plan", lambda: _plan(state), self._on_planned, self._on_no_plan)

    def stop(self) -> None:
        self._timer.stop()

    def _on_change(self, before: TrainingState, after: TrainingState) -> None:
        if before != after:
            took_ms = round(1000 * self._seconds)
            self._timer.start(max(PAUSE_MS, min(took_ms, LONGEST_PAUSE_MS)), self.look)

    def _needs_plan(self, state: TrainingState) -> bool:
        was = self._planned_for
        return was is None or (was.concepts, was.training, was.model) != (state.concepts, state.training, state.model)

    def _on_checked(self, found: tuple[list[Problem], float]) -> None:
        self._checked, self._seconds = tuple(found[0]), found[1]
        self._gather()

    def _on_planned(self, plan: "Plan | None") -> None:
        self.plan, self.plan_problem, self._planned = plan, "", True
        self._by_name = {concept.name: concept for concept in reversed(plan.concepts)} if plan else {}
        self._gather()
        self.planned.emit()

    def _gather(self) -> None:
        """The plan's problems come after the state's; what both say is said once."""
        planned = self.plan.problems if self.plan else ()
        problems = tuple(dict.fromkeys((*self._checked, *planned)))
        if problems != self.problems:
            self.problems = problems
            self._of, self._under = {}, {}
            for problem in problems:
                self._of.setdefault(problem.path, []).append(problem)
                for prefix in _prefixes(problem.path):
                    self._under.setdefault(prefix, []).append(problem)
            self.checked.emit()

    def _on_no_plan(self, error: Exception) -> None:
        if not isinstance(error, UserError):
            raise error
        self.plan, self.plan_problem, self._planned = None, str(error), True
        self._by_name = {}
        self._gather()
        self.planned.emit()


def _timed(state: TrainingState) -> tuple[list[Problem], float]:
    begun = time.perf_counter()
    return check(state), time.perf_counter() - begun


def _prefixes(path: str) -> list[str]:
    """The path and every group that it lies in: 'a[1].b' -> 'a', 'a[1]', 'a[1].b'."""
    parts = split(path)
    return [join(parts[:depth]) for depth in range(1, len(parts) + 1)]


def _plan(state: TrainingState) -> "Plan | None":
    from onetrainer_clone.plan import make_plan  # here: it reads captions with a tokenizer that takes time to import

    return make_plan(state) if state.active else None

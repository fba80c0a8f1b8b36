"""What is to be said about the state: its problems and the plan of its run, found off the main thread, latest wins."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from onetrainer_clone.settings import Problem, UserError
from onetrainer_clone.state import TrainingState, check
from ui.background import Background
from ui.signals import Signal
from ui.store import StateStore

if TYPE_CHECKING:
    from onetrainer_clone.plan import ConceptPlan, Plan  # it needs numpy, which takes long to import

PAUSE_MS = 300  # after the last keystroke


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
        self._checked: tuple[Problem, ...] = ()
        store.changed.connect(self._on_change)

    def of(self, path: str) -> list[Problem]:
        """The problems of one setting."""
        return [problem for problem in self.problems if problem.path == path]

    def under(self, prefix: str) -> list[Problem]:
        """The problems of a group and all that lies in it."""
        return [p for p in self.problems if p.path == prefix or p.path.startswith((f"{prefix}.", f"{prefix}["))]

    def concept(self, index: int) -> "ConceptPlan | None":
        """The plan of the concept at this place of the state; None where there is none (yet)."""
        concepts = self._store.state.concepts
        if self.plan is None or index >= len(concepts):
            return None
        return next((concept for concept in self.plan.concepts if concept.name == concepts[index].name), None)

    def look(self) -> None:
        """Look now."""
        self._timer.stop()
        state = self._store.state
        self._background.submit("check", lambda: check(state), self._on_checked)
        if self._needs_plan(state):
            self._planned_for = state
            self._background.submit("plan", lambda: _plan(state), self._on_planned, self._on_no_plan)

    def stop(self) -> None:
        self._timer.stop()

    def _on_change(self, before: TrainingState, after: TrainingState) -> None:
        if before != after:
            self._timer.start(PAUSE_MS, self.look)

    def _needs_plan(self, state: TrainingState) -> bool:
        was = self._planned_for
        return was is None or (was.concepts, was.training, was.model) != (state.concepts, state.training, state.model)

    def _on_checked(self, problems: list[Problem]) -> None:
        self._checked = tuple(problems)
        self._gather()

    def _on_planned(self, plan: "Plan | None") -> None:
        self.plan, self.plan_problem = plan, ""
        self._gather()
        self.planned.emit()

    def _gather(self) -> None:
        """The plan's problems come after the state's; what both say is said once."""
        planned = self.plan.problems if self.plan else ()
        problems = tuple(dict.fromkeys((*self._checked, *planned)))
        if problems != self.problems:
            self.problems = problems
            self.checked.emit()

    def _on_no_plan(self, error: Exception) -> None:
        if not isinstance(error, UserError):
            raise error
        self.plan, self.plan_problem = None, str(error)
        self._gather()
        self.planned.emit()


def _plan(state: TrainingState) -> "Plan | None":
    from onetrainer_clone.plan import make_plan  # here: it reads captions with a tokenizer that takes time to import

    return make_plan(state) if state.active else None

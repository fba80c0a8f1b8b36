"""What keeps a tool from starting: beside its fields until something changes, and in a list to go there from."""

from onetrainer_clone.settings import Problem
from ui.signals import Signal
from ui.store import StateStore
from ui.words import where
from ui.workbench import Workbench


class Said:
    """For the forms of a tool what `Findings` is for those of the run."""

    def __init__(self, store: StateStore):
        self.checked: Signal[[]] = Signal()
        self.problems: tuple[Problem, ...] = ()
        self._store = store
        store.changed.connect(lambda before, after: self.say(()) if before != after else None)

    def of(self, path: str) -> list[Problem]:
        return [problem for problem in self.problems if problem.path == path]

    def say(self, found: tuple[Problem, ...]) -> None:
        if found != self.problems:
            self.problems = found
            self.checked.emit()

    def refuse(self, bench: Workbench, name: str, found: list[Problem]) -> str:
        """Returns the path that the person wants to go to; empty for none."""
        self.say(tuple(found))
        named = [(problem, where(self._store.state, problem.path)) for problem in found]
        wanted = bench.ask.problems(f"'{name}' cannot start yet", "This has to be mended first:", named)
        return wanted.path if wanted is not None else ""

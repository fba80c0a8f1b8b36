"""The list of past runs as the window has it: folders at once, then what is in them, a few at a time, on a worker."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from onetrainer_clone.past_runs import PastRun, run_folders, summarize
from onetrainer_clone.settings import UserError
from presets.workspaces import known
from ui.background import Background
from ui.runs.columns import BEGAN, has_words, sorted_by
from ui.signals import Signal

CHUNK = 25  # runs that are summed up in one go


class Listing:
    """`runs` are those that are listed, in their order; `every` also those that the search leaves out."""

    def __init__(self, worker: Background):
        self.runs: list[PastRun] = []
        self.every: list[PastRun] = []
        self.workspaces: list[Path] = []  # that runs were started in
        self.title, self.falling = BEGAN, True
        self.words: tuple[str, ...] = ()
        self.changed: Signal[[]] = Signal()
        self.loaded = False
        self._worker = worker
        self._known: dict[tuple[Path, float], PastRun] = {}  # summed up already; a run that goes on has a new time

    def look(self, wanted: Callable[[Sequence[Path]], Sequence[Path]]) -> None:
        """Read anew. `wanted` tells which workspaces, given those that are known, on the worker."""

        def work() -> tuple[list[Path], list[PastRun], UserError | None]:
            there, found, problem = known(), [], None
            for workspace in wanted(there):
                try:
                    found += run_folders(workspace)
                except UserError as error:
                    problem = error
            return there, sorted(found, key=lambda run: (-run.changed, run.name)), problem

        self._worker.submit("runs", work, self._on_folders)

    def sort(self, title: str, falling: bool) -> None:
        self.title, self.falling = title, falling
        self._arrange()

    def search(self, text: str) -> None:
        """Leave only the runs that have every word in their name, preset or note."""
        self.words = tuple(text.lower().split())
        self._arrange()

    def noted(self, folder: Path, note: str) -> None:
        """The person wrote something about a run."""
        self._known = {key: replace(run, note=note) if key[0] == folder else run for key, run in self._known.items()}
        self._arrange()

    def is_known(self, run: PastRun) -> bool:
        return (run.folder, run.changed) in self._known

    def _on_folders(self, found: tuple[list[Path], list[PastRun], UserError | None]) -> None:
        self.workspaces, self.every, problem = found
        self.loaded = True
        self._known = {key: run for key, run in self._known.items() if run.ended}  # the others may have been killed since
        self._arrange()
        self._sum_up()
        if problem is not None:
            raise problem

    def _arrange(self) -> None:
        self.every = [self._known.get((run.folder, run.changed), run) for run in self.every]
        listed = [run for run in self.every if has_words(run, self.words)]
        self.runs = sorted_by(listed, self.title, self.falling)
        self.changed.emit()

    def _sum_up(self) -> None:
        """The newest of those that are not known yet; then the next, until all are."""
        todo = [run for run in self.every if not self.is_known(run)][:CHUNK]
        if todo:
            self._worker.submit("runs known", lambda: [summarize(run) for run in todo], self._on_known)

    def _on_known(self, found: list[PastRun]) -> None:
        for run in found:
            self._known[run.folder, run.changed] = run
        self._arrange()
        self._sum_up()

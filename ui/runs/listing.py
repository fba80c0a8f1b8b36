"""The list of past runs as the window has it: folders at once, then what is in them, little by little, on a worker."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from onetrainer_clone.past_runs import PastRun, run_folders, summarize
from onetrainer_clone.settings import UserError
from onetrainer_clone.trash import TRASH
from presets.workspaces import known
from ui.background import Background
from ui.runs.columns import BEGAN, has_words, sorted_by
from ui.signals import Signal

CHUNK_SECONDS = 0.3  # that runs are summed up in one go: with every one the list is arranged anew


class Listing:
    """`runs` are those that are listed, in their order; `every` also those that the search leaves out."""

    def __init__(self, worker: Background):
        self.runs: list[PastRun] = []
        self.every: list[PastRun] = []
        self.workspaces: list[Path] = []  # that runs were started in
        self.trash = False  # whether what is listed lies in the trash
        self.in_trash = 0  # runs in the trash of what is listed
        self.title, self.falling = BEGAN, True
        self.words: tuple[str, ...] = ()
        self.changed: Signal[[]] = Signal()
        self.loaded = False
        self._worker = worker
        self._known: dict[Path, PastRun] = {}  # as summed up last
        self._todo: list[PastRun] = []  # to be summed up (again), the newest first

    def look(self, wanted: Callable[[Sequence[Path]], Sequence[Path]]) -> None:
        """Read anew. `wanted` tells which workspaces, given those that are known, or their trashes; on the worker."""
        self._worker.submit("runs", lambda: _found(wanted), self._on_folders)

    def sort(self, title: str, falling: bool) -> None:
        self.title, self.falling = title, falling
        self._arrange()

    def search(self, text: str) -> None:
        """Leave only the runs that have every word in their name, preset or note."""
        self.words = tuple(text.lower().split())
        self._arrange()

    def noted(self, folder: Path, note: str) -> None:
        """The person wrote something about a run."""
        if folder in self._known:
            self._known[folder] = replace(self._known[folder], note=note)
            self._arrange()

    def is_known(self, run: PastRun) -> bool:
        return run.folder in self._known

    def _on_folders(self, found: "Found") -> None:
        self.workspaces, self.every = found.workspaces, found.runs
        self.trash, self.in_trash = found.trash, found.in_trash
        self.loaded = True
        self._todo = [run for run in self.every if not self._stands(run)]
        self._arrange()
        self._sum_up()
        if found.problem is not None:
            raise found.problem

    def _stands(self, run: PastRun) -> bool:
        """Whether what is known of it still holds: a run without an end may go on, or have been killed since."""
        known = self._known.get(run.folder)
        return known is not None and known.ended is not None and known.changed == run.changed

    def _arrange(self) -> None:
        self.every = [self._known.get(run.folder, run) for run in self.every]
        listed = [run for run in self.every if has_words(run, self.words)]
        self.runs = sorted_by(listed, self.title, self.falling)
        self.changed.emit()

    def _sum_up(self) -> None:
        """The newest of those that are not known yet; then the next, until all are."""
        if todo := self._todo:
            self._worker.submit("runs known", lambda: _summed_up(todo), self._on_known)

    def _on_known(self, found: list[PastRun]) -> None:
        self._known |= {run.folder: run for run in found}
        done = {run.folder for run in found}
        self._todo = [run for run in self._todo if run.folder not in done]
        self._arrange()
        self._sum_up()


@dataclass(frozen=True)
class Found:
    """What lies in the folders that were looked into."""

    workspaces: list[Path]
    runs: list[PastRun]
    trash: bool
    in_trash: int
    problem: UserError | None


def _found(wanted: Callable[[Sequence[Path]], Sequence[Path]]) -> Found:
    workspaces, runs, in_trash, problem = known(), [], 0, None
    folders = wanted(workspaces)
    for folder in folders:
        try:
            runs += run_folders(folder)
            in_trash += len(run_folders(folder / TRASH))
        except UserError as error:
            problem = error
    runs.sort(key=lambda run: (-run.changed, run.name))
    return Found(workspaces, runs, all(folder.name == TRASH for folder in folders), in_trash, problem)


def _summed_up(runs: Sequence[PastRun]) -> list[PastRun]:
    """The first of them, as many as there is time for."""
    found, end = [], time.monotonic() + CHUNK_SECONDS
    for run in runs:
        found.append(summarize(run))
        if time.monotonic() > end:
            break
    return found

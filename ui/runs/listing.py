"""The list of past runs as the window has it: folders at once, then what is in them, a few at a time, on a worker."""

from pathlib import Path

from onetrainer_clone.past_runs import PastRun, run_folders, summarize
from onetrainer_clone.progress import duration
from ui import colours
from ui.background import Background
from ui.runs.table import Column, Row
from ui.signals import Signal

CHUNK = 25  # runs that are summed up in one go

COLUMNS = (
    Column("Run", 130, 3), Column("Began", 126, drop=2), Column("Outcome", 84), Column("Steps", 138, drop=3),
    Column("Took", 92, drop=4), Column("Last loss", 126, 5, drop=1), Column("Samples", 68, drop=5),
    Column("Saves", 54, drop=7), Column("Backups", 66, drop=6),
)  # fmt: skip
LOOKS = {
    "done": colours.GOOD, "stopped": colours.WARNING, "failed": colours.ERROR, "refused": colours.ERROR,
    "running": colours.ACCENT, "elsewhere": colours.ACCENT, "interrupted": colours.WARNING,
}  # fmt: skip


class Listing:
    def __init__(self, worker: Background):
        self.runs: list[PastRun] = []
        self.changed: Signal[[]] = Signal()
        self.loaded = False
        self._worker = worker
        self._known: dict[tuple[Path, float], PastRun] = {}  # summed up already; a run that goes on has a new time

    def look(self, workspace: Path) -> None:
        """Read the workspace anew."""
        self._worker.submit("runs", lambda: run_folders(workspace), self._on_folders, self._on_failure)

    def find(self, folder: Path) -> PastRun | None:
        return next((run for run in self.runs if run.folder == folder), None)

    def is_known(self, run: PastRun) -> bool:
        return (run.folder, run.changed) in self._known

    def _on_folders(self, runs: list[PastRun]) -> None:
        self.loaded = True
        self._known = {key: run for key, run in self._known.items() if run.ended}  # the others may have been killed since
        self.runs = [self._known.get((run.folder, run.changed), run) for run in runs]
        self.changed.emit()
        self._sum_up()

    def _on_failure(self, error: Exception) -> None:
        self.loaded, self.runs = True, []
        self.changed.emit()
        raise error

    def _sum_up(self) -> None:
        """The newest of those that are not known yet; then the next, until all are."""
        todo = [run for run in self.runs if not self.is_known(run)][:CHUNK]
        if todo:
            self._worker.submit("runs known", lambda: [summarize(run) for run in todo], self._on_known)

    def _on_known(self, found: list[PastRun]) -> None:
        for run in found:
            self._known[run.folder, run.changed] = run
        self.runs = [self._known.get((run.folder, run.changed), run) for run in self.runs]
        self.changed.emit()
        self._sum_up()


def row_of(run: PastRun, known: bool, running: bool) -> Row:
    """A line of the list."""
    if not known:
        return Row((run.name, run.when, "…"), (None, colours.DIM, colours.DIM))
    outcome = "running" if running else "elsewhere" if run.going else run.outcome
    losses = ", ".join(f"{name} {loss:.3g}" for name, loss in run.losses.items()) or run.problem
    cells = (
        run.name, run.when, outcome, f"{run.step:,} of {run.steps:,}" if run.steps else "-", duration(run.seconds) or "-",
        losses, *(f"{count:,}" if count else "-" for count in (run.samples, run.saves, run.backups)),
    )  # fmt: skip
    return Row(cells, (None, colours.DIM, LOOKS[outcome], None, None, colours.DIM))

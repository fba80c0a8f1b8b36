"""What can be done with past runs: go on with one, take its settings, throw some away and bring them back."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from onetrainer_clone.past_runs import PastRun, bring_back, put_into_trash
from onetrainer_clone.running import goes_on
from onetrainer_clone.settings import UserError
from ui.dialogs import Option
from ui.runs.reopen import settings_of
from ui.workbench import Workbench

if TYPE_CHECKING:
    from ui.runs.desk import Desk

DELETE = (Option("no", "Keep it"), Option("delete", "Move to the trash", "danger"))


class Deeds:
    """`moved` is called when folders have gone or come, with the last one that went."""

    def __init__(self, bench: Workbench, desk: "Desk", moved: Callable[[Path | None], None]):
        self._bench, self._desk, self._moved = bench, desk, moved
        self._trashed: tuple[Path, Path] | None = None  # where it lies now, where it was

    @property
    def can_bring_back(self) -> bool:
        return self._trashed is not None

    def resume(self, run: PastRun) -> None:
        """From its newest backup; a run that came to its end only further than it was to go."""
        if not run.steps or run.step < run.steps:
            self._desk.resume(run.folder)
        elif (wanted := self._further(run)) is not None:
            self._desk.resume(run.folder, wanted)

    def load(self, run: PastRun) -> None:
        """Its settings into the window, in one step of undo."""
        state = settings_of(run.folder, self._bench.store.state.preset)
        self._bench.store.set(state, f"Load the settings of the run '{run.name}'")
        self._bench.go("model")

    def delete(self, runs: Sequence[PastRun]) -> bool:
        """Into the workspace's trash, after asking; the last one can be brought back. True where it is done."""
        if not runs:
            return False
        for run in runs:
            if run.folder == self._desk.running_folder:
                raise UserError("this run goes on: stop it first")
            if goes_on(run.folder):
                raise UserError(f"'{run.name}' goes on in another window or terminal: stop it there first")
        names = ", ".join(f"'{run.name}'" for run in runs[:4]) + (" and more" if len(runs) > 4 else "")
        message = f"{names}: samples, saves and backups go to {runs[0].folder.parent / '.trash'}, where you can empty it."
        if self._bench.ask.choose("Delete?", message, DELETE) != "delete":
            return False

        def work() -> tuple[Path, Path]:
            return [(put_into_trash(run.folder), run.folder) for run in runs][-1]

        self._desk.reader.submit("runs deleted", work, self._on_deleted)
        return True

    def bring_back(self) -> None:
        if self._trashed is not None:
            trashed, self._trashed = self._trashed, None
            self._desk.reader.submit("runs deleted", lambda: bring_back(*trashed), lambda _nothing: self._moved(None))

    def _further(self, run: PastRun) -> int | None:
        message = f"'{run.name}' has come to its end, step {run.steps:,}. Up to which step shall it be trained further?"
        typed = self._bench.ask.text("Train further", message, str(2 * run.steps))
        if not typed:
            return None
        if not typed.isdecimal() or int(typed) <= run.steps:
            raise UserError(f"write a number of steps above {run.steps:,} (was '{typed}')")
        return int(typed)

    def _on_deleted(self, last: tuple[Path, Path]) -> None:
        self._trashed = last
        self._moved(last[1])

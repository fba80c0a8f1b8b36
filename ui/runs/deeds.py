"""What can be done with past runs: go on with one, take its settings, throw some away and bring them back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from onetrainer_clone.past_runs import PastRun
from onetrainer_clone.running import goes_on
from onetrainer_clone.settings import UserError
from onetrainer_clone.trash import TRASH, bring_back, put_into_trash
from ui.dialogs import Option
from ui.runs.reopen import settings_of
from ui.workbench import Workbench

if TYPE_CHECKING:
    from ui.runs.desk import Desk

T = TypeVar("T")
Trashed = Sequence[tuple[Path, Path]]  # where a folder lies now, where it was
DELETE = (Option("no", "Keep it"), Option("delete", "Move to the trash", "danger"))


class Deeds:
    """`moved` is called when folders have gone or come, with those that went."""

    def __init__(self, bench: Workbench, desk: "Desk", moved: Callable[[Sequence[Path]], None]):
        self._bench, self._desk, self._moved = bench, desk, moved
        self._jobs = 0
        self._trashed: list[Trashed] = []  # one for every deletion, the last one last

    @property
    def can_bring_back(self) -> bool:
        return bool(self._trashed)

    def words(self) -> str:
        """What `bring_back` does now."""
        if not self._trashed:
            return "The runs that were deleted last."
        return f"{_names([folder for _, folder in self._trashed[-1]])}: from the trash into the list again."

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
        """Into the workspace's trash, after asking; they can be brought back. True where it is done."""
        if not runs:
            return False
        for run in runs:
            if run.folder == self._desk.running_folder:
                raise UserError("this run goes on: stop it first")
            if goes_on(run.folder):
                raise UserError(f"'{run.name}' goes on in another window or terminal: stop it there first")
        folders = [run.folder for run in runs]
        trashes = " and ".join(dict.fromkeys(str(folder.parent / TRASH) for folder in folders))
        message = f"{_names(folders)}: samples, saves and backups go to {trashes}, where you can empty it."
        if self._bench.ask.choose("Delete?", message, DELETE) != "delete":
            return False

        self._submit(_put_all_into_trash, folders, self._on_deleted)
        return True

    def bring_back(self) -> None:
        """Undo the last deletion; pressed again, the one before."""
        if self._trashed:
            self._submit(_bring_all_back, self._trashed.pop(), self._on_back)

    def _further(self, run: PastRun) -> int | None:
        message = f"'{run.name}' has come to its end, step {run.steps:,}. Up to which step shall it be trained further?"
        typed = self._bench.ask.text("Train further", message, str(2 * run.steps))
        if not typed:
            return None
        if not typed.isdecimal() or int(typed) <= run.steps:
            raise UserError(f"write a number of steps above {run.steps:,} (was '{typed}')")
        return int(typed)

    def _submit(self, work: Callable[[T], "Moved"], what: T, then: Callable[["Moved"], None]) -> None:
        self._jobs += 1
        self._desk.reader.submit(f"runs moved {self._jobs}", lambda: work(what), then)  # none may drop another

    def _on_deleted(self, found: "Moved") -> None:
        if found.moved:
            self._trashed.append(found.moved)
            self._moved([folder for _, folder in found.moved])
        if found.error is not None:
            raise found.error

    def _on_back(self, found: "Moved") -> None:
        if found.left:
            self._trashed.append(found.left)
        self._moved(())
        if found.error is not None:
            raise found.error


@dataclass(frozen=True)
class Moved:
    """What was done of several; the first that could not be moved ends it."""

    moved: Trashed
    left: Trashed = ()
    error: UserError | None = None


def _put_all_into_trash(folders: Sequence[Path]) -> Moved:
    moved: list[tuple[Path, Path]] = []
    for folder in folders:
        try:
            moved.append((put_into_trash(folder), folder))
        except UserError as error:
            return Moved(moved, error=error)
    return Moved(moved)


def _bring_all_back(trashed: Trashed) -> Moved:
    for place, (now, folder) in enumerate(trashed):
        try:
            bring_back(now, folder)
        except UserError as error:
            return Moved(trashed[:place], trashed[place:], error)
    return Moved(trashed)


def in_trash(folders: Sequence[Path]) -> str:
    return f"{_names(folders)} {'is' if len(folders) == 1 else 'are'} in the trash."


def _names(folders: Sequence[Path]) -> str:
    return ", ".join(f"'{folder.name}'" for folder in folders[:4]) + (" and more" if len(folders) > 4 else "")

"""What can be done with past runs: go on with one, take its settings, throw some away, bring them back or delete them."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from onetrainer_clone.past_runs import PastRun
from onetrainer_clone.result_plan import size_text
from onetrainer_clone.running import goes_on
from onetrainer_clone.settings import UserError
from onetrainer_clone.trash import TRASH, bring_back, bytes_in, destroy, is_in_trash, put_into_trash, workspace_of
from onetrainer_clone.typed import whole
from ui.dialogs import Option
from ui.runs.reopen import settings_of
from ui.workbench import Workbench

if TYPE_CHECKING:
    from ui.runs.desk import Desk

T = TypeVar("T")
Trashed = Sequence[tuple[Path, Path]]  # where a folder lies now, where it was
DELETE = (Option("no", "Keep it"), Option("delete", "Move to the trash", "danger"))


@dataclass(frozen=True)
class Moved:
    """What was done of several; `left`: what came after one that could not be moved. `gone`: what is not there any more."""

    moved: Trashed = ()
    left: Trashed = ()
    gone: Sequence[Path] = field(default=())
    error: UserError | None = None


class Deeds:
    """`moved` is called when folders have gone or come, with those that went and what is to be said about it."""

    def __init__(self, bench: Workbench, desk: "Desk", moved: Callable[[Sequence[Path], str], None]):
        self._bench, self._desk, self._moved = bench, desk, moved
        self._jobs = 0
        self._trashed: list[Trashed] = []  # one for every deletion, the last one last

    @property
    def can_bring_back(self) -> bool:
        """Whether there is a deletion to be undone; runs in the trash can be brought back at any time."""
        return bool(self._trashed)

    def words(self) -> str:
        """What `bring_back` does now."""
        if not self._trashed:
            return "Shows what was deleted, to bring it back or to delete it for good."
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

    def delete(self, runs: Sequence[PastRun]) -> None:
        """Into the workspace's trash, after asking; they can be brought back."""
        if not runs:
            return
        for run in runs:
            if run.folder == self._desk.running_folder:
                raise UserError("this run goes on: stop it first")
            if goes_on(run.folder):
                raise UserError(f"'{run.name}' goes on in another window or terminal: stop it there first")
        folders = [run.folder for run in runs]
        trashes = " and ".join(dict.fromkeys(str(folder.parent / TRASH) for folder in folders))
        message = f"{_names(folders)}: samples, saves and backups go to {trashes}, until you empty the trash."
        if self._bench.ask.choose("Delete?", message, DELETE) == "delete":
            self._submit(lambda: _put_all_into_trash(folders), self._on_deleted)

    def bring_back(self) -> None:
        """Undo the last deletion; pressed again, the one before."""
        if self._trashed:
            last = self._trashed.pop()
            self._submit(lambda: _bring_all_back(last), self._on_back)

    def restore(self, runs: Sequence[PastRun]) -> None:
        """Runs that lie in the trash, into their workspaces again, whenever they were deleted."""
        chosen = [(run.folder, workspace_of(run.folder) / run.name) for run in runs if is_in_trash(run.folder)]
        self._submit(lambda: _bring_all_back(chosen), self._on_restored)

    def empty(self, runs: Sequence[PastRun], chosen: Sequence[PastRun]) -> None:
        """Delete what is in the trash for good, or what was chosen of it, after saying how much that is, and asking."""
        every, some = [run.folder for run in runs], [run.folder for run in chosen]
        self._submit(lambda: (bytes_in(every), bytes_in(some)), partial(self._ask_to_empty, every, some))

    def _ask_to_empty(self, every: Sequence[Path], some: Sequence[Path], weighed: tuple[int, int]) -> None:
        all_bytes, some_bytes = map(size_text, weighed)
        options = [Option("all", f"Empty the trash: {all_bytes}", "danger"), Option("no", "Keep them", "main")]
        if some and len(some) < len(every):
            options.insert(0, Option("some", f"Only what is selected: {some_bytes}", "danger"))
        message = (
            f"{_counted(every)} {_are(every)} in the trash: {all_bytes} would be free. What is deleted from the trash is "
            "gone for good, with its samples, saves and backups."
        )
        chosen = self._bench.ask.choose("Delete for good?", message, options)
        folders = {"all": every, "some": some}.get(chosen or "", ())
        if folders:
            self._submit(lambda: _destroy_all(folders), self._on_destroyed)

    def _further(self, run: PastRun) -> int | None:
        message = f"'{run.name}' has come to its end, step {run.steps:,}. Up to which step shall it be trained further?"

        def wrong(typed: str) -> str:
            number = whole(typed)
            fits = number.isdecimal() and int(number) > run.steps
            return "" if fits else f"Write a number of steps above {run.steps:,}."

        typed = self._bench.ask.text("Train further", message, str(2 * run.steps), wrong)
        return int(whole(typed)) if typed is not None else None

    def _submit(self, work: Callable[[], T], then: Callable[[T], None]) -> None:
        self._jobs += 1
        self._desk.reader.submit(f"runs moved {self._jobs}", work, then)  # none may drop another

    def _on_deleted(self, found: Moved) -> None:
        if found.moved:
            self._trashed.append(found.moved)
            folders = [folder for _, folder in found.moved]
            self._moved(folders, f"{_names(folders)} {_are(folders)} in the trash. 'Bring back' undoes it.")
        if found.error is not None:
            raise found.error

    def _on_back(self, found: Moved) -> None:
        if found.left:
            self._trashed.append(found.left)
        self._moved((), "")
        if found.error is not None:
            raise found.error

    def _on_restored(self, found: Moved) -> None:
        folders = [folder for _, folder in found.moved]
        self._forget([trashed for trashed, _ in found.moved])
        self._moved([trashed for trashed, _ in found.moved], f"{_names(folders)} {_are(folders)} in the list again.")
        if found.error is not None:
            raise found.error

    def _on_destroyed(self, found: Moved) -> None:
        self._forget(found.gone)
        self._moved(found.gone, f"{_counted(found.gone)} deleted for good.")
        if found.error is not None:
            raise found.error

    def _forget(self, gone: Sequence[Path]) -> None:
        """Of what is not in the trash any more no deletion can be undone."""
        kept = [[pair for pair in pairs if pair[0] not in gone] for pairs in self._trashed]
        self._trashed = [pairs for pairs in kept if pairs]


def _put_all_into_trash(folders: Sequence[Path]) -> Moved:
    moved: list[tuple[Path, Path]] = []
    for folder in folders:
        try:
            moved.append((put_into_trash(folder), folder))
        except UserError as error:
            return Moved(moved, error=error)
    return Moved(moved)


def _bring_all_back(trashed: Trashed) -> Moved:
    moved: list[tuple[Path, Path]] = []
    gone: list[Path] = []
    for place, (now, folder) in enumerate(trashed):
        if not os.path.exists(now):
            gone.append(folder)
            continue
        try:
            moved.append((now, bring_back(now, folder)))
        except UserError as error:
            return Moved(moved, trashed[place:], error=error)
    message = f"{_names(gone)}: not in the trash any more, so there is nothing to bring back"
    return Moved(moved, gone=gone, error=UserError(message) if gone else None)


def _destroy_all(folders: Sequence[Path]) -> Moved:
    gone: list[Path] = []
    for folder in folders:
        try:
            destroy(folder)
        except UserError as error:
            return Moved(gone=gone, error=error)
        gone.append(folder)
    return Moved(gone=gone)


def _names(folders: Sequence[Path]) -> str:
    return ", ".join(f"'{folder.name}'" for folder in folders[:4]) + (" and more" if len(folders) > 4 else "")


def _are(folders: Sequence[Path]) -> str:
    return "is" if len(folders) == 1 else "are"


def _counted(folders: Sequence[Path]) -> str:
    return f"{len(folders):,} run{'s' if len(folders) != 1 else ''}"

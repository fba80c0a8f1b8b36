"""The Runs tab: the past runs of the workspace. One is shown again, two are compared, an old one goes on."""

import tkinter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import customtkinter as ctk

from onetrainer_clone.past_runs import PastRun
from onetrainer_clone.settings import UserError
from ui import colours, theme
from ui.background import Background
from ui.findings import Timer
from ui.runs.deeds import Deeds, in_trash
from ui.runs.detail import Detail
from ui.runs.listing import COLUMNS, Listing, row_of
from ui.runs.reveal import reveal
from ui.runs.shown import Shown, read
from ui.runs.table import Table
from ui.runs.toolbar import Action, Toolbar
from ui.tabs.page import Page
from ui.workbench import Workbench

if TYPE_CHECKING:
    from ui.runs.desk import Desk

LIST, HINT = 150, 120  # px at 100 %: the least height of the list, and of the hint where no run is shown
SASH = 8  # px between the panes
SHARE, SETTLE_MS = 0.36, 60  # of the height for the list; what comes into view is laid out in several steps
PICK = "Select a run to see its chart and samples; a second one with Ctrl to compare the two."
EMPTY = "No runs yet in {}.\n\nEvery run that you start is kept here, with its chart, its samples and its settings."


class RunsPage(Page):
    def __init__(self, parent: Any, bench: Workbench, desk: "Desk", background: Background):
        super().__init__(parent, bench)
        self.desk = desk
        self.listing = Listing(desk.reader)
        self.shown: tuple[Path, ...] = ()
        self._visited = False  # whether there was a run to show already
        self.enlarged = False
        self._settling = Timer(self.after, self.after_cancel)
        self._shared = 0  # px: the height of which the list has its share
        self.deeds = Deeds(bench, desk, self._on_moved)
        self.toolbar = Toolbar(self, self._actions(), bench.tooltip)
        self.toolbar.pack(fill="x", padx=2, pady=(0, 8))
        self.panes = tkinter.PanedWindow(self, orient="vertical", sashwidth=SASH, borderwidth=0)
        self.panes.pack(fill="both", expand=True)
        self.table = Table(self.panes, COLUMNS, "Looking for runs …", several=True)
        self.lower = ctk.CTkFrame(self.panes, fg_color=colours.PAGE, bg_color=colours.PAGE, corner_radius=0)
        self.hint = ctk.CTkLabel(self.lower, text=PICK, text_color=colours.DIM)
        theme.wrap(self.hint, self.lower, less=40)
        self.hint.pack(expand=True)
        self.detail = Detail(self.lower, bench, background)
        self.panes.add(self.table, stretch="always")
        self.panes.add(self.lower, stretch="always")
        self.panes.bind("<Configure>", lambda _event: self._settling.start(SETTLE_MS, self._share))
        self.table.on_select.connect(self._on_select)
        self.table.on_open.connect(lambda _index: self.enlarge(True))
        self.table.on_delete.connect(self.delete)
        self._themed = lambda _mode: self.panes.configure(background=theme.now(colours.PAGE))
        ctk.AppearanceModeTracker.add(self._themed, self)
        self._themed("")
        self._ends = [
            self.listing.changed.connect(self.refresh),
            desk.runner.ended.connect(lambda _ended: self._look_in_view()),
        ]

    def destroy(self) -> None:
        self._settling.stop()
        for end in self._ends:
            end()
        ctk.AppearanceModeTracker.remove(self._themed)
        super().destroy()

    def needs(self, width: float) -> float:
        shown = self.detail.needs(width) if self.detail.winfo_manager() else HINT
        return self.toolbar.needs(width) + 8 + (0 if self.enlarged else LIST + 8) + shown

    @property
    def workspace(self) -> Path:
        return self.bench.store.state.saving.folder

    @property
    def selected(self) -> list[PastRun]:
        return [self.listing.runs[index] for index in self.table.selection if index < len(self.listing.runs)]

    def enter(self) -> None:
        super().enter()
        self.listing.look(self.workspace)

    def tick(self) -> None:
        if self.shown:
            self.detail.tick()

    def refresh(self) -> None:
        runs, kept = self.listing.runs, {run.folder for run in self.selected} | set(self.shown)
        if self.listing.loaded:
            self.table.retitle(COLUMNS, EMPTY.format(self.workspace))
        running = self.desk.running_folder
        self.table.show(
            len(runs),
            lambda index: row_of(runs[index], self.listing.is_known(runs[index]), runs[index].folder == running),
            [index for index, run in enumerate(runs) if run.folder in kept],
        )
        self._enable()
        if self.listing.loaded and runs and not self._visited:
            self._visited = True
            newest = max(runs, key=lambda run: run.changed)  # the page is not empty when it is first seen
            self.table.select(runs.index(newest))

    def show(self, *runs: PastRun) -> None:
        """Show one run, or compare several, as soon as their journals are read."""
        self.shown = folders = tuple(run.folder for run in runs)
        window = self.bench.store.state
        if runs:
            self.hint.configure(text="Reading …")
            self.desk.reader.submit("run shown", lambda: read(folders, window), self._on_read, self._on_unread)

    def enlarge(self, large: bool) -> None:
        """The whole page for the run, or the list again."""
        if large == self.enlarged or (large and not self.shown):
            return
        self.enlarged = large
        if large:
            self.panes.forget(self.table)
        else:
            self.panes.add(self.table, before=self.lower, stretch="always")
            self._shared = 0
            self._settling.start(SETTLE_MS, self._share)
        self.needs_changed()
        self._enable()

    def resume(self) -> None:
        self.deeds.resume(self.selected[0])

    def load(self) -> None:
        self.deeds.load(self.selected[0])

    def delete(self) -> None:
        if self.deeds.delete(self.selected):
            self.enlarge(False)

    def _on_select(self) -> None:
        runs = self.selected[-2:]
        self._enable()
        if runs and tuple(run.folder for run in runs) != self.shown:
            self.show(*runs)

    def _on_read(self, shown: Shown) -> None:
        if not self.winfo_exists():
            return
        self.detail.show(shown)
        if not self.detail.winfo_manager():
            self.hint.pack_forget()
            self.detail.pack(fill="both", expand=True)
        self.needs_changed()

    def _on_unread(self, error: Exception) -> None:
        self.shown = ()
        self.hint.configure(text=str(error) if isinstance(error, UserError) else "The run could not be read.")
        self.detail.pack_forget()
        self.hint.pack(expand=True)
        if not isinstance(error, UserError):
            raise error

    def _on_moved(self, gone: Sequence[Path]) -> None:
        """Runs went to the trash, or came back."""
        if gone:
            self.shown, self.table.selection = (), []
            self.detail.pack_forget()
            self.hint.configure(text=f"{in_trash(gone)} 'Bring back' undoes it.")
            self.hint.pack(expand=True)
            self.needs_changed()
        self._look_in_view()

    def _look_in_view(self) -> None:
        if self.in_view:
            self.listing.look(self.workspace)

    def _enable(self) -> None:
        runs = self.selected
        one = len(runs) == 1
        free = not self.desk.runner.going
        self.toolbar.name("open", "Back to the list" if self.enlarged else "Open")
        self.toolbar.enable(
            {
                "open": bool(runs) or self.enlarged,
                "compare": len(runs) == 2,
                "resume": one and free and runs[0].can_resume,
                "load": one,
                "reveal": one,
                "delete": bool(runs),
                "back": self.deeds.can_bring_back,
            }
        )

    def _share(self) -> None:
        """Its share of the height for the list, whenever there is another height than before."""
        scale, height = theme.scaling(self), int(self.panes.winfo_height())
        if self.enlarged or height == self._shared or height < 100:
            return
        self._shared = height
        least = round(LIST * scale)
        mine = max(least, round(height * SHARE))
        # Told its height, a pane keeps it when what is in it wants another one.
        self.panes.paneconfigure(self.table, minsize=least // 2, height=mine)
        self.panes.paneconfigure(self.lower, minsize=least // 2, height=height - mine - SASH)

    def _compare(self) -> None:
        self.show(*self.selected[-2:])
        self.enlarge(True)

    def _actions(self) -> tuple[Action, ...]:
        def open_or_back() -> None:
            self.enlarge(not self.enlarged)

        return (
            Action("open", "Open", open_or_back, "Gives the run the whole page (double click)."),
            Action("compare", "Compare", self._compare, "Two runs, selected with Ctrl: charts, samples and settings."),
            Action("resume", "Resume", self.resume, "Goes on from its newest backup, where it has one."),
            Action("load", "Load its settings", self.load, "Into the window; undo brings back yours."),
            Action("reveal", "Show folder", lambda: reveal(self.selected[0].folder), "In the file manager."),
            Action("delete", "Delete…", self.delete, "Moves its folder to the workspace's trash.", "danger"),
            Action("back", "Bring back", self.deeds.bring_back, self.deeds.words),
        )

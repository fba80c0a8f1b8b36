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
from ui.run.record import Record
from ui.runs.deeds import Deeds
from ui.runs.detail import Detail
from ui.runs.listing import Listing
from ui.runs.run_list import FINDER, ROWS, RunList
from ui.runs.run_toolbar import RunToolbar
from ui.runs.shown import Shown, read
from ui.tabs.page import Page
from ui.workbench import Workbench

if TYPE_CHECKING:
    from ui.runs.desk import Desk

LIST, HINT = FINDER + ROWS, 120  # px at 100 %: the least height of the list, and of the hint where no run is shown
SASH = 8  # px between the panes
SHARE, SETTLE_MS = 0.36, 60  # of the height for the list; what comes into view is laid out in several steps
PICK = "Select a run to see its chart and samples; a second one with Ctrl to compare the two."


class RunsPage(Page):
    def __init__(self, parent: Any, bench: Workbench, desk: "Desk", background: Background):
        super().__init__(parent, bench)
        self.desk = desk
        self.listing = Listing(desk.reader)
        self.shown: tuple[Path, ...] = ()
        self._reading = False
        self._focused = True  # whether this is the program that the person works with
        self._running: Path | None = None
        self._visited = False  # whether there was a run to show already
        self.enlarged = False
        self._settling = Timer(self.after, self.after_cancel)
        self._shared = 0  # px: the height of which the list has its share
        self.deeds = Deeds(bench, desk, self._on_moved)
        self.toolbar = RunToolbar(self, bench.tooltip)
        self.toolbar.pack(fill="x", padx=2, pady=(0, 8))
        self.panes = tkinter.PanedWindow(self, orient="vertical", sashwidth=SASH, borderwidth=0)
        self.panes.pack(fill="both", expand=True)
        self.list = RunList(self.panes, bench, self.listing)
        self.table = self.list.table
        self.lower = ctk.CTkFrame(self.panes, fg_color=colours.PAGE, bg_color=colours.PAGE, corner_radius=0)
        self.hint = ctk.CTkLabel(self.lower, text=PICK, text_color=colours.DIM)
        theme.wrap(self.hint, self.lower, less=40)
        self.hint.pack(expand=True)
        self.detail = Detail(self.lower, bench, background, desk.keeper, desk.reader)
        self.detail.follower.over.connect(lambda _why: self._look_in_view())
        self.detail.follower.anew.connect(self._show_again)
        self.list.live = lambda: {**self._live, **self.detail.follower.records}
        self.detail.note.written.connect(self.listing.noted)
        self.panes.add(self.list, stretch="always")
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
            desk.runner.moved.connect(self._on_moved_on),
            desk.run_wanted.connect(self.open_run),
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
    def selected(self) -> list[PastRun]:
        return self.list.selected

    def enter(self) -> None:
        super().enter()
        self.list.look()

    def leave(self) -> None:
        super().leave()
        self.detail.note.flush()

    def tick(self) -> None:
        focused, self._focused = self._focused, bool(self.tk.call("focus", "-displayof", "."))
        if self._focused and not focused:
            self.list.look()  # the person comes back from another window, which may have begun a run
        self.list.tick()
        if self.shown:
            self.detail.tick()
            live = [record for folder, record in self._live.items() if folder in self.shown]
            if live and not self._reading and live[0] not in self.detail.records:
                self._show_again()  # a run that is shown goes on from now

    def refresh(self) -> None:
        runs = self.listing.runs
        self.list.show(self.desk.running_folder)
        self.toolbar.show()
        if self.listing.trash and not self.listing.every:
            self.list.finder.show_trash(False)  # it is empty now
        if self.listing.loaded and runs and not self._visited:
            self._visited = True
            newest = max(runs, key=lambda run: run.changed)  # the page is not empty when it is first seen
            self.table.select(runs.index(newest))
        self._catch_up()

    def _catch_up(self) -> None:
        """A run that is shown as it once ended goes on in another window by now."""
        if self.desk.runner.going or self._reading:
            return
        going = {run.folder for run in self.listing.runs if run.going}
        known = {*self.detail.follower.records, self.desk.runner.record.folder}  # ours has ended since that was listed
        if going & set(self.shown) - known:
            self._show_again()

    def show(self, *runs: PastRun) -> None:
        """Show one run, or compare several, as soon as their journals are read."""
        self.shown = tuple(run.folder for run in runs)
        if runs:
            self.hint.configure(text="Reading …")
            self._show_again()

    def open_run(self, folder: Path) -> None:
        """Select a run and give it the page, whatever is listed now."""
        self._visited = True
        self.list.bring(folder)
        self.show(PastRun(folder))
        self.enlarge(True)

    @property
    def _live(self) -> dict[Path, Record]:
        """The run that goes on in this window, as it tells of itself."""
        runner = self.desk.runner
        return {runner.record.folder: runner.record} if runner.going and runner.record.folder else {}

    def _show_again(self) -> None:
        folders, window, live = self.shown, self.bench.store.state, self._live
        self._reading = True
        self.desk.reader.submit("run shown", lambda: read(folders, window, live), self._on_read, self._on_unread)

    def enlarge(self, large: bool) -> None:
        """The whole page for the run, or the list again."""
        if large == self.enlarged or (large and not self.shown):
            return
        self.enlarged = large
        if large:
            self.panes.forget(self.list)
        else:
            self.panes.add(self.list, before=self.lower, stretch="always")
            self._shared = 0
            self._settling.start(SETTLE_MS, self._share)
        self.needs_changed()
        self.toolbar.show()

    def compare(self) -> None:
        self.show(*self.selected[-2:])
        self.enlarge(True)

    def resume(self) -> None:
        self.deeds.resume(self.selected[0])

    def load(self) -> None:
        self.deeds.load(self.selected[0])

    def delete(self) -> None:
        """To the trash; what is in the trash, for good."""
        self.detail.note.write_now()
        if self.listing.trash:
            self.deeds.empty(self.listing.every, self.selected)
        else:
            self.deeds.delete(self.selected)

    def bring_back(self) -> None:
        """What is selected in the trash; else what was deleted last; where that was long ago, the trash is shown."""
        if self.listing.trash:
            self.deeds.restore(self.selected)
        elif self.deeds.can_bring_back:
            self.deeds.bring_back()
        else:
            self.list.finder.show_trash(True)

    def _on_select(self) -> None:
        runs = self.selected[-2:]
        self.toolbar.show()
        if runs and tuple(run.folder for run in runs) != self.shown:
            self.show(*runs)

    def _on_read(self, shown: Shown) -> None:
        self._reading = False
        if not self.winfo_exists() or not self.shown:  # it was deleted meanwhile
            return
        self.detail.show(shown)
        if not self.detail.winfo_manager():
            self.hint.pack_forget()
            self.detail.pack(fill="both", expand=True)
        self.needs_changed()

    def _on_unread(self, error: Exception) -> None:
        self._reading, self.shown = False, ()
        self.enlarge(False)
        self.hint.configure(text=str(error) if isinstance(error, UserError) else "The run could not be read.")
        self.detail.pack_forget()
        self.hint.pack(expand=True)
        if not isinstance(error, UserError):
            raise error

    def _on_moved(self, gone: Sequence[Path], said: str) -> None:
        """Runs went to the trash, came back or are no more."""
        if gone:
            self.shown, self.list.chosen = (), []
            self.enlarge(False)
            self.detail.pack_forget()
            self.hint.configure(text=said)
            self.hint.pack(expand=True)
            self.needs_changed()
        self._look_in_view()

    def _on_moved_on(self) -> None:
        """Another run than before goes on."""
        if self._running != self.desk.running_folder:
            self._running = self.desk.running_folder
            self._look_in_view()

    def _look_in_view(self) -> None:
        if self.in_view:
            self.list.look()

    def _share(self) -> None:
        """Its share of the height for the list, whenever there is another height than before."""
        scale, height = theme.scaling(self), int(self.panes.winfo_height())
        if self.enlarged or height == self._shared or height < 100:
            return
        self._shared = height
        least = round(LIST * scale)
        mine = max(least, round(height * SHARE))
        # Told its height, a pane keeps it when what is in it wants another one.
        self.panes.paneconfigure(self.list, minsize=least // 2, height=mine)
        self.panes.paneconfigure(self.lower, minsize=least // 2, height=height - mine - SASH)

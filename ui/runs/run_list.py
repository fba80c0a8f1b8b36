"""The upper part of the Runs tab: the search, the choice of a workspace, and the table of the runs."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import customtkinter as ctk

from onetrainer_clone.past_runs import PastRun
from ui import colours
from ui.run.record import Record
from ui.runs.columns import COLUMNS, LARGE_FIRST, WORKSPACE, row_of
from ui.runs.finder import Finder
from ui.runs.listing import Listing
from ui.runs.table import Column, Table
from ui.workbench import Workbench

EMPTY = "No runs yet in {}.\n\nEvery run that you start is kept here, with its chart, its samples and its settings."
EMPTY_TRASH = "Nothing is in the trash of {}."
NOTHING = "None of the {:,} runs is like that."
FINDER, ROWS = 36, 150  # px at 100 %: the search's height, and the least of the table
LIVE_SECONDS = 1.0  # between two looks at the run that goes on


class RunList(ctk.CTkFrame):
    def __init__(self, parent: Any, bench: Workbench, listing: Listing):
        super().__init__(parent, fg_color=colours.PAGE, bg_color=colours.PAGE, corner_radius=0)
        self.listing = listing
        self.finder = Finder(self, bench, listing.search, self.look)
        self.finder.pack(fill="x", padx=2, pady=(0, 8))
        self.table = Table(self, COLUMNS, "Looking for runs …", several=True)
        self.table.pack(fill="both", expand=True)
        self.table.on_sort.connect(self._sort)
        self.table.on_select.connect(self._on_select)
        self.chosen: list[Path] = []  # folders of the selected runs, wherever they are in the list now
        self.live: Callable[[], Mapping[Path, Record]] = dict  # runs that go on, as they tell of themselves
        self._brought: Path | None = None  # a run that is to be in view as soon as it is listed
        self._next = 0.0

    @property
    def selected(self) -> list[PastRun]:
        """In the order in which they were selected; without those that the search leaves out."""
        listed = {run.folder: run for run in self.listing.runs}
        return [listed[folder] for folder in self.chosen if folder in listed]

    @property
    def columns(self) -> tuple[Column, ...]:
        several = len({run.folder.parent for run in self.listing.every}) > 1
        return (COLUMNS[0], WORKSPACE, *COLUMNS[1:]) if several else COLUMNS

    def look(self) -> None:
        self.listing.look(self.finder.wanted())

    def bring(self, folder: Path) -> None:
        """Have a run listed, and select it."""
        self.chosen, self._brought = [folder], folder
        self.finder.variable.set("")
        here = self.finder.all or folder.parent == (self.finder.other or self.finder.present)
        if self.finder.trash or not here:
            self.finder.choose(None if folder.parent == self.finder.present else folder.parent)
        self.listing.changed.emit()

    def show(self, running: Path | None) -> None:
        """The runs as they are now; those that were selected stay so."""
        listing, columns = self.listing, self.columns
        self.finder.known = listing.workspaces
        self.table.sorted_by, self.table.falling = listing.title, listing.falling
        if listing.loaded:
            where = self.finder.other or self.finder.present
            hint = (EMPTY_TRASH if listing.trash else EMPTY).format("any workspace" if self.finder.all else where)
            self.table.retitle(columns, NOTHING.format(len(listing.every)) if listing.every else hint)
        runs = listing.runs
        places = {run.folder: place for place, run in enumerate(runs)}
        self.table.show(
            len(runs),
            lambda index: row_of(
                self._now(runs[index]), columns, listing.is_known(runs[index]), runs[index].folder == running
            ),
            [places[folder] for folder in self.chosen if folder in places],
        )
        if self._brought in places:
            self.table.canvas.reveal(places[self._brought])
            self._brought = None

    def tick(self) -> None:
        """The run that goes on has come further."""
        if time.monotonic() > self._next and self.live():
            self._next = time.monotonic() + LIVE_SECONDS
            self.table.canvas.redraw()

    def _now(self, run: PastRun) -> PastRun:
        """A run as it stands: what was read of one that goes on is old already."""
        record = self.live().get(run.folder)
        if record is None or not record.progress.steps:
            return run
        losses = {name: series.points[1][-1] for name, series in record.concept_loss.items() if series.steps}
        progress = record.progress
        seconds = progress.elapsed_seconds or run.seconds
        return replace(run, step=progress.step, steps=progress.steps, losses=losses, seconds=seconds)

    def _on_select(self) -> None:
        self.chosen = [self.listing.runs[index].folder for index in self.table.selection]

    def _sort(self, title: str) -> None:
        """By this column; the other way round at the second click."""
        same = title == self.listing.title
        self.listing.sort(title, not self.listing.falling if same else title in LARGE_FIRST)

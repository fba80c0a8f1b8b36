"""One run that is over, or two beside each other: made of the parts of the run view."""

import tkinter
from typing import Any

import customtkinter as ctk

from ui import colours, theme
from ui.background import Background
from ui.run.balance import BalanceStrip
from ui.run.chart import Chart
from ui.run.log import LogView
from ui.run.record import Record
from ui.run.samples import Samples
from ui.run.viewer import Viewer
from ui.runs.reopen import RunColours, overlaid
from ui.runs.shown import Shown
from ui.runs.table import Column, Row, Table
from ui.workbench import Workbench

OVERVIEW, LOG, SETTINGS = "Chart and samples", "Log", "Settings"


class Detail(ctk.CTkFrame):
    def __init__(self, parent: Any, bench: Workbench, background: Background):
        super().__init__(parent, fg_color="transparent")
        self._bench = bench
        self.record = Record()
        self._colours = RunColours(bench.colours)
        self._head = head = ctk.CTkFrame(self, fg_color="transparent")
        head.pack(fill="x", pady=(0, 6))
        self.title = ctk.CTkLabel(head, text="", anchor="w", font=theme.font(bold=True))
        self.part = ctk.CTkSegmentedButton(head, values=[OVERVIEW, LOG, SETTINGS], command=self.show_part)
        self.part.set(OVERVIEW)
        self.part.pack(side="right")
        self.title.pack(side="left", fill="x", expand=True, padx=(4, 10))
        self.said = ctk.CTkLabel(self, text="", anchor="w", justify="left", text_color=colours.WARNING)
        theme.wrap(self.said, self, less=20)
        self.panes = tkinter.PanedWindow(self, orient="horizontal", sashwidth=8, borderwidth=0)
        self.chart = Chart(self.panes, background, self._colours, bench.ask)
        self.samples = Samples(
            self.panes, bench.pictures, lambda record, key, step: Viewer(bench.root, record, key, step)
        )
        self.balance = BalanceStrip(self, self._colours, after=head)
        self.panes.add(self.chart, stretch="always", minsize=220)
        self.panes.add(self.samples, stretch="always", minsize=220)
        self.log = LogView(self)
        self.settings = Table(self, _columns(("", "")), "")
        self._parts: dict[str, Any] = {OVERVIEW: self.panes, LOG: self.log, SETTINGS: self.settings}
        self._themed = lambda _mode: self.panes.configure(background=theme.now(colours.PAGE))
        ctk.AppearanceModeTracker.add(self._themed, self)
        self._themed("")
        self._halved = False
        self.show_part(OVERVIEW)

    def destroy(self) -> None:
        ctk.AppearanceModeTracker.remove(self._themed)
        super().destroy()

    def show_part(self, part: str) -> None:
        self.part.set(part)
        for name, widget in self._parts.items():
            if name == part:
                widget.pack(fill="both", expand=True)
            else:
                widget.pack_forget()
        self.after(1, self._halve)

    def show(self, shown: Shown) -> None:
        several = len(shown.records) > 1
        self.record = overlaid(shown.records, shown.labels) if several else shown.records[0]
        self._colours.show(shown.records, shown.labels)
        self.title.configure(text=shown.title)
        self.said.configure(text=shown.said)
        if shown.said:
            self.said.pack(fill="x", padx=4, pady=(0, 4), after=self._head)
        else:
            self.said.pack_forget()
        self.samples.show(self.record)
        self.log.show(self.record)  # the chart draws itself at the next turn: both at once would be felt
        rows = shown.differences
        empty = shown.settings_problem or f"The settings of {shown.versus[0]} and {shown.versus[1]} are the same."
        self.settings.retitle(_columns(shown.versus), empty)
        self.settings.show(len(rows), lambda index: Row((rows[index].label, rows[index].old, rows[index].new)))

    def tick(self) -> None:
        """What was put off is drawn; the chart looks itself whether it is time."""
        self.chart.show(self.record)
        self.balance.show(self.record)

    def _halve(self) -> None:
        """Half of the width for each side, the first time that they are shown."""
        if self.winfo_exists() and self.panes.winfo_width() > 500 and not self._halved:
            self.panes.sash_place(0, round(self.panes.winfo_width() * 0.46), 0)
            self._halved = True


def _columns(versus: tuple[str, str]) -> tuple[Column, ...]:
    return Column("Setting", 240, 2), Column(versus[0], 160, 2), Column(versus[1], 160, 2)

"""One run, or two beside each other, also while one of them goes on: made of the parts of the run view."""

import time
import tkinter
from collections.abc import Sequence
from typing import Any

import customtkinter as ctk

from ui import colours, theme
from ui.background import Background
from ui.findings import Timer
from ui.run.balance import BalanceStrip
from ui.run.chart import Chart
from ui.run.charts import Charts
from ui.run.log import LogView
from ui.run.record import Record
from ui.run.samples import Samples
from ui.run.status import Status
from ui.run.viewer import Viewer
from ui.runs.follow import Follower
from ui.runs.note import HEIGHT, NoteBox
from ui.runs.reopen import RunColours, lay_over, overlaid
from ui.runs.shown import Shown, said_at_end
from ui.runs.table import Column, Row, Table
from ui.tabs.page import STACKED
from ui.viewport import CHANGED
from ui.workbench import Workbench

OVERVIEW, LOG, SETTINGS = "Chart and samples", "Log", "Settings"
HEAD, NOTE, BESIDE, EACH, SAID = 36, HEIGHT + 6, 230, 250, 44  # px at 100 %: least heights, EACH of chart and samples
SASH = 8  # px between the panes
LEGEND = 70  # px at 100 %: that the names of two runs take more in a narrow chart
STATUS = 62  # px at 100 %: of a run that is followed
BALANCE = 48  # of the strip, with its sentence
LIVE_SECONDS = 0.5  # between two looks at a run that goes on
SETTLE_MS = 60  # what comes into view is laid out in several steps


class Detail(ctk.CTkFrame):
    def __init__(
        self, parent: Any, bench: Workbench, background: Background, writer: Background, reader: Background
    ):
        super().__init__(parent, fg_color="transparent")
        self._bench = bench
        self.record = Record()
        self.records: Sequence[Record] = ()  # of the runs that are shown
        self._labels: Sequence[str] = ()
        self._live: list[Record] = []  # those of them that go on
        self.follower = Follower(reader)  # of those that go on in another window or terminal
        self.follower.over.connect(self._on_over)
        self._next = 0.0
        self._colours = RunColours(bench.colours)
        self._titles = ("", "")  # in full, and shorter
        self._settling = Timer(self.after, self.after_cancel)
        self._head = head = ctk.CTkFrame(self, fg_color="transparent")
        head.grid_columnconfigure(0, weight=1)
        head.pack(fill="x", pady=(0, 6))
        self._font = theme.font(bold=True)
        self.title = ctk.CTkLabel(head, text="", anchor="w", font=self._font)
        self.part = ctk.CTkSegmentedButton(head, values=[OVERVIEW, LOG, SETTINGS], command=self.show_part)
        self.part.set(OVERVIEW)
        self.said = ctk.CTkLabel(self, text="", anchor="w", justify="left", text_color=colours.WARNING)
        theme.wrap(self.said, self, less=20)
        self.status = Status(self)  # of a run that is followed: this window's own has it on the Run tab
        self.note = NoteBox(self, bench, writer)
        self.panes = tkinter.PanedWindow(self, orient="horizontal", sashwidth=SASH, borderwidth=0)
        self.charts = Charts(self.panes, background, self._colours, bench.ask)
        self.samples = Samples(
            self.panes, bench.pictures, lambda record, key, step: Viewer(bench.root, record, key, step)
        )
        self.balance = BalanceStrip(self, self._colours, after=head)
        self.panes.add(self.charts, stretch="always")
        self.panes.add(self.samples, stretch="always")
        self.log = LogView(self)
        self.settings = Table(self, _columns(("", "")), "")
        self._parts: dict[str, Any] = {OVERVIEW: self.panes, LOG: self.log, SETTINGS: self.settings}
        self._themed = lambda _mode: self.panes.configure(background=theme.now(colours.PAGE))
        ctk.AppearanceModeTracker.add(self._themed, self)
        self._themed("")
        self._narrow: bool | None = None
        self._laid: tuple[int, bool] | None = None  # the length that was halved, and whether downwards
        self.bind("<Configure>", lambda _event: self._fit())
        self.panes.bind("<Configure>", lambda _event: self._settling.start(SETTLE_MS, self._halve))
        self.show_part(OVERVIEW)

    def destroy(self) -> None:
        self._settling.stop()
        ctk.AppearanceModeTracker.remove(self._themed)
        super().destroy()

    def needs(self, width: float) -> float:
        """The height that it takes at least at this width, both in px at 100 %."""
        narrow = width < STACKED
        said = SAID if self.said.winfo_manager() else 0
        balance = BALANCE if self.balance.winfo_manager() else 0
        note = (NOTE if self.note.winfo_manager() else 0) + (STATUS if self.status.winfo_manager() else 0)
        overview = 2 * (EACH + (LEGEND if len(self.records) > 1 else 0)) if narrow else BESIDE
        part = overview if self.part.get() == OVERVIEW else BESIDE
        return balance + note + (2 if narrow else 1) * HEAD + said + part

    def show_part(self, part: str) -> None:
        self.part.set(part)
        self.event_generate(CHANGED)
        for name, widget in self._parts.items():
            if name == part:
                widget.pack(fill="both", expand=True)
            else:
                widget.pack_forget()

    def show(self, shown: Shown) -> None:
        several = len(shown.records) > 1
        self.records, self._labels = shown.records, shown.labels
        self._live = [record for record in shown.records if record.ended is None]
        self.follower.follow(shown.followed)
        self.record = overlaid(shown.records, shown.labels) if several else shown.records[0]
        self._colours.show(shown.records, shown.labels)
        self._titles = shown.title, " and ".join(shown.labels)
        self._fit_title()
        self._say(shown.said or self.follower.words)
        if several or self.record.folder is None:
            self.note.flush()
            self.note.pack_forget()
        else:
            self.note.show(self.record.folder, shown.note)
            self.note.pack(fill="x", pady=(0, 6), after=self._head)
        self._show_status()
        self.samples.show(self.record)
        self.log.show(self.record)  # the chart draws itself at the next turn: both at once would be felt
        rows = shown.differences
        empty = shown.settings_problem or f"The settings of {shown.versus[0]} and {shown.versus[1]} are the same."
        self.settings.retitle(_columns(shown.versus), empty)
        self.settings.show(len(rows), lambda index: Row((rows[index].label, rows[index].old, rows[index].new)))

    @property
    def chart(self) -> Chart:
        """The one that is always there."""
        return self.charts.first

    def tick(self) -> None:
        """What was put off is drawn; the chart looks itself whether it is time."""
        self.follower.tick()
        if self._live and time.monotonic() >= self._next:
            self._next = time.monotonic() + LIVE_SECONDS
            self._follow()
        self.charts.show(self.record)
        before = self.balance.winfo_manager()
        self.balance.show(self.record)
        if self.balance.winfo_manager() != before:
            self.event_generate(CHANGED)

    def _follow(self) -> None:
        """What a run that goes on has told since."""
        if len(self.records) > 1:
            lay_over(self.record)
        if self.follower.words:
            self._say(self.follower.words)
        self._show_status()
        self._colours.show(self.records, self._labels)
        self.samples.show(self.record)
        self.log.show(self.record)
        if self.record.ended is not None:
            self._say(said_at_end(self.record.ended))
        self._live = [record for record in self._live if record.ended is None]

    def _on_over(self, why: str) -> None:
        self._say(why)
        self._next = 0.0  # its last words at once

    def _show_status(self) -> None:
        """How far a single run is that is followed."""
        followed = bool(self.follower.words) and len(self.records) == 1
        if followed:
            self.status.show(self.record, going=True, paused=False, stopping=False)
        if followed != bool(self.status.winfo_manager()):
            if followed:
                self.status.pack(fill="x", padx=4, pady=(0, 6), after=self._head)
            else:
                self.status.pack_forget()
            self.event_generate(CHANGED)

    def _say(self, said: str) -> None:
        if said != self.said.cget("text"):
            self.said.configure(text=said, text_color=colours.DIM if self.follower.words else colours.WARNING)
        if said and not self.said.winfo_manager():
            self.said.pack(fill="x", padx=4, pady=(0, 4), after=self._head)
        elif not said:
            self.said.pack_forget()

    def _fit(self) -> None:
        """Chart and samples beside each other, or one under the other where there is no width for both."""
        narrow = self.winfo_width() < STACKED * theme.scaling(self)
        if narrow != self._narrow:
            self._narrow = narrow
            self.title.grid(row=0, column=0, sticky="w", padx=(4, 10))
            self.part.grid(row=1 if narrow else 0, column=0 if narrow else 1, sticky="w" if narrow else "e")
            self.panes.configure(orient="vertical" if narrow else "horizontal")
            self._settling.start(SETTLE_MS, self._halve)
        self._fit_title()

    def _fit_title(self) -> None:
        beside = 0 if self._narrow else self.part.winfo_reqwidth()
        room = (self.winfo_width() - beside) / theme.scaling(self) - 24
        full, short = self._titles
        text = theme.fitting(full if self._font.measure(full) <= room else short, max(room, 60), self._font)
        if text != self.title.cget("text"):
            self.title.configure(text=text)

    def _halve(self) -> None:
        """Half of the room for each, when it is shown and when it has another room than before."""
        if not self.winfo_exists():
            return
        down, least = bool(self._narrow), round(160 * theme.scaling(self))
        room = self.panes.winfo_height() if down else self.panes.winfo_width()
        if room < 2 * least or (room, down) == self._laid:
            return
        self._laid = room, down
        half = round(room * (0.5 if down else 0.46))
        for pane, length in ((self.charts, half), (self.samples, room - half - SASH)):
            # Told its length, a pane keeps it when what is in it wants another one.
            sizes = {"width": "", "height": length} if down else {"width": length, "height": ""}
            self.panes.paneconfigure(pane, minsize=least, **sizes)


def _columns(versus: tuple[str, str]) -> tuple[Column, ...]:
    return Column("Setting", 150, 3), Column(versus[0], 95, 2), Column(versus[1], 95, 2)

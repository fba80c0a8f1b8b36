"""One chart, or two above each other that share their steps: what is in view of one, and where the mouse is, of both.

What they show, and how smooth, is as the person left it.
"""

from functools import partial
from typing import Any

import customtkinter as ctk

from ui import colours, memory
from ui.background import Background
from ui.colours import ConceptColours
from ui.dialogs import Ask
from ui.run.chart import Chart
from ui.run.record import Record
from ui.run.zoom import Limits
from ui.signals import Signal

SECOND = ("Validation loss", "Learning rate")  # the first of them that was measured is shown in a second chart


class Charts(ctk.CTkFrame):
    """`first` is always there; `second` is made when it is first asked for, and kept."""

    def __init__(self, parent: Any, background: Background, concept_colours: ConceptColours, ask: Ask):
        super().__init__(parent, fg_color=colours.PAGE, bg_color=colours.PAGE, corner_radius=0)
        self.counted: Signal[[]] = Signal()  # there is one chart more, or less
        self._make = lambda: Chart(self, background, concept_colours, ask)
        self._background = background
        self._record = Record()
        self._kept = memory.last_charts()  # how they were chosen, the upper one first
        self.second: Chart | None = None
        self.first = self._make()
        self.first.bar.on_second(self.toggle)
        self.grid_columnconfigure(0, weight=1)
        self.grid_rowconfigure(0, weight=1, uniform="charts")
        self.first.grid(row=0, column=0, sticky="nsew")
        self._recall(self.first, 0)
        if len(self._kept) > 1 and self._kept[1].get("shown"):
            self.toggle()

    @property
    def shown(self) -> list[Chart]:
        return [self.first, *([self.second] if self.second is not None and self.second.winfo_manager() else [])]

    @property
    def up_to_date(self) -> bool:
        return all(chart.up_to_date for chart in self.shown)

    def show(self, record: Record) -> None:
        """As of a chart. Two of them are drawn half as often each."""
        self._record = record
        for chart in self.shown:
            chart.show(record, len(self.shown))

    def toggle(self) -> None:
        """A second chart below, or one again."""
        if self.second is None:
            self.second = self._make()
            self.second.bar.on_second(self.toggle, closes=True)
            self._join(self.first, self.second)
            measured = (title for title in SECOND if self.second.would_show(title, self._record))
            self.second.choose(next(measured, SECOND[-1]))
            self._recall(self.second, 1)
        two = len(self.shown) == 1
        if two:
            self.second.grid(row=1, column=0, sticky="nsew", pady=(6, 0))
            self.second.hover.see(self.first.hover.zoom.x)
        else:
            self.second.grid_forget()
        self.grid_rowconfigure(1, weight=int(two), uniform="charts" if two else "")
        self.first.bar.mark_second(two)
        self.show(self._record)
        self._keep()
        self.counted.emit()

    def _recall(self, chart: Chart, place: int) -> None:
        if place < len(self._kept):
            chart.recall(self._kept[place])
        chart.chosen.connect(self._keep)

    def _keep(self) -> None:
        """For the next start, off the main thread; what cannot be kept is no harm."""
        kept = [self.first.choice, *self._kept[1:]]
        if self.second is not None:
            kept[1:] = [{**self.second.choice, "shown": self.second in self.shown}]
        if kept != self._kept:
            self._kept = kept
            self._background.submit("charts kept", lambda: memory.keep_charts(kept), _pass, _pass)

    def _join(self, *both: Chart) -> None:
        """What happens to the steps of one happens to those of the other."""
        for chart, other in (both, both[::-1]):
            chart.beside = partial(self._steps_of, other)
            chart.hover.seen.connect(other.hover.see)
            chart.hover.pointed.connect(other.hover.follow)

    def _steps_of(self, chart: Chart) -> Limits | None:
        return chart.steps if chart in self.shown else None


def _pass(_result: object) -> None:
    """Nothing is to be done with it."""

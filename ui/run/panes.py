"""Chart, log and samples in the room that there is: beside each other, or above each other where it is narrow."""

import tkinter
from typing import Any

import customtkinter as ctk

from ui import colours, theme
from ui.findings import Timer
from ui.run.charts import Charts
from ui.run.log import HEAD, LogView
from ui.run.samples import Samples

NARROW = 600  # px at 100 %: beside each other, chart and samples would be too narrow for their buttons
WIDE_NEEDS, NARROW_NEEDS = 560, 900  # px at 100 % of the page's height, so that all of them can be read
ROOMY = 360  # px at 100 %: in a lower room only the heading of the log is open at first
SECOND_NEEDS = 160  # and so much more for a second chart
LEFT, ABOVE, BOTH_ABOVE = 0.46, 0.44, 0.58  # the chart's share of the width, or of the height; of two charts
LOG, LOG_MOST, LOG_UNFOLDED = 0.24, 190, 0.45  # shares of the height; at first so many px at 100 % at most
SASH = 8  # px of the screen
SETTLE_MS = 60  # a page that comes into view is laid out in several steps


def needs(width: float, charts: int) -> float:
    """The height that a page with these needs at a width, both in px at 100 %."""
    return (NARROW_NEEDS if width < NARROW else WIDE_NEEDS) + (charts - 1) * SECOND_NEEDS


class Panes(tkinter.PanedWindow):
    """Make the parts as children of this one, then `hold` them. The person moves the sashes between them."""

    def __init__(self, parent: Any):
        super().__init__(parent, orient="horizontal", sashwidth=SASH, borderwidth=0)
        self._left = tkinter.PanedWindow(self, orient="vertical", sashwidth=SASH, borderwidth=0)
        self._settling = Timer(self.after, self.after_cancel)
        self._arranged: tuple[bool, float] | None = None  # narrow, and at which scaling
        self.shared = False  # whether everything has got its share of the room
        self._themed = lambda _mode: self._colour()
        ctk.AppearanceModeTracker.add(self._themed, self)
        self._colour()
        self.bind("<Configure>", lambda _event: self._settling.start(SETTLE_MS, self._arrange))

    def destroy(self) -> None:
        self._settling.stop()
        ctk.AppearanceModeTracker.remove(self._themed)
        super().destroy()

    def hold(self, charts: Charts, log: LogView, samples: Samples) -> None:
        self._chart, self._log, self._samples = charts, log, samples
        charts.counted.connect(self._on_charts)
        self._arrange()

    @property
    def narrow(self) -> bool:
        """Whether everything stands above each other."""
        return self._arranged is not None and self._arranged[0]

    def unfold_log(self) -> None:
        """Nearly half of the height, or back to its heading."""
        self._give_log(0.0 if self._log.winfo_height() > self._px(HEAD) * 2 else LOG_UNFOLDED)

    def _px(self, value: float) -> int:
        return round(value * theme.scaling(self))

    def _on_charts(self) -> None:
        """There is one chart more, or less: their share is another, once the page has the height that it needs now."""
        self.shared = False
        self._settling.start(SETTLE_MS, self._arrange)

    def _arrange(self) -> None:
        wanted = (1 < self.winfo_width() < self._px(NARROW), theme.scaling(self))
        if wanted != self._arranged:
            self._arranged, self.shared = wanted, False
            for panes in (self, self._left):
                for pane in panes.panes():
                    panes.forget(pane)
            self.configure(orient="vertical" if self.narrow else "horizontal")
            (self._stack if self.narrow else self._put_beside)()
        if not self.shared and self.winfo_width() > 200 and self.winfo_height() > 200:
            self.shared = True
            self._share()

    def _put_beside(self) -> None:
        self._left.add(self._chart, stretch="always", minsize=self._px(160))
        self._left.add(self._log, stretch="never", minsize=self._px(HEAD), height=self._px(HEAD))
        self.add(self._left, stretch="always", minsize=self._px(260))
        self.add(self._samples, stretch="always", minsize=self._px(240))

    def _stack(self) -> None:
        self.add(self._chart, stretch="always", minsize=self._px(170))
        self.add(self._samples, stretch="always", minsize=self._px(200))
        self.add(self._log, stretch="never", minsize=self._px(HEAD), height=self._px(HEAD))

    def _share(self) -> None:
        width, height = self.winfo_width(), self.winfo_height()
        if self.narrow:
            self._give_log(0.0, BOTH_ABOVE if len(self._chart.shown) > 1 else ABOVE)
        else:
            self.paneconfigure(self._left, width=round(width * LEFT))
            self.paneconfigure(self._samples, width=width - round(width * LEFT) - SASH)
            roomy = height > self._px(ROOMY + (len(self._chart.shown) - 1) * SECOND_NEEDS)
            self._give_log(min(LOG, self._px(LOG_MOST) / height) if roomy else 0.0)

    def _give_log(self, share: float, chart: float | None = None) -> None:
        """So much of the height for the log, its heading at least; of what is left so much for the chart, or as before."""
        height = self.winfo_height()
        log = max(round(height * share), self._px(HEAD))
        if not self.narrow:
            self._left.paneconfigure(self._chart, height=height - log - SASH)
            self._left.paneconfigure(self._log, height=log)
            return
        rest = height - log - 2 * SASH
        if chart is None:
            chart = self._chart.winfo_height() / max(self._chart.winfo_height() + self._samples.winfo_height(), 1)
        self.paneconfigure(self._chart, height=round(rest * chart))
        self.paneconfigure(self._samples, height=rest - round(rest * chart))
        self.paneconfigure(self._log, height=log)

    def _colour(self) -> None:
        for panes in (self, self._left):
            panes.configure(background=theme.now(colours.PAGE))

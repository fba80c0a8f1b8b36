"""The curves drawn by matplotlib. Imported late and off the main thread, by the chart; nothing else may import it."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, LogLocator, MaxNLocator, ScalarFormatter
from PIL import Image

from ui import colours
from ui.run import thin
from ui.run.curves import Curve
from ui.run.limits import Limits, Line, x_limits, y_limits
from ui.run.picture import Drawn, Frame, Wish
from ui.run.zoom import Zoom

DPI = 92  # at 100 %
LOW = 150  # px at 100 %: what stands below the axis has to go
POWERS = (-3, 4)  # of ten: smaller and larger numbers are told with their power above the axis
FADED = 0.8  # how much the faint lines have of the ground; seeing through them takes longer to draw


class Axes:
    """The axes of a figure with the curves in them: on the screen and in an exported picture alike."""

    def __init__(self, figure: Figure):
        self.axes = figure.add_subplot()
        self.lines: dict[tuple[str, bool], Any] = {}  # by label and whether it is a faint one
        self.x: Limits = (0.0, 1.0)
        self.y: Limits = (0.0, 1.0)
        self.whole: Limits = (0.0, 1.0)  # from the first step to the last
        self.log = False
        self.axes.set_xlabel("step", fontsize=8)

    def restyle(self, mode: int) -> None:
        """In the light (0) or the dark (1) theme."""
        dim, card, grid = (pair[mode] for pair in (colours.DIM, colours.CARD, colours.LINE))
        self.axes.figure.set_facecolor(card)
        self.axes.set_facecolor(card)
        self.axes.xaxis.label.set_color(dim)
        self.axes.tick_params(which="both", colors=dim, labelsize=8, length=2)
        self.axes.tick_params(which="minor", length=0)
        self.axes.grid(color=grid, linewidth=0.6)
        self.axes.yaxis.get_offset_text().set_color(dim)
        for side, spine in self.axes.spines.items():
            spine.set_visible(side in ("left", "bottom"))
            spine.set_color(grid)

    def update(
        self, shown: Sequence[Curve], log: bool, from_zero: bool, zoom: Zoom, mode: int, beside: Limits | None = None
    ) -> None:
        """Put the curves in and fit the limits; the steps `beside` are of another chart, which shares them."""
        self._rescale(log)
        lines = {(curve.label, curve.faint): (curve, _arrays(curve)) for curve in shown}
        for key in set(self.lines) - set(lines):
            self.lines.pop(key).remove()
        main = [points for curve, points in lines.values() if not curve.faint]
        faint = [points for curve, points in lines.values() if curve.faint]
        others = [(np.asarray(beside), np.asarray(beside))] if beside else []
        self.whole = x_limits([*main, *faint, *others])
        self.x = zoom.x or self.whole
        self.y = zoom.y or y_limits(main, faint, zoom.x, log, from_zero)
        self.axes.set(xlim=self.x, ylim=self.y)
        for curve, points in lines.values():
            self._put(curve, thin.thinned(points, self.x, thin.FAINT if curve.faint else thin.MAIN), mode)

    def _put(self, curve: Curve, points: Line, mode: int) -> None:
        key = (curve.label, curve.faint)
        if key not in self.lines:
            (self.lines[key],) = self.axes.plot([], [], label=curve.label)
        colour = colours.fade(curve.colour[mode], colours.CARD[mode], FADED) if curve.faint else curve.colour[mode]
        self.lines[key].set(
            data=points, color=colour, linestyle=curve.style, linewidth=curve.width, zorder=1.5 if curve.faint else 2.5,
            marker="o" if len(points[0]) < 3 else "", markersize=3,  # a line through one point cannot be seen
        )  # fmt: skip

    @property
    def has_power(self) -> bool:
        """Whether a power of ten, as '1e-5', stands above the axis."""
        largest = max(map(abs, self.y))
        return not self.log and not 10.0 ** POWERS[0] < largest < 10.0 ** POWERS[1]

    def _rescale(self, log: bool) -> None:
        if log == self.log and self.lines:
            return
        self.log = log
        self.axes.set_yscale("log" if log else "linear")
        self.axes.xaxis.set_major_locator(MaxNLocator(5, integer=True, steps=[1, 2, 5, 10]))
        self.axes.xaxis.set_major_formatter(EngFormatter(sep=""))
        if log:
            self.axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            self.axes.yaxis.set_major_formatter("{x:.2g}")
            self.axes.yaxis.set_minor_formatter("")
        else:
            formatter = ScalarFormatter(useOffset=False)
            formatter.set_powerlimits(POWERS)
            self.axes.yaxis.set_major_locator(MaxNLocator(5))
            self.axes.yaxis.set_major_formatter(formatter)
        self.axes.yaxis.get_offset_text().set_fontsize(8)


class Painter:
    """Draws one chart again and again, on one thread: matplotlib is slow to set up, and not made for several threads.

    The margins are fixed: matplotlib's own layout takes longer than the drawing.
    """

    def __init__(self) -> None:
        self._figure = Figure(figsize=(4, 3))
        self._canvas = FigureCanvasAgg(self._figure)
        self._axes = Axes(self._figure)
        self._mode = -1

    def paint(self, wish: Wish) -> Drawn:
        begun = time.monotonic()
        figure = self._figure
        figure.dpi = round(DPI * wish.scale)
        figure.set_size_inches(wish.width / figure.dpi, wish.height / figure.dpi)
        if wish.mode != self._mode:
            self._mode = wish.mode
            self._axes.restyle(wish.mode)
        self._axes.update(wish.curves, wish.log, wish.from_zero, wish.zoom, wish.mode, wish.beside)
        self._fit(wish)
        self._canvas.draw()
        size = self._canvas.get_width_height()
        picture = Image.frombuffer("RGBA", size, self._canvas.buffer_rgba(), "raw", "RGBA", 0, 1).convert("RGB")
        return Drawn(wish, picture, self._frame(size[1]), time.monotonic() - begun)

    def _frame(self, height: int) -> Frame:
        axes, box = self._axes, self._axes.axes.bbox
        left, top, right, bottom = float(box.x0), float(height - box.y1), float(box.x1), float(height - box.y0)
        return Frame(left, top, right, bottom, axes.x, axes.y, axes.whole, axes.log)

    def _fit(self, wish: Wish) -> None:
        axes, scale = self._axes, wish.scale
        low = wish.height < LOW * scale
        locator: Any = axes.axes.yaxis.get_major_locator()
        if axes.log:
            decades = np.log10(axes.y[1] / axes.y[0])
            locator.set_params(subs=(1.0,) if decades > (1 if low else 2) else (1.0, 2.0, 5.0))
        else:
            locator.set_params(nbins=3 if low else 5)
        axes.axes.xaxis.label.set_visible(not low)
        self._figure.subplots_adjust(
            left=50 * scale / wish.width,
            right=1 - 14 * scale / wish.width,
            bottom=(24 if low else 40) * scale / wish.height,
            top=1 - (8 if low and not axes.has_power else 16) * scale / wish.height,
        )


def png(path: Any, shown: Sequence[Curve], title: str, log: bool, from_zero: bool, zoom: Zoom, mode: int) -> None:
    """Write the chart as a picture with a title and a legend. For a worker: it takes a good part of a second."""
    figure = Figure(figsize=(9, 5.5), dpi=160, layout="constrained")
    axes = Axes(figure)
    axes.update(shown, log, from_zero, zoom, mode)
    axes.restyle(mode)
    axes.axes.set_title(title, fontsize=11, color=colours.TEXT[mode], loc="left")
    named = [line for (_, faint), line in axes.lines.items() if not faint]
    axes.axes.legend(handles=named, fontsize=9, frameon=False, labelcolor=colours.TEXT[mode])
    figure.savefig(path, format="png", facecolor=figure.get_facecolor())


def _arrays(curve: Curve) -> Line:
    steps, values = curve.series.points
    return np.asarray(steps), np.asarray(values, dtype=float)

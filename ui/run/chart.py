"""The chart of a run: a choice of curves, their values, zoom, and files of it. It is drawn by a worker, not here."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import customtkinter as ctk

from ui import colours, theme
from ui.background import Background
from ui.colours import ConceptColours
from ui.dialogs import Ask
from ui.run.chart_bar import ChartBar
from ui.run.curves import VIEWS, Curve, curves, value_at
from ui.run.easel import Easel
from ui.run.export import Exporter, png
from ui.run.hover import Hover
from ui.run.legend import Legend
from ui.run.picture import Drawn, Wish
from ui.run.record import Record
from ui.run.screen import Screen
from ui.run.series import Series
from ui.run.smoothing import OVER, SmoothBar, Smoother, smoothed
from ui.run.zoom import Limits, Zoom
from ui.runs.reopen import with_every_point
from ui.signals import Signal

LOW = 230  # px at 100 %: a lower chart has no room for a slider
TOLD_SECONDS = 8.0  # how long it is said where a file was written
EMPTY = (
    "Charts are drawn here while a run goes on: losses, learning rate, gradient norm and how far the weights have come."
    "\n\nStart begins one with the settings as they are now (F5)."
)
BELOW_ZERO = "Nothing here is above zero, which is all that a logarithmic scale shows.\n\nThe button 'log' takes it off."


class Chart(ctk.CTkFrame):
    """`lines` are the curves on the screen, by label, without the faint ones."""

    def __init__(self, parent: Any, background: Background, concept_colours: ConceptColours, ask: Ask):
        edge = {"border_width": theme.BORDER, "border_color": colours.LINE}
        super().__init__(parent, corner_radius=8, bg_color=colours.PAGE, **edge)
        self.view, self.log = VIEWS[0], False
        self.over: int | None = None  # steps that are averaged over; None: as the trainer tells it
        self.chosen: Signal[[]] = Signal()  # the person wants to see something else, or otherwise
        self.beside: Callable[[], Limits | None] = lambda: None  # the steps of another chart, which shares this one's
        self._smoother = Smoother()
        self.easel = Easel(background)
        self._colours, self._ask = concept_colours, ask
        self._record = Record()
        self._hidden: set[str] = set()
        self._asked: tuple[Any, ...] = ()  # for what the last picture was
        self._told_until = 0.0
        self._exporter = Exporter(background)
        self.bar = ChartBar(self, self)
        self.smoothing = SmoothBar(self, self.smooth)
        self.legend = Legend(self, self.toggle)
        self.screen = Screen(self)
        self.hover = Hover(self.screen, self.curves, self._tell_values)
        self.hover.changed = self._soon
        self.bind("<Configure>", lambda _event: self._place_smoothing())

    def destroy(self) -> None:
        self._exporter.close()
        super().destroy()

    @property
    def lines(self) -> dict[str, Curve]:
        drawn = self.screen.drawn
        return {curve.label: curve for curve in drawn.wish.curves if not curve.faint} if drawn else {}

    def show(self, record: Record, charts: int = 1) -> None:
        """Bring the chart up to date, if it is time and anything changed. Call it as often as you like. `charts`: how
        many there are, which are drawn in turn."""
        self._exporter.deliver()
        if record is not self._record:
            self._record = record
            self.hover.set(Zoom())
        if not record.curves_version and self.screen.drawn is None:
            if not self.screen.winfo_manager():
                self.screen.pack(fill="both", expand=True, padx=6, pady=6)
            self.screen.say(EMPTY)
            return
        if not self.bar.winfo_manager():
            self._lay_out()
        wanted = self._wanted()
        if wanted != self._asked and self.easel.free and self._in_view:
            self._asked = wanted
            self.easel.paint(self._wish(), charts, self._on_painted)

    def choose(self, title: str) -> None:
        """Show other curves. Their heights are others too; the steps in view stay."""
        self.view = next(view for view in VIEWS if view.title == title)
        self._hidden.clear()
        self.hover.set(replace(self.hover.zoom, y=None))
        self._place_smoothing()
        self._soon()
        self.chosen.emit()

    @property
    def choice(self) -> dict[str, Any]:
        """What is drawn, and how, as plain data for another day."""
        return {"title": self.view.title, "log": self.log, "over": self.over}

    def recall(self, choice: Mapping[str, Any]) -> None:
        """Draw what was chosen once; what is not known any more stays as it is."""
        self.view = next((view for view in VIEWS if view.title == choice.get("title")), self.view)
        self.log = choice.get("log") is True
        self.over = over if (over := choice.get("over")) in OVER else None
        self.smoothing.show(self.over)
        self._soon()

    def would_show(self, title: str, record: Record) -> bool:
        """Whether there is anything to be seen under this title."""
        view = next(view for view in VIEWS if view.title == title)
        return bool(curves(record, view, self._colours))

    def smooth(self, over: int | None) -> None:
        """Draw the losses averaged over so many steps."""
        if over != self.over:
            self.over = over
            self._soon()
            self.chosen.emit()
        self.smoothing.show(over)

    def toggle_log(self) -> None:
        """The heights follow the curves again: what was chosen on one scale may reach below the other."""
        self.log = not self.log
        self.hover.set(replace(self.hover.zoom, y=None))
        self._soon()
        self.chosen.emit()

    def toggle(self, label: str) -> None:
        """Hide a curve, or show it again."""
        self._hidden ^= {label}
        self._soon()

    def zoom(self, factor: float) -> None:
        """Bring the steps closer together; 0 shows everything again."""
        self.hover.closer(factor) if factor else self.hover.set(Zoom())

    def curves(self) -> list[Curve]:
        """What is to be drawn now."""
        return [curve for curve in self._every(self._record, self._smoother.of) if curve.label not in self._hidden]

    @property
    def steps(self) -> Limits | None:
        """From the first step of the curves to the last; None without any."""
        found = curves(self._record, self.view, self._colours)  # as smooth as they are: the steps are the same
        shown = [curve.series.points[0] for curve in found if curve.label not in self._hidden]
        ends = [(steps[0], steps[-1]) for steps in shown]
        return (min(low for low, _ in ends), max(high for _, high in ends)) if ends else None

    def export(self, kind: str) -> None:
        """Write what is in view into a file that the person names: 'png', or 'csv' with every point of the curves."""
        if not self.curves():
            return
        record = self._record
        name = record.started.name if record.started else " and ".join(label for label, _ in record.parts)
        title = f"{name} {self.view.title}".strip()
        if kind == "csv":
            hidden = frozenset(self._hidden)

            def every_point(whole: Record) -> list[Curve]:
                """On the worker."""
                return [curve for curve in self._every(whole, smoothed) if curve.label not in hidden]

            self._exporter.table(self._ask, title, lambda: every_point(with_every_point(record)), self._tell_written)
            return
        shown = [replace(curve, series=curve.series.copy()) for curve in self.curves()]
        titled = f"{self.view.title}{f', {name}' if name else ''}"
        draw = partial(png, shown, titled, self.log, self.view.from_zero, self.hover.zoom, self._mode)
        self._exporter.picture(self._ask, title, draw, self._tell_written)

    @property
    def up_to_date(self) -> bool:
        """Whether what is on the screen is all that there is to be drawn."""
        return not self.easel.painting and (self.bar.winfo_manager() == "" or self._asked == self._wanted())

    def _wanted(self) -> tuple[Any, ...]:
        """All that decides what the picture looks like."""
        return (
            id(self._record), self._record.curves_version, self._mode, theme.scaling(self), self.screen.room, self.view,
            self.log, self.hover.zoom, frozenset(self._hidden), self.over, self.beside(),
        )  # fmt: skip

    @property
    def _mode(self) -> int:
        return int(ctk.get_appearance_mode() == "Dark")

    @property
    def _in_view(self) -> bool:
        return bool(self.winfo_viewable()) and self.screen.room != (0, 0)

    def _every(self, record: Record, smooth: Callable[[Series, int], Series]) -> list[Curve]:
        over = self.over
        return curves(record, self.view, self._colours, None if over is None else lambda means: smooth(means, over))

    def _lay_out(self) -> None:
        self.bar.pack(fill="x", padx=8, pady=(8, 2))
        self.legend.pack(fill="x", padx=8)
        self._place_smoothing()
        self.screen.pack(fill="both", expand=True, padx=6, pady=(0, 6), after=self.legend)
        self.screen.say("The chart is being prepared …")

    def _place_smoothing(self) -> None:
        """Only where it does something; in a low chart it is in the menu alone."""
        wanted = bool(self.view.means and self.bar.winfo_manager()) and self.winfo_height() >= LOW * theme.scaling(self)
        if wanted and not self.smoothing.winfo_manager():
            self.smoothing.pack(fill="x", padx=8, pady=(2, 0), after=self.bar)
            self.smoothing.show(self.over)
        elif not wanted and self.smoothing.winfo_manager():
            self.smoothing.pack_forget()

    def _wish(self) -> Wish:
        """The curves as they are now."""
        shown = tuple(replace(curve, series=curve.series.copy()) for curve in self.curves())
        return Wish(
            shown, *self.screen.room, theme.scaling(self), self._mode, self.log, self.view.from_zero, self.hover.zoom,
            self.beside(),
        )  # fmt: skip

    def _on_painted(self, drawn: Drawn) -> None:
        if not self.winfo_exists():
            return
        self.screen.show(drawn)
        self.screen.say(self._instead(drawn.wish))
        self._tell_values(None)
        self.hover.again()

    def _instead(self, wish: Wish) -> str:
        """What is said where the picture would have nothing in it."""
        if not wish.curves:
            return "" if self._hidden else f"Nothing measured yet.\n\n{self.view.hint}"
        if wish.log and not any(value > 0 for curve in wish.curves for value in curve.series.values):
            return BELOW_ZERO
        return ""

    def _tell_written(self, path: Path) -> None:
        self._told_until = time.monotonic() + TOLD_SECONDS
        self.legend.show(f"Written to {path}", ())

    def _soon(self) -> None:
        self.bar.refresh()
        self._asked = ()
        self._told_until = 0.0

    def _tell_values(self, step: float | None) -> None:
        """The newest values, or those at a step."""
        if time.monotonic() < self._told_until:
            return
        every = [curve for curve in self._every(self._record, self._smoother.of) if not curve.faint]
        entries, steps = [], []
        for curve in every:
            at, value = value_at(curve.series, step)
            steps.append(at)
            told = f"{value:.4g}" if math.isfinite(value) else "no number"
            entries.append((curve.label, told, curve.colour, curve.style, curve.label not in self._hidden))
        head = f"step {round(step):,}" if step is not None and steps else ""
        self.legend.show(head, entries)

"""The chart of a run: a choice of curves, their values, zoom, and files of it. matplotlib comes in off the main thread."""

import importlib
import io
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import customtkinter as ctk

from ui import colours, theme
from ui.background import Background
from ui.colours import ConceptColours
from ui.dialogs import Ask, TkAsk
from ui.run.chart_bar import ChartBar
from ui.run.curves import VIEWS, Curve, curves, table, value_at
from ui.run.export import csv_bytes, free_name, write
from ui.run.legend import Legend
from ui.run.record import Record
from ui.run.zoom import Zoom

SECONDS_BETWEEN = 0.25  # drawn at most 4 times a second
SHARE_OF_TIME = 0.1  # and at most a tenth of the time, on a slow machine
TOLD_SECONDS = 8.0  # how long it is said where a file was written
EMPTY = (
    "Charts are drawn here while a run goes on: losses, learning rate, gradient norm and how far the weights have come."
    "\n\nStart begins one with the settings as they are now (F5)."
)


class Chart(ctk.CTkFrame):
    """`lines` are the curves that are drawn, by label, without the faint ones."""

    def __init__(self, parent: Any, background: Background, concept_colours: ConceptColours, ask: Ask | None = None):
        super().__init__(parent, corner_radius=8, border_width=1, border_color=colours.LINE, bg_color=colours.PAGE)
        self.view, self.log = VIEWS[0], False
        self.lines: dict[str, Any] = {}
        self.draw_seconds: float = 0.0  # of the last drawing
        self._background, self._colours, self._ask = background, concept_colours, ask
        self._record = Record()
        self._hidden: set[str] = set()
        self._plot: Any = None
        self._hover: Any = None
        self._loading = False
        self._drawn: tuple[Any, ...] = ()
        self._next = self._told_until = 0.0
        self.bar = ChartBar(self, self)
        self.legend = Legend(self, self.toggle)
        self._hint = ctk.CTkLabel(self, text="", text_color=colours.DIM)
        theme.wrap(self._hint, self, less=40)
        self._themed = lambda _mode: self._restyle()
        self._scaled = lambda _widgets, _window: self._restyle()
        ctk.AppearanceModeTracker.add(self._themed, self)
        ctk.ScalingTracker.add_widget(self._scaled, self)

    def destroy(self) -> None:
        ctk.AppearanceModeTracker.remove(self._themed)
        ctk.ScalingTracker.remove_widget(self._scaled, self)
        super().destroy()
        if self._plot is not None:
            self._plot.close()

    def show(self, record: Record) -> None:
        """Bring the chart up to date, if it is time and anything changed. Call it as often as you like."""
        if record is not self._record:
            self._record = record
            if self._hover is not None:
                self._hover.set(Zoom())
        if not record.curves_version and self._plot is None:
            self._say(EMPTY)
            return
        if self._plot is None:
            self._load()
            return
        wanted = (
            id(record), record.curves_version, ctk.get_appearance_mode(), self.view, self.log, self._hover.zoom,
            frozenset(self._hidden),
        )  # fmt: skip
        if wanted != self._drawn and time.monotonic() >= self._next and self.winfo_viewable():
            self._draw_curves()
            self._drawn = wanted
            self._next = time.monotonic() + max(SECONDS_BETWEEN, self.draw_seconds / SHARE_OF_TIME)

    def choose(self, title: str) -> None:
        """Show other curves. Their heights are others too; the steps in view stay."""
        self.view = next(view for view in VIEWS if view.title == title)
        self._hidden.clear()
        if self._hover is not None:
            self._hover.set(replace(self._hover.zoom, y=None))
        self._soon()

    def toggle_log(self) -> None:
        self.log = not self.log
        self._soon()

    def toggle(self, label: str) -> None:
        """Hide a curve, or show it again."""
        self._hidden ^= {label}
        self._soon()

    def zoom(self, factor: float) -> None:
        """Bring the steps closer together; 0 shows everything again."""
        if self._hover is not None:
            self._hover.closer(factor) if factor else self._hover.set(Zoom())

    def curves(self) -> list[Curve]:
        """What is to be drawn now."""
        return [curve for curve in curves(self._record, self.view, self._colours) if curve.label not in self._hidden]

    def export(self, kind: str) -> None:
        """Write what is in view into a folder that the person chooses: 'png' or 'csv'."""
        shown = self.curves()
        folder = shown and (self._ask or TkAsk(self.winfo_toplevel())).folder("Write the chart into which folder?")
        if not folder:
            return
        name = self._record.started.name if self._record.started else ""
        path = free_name(Path(folder), f"{name} {self.view.title.lower()}", f".{kind}")
        frozen = [replace(curve, series=curve.series.copy()) for curve in shown]
        title = f"{self.view.title}{f', {name}' if name else ''}"
        zoom, log, mode = self._hover.zoom if self._hover else Zoom(), self.log, ctk.get_appearance_mode() == "Dark"
        from_zero = self.view.from_zero

        def data() -> bytes:
            if kind == "csv":
                return csv_bytes(table(frozen))
            picture = io.BytesIO()
            importlib.import_module("ui.run.plot").png(picture, frozen, title, log, from_zero, zoom, int(mode))
            return picture.getvalue()

        self._background.submit(f"export {path}", lambda: write(path, data), self._tell_written)

    def _tell_written(self, path: Path) -> None:
        self._told_until = time.monotonic() + TOLD_SECONDS
        self.legend.show(f"Written to {path}", ())

    def _soon(self) -> None:
        self.bar.refresh()
        self._drawn = ()
        self._told_until = 0.0

    def _say(self, text: str) -> None:
        """In the middle, instead of curves."""
        if self._hint.cget("text") != text:
            self._hint.configure(text=text)
        if not text:
            self._hint.place_forget()
        elif not self._hint.winfo_manager():
            self._hint.place(relx=0.5, rely=0.5, anchor="center")

    def _load(self) -> None:
        if not self._loading:
            self._loading = True
            self._say("The chart is being prepared …")
            self._background.submit("matplotlib", lambda: importlib.import_module("ui.run.plot"), self._build)

    def _build(self, module: Any) -> None:
        if not self.winfo_exists():
            return
        hover = importlib.import_module("ui.run.hover")
        self._plot = module.Plot(self)
        self._hover = hover.Hover(self._plot, self.curves, self._tell_values)
        self._hover.changed = self._soon
        self.bar.pack(fill="x", padx=8, pady=(8, 2))
        self.legend.pack(fill="x", padx=8)
        self._plot.widget.pack(fill="both", expand=True, padx=6, pady=(0, 6))
        self._say("")

    def _draw_curves(self) -> None:
        begun = time.monotonic()
        shown = self.curves()
        self._plot.draw(shown, self.log, self.view.from_zero, self._hover.zoom)
        self.lines = {label: line for (label, faint), line in self._plot.axes.lines.items() if not faint}
        nothing = not shown and not self._hidden
        self._say(f"Nothing measured yet.\n\n{self.view.hint}" if nothing else "")
        if self._hint.winfo_manager():
            self._hint.lift()  # the plot's widget was made after it
        self._tell_values(None)
        self._hover.again()
        self.draw_seconds = time.monotonic() - begun

    def _tell_values(self, step: float | None) -> None:
        """The newest values, or those at a step."""
        if time.monotonic() < self._told_until:
            return
        every = [curve for curve in curves(self._record, self.view, self._colours) if not curve.faint]
        entries, steps = [], []
        for curve in every:
            at, value = value_at(curve.series, step)
            steps.append(at)
            entries.append((curve.label, f"{value:.4g}", curve.colour, curve.style, curve.label not in self._hidden))
        head = f"step {round(step):,}" if step is not None and steps else ""
        self.legend.show(head, entries)

    def _restyle(self) -> None:
        if self._plot is not None:
            self._plot.restyle()
            self._drawn = ()

"""The loss of every concept over the steps. matplotlib is imported off the main thread, when the chart is first shown."""

import importlib
import time
from typing import Any

import customtkinter as ctk

from ui import colours, theme
from ui.background import Background
from ui.colours import ConceptColours
from ui.run.record import Record

SECONDS_BETWEEN = 0.25  # drawn at most 4 times a second
SHARE_OF_TIME = 0.1  # and at most a tenth of the time, on a slow machine
STYLES = ("-", "--", "-.", ":")  # so that curves are told apart without colours too


class Chart(ctk.CTkFrame):
    def __init__(self, parent: Any, background: Background, concept_colours: ConceptColours):
        super().__init__(parent, corner_radius=8, border_width=1, border_color=colours.LINE, bg_color=colours.PAGE)
        self.lines: dict[str, Any] = {}
        self._background, self._colours = background, concept_colours
        self._figure: Any = None
        self._axes: Any = None
        self._loading = False
        self._drawn: tuple[Any, ...] = ()
        self._next = 0.0
        self._hint = ctk.CTkLabel(self, text="", text_color=colours.DIM)
        theme.wrap(self._hint, self, less=40)
        self._hint.place(relx=0.5, rely=0.5, anchor="center")
        self._themed = lambda _mode: self._restyle()
        ctk.AppearanceModeTracker.add(self._themed, self)

    def destroy(self) -> None:
        ctk.AppearanceModeTracker.remove(self._themed)
        super().destroy()

    def show(self, record: Record) -> None:
        """Bring the chart up to date, if it is time and anything changed. Call it as often as you like."""
        if not record.curves_version:
            self._say("The loss of each concept is drawn here while the run goes on.")
            if self._axes is None:
                return
        if self._axes is None:
            self._load()
            return
        wanted = (id(record), record.curves_version, ctk.get_appearance_mode())
        if wanted == self._drawn or time.monotonic() < self._next or not self.winfo_viewable():
            return
        begun = time.monotonic()
        self._update(record)
        self._fit()
        self._figure.draw()
        took = time.monotonic() - begun
        self._drawn, self._next = wanted, time.monotonic() + max(SECONDS_BETWEEN, took / SHARE_OF_TIME)

    def _say(self, text: str) -> None:
        if self._hint.cget("text") != text:
            self._hint.configure(text=text)

    def _load(self) -> None:
        if not self._loading:
            self._loading = True
            self._say("The chart is being prepared …")
            self._background.submit("matplotlib", _import, lambda _nothing: self._build())

    def _build(self) -> None:
        if not self.winfo_exists():
            return
        figures = importlib.import_module("matplotlib.figure")
        tk = importlib.import_module("matplotlib.backends.backend_tkagg")
        scale = theme.scaling(self)
        figure = figures.Figure(figsize=(4, 3), dpi=round(92 * scale))
        self._axes = figure.add_subplot()
        self._figure = tk.FigureCanvasTkAgg(figure, master=self)
        self._figure.mpl_connect("resize_event", lambda _event: self._fit())
        self._restyle()
        self._figure.get_tk_widget().configure(highlightthickness=0, borderwidth=0)
        self._figure.get_tk_widget().pack(fill="both", expand=True, padx=6, pady=6)
        self._hint.place_forget()

    def _fit(self) -> None:
        """Fixed margins: matplotlib's own layout takes longer than the drawing."""
        scale = theme.scaling(self)
        width, height = self._axes.figure.get_size_inches() * self._axes.figure.dpi
        if width < 120 * scale or height < 120 * scale:
            return  # there is no room for margins while the pane is being opened
        self._axes.figure.subplots_adjust(
            left=46 * scale / width,
            right=1 - 12 * scale / width,
            bottom=42 * scale / height,
            top=1 - 28 * scale / height,
        )

    def _update(self, record: Record) -> None:
        curves = {
            **{(name, STYLES[self._colours.place(name) % 4], 1.8): series
               for name, series in record.concept_loss.items() if series.steps},
            **{(f"{name}, validated", ":", 1.2): series for name, series in record.validation.items()},
        }  # fmt: skip
        for name in set(self.lines) - {label for label, _, _ in curves}:
            self.lines.pop(name).remove()
        changed = False
        for (label, style, width), series in curves.items():
            concept = label.removesuffix(", validated").removesuffix(" (EMA)")
            if label not in self.lines:
                (self.lines[label],) = self._axes.plot([], [], linestyle=style, linewidth=width, label=label)
                changed = True
            self.lines[label].set_data(*series.points)
            self.lines[label].set_color(theme.now(self._colours[concept]))
        if changed:
            self._axes.legend(loc="upper right", fontsize=8, frameon=False, labelcolor=theme.now(colours.TEXT))
        self._axes.relim()
        self._axes.autoscale_view()
        self._axes.set_ylim(bottom=0)

    def _restyle(self) -> None:
        if self._axes is None:
            return
        text, card, line = (theme.now(pair) for pair in (colours.DIM, colours.CARD, colours.LINE))
        figure = self._axes.figure
        figure.set_facecolor(card)
        self._axes.set_facecolor(card)
        self._axes.set_title("Loss per concept, smoothed", fontsize=9, color=theme.now(colours.TEXT), loc="left")
        self._axes.set_xlabel("step", fontsize=8, color=text)
        self._axes.tick_params(colors=text, labelsize=8, length=2)
        self._axes.grid(color=line, linewidth=0.6)
        for side, spine in self._axes.spines.items():
            spine.set_visible(side in ("left", "bottom"))
            spine.set_color(line)
        if (legend := self._axes.get_legend()) is not None:
            for label in legend.get_texts():
                label.set_color(theme.now(colours.TEXT))
        self._figure.get_tk_widget().configure(background=card)
        self._drawn = ()


def _import() -> None:
    """The slow part, half a second and more: on the worker's thread."""
    importlib.import_module("matplotlib.figure")
    importlib.import_module("matplotlib.backends.backend_tkagg")

"""How smooth a curve is drawn: as the trainer tells it, or over as many steps as the person wants to see."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import customtkinter as ctk

from ui import colours, theme
from ui.run.series import Series
from ui.tooltip import Tooltip

OVER = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)  # steps
USUAL = 6  # where the slider stands for the trainer's own: about a hundred samples
TIP = (
    "How many steps the curves of the losses are averaged over: few show every change, many show where it goes. A double "
    "click brings back the trainer's own smoothing, over about 100 pictures of each concept."
)


def words(over: int | None) -> str:
    if over is None:
        return "as trained"
    return "every step" if over == 1 else f"{over:,} steps"


def smoothed(means: Series, over: int) -> Series:
    """A mean over everything at first, and later over about so many steps: as the trainer's own, of any length.

    A point of `means` stands for the steps since the one before it: of a long run several are joined, or left out.
    """
    result, value, count, before = Series(None), 0.0, 0, None
    for step, mean in zip(*means.points, strict=True):
        steps = means.stride if before is None else step - before
        before = step
        if math.isfinite(mean):
            count += steps
            value += (mean - value) * min(steps / min(count, over), 1.0)
        result.add(step, value if count else mean)
    return result


class Smoother:
    """Remembers what it has computed, until a curve has another point."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], tuple[Series, int, Series]] = {}

    def of(self, means: Series, over: int) -> Series:
        key, added = (id(means), over), means.added
        known = self._known.get(key)
        if known is None or known[0] is not means or known[1] != added:
            if len(self._known) > 64:
                self._known.clear()
            known = self._known[key] = (means, added, smoothed(means, over))
        return known[2]


class SmoothBar(ctk.CTkFrame):
    """The slider. `chosen` hears how many steps, or None for the trainer's own."""

    def __init__(self, parent: Any, chosen: Callable[[int | None], object]):
        super().__init__(parent, fg_color="transparent")
        self._chosen = chosen
        small = {"font": theme.font(theme.SMALL), "text_color": colours.DIM, "height": 16}
        ctk.CTkLabel(self, text="smoothing", **small).pack(side="left", padx=(2, 6))
        self.said = ctk.CTkLabel(self, text="", anchor="w", width=72, **small)
        self.said.pack(side="right", padx=(6, 0))
        last = len(OVER) - 1
        self.slider = ctk.CTkSlider(
            self, from_=0, to=last, number_of_steps=last, height=14, width=60, command=self._slide
        )
        self.slider.pack(side="left", fill="x", expand=True)
        self.slider.bind("<Double-Button-1>", lambda _event: self._chosen(None))
        tooltip = Tooltip(self.winfo_toplevel())
        for widget in (self.slider, self.said):
            tooltip.attach(widget, partial(str, TIP))

    def show(self, over: int | None) -> None:
        at = USUAL if over is None else OVER.index(over)
        if round(self.slider.get()) != at:
            self.slider.set(at)
        if self.said.cget("text") != words(over):
            self.said.configure(text=words(over))

    def _slide(self, value: float) -> None:
        self._chosen(OVER[round(value)])

"""A bar chart on a canvas: a label, a bar and a number a row. It is as high as its rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ui import colours, theme
from ui.colours import Pair

ROW, LABEL, NUMBER = 22, 92, 64  # px at 100 %


@dataclass(frozen=True)
class Bar:
    label: str
    value: int
    colour: Pair = colours.ACCENT


class Bars(theme.Canvas):
    def __init__(self, parent: Any):
        super().__init__(parent, width=1, height=1)
        self.bars: Sequence[Bar] = ()

    def show(self, bars: Sequence[Bar]) -> None:
        self.bars = bars
        self.redraw()

    def draw(self) -> None:
        px, width = self.px, self.winfo_width()
        self.configure(height=max(px(ROW) * len(self.bars), 1))
        self.delete("all")
        most = max((bar.value for bar in self.bars), default=0)
        room = width - px(LABEL + NUMBER)
        for number, bar in enumerate(self.bars):
            middle = px(ROW) * number + px(ROW / 2)
            self.create_text(px(LABEL - 8), middle, text=bar.label, anchor="e", font=self.face(theme.SMALL),
                             fill=theme.now(colours.TEXT))  # fmt: skip
            right = px(LABEL) + (max(room * bar.value / most, px(2)) if bar.value else 0)
            self.create_rectangle(px(LABEL), middle - px(7), right, middle + px(7), fill=theme.now(bar.colour), width=0)
            self.create_text(right + px(6), middle, text=f"{bar.value:,}", anchor="w", font=self.face(theme.SMALL),
                             fill=theme.now(colours.DIM))  # fmt: skip

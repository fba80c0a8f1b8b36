"""The strip above the concepts: which share of the samples and of the loss weight each of them gets."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ui import colours, theme
from ui.colours import Pair

BAR, EVERY, LABELS = 23, 30, 88  # px at 100 %: a bar's height, from one to the next, room for their names


@dataclass(frozen=True)
class Share:
    name: str
    colour: Pair
    samples: float  # 0 to 1
    loss_weight: float


def draw_bar(canvas: theme.Canvas, top: int, left: int, height: int, parts: Sequence[tuple[str, Pair, float]]) -> None:
    """Names with their shares (0 to 1) side by side, from `left` to the right edge; what is too narrow loses its name."""
    px, room = canvas.px, canvas.winfo_width() - left
    whole = sum(size for _, _, size in parts) or 1.0
    begin = float(left)
    for name, pair, size in parts:
        width = room * size / whole
        if width < 1:
            continue
        colour = theme.now(pair)
        canvas.create_rectangle(begin, top, begin + width - px(2), top + height, fill=colour, width=0)
        dark = colours.contrast(colour, "#101418") > colours.contrast(colour, "#ffffff")
        drawn = canvas.create_text(
            begin + px(8), top + height / 2, text=f"{name}  {size:.0%}", anchor="w", font=canvas.face(12, bold=True),
            fill="#101418" if dark else "#ffffff",
        )  # fmt: skip
        if canvas.bbox(drawn)[2] > begin + width - px(6):
            canvas.itemconfigure(drawn, text=f"{size:.0%}" if width > px(44) else "")
        begin += width


class Strip(theme.Canvas):
    def __init__(self, parent: Any):
        super().__init__(parent, background=colours.PAGE, height=2 * EVERY + 32, width=1)
        self.shares: tuple[Share, ...] = ()
        self.sentence = ""

    def show(self, shares: tuple[Share, ...], sentence: str) -> None:
        """`sentence` sums up the run: steps, epochs; or says why there is no plan."""
        if (shares, sentence) != (self.shares, self.sentence):
            self.shares, self.sentence = shares, sentence
            self.redraw()

    def draw(self) -> None:
        self.delete("all")
        px = self.px
        words = self.create_text(0, px(2), text=self.sentence, anchor="nw", fill=theme.now(colours.TEXT),
                                 font=self.face(), width=self.winfo_width())  # fmt: skip
        box = self.bbox(words) if self.sentence else None
        top = max(box[3] if box else 0, px(20)) + px(8)  # the sentence may have several lines
        self.configure(height=top + (px(2 * EVERY) if self.shares else 0))
        for label, field in (("Samples", "samples"), ("Loss weight", "loss_weight")) if self.shares else ():
            self.create_text(0, top + px(11), text=label, anchor="w", fill=theme.now(colours.DIM), font=self.face(12))
            parts = [(one.name, one.colour, getattr(one, field)) for one in self.shares]
            draw_bar(self, top, px(LABELS), px(BAR), parts)
            top += px(EVERY)

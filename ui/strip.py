"""The strip above the concepts: which share of the samples and of the loss weight each of them gets."""

from dataclasses import dataclass
from typing import Any

from ui import colours, theme
from ui.colours import Pair


@dataclass(frozen=True)
class Share:
    name: str
    colour: Pair
    samples: float  # 0 to 1
    loss_weight: float


class Strip(theme.Canvas):
    HEIGHT = 92

    def __init__(self, parent: Any):
        super().__init__(parent, background=colours.PAGE, height=self.HEIGHT)
        self.shares: tuple[Share, ...] = ()
        self.sentence = ""

    def show(self, shares: tuple[Share, ...], sentence: str) -> None:
        """`sentence` sums up the run: steps, epochs; or says why there is no plan."""
        self.shares, self.sentence = shares, sentence
        self.redraw()

    def draw(self) -> None:
        self.delete("all")
        px = self.px
        self.configure(height=px(self.HEIGHT if self.shares else 28))
        self.create_text(0, px(2), text=self.sentence, anchor="nw", fill=theme.now(colours.TEXT), font=self.face(),
                         width=self.winfo_width())  # fmt: skip
        if not self.shares:
            return
        for number, (label, field) in enumerate((("Samples", "samples"), ("Loss weight", "loss_weight"))):
            top = px(32 + 30 * number)
            self.create_text(0, top + px(11), text=label, anchor="w", fill=theme.now(colours.DIM), font=self.face(12))
            self._bar(top, px(88), [(share, getattr(share, field)) for share in self.shares])

    def _bar(self, top: int, left: int, parts: list[tuple[Share, float]]) -> None:
        px, room = self.px, self.winfo_width() - left
        whole = sum(size for _, size in parts) or 1.0
        begin = float(left)
        for share, size in parts:
            width = room * size / whole
            if width < 1:
                continue
            colour = theme.now(share.colour)
            self.create_rectangle(begin, top, begin + width - px(2), top + px(23), fill=colour, width=0)
            text = f"{share.name}  {size:.0%}"
            dark = colours.contrast(colour, "#101418") > colours.contrast(colour, "#ffffff")
            drawn = self.create_text(begin + px(8), top + px(11), text=text, anchor="w", font=self.face(12, bold=True),
                                     fill="#101418" if dark else "#ffffff")  # fmt: skip
            if self.bbox(drawn)[2] > begin + width - px(6):
                self.itemconfigure(drawn, text=f"{size:.0%}" if width > px(44) else "")
            begin += width

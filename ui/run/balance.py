"""Which concept is winning, at a glance: a sentence about the subject, and a bar with the share of every concept."""

from typing import Any

from ui import colours, theme
from ui.colours import ConceptColours
from ui.run.record import Record
from ui.strip import draw_bar

BAR = 20  # px at 100 %
TALL, MIDDLE = 520, 440  # px at 100 % of the page: the sentence has to go below the first, all of it below the second
LABEL = "Loss weight"


class BalanceStrip(theme.Canvas):
    """Is there where a run trains several concepts, and takes no room elsewhere. `place` is where it is packed."""

    def __init__(self, page: Any, concept_colours: ConceptColours, **place: Any):
        super().__init__(page, background=colours.PAGE, height=1, width=1)
        self.sentence = ""
        self.parts: list[tuple[str, colours.Pair, float]] = []
        self._page, self._colours, self._place = page, concept_colours, place
        self._ink = colours.DIM

    def show(self, record: Record) -> None:
        """Call it as often as you like: the page may have another height now."""
        height = self._page.winfo_height() / theme.scaling(self)
        standings = record.balance.standings if height >= MIDDLE else []
        if len(standings) < 2:
            standings = []
        sentence, severity = record.balance.verdict if standings and height >= TALL else ("", None)
        parts = [(_named(one.name, one.change), self._colours[one.name], one.loss_weight) for one in standings]
        if (sentence, parts) == (self.sentence, self.parts):
            return
        self.sentence, self.parts = sentence, parts
        self._ink = colours.WARNING if severity else colours.DIM
        if parts and not self.winfo_manager():
            self.pack(fill="x", padx=4, pady=(0, 6), **self._place)
        elif not parts and self.winfo_manager():
            self.pack_forget()
        self.redraw()

    def draw(self) -> None:
        self.delete("all")
        px, top = self.px, 0
        if self.sentence:
            text = self.create_text(0, px(1), text=self.sentence, anchor="nw", fill=theme.now(self._ink),
                                    font=self.face(theme.SMALL), width=self.winfo_width())  # fmt: skip
            top = self.bbox(text)[3] + px(3)
        self.create_text(0, top + px(BAR / 2), text=LABEL, anchor="w", fill=theme.now(colours.DIM), font=self.face(12))
        draw_bar(self, top, px(80), px(BAR), self.parts)
        self.configure(height=top + px(BAR + 1))


def _named(name: str, change: float | None) -> str:
    """'cat, loss -40 %'"""
    return name if change is None else f"{name}, loss {change:+.0%}"

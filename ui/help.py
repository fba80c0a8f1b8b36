"""What a setting does, beside its field where the window is wide enough; plain Tk labels, since there are so many."""

import tkinter
from typing import Any

from onetrainer_clone.settings import Choice, Declaration
from ui import colours, theme

LEFT = 400  # px at 100 % from the field's left edge: beyond every control and its unit
LEAST = 320  # px at 100 %: with less room there are only the tooltips


class Help(tkinter.Label):
    def __init__(self, parent: Any):
        super().__init__(parent, anchor="w", justify="left", borderwidth=0, highlightthickness=0)
        self._width = LEAST

    def dress(self, width: int = 0) -> None:
        """In the present theme and scaling, with lines of this width (px at 100 %; 0: as before)."""
        self._width = width or self._width
        scale = theme.scaling(self.master)
        family, size, weight = theme.face(scale, theme.SMALL)
        self.configure(
            background=theme.now(colours.CARD), foreground=theme.now(colours.DIM), font=(family, size, weight),
            wraplength=round(self._width * scale),
        )  # fmt: skip


def help_text(declaration: Declaration, value: Any, why_not: str) -> str:
    """Of a choice, also what the chosen one means; of what has no effect now, why."""
    if why_not:
        return f"Now it {why_not}."
    chosen = f"{value.label}: {value.tip}" if isinstance(value, Choice) and value.tip else ""
    return " ".join(f"{declaration.tip} {chosen}".split())

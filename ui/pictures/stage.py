"""The right side of the browser: one picture in large, what can be done to it, and its caption."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import customtkinter as ctk

from ui import colours, theme
from ui.colours import Pair
from ui.pictures.caption_box import CaptionBox
from ui.pictures.desk import Desk
from ui.pictures.mask_bar import MaskBar
from ui.pictures.top_bar import TopBar
from ui.pictures.view import View
from ui.tooltip import Tooltip

LEAST = 160  # px at 100 %: of the picture


class Stage(ctk.CTkFrame):
    """`commands` by key of the top bar's buttons, and 'remove' for the mask; `build` makes the widgets in parts."""

    def __init__(self, parent: Any, commands: Mapping[str, Callable[[], object]], tooltip: Tooltip):
        super().__init__(parent, fg_color="transparent", width=200, height=200)
        self.pack_propagate(False)  # else the grid would be as much narrower as a file's name is longer
        self._commands, self._tooltip = commands, tooltip

    def build(self, desk: Desk) -> Iterator[None]:
        """Some hundredths of a second each."""
        self.top = TopBar(self, self._tooltip, self._commands)
        self.top.pack(fill="x", pady=(0, 6))
        yield
        self.title = ctk.CTkLabel(
            self, text="", anchor="w", height=22, text_color=colours.DIM, font=theme.font(theme.SMALL), width=10
        )
        self.title.pack(fill="x", pady=(0, 2))
        self.box = CaptionBox(self, desk.drafts, desk.large, desk.context, self._tooltip)
        self.box.pack(side="bottom", fill="x", pady=(6, 0))
        self.view = View(self, desk.large, desk.masks)
        yield
        self.tools = MaskBar(self, self.view, self._tooltip, self._commands["remove"])
        self.tools.pack(side="bottom", fill="x", pady=(6, 0))
        self.view.pack(fill="both", expand=True)

    def say(self, words: str, colour: Pair) -> None:
        """The line above the picture."""
        self.title.configure(text=words, text_color=colour)

    def needs(self, width: float) -> float:
        """The height, in px at 100 %, with which the picture can be seen."""
        return self.top.needs(width) + 30 + LEAST + self.tools.needs(width) + 124

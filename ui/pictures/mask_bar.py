"""The tools for painting a mask: one row under the large view."""

from collections.abc import Callable
from functools import partial
from typing import Any

import customtkinter as ctk

from onetrainer_clone.masks import LEFT_OUT, TRAINED, Painting
from ui import colours, theme
from ui.pictures.view import TOOLS, View
from ui.runs.toolbar import Wrapping
from ui.tooltip import Tooltip

TIPS = {
    "all": "Train all of the picture.",
    "none": "Leave all of it out.",
    "invert": "Swap what is trained and what is left out.",
    "remove": "Move the mask to the folder .trash: all of the picture is trained. 'Undo' at the top brings it back.",
    "undo": "Undo (Ctrl+Z in the picture)",
    "redo": "Redo (Ctrl+Shift+Z in the picture)",
    "overlay": "Show what is left out in colour.",
}


class MaskBar(ctk.CTkFrame):
    def __init__(self, parent: Any, view: View, tooltip: Tooltip, remove: Callable[[], object]):
        super().__init__(parent, fg_color="transparent")
        self._view = view
        top, below = ctk.CTkFrame(self, fg_color="transparent"), Wrapping(self)
        top.pack(fill="x")
        below.pack(fill="x", pady=(6, 0))
        self.tool = ctk.CTkSegmentedButton(top, values=list(TOOLS), command=self._on_tool)
        self.tool.set(TOOLS[0])
        self.tool.pack(side="left")
        self.size = ctk.CTkSlider(top, from_=2, to=100, width=90, command=self._on_size,
                                  button_color=colours.ACCENT, button_hover_color=colours.ACCENT_HOVER,
                                  fg_color=colours.LINE, progress_color=colours.ACCENT)  # fmt: skip
        self.size.set(view.brush_px)
        label = ctk.CTkLabel(top, text="Brush", text_color=colours.DIM)
        label.pack(side="left", padx=(10, 2))
        self.size.pack(side="left", fill="x", expand=True)
        self.buttons: dict[str, Any] = {}
        for key, text, command in (
            ("undo", "Undo", view.undo),
            ("redo", "Redo", view.redo),
            ("all", "All", partial(view.whole, lambda painting: painting.fill_all(TRAINED))),
            ("none", "None", partial(view.whole, lambda painting: painting.fill_all(LEFT_OUT))),
            ("invert", "Invert", partial(view.whole, Painting.invert)),
            ("remove", "Remove", remove),
        ):
            made = theme.button(below, text, command)
            below.lay(made)
            self.buttons[key] = made
        self.overlay = ctk.CTkSwitch(below, text="Overlay", command=self._on_overlay, width=90)
        self.overlay.select()
        below.lay(self.overlay)
        for key, tip in TIPS.items():
            tooltip.attach(self.overlay if key == "overlay" else self.buttons[key], partial(str, tip))
        tooltip.attach(
            label, lambda: "How large the brush is. The right mouse button does the opposite of the left one."
        )
        view.painted.connect(self.refresh)
        view.came.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        painting = self._view.painting
        for key, possible in (
            ("undo", painting is not None and painting.can_undo),
            ("redo", painting is not None and painting.can_redo),
            ("remove", self._view.masked),
        ):
            wanted = "normal" if possible else "disabled"
            if self.buttons[key].cget("state") != wanted:
                self.buttons[key].configure(state=wanted)

    def _on_tool(self, tool: str) -> None:
        self._view.tool = tool
        self._view.configure(cursor="" if tool == TOOLS[0] else "crosshair")
        self._view.redraw()

    def _on_size(self, size: float) -> None:
        self._view.brush_px = round(size)

    def _on_overlay(self) -> None:
        self._view.overlay = bool(self.overlay.get())
        self._view.redraw()

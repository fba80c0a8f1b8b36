"""The tools under the large view: one row while it is only looked at, what painting needs below it while it is painted."""

from collections.abc import Callable
from functools import partial
from typing import Any

import customtkinter as ctk

from onetrainer_clone.masks import LEFT_OUT, TRAINED, Painting
from ui import colours, theme
from ui.pictures.brush import BRUSH, ERASE, FILL, LOOK, TOOLS
from ui.pictures.view import LARGEST_BRUSH, View
from ui.runs.toolbar import Wrapping
from ui.signals import Signal
from ui.tooltip import Tooltip

TOOL_TIPS = {
    LOOK: "Only look at the picture (V).",
    BRUSH: "Paint what is trained (B). The right mouse button does the opposite.",
    ERASE: "Paint what is left out of training (E). The right mouse button does the opposite.",
    FILL: "Train a whole area of the mask (F), up to the next edge; the right mouse button leaves it out.",
}
FIT_TIP = (
    "The whole picture (0). The wheel enlarges it where the mouse is;\n"
    "the middle button, Space or 'Look' with the left one move it."
)
EXACT_TIP = "One pixel of the screen for each of the picture (1). The wheel, + and - enlarge and shrink it."
TIPS = {
    "all": "Train all of the picture.",
    "none": "Leave all of it out.",
    "invert": "Swap what is trained and what is left out.",
    "remove": "Move the mask to the folder .trash: all of the picture is trained. 'Undo' at the top brings it back.",
    "undo": "Take back the last that was painted in this picture.",
    "redo": "Paint it again (Ctrl+Shift+Z).",
    "overlay": "Show what is left out in colour (O).",
    "brush": "How large the brush is: [ and ], or the wheel with Ctrl held.",
}


class MaskBar(ctk.CTkFrame):
    """`changed` when it has become higher or lower."""

    def __init__(self, parent: Any, view: View, tooltip: Tooltip, remove: Callable[[], object]):
        super().__init__(parent, fg_color="transparent")
        self.changed: Signal[[]] = Signal()
        self._view = view
        self._top, self._below = Wrapping(self), Wrapping(self)
        self._top.pack(fill="x")
        self.tool = ctk.CTkSegmentedButton(self._top, values=list(TOOLS), command=self._on_tool, height=30)
        self.tool.set(view.tool)
        self._top.lay(self.tool)
        for name, tip in TOOL_TIPS.items():
            tooltip.attach(self.tool._buttons_dict[name], partial(str, tip))
        self.buttons: dict[str, Any] = {}
        for key, text, zoom, tip in (("fit", "Fit", None, FIT_TIP), ("exact", "100 %", 1.0, EXACT_TIP)):
            self.buttons[key] = theme.button(self._top, text, partial(view.zoom, zoom))
            self._top.lay(self.buttons[key])
            tooltip.attach(self.buttons[key], partial(str, tip))
        self._brush(self._below)
        for key, text, command in (
            ("undo", "Undo", view.undo),
            ("redo", "Redo", view.redo),
            ("all", "All", partial(view.whole, lambda painting: painting.fill_all(TRAINED))),
            ("none", "None", partial(view.whole, lambda painting: painting.fill_all(LEFT_OUT))),
            ("invert", "Invert", partial(view.whole, Painting.invert)),
            ("remove", "Remove", remove),
        ):
            made = theme.button(self._below, text, command)
            self._below.lay(made)
            self.buttons[key] = made
        self.overlay = ctk.CTkSwitch(self._top, text="Overlay", command=self._on_overlay, width=90, height=30)
        self.overlay.select()
        for key, tip in TIPS.items():
            widget = {"overlay": self.overlay, "brush": self.size}.get(key) or self.buttons[key]
            tooltip.attach(widget, partial(str, tip))
        view.painted.connect(self.refresh)
        view.came.connect(self.refresh)
        view.tooled.connect(self._on_tooled)
        self.refresh()

    def refresh(self) -> None:
        """There is nothing to paint on where there is no picture, or one that cannot be read."""
        painting, seen = self._view.painting, self._view.seen
        possible = {
            "undo": painting is not None and painting.can_undo,
            "redo": painting is not None and painting.can_redo,
            "remove": self._view.masked,
        }
        for key, button in self.buttons.items():
            _enable(button, seen and possible.get(key, True))
        for widget in (self.tool, self.size, self.overlay):
            _enable(widget, seen)

    def needs(self, width: float) -> float:
        """The height at a width, both in px at 100 %."""
        return self._top.needs(width) + (6 + self._below.needs(width) if self._view.tool != LOOK else 0)

    def _brush(self, parent: Any) -> None:
        """How large it is."""
        frame = ctk.CTkFrame(parent, fg_color="transparent", height=30)
        ctk.CTkLabel(frame, text="Brush", text_color=colours.DIM, height=30).pack(side="left", padx=(0, 2))
        self.size = ctk.CTkSlider(frame, from_=1, to=LARGEST_BRUSH, width=110, command=self._on_size,
                                  button_color=colours.ACCENT, button_hover_color=colours.ACCENT_HOVER,
                                  fg_color=colours.LINE, progress_color=colours.ACCENT)  # fmt: skip
        self.size.set(self._view.brush_px)
        self.size.pack(side="left")
        parent.lay(frame)

    def _on_tool(self, tool: str) -> None:
        self._view.tool = tool
        self._view.focus_set()  # for its keys

    def _on_tooled(self) -> None:
        """Another tool or brush, chosen here or by a key."""
        if self.tool.get() != self._view.tool:
            self.tool.set(self._view.tool)
        if round(self.size.get()) != self._view.brush_px:
            self.size.set(self._view.brush_px)
        if bool(self.overlay.get()) != self._view.overlay:
            (self.overlay.select if self._view.overlay else self.overlay.deselect)()
        painting = self._view.tool != LOOK
        if painting != bool(self._below.winfo_manager()):
            self._top.lay_only([self.tool, self.buttons["fit"], self.buttons["exact"], *([self.overlay] * painting)])
            if painting:
                self._below.pack(fill="x", pady=(6, 0))
            else:
                self._below.pack_forget()
            self.changed.emit()

    def _on_size(self, size: float) -> None:
        self._view.brush_px = round(size)

    def _on_overlay(self) -> None:
        self._view.overlay = bool(self.overlay.get())


def _enable(widget: Any, enabled: bool) -> None:
    wanted = "normal" if enabled else "disabled"
    if widget.cget("state") != wanted:
        widget.configure(state=wanted)

"""A text that appears beside the mouse when it rests on a widget. There is one for the whole window."""

import tkinter
from collections.abc import Callable
from typing import Any

from ui import colours, theme

DELAY_MS = 450


class Tooltip:
    """Shows the text of the widget that the mouse rests on; `text` is asked for when it is shown."""

    def __init__(self, root: Any):
        self._root = root
        self._waiting = ""
        self._window: tkinter.Toplevel | None = None

    def attach(self, widget: Any, text: Callable[[], str]) -> None:
        widget.bind("<Enter>", lambda _event: self._soon(widget, text), add="+")
        widget.bind("<Leave>", lambda _event: self.hide(), add="+")
        widget.bind("<ButtonPress>", lambda _event: self.hide(), add="+")

    def hide(self) -> None:
        if self._waiting:
            self._root.after_cancel(self._waiting)
            self._waiting = ""
        if self._window is not None:
            self._window.destroy()
            self._window = None

    def _soon(self, widget: Any, text: Callable[[], str]) -> None:
        self.hide()
        self._waiting = self._root.after(DELAY_MS, lambda: self.show(widget, text()))

    def show(self, widget: Any, text: str) -> None:
        self.hide()
        if not text or not widget.winfo_exists():
            return
        self._window = window = tkinter.Toplevel(self._root)
        window.wm_overrideredirect(True)
        window.configure(background=theme.now(colours.LINE))
        scale = theme.scaling(self._root)
        label = tkinter.Label(
            window, text=text, justify="left", wraplength=round(380 * scale), background=theme.now(colours.CARD),
            foreground=theme.now(colours.TEXT), font=theme.font(theme.SMALL).create_scaled_tuple(scale),
            padx=round(10 * scale), pady=round(7 * scale),
        )  # fmt: skip
        label.pack(padx=1, pady=1)
        window.update_idletasks()
        left = min(widget.winfo_rootx(), self._root.winfo_screenwidth() - window.winfo_reqwidth() - 8)
        below = widget.winfo_rooty() + widget.winfo_height() + 4
        if below + window.winfo_reqheight() > self._root.winfo_screenheight():
            below = widget.winfo_rooty() - window.winfo_reqheight() - 4
        window.wm_geometry(f"+{max(left, 0)}+{max(below, 0)}")

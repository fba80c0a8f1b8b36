"""A text that appears beside the mouse when it rests on a widget. There is one for the whole window."""

import tkinter
from collections.abc import Callable
from typing import Any

from ui import colours, theme

DELAY_MS = 450
GAP, EDGE = 4, 8  # px: from the widget, and from the right edge


class Tooltip:
    """Shows the text of the widget that the mouse rests on; `text` is asked for when it is shown."""

    def __init__(self, root: Any):
        self._root = root
        self._waiting = ""
        self._window: tkinter.Toplevel | None = None
        self._pressed: Any = None  # the widget that was pressed: who has used it does not read on

    def attach(self, widget: Any, text: Callable[[], str], beside: bool = False) -> None:
        """`beside`: at the right of the widget, not below it, where others are that a person goes on to."""
        widget.bind("<Enter>", lambda _event: self._soon(widget, text, beside), add="+")
        widget.bind("<Leave>", lambda event: self._left(widget, event), add="+")
        widget.bind("<Button-1>", lambda _event: self._press(widget), add="+")  # <ButtonPress> gives way to a button's own

    def hide(self) -> None:
        if self._waiting:
            self._root.after_cancel(self._waiting)
            self._waiting = ""
        if self._window is not None:
            self._window.destroy()
            self._window = None

    def _press(self, widget: Any) -> None:
        self.hide()
        self._pressed = widget

    def _left(self, widget: Any, event: Any) -> None:
        """The mouse goes to and fro between a button and the text on it, too: it has left when it is outside of both."""
        self.hide()
        left, top = widget.winfo_rootx(), widget.winfo_rooty()
        inside = 0 <= event.x_root - left < widget.winfo_width() and 0 <= event.y_root - top < widget.winfo_height()
        if not inside:
            self._pressed = None

    def _soon(self, widget: Any, text: Callable[[], str], beside: bool = False) -> None:
        self.hide()
        if widget is self._pressed:
            return
        self._waiting = self._root.after(DELAY_MS, lambda: self.show(widget, text(), beside))

    def show(self, widget: Any, text: str, beside: bool = False) -> None:
        self.hide()
        if not text or not widget.winfo_exists():
            return
        self._window = window = tkinter.Toplevel(self._root)
        window.withdraw()  # until it has its place: Windows would show it in the corner of the screen first
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
        left, top = place(widget, window.winfo_reqwidth(), window.winfo_reqheight(), beside)
        window.wm_geometry(f"+{left}+{top}")
        window.deiconify()


def place(widget: Any, width: int, height: int, beside: bool) -> tuple[int, int]:
    """Where a text of this size lies: beside the widget or below it, above it where there is no room; within its window,
    as far as that is on the screen and large enough."""
    top_level = widget.winfo_toplevel()
    right = _end(top_level.winfo_rootx(), top_level.winfo_width(), widget.winfo_screenwidth())
    bottom = _end(top_level.winfo_rooty(), top_level.winfo_height(), widget.winfo_screenheight())
    if beside:
        left, top = widget.winfo_rootx() + widget.winfo_width() + GAP, widget.winfo_rooty()
    else:
        left, top = widget.winfo_rootx(), widget.winfo_rooty() + widget.winfo_height() + GAP
        if top + height > bottom:
            top = widget.winfo_rooty() - height - GAP
    return max(min(left, right - width - EDGE), 0), max(min(top, bottom - height), 0)


def _end(start: int, size: int, screen: int) -> int:
    return min(start + size, screen)

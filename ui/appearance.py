"""Light or dark, scaling, and the window's size and place: set, remembered, and never out of the screens' reach."""

from dataclasses import replace
from typing import Any

import customtkinter as ctk

from ui.findings import Timer
from ui.memory import View

TITLE = "OneTrainer Clone"
MINIMUM = (900, 600)  # px at 100 % of the screen's own scaling, as every size here
TITLE_BAR, GRIP = 30, 120  # px of the screen: so much of the title bar has to be within reach of the mouse
SETTLE_MS = 400  # a window that is being maximized has its new size before it says that it is maximized


def prepare(view: View) -> None:
    """Set the scaling before there is a window: customtkinter would hold one at its first size for a second."""
    ctk.set_widget_scaling(view.scaling_percent / 100)


class Appearance:
    """customtkinter multiplies the sizes that it is given by the screen's scaling (150 % on many laptops): what is kept
    is what it is given, and what `geometry()` gives back, never the pixels of `winfo_width()`."""

    def __init__(self, root: Any, view: View):
        self._root, self._view = root, view
        # customtkinter's 'system' mode asks the system 30 times a second, on Linux by starting a process: ask it once
        ctk.set_appearance_mode(view.theme or ctk.get_appearance_mode().lower())
        root.title(TITLE)
        root.minsize(*_on_screen(root, MINIMUM))
        size, _, place = view.geometry.partition("+")
        width, height = _on_screen(root, tuple(int(side) for side in size.split("x")))
        at = f"+{place}" if place and within_reach(root, width, place) else ""  # else the system finds a place
        root.geometry(f"{width}x{height}{at}")
        if view.maximized:
            root.after(1, lambda: maximize(root))  # when it is on the screen: before, Windows would take it back
        self._settling = Timer(root.after, root.after_cancel)
        root.bind("<Configure>", self._on_configure, add="+")

    @property
    def dark(self) -> bool:
        return str(ctk.get_appearance_mode()) == "Dark"

    def set_dark(self, dark: bool) -> None:
        ctk.set_appearance_mode("dark" if dark else "light")
        self._view = replace(self._view, theme="dark" if dark else "light")

    @property
    def scaling_percent(self) -> int:
        return self._view.scaling_percent

    def set_scaling(self, percent: int) -> None:
        ctk.set_widget_scaling(percent / 100)
        self._view = replace(self._view, scaling_percent=percent)

    def view(self, basic: bool) -> View:
        """As the window looks now."""
        self._note_place()
        return replace(self._view, basic=basic, maximized=maximized(self._root))

    def _on_configure(self, event: Any) -> None:
        if event.widget is self._root:
            self._settling.start(SETTLE_MS, self._note_place)

    def _note_place(self) -> None:
        """Where the window is while it is not maximized: there it comes back to when it is made smaller."""
        root = self._root
        if not maximized(root) and root.winfo_width() >= 300 and root.winfo_height() >= 200:
            self._view = replace(self._view, geometry=root.geometry())


def maximized(root: Any) -> bool:
    if root.tk.call("tk", "windowingsystem") == "x11":
        return bool(root.attributes("-zoomed"))
    return bool(root.state() == "zoomed")


def maximize(root: Any) -> None:
    if root.tk.call("tk", "windowingsystem") == "x11":
        root.attributes("-zoomed", True)
    else:
        root.state("zoomed")


def within_reach(root: Any, width: float, place: str) -> bool:
    """Whether the mouse can take a window of this width at 'left+top' by its title bar. Tk knows all of the desktop's
    monitors as one: one that is gone is not part of it, one at the left of the main one has negative places."""
    left, top = (int(side) for side in place.split("+"))
    desk_left, desk_top = root.winfo_vrootx(), root.winfo_vrooty()
    right = left + width * ctk.ScalingTracker.get_window_scaling(root)
    seen = min(right, desk_left + root.winfo_vrootwidth()) - max(left, desk_left)
    return bool(seen >= GRIP and desk_top - TITLE_BAR / 2 <= top <= desk_top + root.winfo_vrootheight() - 2 * TITLE_BAR)


def _on_screen(root: Any, size: tuple[int, ...]) -> tuple[int, int]:
    """The size, or as much of it as the screen has."""
    scaling = ctk.ScalingTracker.get_window_scaling(root)
    width, height = size
    return min(width, int(root.winfo_screenwidth() / scaling)), min(height, int(root.winfo_screenheight() / scaling))

"""The room that a page is shown in. A page that needs more height than there is scrolls; any other fills the room."""

import tkinter
from collections.abc import Callable
from typing import Any

import customtkinter as ctk

from ui import theme

Needs = Callable[[float], float]  # from the width that there is to the height that is needed, in px at 100 %
NOTCH = 60  # px at 100 % that a notch of the wheel scrolls by
LARGE = 40  # px at 100 %: higher than a field
CHANGED = "<<NeedsChanged>>"  # the event that a page makes when it needs another height than before
MOST_TURNS = 5  # of laying out anew what has changed by being laid out
MARGIN = 20  # px at 100 % above a widget that was brought into view


def nothing(_width: float) -> float:
    """Of a page that makes do with any height."""
    return 0.0


class Viewport(ctk.CTkFrame):
    """Pages are children of `inner`. It is as high as the page needs and is moved up and down in this frame.

    Pages scroll by themselves where a list or a form is their longest part. This is for low windows and large scalings,
    where what does not scroll would leave nothing of it.
    """

    def __init__(self, parent: Any):
        super().__init__(parent, corner_radius=0, fg_color="transparent")
        self.inner = ctk.CTkFrame(self, corner_radius=0, fg_color="transparent")
        self._bar = ctk.CTkScrollbar(self, command=self._on_bar)
        self._needs: Needs = nothing
        self._laying, self._stale = False, False  # whether it is being laid out, and is to be once more
        self._top, self._whole = 0, 1  # px: how far it is scrolled, and how high the page is
        self.bind("<Configure>", lambda _event: self.lay())
        for wheel in ("<MouseWheel>", "<Button-4>", "<Button-5>"):
            parent.winfo_toplevel().bind(wheel, self._on_wheel, add="+")
        parent.winfo_toplevel().bind("<FocusIn>", self._on_focus, add="+")
        parent.winfo_toplevel().bind(CHANGED, lambda _event: self.lay(), add="+")

    def show(self, needs: Needs) -> None:
        """From now on for a page that needs so much; seen from its top."""
        self._needs, self._top = needs, 0
        self.lay()

    def lay(self) -> None:
        """Give the page its height: when the window's size or the page's needs have changed.

        Not within itself: to draw the scrollbar customtkinter lays out all of the window, which may come back here. A bar
        that is taken away while Tk gives it its place stays in sight for ever.
        """
        self._stale = True
        if self._laying:
            return
        self._laying = True
        try:
            for _ in range(MOST_TURNS):
                if self._stale:
                    self._stale = False
                    self._lay()
        finally:
            self._laying = False

    def _lay(self) -> None:
        scale, width, room = theme.scaling(self), self.winfo_width(), self.winfo_height()
        if width <= 1:
            return
        beside = round(self._bar.winfo_reqwidth() + 2 * scale)
        over = self._needs(width / scale) * scale > room
        width -= beside if over else 0
        self._whole = max(round(self._needs(width / scale) * scale), room) if over else room
        tkinter.Place.place_configure(self.inner, x=0, width=width, height=self._whole)
        if over:
            tkinter.Place.place_configure(self._bar, relx=1.0, anchor="ne", relheight=1.0)
            self._bar.lift()
        else:
            self._bar.place_forget()
        self.scroll_to(self._top)

    @property
    def scrolls(self) -> bool:
        """Whether a part of the page is out of sight."""
        return self._whole > int(self.winfo_height())

    def scroll_to(self, top: float) -> None:
        """Have this height of the page, in px, at the top, or as near to it as there is page."""
        room = self.winfo_height()
        self._top = round(min(max(top, 0), max(self._whole - room, 0)))
        tkinter.Place.place_configure(self.inner, y=-self._top)
        if self.scrolls:
            self._bar.set(self._top / self._whole, (self._top + room) / self._whole)

    def _on_bar(self, _moveto: str, share: float) -> None:
        self.scroll_to(float(share) * self._whole)

    def _on_wheel(self, event: Any) -> None:
        """Unless the pointer is over something that scrolls by itself and has not come to its end."""
        up = event.num == 4 or event.delta > 0
        if not self.scrolls or not self._within(event.widget) or scrolls_itself(event.widget, self.inner, up):
            return
        self.scroll_to(self._top + (-NOTCH if up else NOTCH) * theme.scaling(self))

    def _on_focus(self, event: Any) -> None:
        """What the Tab key came to is brought into view; of a list or a picture a part of it is enough."""
        if not self.scrolls or not self._within(event.widget):
            return
        scale, room = theme.scaling(self), self.winfo_height()
        top, height = event.widget.winfo_rooty() - self.inner.winfo_rooty(), event.widget.winfo_height()
        seen = min(top + height, self._top + room) - max(top, self._top)
        if seen < min(height, LARGE * scale):
            self.scroll_to(top - MARGIN * scale)

    def _within(self, widget: Any) -> bool:
        return not isinstance(widget, str) and str(widget).startswith(f"{self.inner}.")


def scrolls_itself(widget: Any, above: Any, up: bool) -> bool:
    """Whether a part of the page that the widget is in has its own scrollbar, and something to scroll to that way."""
    while widget is not None and widget is not above:
        if isinstance(widget, (tkinter.Canvas, tkinter.Text)):
            first, last = widget.yview()
            if (up and first > 0.0) or (not up and last < 1.0):
                return True
        widget = widget.master
    return False

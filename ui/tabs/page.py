"""What every tab is: a frame that is built when it is first shown, and can be asked for the field of a path."""

from functools import partial
from typing import Any

import customtkinter as ctk

from ui import theme
from ui.signals import Signal
from ui.viewport import CHANGED, scrolls_itself
from ui.workbench import Workbench

STACKED = 520  # px at 100 %: on a narrower page what else lies beside each other lies under each other


class Page(ctk.CTkFrame):
    def __init__(self, parent: Any, bench: Workbench):
        super().__init__(parent, fg_color="transparent")
        self.bench = bench
        self.in_view = False
        self.stepped: Signal[[]] = Signal()  # `steps` are others now

    @property
    def steps(self) -> tuple[str, str] | None:
        """What undo would take back and redo do again on this page, in words; None: the window's settings."""
        return None

    def step_back(self) -> str:
        """Take back what was done last on this page, if it has `steps`, and say what it was."""
        return ""

    def step_forth(self) -> str:
        return ""

    def enter(self) -> None:
        """The page comes into view: what was put off until now is done."""
        self.in_view = True
        self.refresh()

    def leave(self) -> None:
        """The page goes out of view: changes of the state need not be drawn until it comes back."""
        self.in_view = False

    def refresh(self) -> None:
        """Show the state as it is now."""

    def refresh_in_view(self) -> None:
        if self.in_view:
            self.refresh()

    def needs(self, _width: float) -> float:
        """The height that the page needs at this width, both in px at 100 %; it scrolls in less. 0: any will do."""
        return 0.0

    def needs_changed(self) -> None:
        """What `needs` would return now is not what it was."""
        self.event_generate(CHANGED)

    def tick(self) -> None:
        """A turn of the window's loop while the page is in view."""

    def go(self, path: str) -> bool:
        """Bring the field of this path into view; False where it is not on this page, or not shown in this state."""
        return False


class Scrolled(ctk.CTkScrollableFrame):
    """A column that scrolls."""

    def __init__(self, parent: Any, **options: Any):
        super().__init__(parent, fg_color="transparent", corner_radius=0, **options)
        self.grid_columnconfigure(0, weight=1)
        self._parent_canvas.configure(
            yscrollcommand=theme.scrolls(self._scrollbar, self._scrollbar.grid, partial(theme.put_away, self._scrollbar))
        )

        self.bind_all("<FocusIn>", self._on_focus, add="+")

    @property
    def content(self) -> float:
        """The height that would show everything, in px at 100 %."""
        return float(self.winfo_reqheight() / theme.scaling(self))

    def _on_focus(self, event: Any) -> None:
        """What the Tab key came to is brought into view."""
        widget = event.widget
        if isinstance(widget, str) or not self._holds(widget) or not self.winfo_ismapped():
            return
        if str(self.tk.call("focus")) != str(widget):  # a frame around it: the event comes to each of them
            return
        self.update_idletasks()  # what was shown a moment ago has no place yet
        top, first = widget.winfo_rooty(), self._parent_canvas.winfo_rooty()
        if not first <= top <= first + self._parent_canvas.winfo_height() - widget.winfo_height():
            self.bring(top)

    def _mouse_wheel_all(self, event: Any) -> None:
        """Unless the pointer is over a text that has something to scroll to: customtkinter stops at every text."""
        widget = event.widget
        if not isinstance(widget, str) and isinstance(widget.master, ctk.CTkTextbox) and self._holds(widget):
            if scrolls_itself(widget, self, up=event.num == 4 or event.delta > 0):
                return
            event.widget = self._parent_canvas
        super()._mouse_wheel_all(event)

    def _holds(self, widget: Any) -> bool:
        return str(widget).startswith(f"{self}.")

    def bring(self, top: int) -> None:
        """Scroll until what stands at this height of the screen is in the upper part of the view."""
        self.update_idletasks()
        canvas = self._parent_canvas
        canvas.configure(scrollregion=canvas.bbox("all"))  # its own way is an event, which comes after this
        height = max(self.winfo_height(), 1)
        within = top - self.winfo_rooty() - 60
        canvas.yview_moveto(max(within / height, 0.0))

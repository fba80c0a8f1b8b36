"""A small modal window: a title, a message, what is put into it, and a row of buttons; never larger than the window."""

import tkinter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import customtkinter as ctk

from ui import colours, theme
from ui.theme import Kind
from ui.top_level import TopLevel

WIDTH, EDGE = 600, 60  # px at 100 %: of the content where there is room, and what lies left and right of it
AROUND, LOWEST = 180, 80  # px at 100 %: title, message and buttons, above and below a long text; the least height of that
LONG = 900  # letters: a longer message scrolls
LETTER = 7 * 20  # square px at 100 % that one takes


@dataclass(frozen=True)
class Option:
    """One button of a question."""

    key: str
    label: str
    kind: Kind = "plain"


def dialog_in_front(root: Any) -> Any:
    """The dialog that has to be answered before anything else; None where there is none."""
    holder = str(root.tk.call("grab", "current", root))
    return root.nametowidget(holder) if holder and root.tk.call("winfo", "class", holder) == "Toplevel" else None


class Dialog:
    """Esc closes it; Return chooses the last button."""

    def __init__(self, root: Any, title: str, message: str):
        self.window = TopLevel(root)
        self.window.withdraw()  # until it has its place: Windows would show it elsewhere first
        self.window.title(title)
        self.window.transient(root)
        self.window.resizable(True, True)
        self.stays: dict[str, Callable[[], object]] = {}  # buttons that do something and leave the dialog open
        self.buttons: dict[str, Any] = {}
        self.chosen: str | None = None
        self._below: Any = None  # the dialog that this one came over
        edge = ctk.CTkFrame(self.window, corner_radius=0, border_width=theme.BORDER, border_color=colours.FAINT)
        edge.pack(fill="both", expand=True)
        frame = ctk.CTkFrame(edge, fg_color="transparent")
        frame.pack(fill="both", expand=True, padx=20, pady=16)
        wide, high = self.room
        look: dict[str, Any] = {"anchor": "w", "justify": "left", "wraplength": round(wide)}
        ctk.CTkLabel(frame, text=title, font=theme.font(theme.HEADING, bold=True), **look).pack(fill="x")
        self.body = ctk.CTkFrame(frame, fg_color="transparent")
        self._buttons = ctk.CTkFrame(frame, fg_color="transparent")
        self._buttons.pack(side="bottom", fill="x", pady=(14, 0))
        self.body.pack(fill="both", expand=True)
        if len(message) > min(LONG, wide * high / LETTER):  # a label would grow over the edge of the screen
            self.add_text(message)
        else:
            ctk.CTkLabel(self.body, text=message, **look).pack(fill="x", pady=(6, 0))

    @property
    def room(self) -> tuple[float, float]:
        """How wide and high, in px at 100 %, something long in the dialog may be."""
        root, scale = self.window.master, theme.scaling(self.window)
        return min(WIDTH, root.winfo_width() / scale - EDGE), max(root.winfo_height() / scale - AROUND, LOWEST)

    def add_text(self, text: str) -> None:
        """A long text in a box that scrolls."""
        wide, high = self.room
        box = ctk.CTkTextbox(self.body, width=round(wide), height=round(min(260, high)), wrap="word")
        box.insert("1.0", text)
        box.configure(state="disabled")
        box.pack(fill="both", expand=True, pady=(8, 0))

    def remove(self, key: str) -> None:
        """A button that has done what it can; the dialog has another size then."""
        self.buttons.pop(key).destroy()
        self._place()

    def run(self, options: Sequence[Option]) -> str | None:
        """Show the dialog until it is answered. The last option is the one that Return chooses."""
        for option in reversed(options):
            made = theme.button(self._buttons, option.label, partial(self._press, option.key), option.kind)
            made.pack(side="right", padx=(8, 0))
            self.buttons[option.key] = made
        self.window.bind("<Escape>", lambda _event: self.close(None))
        self.window.bind("<Return>", lambda _event: self._press(options[-1].key))
        self.window.protocol("WM_DELETE_WINDOW", lambda: self.close(None))
        self._place()
        self.wait()
        return self.chosen

    def wait(self) -> None:
        """Until it is closed; nothing else takes clicks meanwhile."""
        self.window.deiconify()
        self.window.wait_visibility()
        self._below = dialog_in_front(self.window.master)
        self.window.grab_set()
        self.window.focus_set()
        self.window.wait_window()

    def close(self, chosen: str | None) -> None:
        self.chosen = chosen
        self.window.grab_release()
        self.window.destroy()
        if self._below is not None and self._below.winfo_exists():
            self._below.grab_set()
            self._below.focus_set()

    def _press(self, key: str) -> None:
        if key in self.stays:
            self.stays[key]()
            return
        self.close(key)

    def _place(self) -> None:
        """In the middle of the window, and on the screen."""
        root = self.window.master
        self.window.update_idletasks()
        width, height = self.window.winfo_reqwidth(), self.window.winfo_reqheight()
        left = root.winfo_rootx() + max((root.winfo_width() - width) // 2, 0)
        top = root.winfo_rooty() + max((root.winfo_height() - height) // 3, 0)
        tkinter.Wm.geometry(self.window, f"+{left}+{top}")

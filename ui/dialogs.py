"""Questions to the person. `Ask` is what the window needs; tests answer it themselves, `TkAsk` opens real dialogs."""

import tkinter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePath
from tkinter import colorchooser, filedialog
from typing import Any, Protocol

import customtkinter as ctk

from onetrainer_clone.settings import Problem
from ui import colours, theme
from ui.filekinds import PRESET, FileKind, file_types
from ui.theme import Kind


@dataclass(frozen=True)
class Option:
    """One button of a question."""

    key: str
    label: str
    kind: Kind = "plain"


class Ask(Protocol):
    def choose(self, title: str, message: str, options: Sequence[Option]) -> str | None:
        """The key of the option that was chosen; None where the dialog was closed."""

    def text(self, title: str, message: str, initial: str = "") -> str | None:
        """What was typed; None where the dialog was closed."""

    def tell(self, title: str, message: str, details: str = "") -> None:
        """Say something; details are shown on demand."""

    def problems(self, title: str, message: str, problems: Sequence[tuple[Problem, str]]) -> Problem | None:
        """List problems, each with its place in words; returns the one that the person wants to go to."""

    def folder(self, title: str, initial: str = "") -> str: ...
    def file(self, title: str, initial: str = "", kinds: Sequence[FileKind] = ()) -> str: ...
    def files(self, title: str, initial: str = "", kinds: Sequence[FileKind] = ()) -> tuple[str, ...]:
        """One or several."""

    def new_file(self, title: str, initial: str = "", kind: FileKind = PRESET) -> str:
        """Where to write a file or a new folder; the dialog asks before one is replaced. `initial` may name a place, too."""

    def colour(self, title: str, initial: str = "") -> str: ...


class TkAsk:
    """The dialogs of the real window."""

    def __init__(self, root: Any):
        self._root = root

    def choose(self, title: str, message: str, options: Sequence[Option]) -> str | None:
        return Dialog(self._root, title, message).run(options)

    def tell(self, title: str, message: str, details: str = "") -> None:
        dialog = Dialog(self._root, title, message)
        options = [Option("ok", "OK", "main")]
        if details:
            options.insert(0, Option("details", "Show the trace"))
            dialog.stays["details"] = lambda: dialog.add_text(details)
        dialog.run(options)

    def text(self, title: str, message: str, initial: str = "") -> str | None:
        dialog = Dialog(self._root, title, message)
        entry = ctk.CTkEntry(dialog.body, width=420)
        entry.insert(0, initial)
        entry.select_range(0, "end")
        entry.pack(fill="x", pady=(8, 0))
        dialog.window.after(50, entry.focus_set)
        typed = []
        dialog.leaves["ok"] = lambda: typed.append(entry.get().strip())
        chosen = dialog.run([Option("cancel", "Cancel"), Option("ok", "OK", "main")])
        return typed[0] if chosen == "ok" else None

    def problems(self, title: str, message: str, problems: Sequence[tuple[Problem, str]]) -> Problem | None:
        dialog = Dialog(self._root, title, message)
        wanted: list[Problem] = []
        shown = ctk.CTkScrollableFrame(dialog.body, width=600, height=min(64 * len(problems), 340))
        shown.grid_columnconfigure(0, weight=1)
        shown.pack(fill="both", expand=True, pady=(8, 0))
        for number, (problem, place) in enumerate(problems):

            def go(problem: Problem = problem) -> None:
                wanted.append(problem)
                dialog.close("go")

            colour = colours.SEVERITY[problem.severity]
            words = problem.message[:1].upper() + problem.message[1:]
            heading = ctk.CTkLabel(shown, text=place, text_color=colour, font=theme.font(bold=True), anchor="w")
            text = ctk.CTkLabel(shown, text=words, anchor="w", justify="left", wraplength=470)
            heading.grid(row=2 * number, column=0, sticky="ew", padx=6)
            text.grid(row=2 * number + 1, column=0, sticky="ew", padx=6, pady=(0, 8))
            if problem.path:
                made = theme.button(shown, "Go there", go)
                made.grid(row=2 * number, column=1, rowspan=2, sticky="n", padx=(8, 4), pady=4)
                for label in (heading, text):
                    label.configure(cursor="hand2")
                    label.bind("<Button-1>", lambda _event, go=go: go())
        dialog.run([Option("ok", "Close", "main")])
        return wanted[0] if wanted else None

    def folder(self, title: str, initial: str = "") -> str:
        return str(filedialog.askdirectory(parent=self._root, title=title, initialdir=initial or None) or "")

    def file(self, title: str, initial: str = "", kinds: Sequence[FileKind] = ()) -> str:
        chosen = filedialog.askopenfilename(
            parent=self._root, title=title, initialdir=initial or None, filetypes=file_types(kinds)
        )
        return str(chosen or "")

    def files(self, title: str, initial: str = "", kinds: Sequence[FileKind] = ()) -> tuple[str, ...]:
        chosen = filedialog.askopenfilenames(
            parent=self._root, title=title, initialdir=initial or None, filetypes=file_types(kinds)
        )
        return tuple(chosen or ())

    def new_file(self, title: str, initial: str = "", kind: FileKind = PRESET) -> str:
        begin = PurePath(initial)
        chosen = filedialog.asksaveasfilename(
            parent=self._root, title=title, initialfile=begin.name, defaultextension=kind.suffix,
            initialdir=begin.parent if begin.is_absolute() else None, filetypes=file_types([kind]),
        )  # fmt: skip
        return str(chosen or "")

    def colour(self, title: str, initial: str = "") -> str:
        return str(colorchooser.askcolor(initial or None, parent=self._root, title=title)[1] or "")


class Dialog:
    """A small modal window: a title, a message, what is packed into `body`, and a row of buttons. Esc closes it."""

    def __init__(self, root: Any, title: str, message: str):
        self.window = ctk.CTkToplevel(root)
        self.window.title(title)
        self.window.transient(root)
        self.window.resizable(True, True)
        self.stays: dict[str, Callable[[], object]] = {}  # buttons that do something and leave the dialog open
        self.leaves: dict[str, Callable[[], object]] = {}  # what is done before a button closes it
        self.chosen: str | None = None
        edge = ctk.CTkFrame(self.window, corner_radius=0, border_width=theme.BORDER, border_color=colours.FAINT)
        edge.pack(fill="both", expand=True)
        frame = ctk.CTkFrame(edge, fg_color="transparent")
        frame.pack(fill="both", expand=True, padx=20, pady=16)
        ctk.CTkLabel(frame, text=title, font=theme.font(theme.HEADING, bold=True), anchor="w").pack(fill="x")
        self.body = ctk.CTkFrame(frame, fg_color="transparent")
        self._buttons = ctk.CTkFrame(frame, fg_color="transparent")
        self._buttons.pack(side="bottom", fill="x", pady=(14, 0))
        self.body.pack(fill="both", expand=True)
        if len(message) > 900:  # a label would grow over the edge of the screen
            self.add_text(message)
        else:
            text = ctk.CTkLabel(self.body, text=message, anchor="w", justify="left", wraplength=560)
            text.pack(fill="x", pady=(6, 0))

    def add_text(self, text: str) -> None:
        """A long text in a box that scrolls."""
        box = ctk.CTkTextbox(self.body, width=640, height=260, wrap="word")
        box.insert("1.0", text)
        box.configure(state="disabled")
        box.pack(fill="both", expand=True, pady=(8, 0))
        self.stays.pop("details", None)

    def run(self, options: Sequence[Option]) -> str | None:
        """Show the dialog until it is answered. The last option is the one that Return chooses."""
        for option in reversed(options):
            made = theme.button(self._buttons, option.label, partial(self._press, option.key), option.kind)
            made.pack(side="right", padx=(8, 0))
        self.window.bind("<Escape>", lambda _event: self.close(None))
        self.window.bind("<Return>", lambda _event: self._press(options[-1].key))
        self.window.protocol("WM_DELETE_WINDOW", lambda: self.close(None))
        self._place()
        self.window.wait_window()
        return self.chosen

    def close(self, chosen: str | None) -> None:
        self.chosen = chosen
        self.window.grab_release()
        self.window.destroy()

    def _press(self, key: str) -> None:
        if key in self.stays:
            self.stays[key]()
            return
        if key in self.leaves:
            self.leaves[key]()
        self.close(key)

    def _place(self) -> None:
        """In the middle of the window, and the only one that takes clicks."""
        root = self.window.master
        self.window.update_idletasks()
        width, height = self.window.winfo_reqwidth(), self.window.winfo_reqheight()
        left = root.winfo_rootx() + max((root.winfo_width() - width) // 2, 0)
        top = root.winfo_rooty() + max((root.winfo_height() - height) // 3, 0)
        tkinter.Wm.geometry(self.window, f"+{left}+{top}")
        self.window.wait_visibility()
        self.window.grab_set()
        self.window.focus_set()

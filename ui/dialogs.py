"""Questions to the person. `Ask` is what the window needs; tests answer it themselves, `TkAsk` opens real dialogs."""

from collections.abc import Callable, Sequence
from functools import partial
from tkinter import colorchooser
from typing import Any, Protocol

import customtkinter as ctk

from onetrainer_clone.settings import Problem
from ui import colours, theme
from ui.dialog import Dialog
from ui.dialog import Option as Option
from ui.file_dialogs import FileDialogs
from ui.filekinds import PRESET, FileKind
from ui.words import begun

SCROLLBAR = 30  # px at 100 %
LIST = 340  # px at 100 %: a longer list of problems scrolls
GO_WIDTH = 120  # px at 100 %: the button beside a problem, and what is around it


class Ask(Protocol):
    def choose(self, title: str, message: str, options: Sequence[Option]) -> str | None:
        """The key of the option that was chosen; None where the dialog was closed."""

    def text(
        self, title: str, message: str, initial: str = "", wrong: Callable[[str], str] = lambda _typed: ""
    ) -> str | None:
        """What was typed; None where the dialog was closed. `wrong`: why a text will not do; it is shown, and asked on."""

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
        self._files = FileDialogs(root)
        self._open: dict[tuple[str, str], Dialog] = {}  # by title and message

    def _dialog(self, title: str, message: str) -> Dialog | None:
        """None where the very same is on the screen, such as after a second click: that one comes to the front."""
        self._open = {key: dialog for key, dialog in self._open.items() if dialog.window.winfo_exists()}
        if (known := self._open.get((title, message))) is not None:
            known.window.lift()
            return None
        self._open[title, message] = made = Dialog(self._root, title, message)
        return made

    def choose(self, title: str, message: str, options: Sequence[Option]) -> str | None:
        dialog = self._dialog(title, message)
        return dialog.run(options) if dialog else None

    def tell(self, title: str, message: str, details: str = "") -> None:
        if (dialog := self._dialog(title, message)) is None:
            return
        if not details:
            dialog.run([Option("ok", "OK", "main")])
            return

        def unfold() -> None:
            dialog.add_text(details)
            dialog.remove("details")

        def copy() -> None:
            self._root.clipboard_clear()
            self._root.clipboard_append(f"{title}\n\n{message}\n\n{details}")
            dialog.buttons["copy"].configure(text="Copied")

        dialog.stays |= {"details": unfold, "copy": copy}
        dialog.run([Option("details", "Show the trace"), Option("copy", "Copy all"), Option("ok", "OK", "main")])

    def text(
        self, title: str, message: str, initial: str = "", wrong: Callable[[str], str] = lambda _typed: ""
    ) -> str | None:
        if (dialog := self._dialog(title, message)) is None:
            return None
        entry = theme.Entry(dialog.body, width=round(min(dialog.room[0], 420)), height=theme.FIELD_HEIGHT)
        entry.insert(0, initial)
        entry.select_range(0, "end")
        entry.pack(fill="x", pady=(8, 0))
        dialog.window.after(50, entry.focus_set)
        said = ctk.CTkLabel(
            dialog.body, text="", text_color=colours.ERROR, anchor="w", justify="left", wraplength=round(dialog.room[0])
        )
        entry.bind("<Key>", lambda _event: said.pack_forget(), add="+")
        typed: list[str] = []

        def accept() -> None:
            text = entry.get().strip()
            if why := wrong(text):
                said.configure(text=why)
                said.pack(fill="x", pady=(6, 0))
                entry.focus_set()
                return
            typed.append(text)
            dialog.close("ok")

        dialog.stays["ok"] = accept
        dialog.run([Option("cancel", "Cancel"), Option("ok", "OK", "main")])
        return typed[0] if typed else None

    def problems(self, title: str, message: str, problems: Sequence[tuple[Problem, str]]) -> Problem | None:
        if (dialog := self._dialog(title, message)) is None:
            return None
        wanted: list[Problem] = []
        wide, high = dialog.room
        wide -= SCROLLBAR
        shown = ctk.CTkScrollableFrame(dialog.body, width=round(wide))
        bar = shown._scrollbar
        bar.configure(height=0)  # it would ask for 200 px: the dialog would grow out of a low window when it appears
        shown._parent_canvas.configure(yscrollcommand=theme.scrolls(bar, bar.grid, partial(theme.put_away, bar)))
        shown.grid_columnconfigure(0, weight=1)
        shown.pack(fill="both", expand=True, pady=(8, 0))
        for number, (problem, place) in enumerate(problems):

            def go(problem: Problem = problem) -> None:
                wanted.append(problem)
                dialog.close("go")

            words = begun(problem.message)
            heading = ctk.CTkLabel(shown, text=place, text_color=colours.SEVERITY[problem.severity],
                                   font=theme.font(bold=True))  # fmt: skip
            for line, label in enumerate((heading, ctk.CTkLabel(shown, text=words))):
                if not label.cget("text"):
                    continue
                label.configure(anchor="w", justify="left", wraplength=round(wide) - GO_WIDTH)
                label.grid(row=2 * number + line, column=0, sticky="ew", padx=6, pady=(0, 8 * line))
                if problem.path:
                    label.configure(cursor="hand2")
                    label.bind("<Button-1>", lambda _event, go=go: go())
            if problem.path:
                made = theme.button(shown, "Go there", go)
                made.grid(row=2 * number, column=1, rowspan=2, sticky="n", padx=(8, 4), pady=4)
        shown.update_idletasks()  # now it has the height of its lines
        shown.configure(height=round(min(shown.winfo_reqheight() / theme.scaling(shown) + 1, LIST, high)))
        dialog.run([Option("ok", "Close", "main")])
        return wanted[0] if wanted else None

    def folder(self, title: str, initial: str = "") -> str:
        return self._files.folder(title, initial)

    def file(self, title: str, initial: str = "", kinds: Sequence[FileKind] = ()) -> str:
        return next(iter(self._files.open(title, initial, kinds)), "")

    def files(self, title: str, initial: str = "", kinds: Sequence[FileKind] = ()) -> tuple[str, ...]:
        return self._files.open(title, initial, kinds, several=True)

    def new_file(self, title: str, initial: str = "", kind: FileKind = PRESET) -> str:
        return self._files.save(title, initial, kind)

    def colour(self, title: str, initial: str = "") -> str:
        return str(colorchooser.askcolor(initial or None, parent=self._root, title=title)[1] or "")

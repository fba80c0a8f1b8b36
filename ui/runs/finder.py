"""The line above the list of runs: a search, and the workspace whose runs are listed."""

import tkinter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import customtkinter as ctk

from onetrainer_clone.trash import TRASH
from ui import colours, theme
from ui.workbench import Workbench

WIDTH = 170  # px at 100 % of the choice of a workspace
PRESENT, ALL, OTHER, IN_TRASH = "This workspace", "All workspaces", "Another folder …", "Trash"
TIP = (
    "Whose runs are listed: the workspace of the Saving tab, an earlier one, all of them, or any folder with runs; or what "
    "was deleted there."
)


class Finder(ctk.CTkFrame):
    """`changed` is called with the text of the search, `chosen` when another workspace was."""

    def __init__(self, parent: Any, bench: Workbench, changed: Callable[[str], None], chosen: Callable[[], None]):
        super().__init__(parent, fg_color="transparent")
        self.known: Sequence[Path] = ()
        self.all = False
        self.other: Path | None = None  # None: that of the window's settings
        self.trash = False  # what was deleted there, instead
        self._bench, self._chosen = bench, chosen
        self._font = theme.font()
        ctk.CTkLabel(self, text="Find", text_color=colours.DIM, font=theme.font(theme.SMALL)).pack(side="left", padx=4)
        self.variable = tkinter.StringVar(self)
        self.entry = theme.Entry(self, textvariable=self.variable, height=theme.FIELD_HEIGHT, width=50)
        self.menu = theme.button(self, f"{PRESENT} ▾", self.open_menu, width=WIDTH, height=28, font=self._font)
        self.menu.pack(side="right")
        self.entry.pack(side="left", fill="x", expand=True, padx=(4, 8))
        self.variable.trace_add("write", lambda *_: changed(str(self.variable.get())))
        self.entry.bind("<Escape>", lambda _event: self.variable.set(""))
        bench.tooltip.attach(self.entry, partial(str, "Words of a run's name, preset or note. Esc: all of them."))
        bench.tooltip.attach(self.menu, partial(str, TIP))

    @property
    def present(self) -> Path:
        return self._bench.store.state.saving.folder

    def wanted(self) -> Callable[[Sequence[Path]], Sequence[Path]]:
        """Which of the workspaces that are known, and others, are listed, or their trashes; to be called on a worker."""
        everywhere, one, present, trash = self.all, self.other or self.present, self.present, self.trash

        def folders(known: Sequence[Path]) -> Sequence[Path]:
            workspaces = dict.fromkeys((present, *known)) if everywhere else [one]
            return [workspace / TRASH if trash else workspace for workspace in workspaces]

        return folders

    def choose(self, workspace: Path | None, everywhere: bool = False, trash: bool = False) -> None:
        self.other, self.all, self.trash = workspace, everywhere, trash
        words = ALL if everywhere else workspace.name or str(workspace) if workspace else PRESENT
        if trash:
            words = IN_TRASH if words == PRESENT else f"{IN_TRASH}: {words}"
        self.menu.configure(text=f"{theme.fitting(words, WIDTH - 40, self._font)} ▾")
        self._chosen()

    def show_trash(self, trash: bool) -> None:
        """What was deleted in the workspace that is listed, or its runs again."""
        self.choose(None if self.other and self.other.name == TRASH else self.other, self.all, trash)

    def choose_folder(self) -> None:
        if folder := self._bench.ask.folder("A folder with runs", str(self.other or self.present)):
            self.choose(Path(folder))

    def open_menu(self) -> None:
        menu = theme.menu(self)
        menu.add_command(label=f"{PRESENT} ({self.present})", command=lambda: self.choose(None))
        for workspace in self.known:
            if workspace != self.present.absolute():
                menu.add_command(label=str(workspace), command=partial(self.choose, workspace))
        menu.add_command(label=ALL, command=lambda: self.choose(None, everywhere=True))
        menu.add_separator()
        words = "Back from the trash" if self.trash else IN_TRASH
        menu.add_command(label=words, command=lambda: self.show_trash(not self.trash))
        menu.add_command(label=OTHER, command=self.choose_folder)
        menu.tk_popup(self.menu.winfo_rootx(), self.menu.winfo_rooty() + self.menu.winfo_height())

"""The LoRA files that are merged: a row for each with its strength."""

import tkinter
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import customtkinter as ctk

from onetrainer_clone.drawing import LoraFile
from onetrainer_clone.settings import Invalid, declarations, get, load
from ui import colours, theme
from ui.filekinds import HOLDING
from ui.store import StateStore
from ui.words import number, tip_of
from ui.workbench import Workbench

EMPTY = "No LoRA file yet: add one or more. They are merged one after the other."


class LoraRows(ctk.CTkFrame):
    """Edits the setting `path` of a store, a tuple of `LoraFile`."""

    def __init__(self, parent: Any, bench: Workbench, store: StateStore, path: str):
        super().__init__(parent, corner_radius=8, border_width=theme.BORDER, border_color=colours.LINE)
        self._bench, self._store, self._path = bench, store, path
        self.strengths: list[Any] = []  # the entries
        self._shown: tuple[LoraFile, ...] = ()
        self.grid_columnconfigure(0, weight=1)
        ctk.CTkLabel(self, text="LoRA files", font=theme.font(theme.HEADING, bold=True)).grid(
            row=0, column=0, sticky="w", padx=16, pady=(10, 4)
        )
        self.button = theme.button(self, "Add LoRA…", self.add)
        bench.tooltip.attach(self.button, lambda: "LoRA files, several at once. The same file may be merged twice.")
        self.button.grid(row=0, column=1, columnspan=2, sticky="e", padx=16, pady=(10, 4))
        self._rows = ctk.CTkFrame(self, fg_color="transparent")
        self._rows.grid_columnconfigure(3, weight=1)
        self._rows.grid(row=1, column=0, columnspan=3, sticky="ew", padx=16, pady=(0, 10))
        self._show([number(file.strength) for file in self.files])
        self._end = store.changed.connect(lambda _before, _after: self._follow())

    def destroy(self) -> None:
        self._end()
        super().destroy()

    @property
    def files(self) -> tuple[LoraFile, ...]:
        found: tuple[LoraFile, ...] = get(self._store.state, self._path)
        return found

    def add(self) -> None:
        if chosen := self._bench.ask.files("LoRA files", kinds=HOLDING["lora"]):
            more = [LoraFile(path=path) for path in chosen]
            self._change([*self.files, *more], [*self._typed(), *("1" for _ in more)])

    def remove(self, index: int) -> None:
        files, typed = list(self.files), self._typed()
        del files[index], typed[index]
        self._change(files, typed)

    def _typed(self) -> list[str]:
        """The strengths as they stand in the fields, numbers or not."""
        return [entry.get() for entry in self.strengths]

    def read(self) -> tuple[LoraFile, ...]:
        """The files with the strengths as they are typed. Raises `Invalid` with the place of what is no number."""
        return tuple(self._read(index) for index in range(len(self.files)))

    def _read(self, index: int) -> LoraFile:
        data = {"path": self.files[index].path, "strength": self.strengths[index].get().replace(",", ".")}
        try:
            return load(LoraFile, data)
        except Invalid as error:
            [problem, *_] = error.problems
            raise Invalid([type(problem)(f"{self._path}[{index}].strength", problem.message)]) from None

    def _keep(self, index: int) -> None:
        """What was typed goes to the store as soon as it is a number."""
        with suppress(Invalid):
            read = self._read(index)
            self._shown = (*self._shown[:index], read, *self._shown[index + 1 :])
            self._store.replace(f"{self._path}[{index}]", read, "a strength")

    def _change(self, files: Sequence[LoraFile], typed: Sequence[str]) -> None:
        self._show(typed, files)
        self._store.replace(self._path, tuple(files), "LoRA files")

    def _follow(self) -> None:
        """Undo and redo; what the person types is here before it is in the store."""
        if self.files != self._shown:
            self._show([number(file.strength) for file in self.files])

    def _show(self, typed: Sequence[str], files: Sequence[LoraFile] | None = None) -> None:
        self._shown = self.files if files is None else tuple(files)
        for child in self._rows.winfo_children():
            child.destroy()
        self.strengths = []
        if not self._shown:
            empty = ctk.CTkLabel(self._rows, text=EMPTY, text_color=colours.DIM, anchor="w", justify="left")
            theme.wrap(empty, self._rows)
            empty.grid(row=0, column=0, sticky="w")
        for index, (file, strength) in enumerate(zip(self._shown, typed, strict=True)):
            self._show_file(index, file, strength)

    def _show_file(self, index: int, file: LoraFile, strength: str) -> None:
        """The name in a line of its own: there is room for it in the narrowest window."""
        name = ctk.CTkLabel(self._rows, text=Path(file.path).name, anchor="w", justify="left")
        theme.wrap(name, self._rows)
        name.grid(row=2 * index, column=0, columnspan=4, sticky="ew")
        said = declarations(LoraFile)["strength"]
        label = ctk.CTkLabel(self._rows, text=said.label, text_color=colours.DIM)
        typed = tkinter.StringVar(self._rows, strength)
        typed.trace_add("write", lambda *_: self._keep(index))
        entry = theme.Entry(self._rows, width=70, height=theme.FIELD_HEIGHT, textvariable=typed)
        remove = theme.button(self._rows, "Remove", partial(self.remove, index))
        label.grid(row=2 * index + 1, column=0, sticky="w", padx=(0, 6), pady=(0, 8))
        entry.grid(row=2 * index + 1, column=1, sticky="w", pady=(0, 8))
        remove.grid(row=2 * index + 1, column=2, sticky="w", padx=(8, 0), pady=(0, 8))
        self.strengths.append(entry)
        self._bench.tooltip.attach(name, lambda: file.path)
        for widget in (label, entry):
            self._bench.tooltip.attach(widget, lambda: tip_of(said))
        self._bench.tooltip.attach(remove, lambda: "Takes the file off the list; it stays on the disk.")

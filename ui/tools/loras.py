"""The LoRA files that are merged: a row for each with its strength."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import customtkinter as ctk

from onetrainer_clone.drawing import LoraFile
from onetrainer_clone.settings import Invalid, load
from ui import colours, theme
from ui.filekinds import HOLDING
from ui.store import StateStore
from ui.workbench import Workbench

EMPTY = "No LoRA file yet: add one or more. They are merged one after the other."


class LoraRows(ctk.CTkFrame):
    """Edits the setting `path` of a store, a tuple of `LoraFile`."""

    def __init__(self, parent: Any, bench: Workbench, store: StateStore, path: str):
        super().__init__(parent, corner_radius=8, border_width=theme.BORDER, border_color=colours.LINE)
        self._bench, self._store, self._path = bench, store, path
        self.files: list[LoraFile] = []
        self.strengths: list[Any] = []  # the entries
        self.grid_columnconfigure(0, weight=1)
        ctk.CTkLabel(self, text="LoRA files", font=theme.font(theme.HEADING, bold=True)).grid(
            row=0, column=0, sticky="w", padx=16, pady=(10, 4)
        )
        self.button = theme.button(self, "Add LoRA…", self.add)
        self.button.grid(row=0, column=1, columnspan=2, sticky="e", padx=16, pady=(10, 4))
        self._rows = ctk.CTkFrame(self, fg_color="transparent")
        self._rows.grid_columnconfigure(0, weight=1)
        self._rows.grid(row=1, column=0, columnspan=3, sticky="ew", padx=16, pady=(0, 10))
        self._show()

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
        found = []
        for index, (file, entry) in enumerate(zip(self.files, self.strengths, strict=True)):
            try:
                found.append(load(LoraFile, {"path": file.path, "strength": entry.get().replace(",", ".")}))
            except Invalid as error:
                [problem, *_] = error.problems
                raise Invalid([type(problem)(f"{self._path}[{index}].strength", problem.message)]) from None
        self.files = found
        return tuple(found)

    def _change(self, files: list[LoraFile], typed: list[str]) -> None:
        self.files = files
        self._store.replace(self._path, tuple(files))
        self._show(typed)

    def _show(self, typed: Sequence[str] = ()) -> None:
        for child in self._rows.winfo_children():
            child.destroy()
        self.strengths = []
        if not self.files:
            ctk.CTkLabel(self._rows, text=EMPTY, text_color=colours.DIM, anchor="w").grid(row=0, column=0, sticky="w")
        for index, (file, strength) in enumerate(zip(self.files, typed, strict=True)):
            ctk.CTkLabel(self._rows, text=file.path, anchor="w").grid(row=index, column=0, sticky="ew", pady=2)
            ctk.CTkLabel(self._rows, text="strength", text_color=colours.DIM).grid(row=index, column=1, padx=(12, 6))
            entry = ctk.CTkEntry(self._rows, width=70)
            entry.insert(0, strength)
            entry.grid(row=index, column=2)
            self.strengths.append(entry)
            theme.button(self._rows, "Remove", partial(self.remove, index)).grid(
                row=index, column=3, padx=(8, 0)
            )

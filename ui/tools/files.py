"""The files that a grid compares: a row for each, with the column that it is drawn in and strengths of its own."""

import os
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import Any, cast

import customtkinter as ctk

from onetrainer_clone import grid_files
from onetrainer_clone.checkpoint_kind import CheckpointKind, checkpoint_kind
from onetrainer_clone.grid import short_names
from onetrainer_clone.grid_files import Files
from onetrainer_clone.grid_form import ComparedFile, GridForm, Place
from onetrainer_clone.journal import SAVES
from onetrainer_clone.past_runs import saves_in
from onetrainer_clone.paths import resolve
from onetrainer_clone.settings import UserError, declarations
from ui import colours, controls, theme
from ui.filekinds import HOLDING
from ui.runs.table import Column, Row, Table
from ui.runs.toolbar import Action, Toolbar
from ui.tools.said import Said
from ui.tools.store import ToolStore
from ui.words import begun, tip_of
from ui.workbench import Workbench

COLUMNS = (
    Column("File", 90, 3), Column("Column", 64), Column("Strengths, word", 104, 1, drop=1), Column("Folder", 90, 2, drop=2),
)  # fmt: skip
EMPTY = (
    "LoRA files, embeddings and whole models, each in a column of its own, several together or in every column. Without any "
    "the model alone draws. In prompts an embedding is called by its file's name, or by a word that you give it."
)
OF_SELECTED = {"strengths": "Own strengths of the selected", "word": "What prompts call the selected"}
HEIGHT = 150  # px at 100 %


class FileList(ctk.CTkFrame):
    """Edits the setting 'files' of a store."""

    def __init__(self, parent: Any, bench: Workbench, store: ToolStore, said: Said):
        super().__init__(parent, corner_radius=8, border_width=theme.BORDER, border_color=colours.LINE)
        self._bench, self._store, self._said = bench, store, said
        self.grid_columnconfigure(0, weight=1)
        declaration = declarations(type(store.settings))["files"]
        title = ctk.CTkLabel(self, text=declaration.label, font=theme.font(theme.HEADING, bold=True), anchor="w")
        bench.tooltip.attach(title, lambda: declaration.tip)
        self.table = Table(self, COLUMNS, EMPTY, several=True)
        self.table.configure(height=HEIGHT, bg_color=colours.CARD)
        self.table.pack_propagate(False)
        self.table.on_delete.connect(self.remove)
        self.table.on_select.connect(self._show_own)
        self.toolbar = Toolbar(self, self._actions(), bench.tooltip)
        self._of = "strengths"  # what of the selected ones is edited: the word of embeddings, the strengths of others
        self._own_label = ctk.CTkLabel(self, text=OF_SELECTED[self._of], anchor="w", height=20)
        self.own = controls.make(self, declarations(ComparedFile)[self._of], bench.ask)
        for widget in (self._own_label, *self.own.hover):
            bench.tooltip.attach(widget, lambda: tip_of(declarations(ComparedFile)[self._of]))
        self.wrong = ctk.CTkLabel(self, text="", text_color=colours.ERROR, anchor="w", justify="left")
        theme.wrap(self.wrong, self, less=40)
        for line, widget in enumerate((title, self.table, self.toolbar, self._own_label, self.own.widget)):
            above = 10 if not line else 0 if widget is self.own.widget else 6
            widget.grid(row=line, column=0, sticky="ew", padx=16, pady=(above, 12 if line == 4 else 0))
        self._showing = False
        self.own.variable.trace_add("write", lambda *_: self._type_own())
        self._ends = [store.changed.connect(lambda *_: self.show()), said.checked.connect(self.show)]
        self.show()

    def destroy(self) -> None:
        for end in self._ends:
            end()
        super().destroy()

    @property
    def files(self) -> Files:
        return cast(GridForm, self._store.settings).files

    def add_files(self) -> None:
        """One or several; a file may be there twice, as alone and with another."""
        title = "LoRA, embedding or model files"
        if chosen := self._bench.ask.files(title, self._start(), HOLDING["weights"]):
            self.add(chosen)

    def add_folder(self) -> None:
        """A run's folder or one of files gives all that was saved there and is not in the list, a model's the model."""
        chosen = self._bench.ask.folder("A folder of files, of a run, or of a model", self._start())
        if not chosen:
            return
        folder = Path(chosen)
        if os.path.isfile(folder / "model_index.json"):
            return self.add([chosen])
        found = [str(path) for path in (*saves_in(folder), *saves_in(folder / SAVES))]
        if not found:
            raise UserError(f"'{folder}' holds no LoRA, embedding or model (*.safetensors, *.pt, model_index.json)")
        there = {file.path for file in self.files}
        self.add([path for path in found if path not in there])

    def add(self, paths: Collection[str]) -> None:
        self._change(grid_files.added(self.files, paths), f"{len(paths)} added")

    def remove(self) -> None:
        if self.table.selection:
            self._change(grid_files.without(self.files, self.table.selection), "files removed")

    def show(self) -> None:
        files = self.files
        names = short_names([file.path for file in files])
        column = {place: number for number, places in enumerate(grid_files.columns(files), 1) for place in places}
        wrong = {p.path.partition("]")[0]: p.message for p in self._said.problems if p.path.startswith("files")}

        def row(place: int) -> Row:
            file = files[place]
            within = f"{'+ ' if file.place is Place.BESIDE else ''}{column[place]}" if place in column else "every"
            cells = (names[place], within, file.strengths or file.word, str(Path(file.path).parent))
            return Row(cells, (colours.ERROR if f"files[{place}" in wrong else None, None, None, colours.DIM))

        self.table.show(len(files), row, [place for place in self.table.selection if place < len(files)])
        self.wrong.configure(text="\n".join(map(begun, wrong.values())))
        self.wrong.grid(row=5, column=0, sticky="ew", padx=16, pady=(0, 10)) if wrong else self.wrong.grid_remove()
        self._show_own()

    def _show_own(self) -> None:
        """Of the first selected one, to be changed for all that are selected and of its kind."""
        chosen = [self.files[place] for place in self.table.selection]
        self._of = "word" if chosen and _is_embedding(chosen[0]) else "strengths"
        self._own_label.configure(text=OF_SELECTED[self._of])
        text = getattr(chosen[0], self._of) if chosen else ""
        if self.own.variable.get() != text:
            self._showing = True
            self.own.variable.set(text)
            self._showing = False
        self.own.enable(bool(chosen))
        self.toolbar.enable({key: bool(chosen) for key in ("remove", "join", "alone", "everywhere")})

    def _type_own(self) -> None:
        if not self._showing and self.table.selection:
            typed = str(self.own.variable.get()).strip()
            alike = [place for place in self.table.selection if _is_embedding(self.files[place]) is (self._of == "word")]
            self._store.replace_all([f"files[{place}].{self._of}" for place in alike], typed)

    def _arrange(self, how: Callable[[Files, Collection[int]], Files]) -> None:
        if not self.table.selection:
            return
        chosen = [self.files[place].path for place in self.table.selection]
        self._change(how(self.files, self.table.selection), "files put into other columns")
        now = [file.path for file in self.files]
        self.table.select(*(place for place, path in enumerate(now) if path in chosen))

    def _change(self, files: Files, sentence: str) -> None:
        self._store.replace("files", files, sentence)

    def _start(self) -> str:
        last = resolve(self.files[-1].path).parent if self.files else self._bench.store.state.saving.folder
        return str(last) if os.path.isdir(last) else ""

    def _actions(self) -> tuple[Action, ...]:
        together = "The selected files in one column, drawn with all of them at once; a single one with the file above it."
        return (
            Action("files", "Add files…", self.add_files, "LoRA files, embeddings or models; several at once."),
            Action("folder", "Add folder…", self.add_folder, "All saves of a run, all files of a folder, or a model."),
            Action("remove", "Remove", self.remove, "Takes the selected files off the list (Delete)."),
            Action("join", "One column", partial(self._arrange, grid_files.joined), together),
            Action("alone", "Own columns", partial(self._arrange, grid_files.alone), Place.OWN.tip),
            Action("everywhere", "Every column", partial(self._arrange, grid_files.everywhere), Place.ALL.tip),
        )


def _is_embedding(file: ComparedFile) -> bool:
    return checkpoint_kind(file.path) is CheckpointKind.EMBEDDING

"""What differs from the loaded preset, setting by setting, each with a way to the field and back to the preset."""

from typing import Any

import customtkinter as ctk

from onetrainer_clone.settings import get
from presets.differences import Difference, differences, in_words
from ui import colours, theme
from ui.origin import back, saved_value
from ui.runs.table import Column, Row, Table
from ui.runs.toolbar import Action, Toolbar
from ui.tabs.page import Page
from ui.words import begun, where
from ui.workbench import Workbench

COLUMNS = (Column("Setting", 190, 3), Column("In the preset", 84, 2), Column("Now", 60, 2))
LEAST = 240  # px at 100 %: of the page
EMPTY = "Nothing differs from the preset.\n\nWhat you change in any tab is listed here, with the way back."


class ChangesPage(Page):
    def __init__(self, parent: Any, bench: Workbench):
        super().__init__(parent, bench)
        self.found: list[Difference] = []
        self.title = ctk.CTkLabel(
            self, text="", font=theme.font(theme.HEADING, bold=True), anchor="w", justify="left"
        )
        self.title.pack(fill="x", padx=2, pady=(0, 6))
        self.toolbar = Toolbar(self, self._actions(), bench.tooltip)
        self.toolbar.pack(fill="x", pady=(0, 8))
        self.table = Table(self, COLUMNS, EMPTY, several=True)
        hint = "Double click goes to the field; Delete resets. Every reset can be undone (Ctrl+Z)."
        said = ctk.CTkLabel(
            self, text=hint, text_color=colours.DIM, font=theme.font(theme.SMALL), anchor="w", justify="left"
        )
        said.pack(side="bottom", fill="x")
        self.table.pack(fill="both", expand=True)
        for label in (self.title, said):
            theme.wrap(label, self, less=8)
        self.table.on_open.connect(lambda index: bench.go(self.found[index].path))
        self.table.on_select.connect(self._enable)
        self.table.on_delete.connect(self.reset_selected)
        self._end = bench.store.changed.connect(lambda _before, _after: self.refresh_in_view())

    def destroy(self) -> None:
        self._end()
        super().destroy()

    def refresh(self) -> None:
        store = self.bench.store
        self.found = self._found()
        name = f"the preset '{store.saved.preset}'" if store.saved.preset else "the defaults"
        self.title.configure(text=f"Changed from {name}: {len(self.found):,}")
        self.table.show(len(self.found), self._row, self.table.selection)
        self._enable()

    def _found(self) -> list[Difference]:
        """Fields in error come first: with what is wrong with them, since what stands in them is no value."""
        store = self.bench.store
        wrong = []
        for path, message in store.rejected.items():
            old = in_words(saved_value(store.state, store.saved, path, get(store.state, path)))
            wrong.append(Difference(path, where(store.state, path), old, begun(message)))
        return [*wrong, *(one for one in differences(store.saved, store.state) if one.path not in store.rejected)]

    def reset_selected(self) -> None:
        """Back to the preset, in one step of undo."""
        chosen = [self.found[index] for index in self.table.selection]
        if not chosen:
            return
        store = self.bench.store
        state = store.state
        differ = {found.path for found in differences(store.saved, store.state)}
        for difference in sorted((one for one in chosen if one.path in differ), key=_turn):
            state = back(state, store.saved, difference)
        words = chosen[0].label if len(chosen) == 1 else f"{len(chosen)} settings"
        places = any(_turn(difference) != (0, 0) for difference in chosen)  # then what is typed may be of another item
        store.set(state, f"{words} back to the preset", None if places else [one.path for one in chosen])

    def _reset_all(self) -> None:
        store = self.bench.store
        store.set(store.saved.model_copy(update={"preset": store.state.preset}), "everything back to the preset")

    def _actions(self) -> tuple[Action, ...]:
        return (
            Action("visit", "Go there", self._visit, "To the field of the selected one."),
            Action("reset", "Reset", self.reset_selected, "The selected ones back to what the preset says."),
            Action("all", "Reset all", self._reset_all, "Everything back to what the preset says."),
        )

    def needs(self, _width: float) -> float:
        return LEAST

    def _visit(self) -> None:
        if self.table.selection:
            self.bench.go(self.found[self.table.selection[-1]].path)

    def _row(self, index: int) -> Row:
        found = self.found[index]
        wrong = colours.ERROR if found.path in self.bench.store.rejected else None
        return Row((found.label, _line(found.old), _line(found.new)), (wrong, colours.DIM, wrong))

    def _enable(self) -> None:
        chosen = bool(self.table.selection)
        self.toolbar.enable({"visit": chosen, "reset": chosen, "all": bool(self.found)})


def _line(text: str) -> str:
    return " ".join(text.split())


def _turn(difference: Difference) -> tuple[int, int]:
    """Values first, while every place is as it is listed; added items go from the last on; what is gone comes back from
    the first on; the order is right when all are there."""
    if not difference.path.endswith("]"):
        return (3, 0) if difference.label.endswith(": order") else (0, 0)
    number = int(difference.path.rpartition("[")[2].rstrip("]"))
    return (2, number) if difference.old else (1, -number)

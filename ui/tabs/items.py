"""A list of groups and the form of the selected one: add, duplicate, delete, reorder. Concepts and prompts are such."""

from functools import partial
from typing import Any

import customtkinter as ctk

from onetrainer_clone.settings import Settings, get
from ui import colours, theme
from ui.cardlist import CardList, Item
from ui.form import Form, cards
from ui.tabs.page import Page, Scrolled
from ui.workbench import Workbench


class ItemsPage(Page):
    """`path` names the list in the state. Subclasses say what a row shows and how a new item comes to be."""

    path: str
    noun: str
    owner: type[Settings]

    def __init__(self, parent: Any, bench: Workbench, row_height: int, empty: str):
        super().__init__(parent, bench)
        self.grid_columnconfigure(0, weight=5, uniform="halves")
        self.grid_columnconfigure(1, weight=6, uniform="halves")
        self.grid_rowconfigure(2, weight=1)
        self.list = CardList(self, bench.pictures, row_height, empty)
        self.list.grid(row=2, column=0, sticky="nsew", padx=(2, 8), pady=(6, 2))
        self.buttons: dict[str, Any] = {}
        self._toolbar().grid(row=1, column=0, columnspan=2, sticky="ew", padx=2)
        self.editor = Scrolled(self)
        self.form: Form | None = None
        self._hint = ctk.CTkLabel(self, text=f"Select a {self.noun} to edit it.", text_color=colours.DIM)
        self.list.on_select.connect(lambda _index: self._edit())
        self.list.on_switch.connect(self.switch)
        self.list.on_delete.connect(lambda _index: self.delete())
        self._ends = [bench.store.changed.connect(lambda _before, _after: self.refresh_in_view())]

    def destroy(self) -> None:
        for end in self._ends:
            end()
        super().destroy()

    @property
    def items(self) -> tuple[Any, ...]:
        return tuple(get(self.bench.store.state, self.path))

    def new_item(self) -> Any | None:
        """A new item; None where the person thought better of it."""
        raise NotImplementedError

    def copy_of(self, item: Any) -> Any:
        return item

    def row(self, index: int, item: Any) -> Item:
        raise NotImplementedError

    def name(self, item: Any) -> str:
        """What the item is called in a sentence."""
        raise NotImplementedError

    def add(self) -> None:
        if (item := self.new_item()) is not None:
            place = len(self.items)
            self.bench.store.insert(self.path, place, item, f"{self.noun} {self.name(item)} added")
            self.list.select(place)

    def duplicate(self) -> None:
        if 0 <= (index := self.list.selected) < len(self.items):
            copy = self.copy_of(self.items[index])
            sentence = f"{self.noun} {self.name(self.items[index])} duplicated"
            self.bench.store.insert(self.path, index + 1, copy, sentence)
            self.list.select(index + 1)

    def delete(self) -> None:
        """No question is asked: undo brings it back."""
        if 0 <= (index := self.list.selected) < len(self.items):
            self.bench.store.remove(self.path, index, f"{self.noun} {self.name(self.items[index])} deleted")
            self.list.select(min(index, len(self.items) - 1))

    def move(self, by: int) -> None:
        index, to = self.list.selected, self.list.selected + by
        if 0 <= index < len(self.items) and 0 <= to < len(self.items):
            self.bench.store.move(self.path, index, to, f"{self.noun} {self.name(self.items[index])} moved")
            self.list.select(to)

    def switch(self, index: int) -> None:
        if 0 <= index < len(self.items):
            self.bench.store.replace(f"{self.path}[{index}].enabled", not self.items[index].enabled)

    def refresh(self) -> None:
        """Show the items as they are now; the form refreshes itself."""
        items = self.items
        self.list.show(len(items), lambda index: self.row(index, self.items[index]))
        if self.list.selected < 0 and items:
            self.list.selected = 0
        self._edit()
        if self.form is not None:
            self.form.refresh_if_stale()
        at = self.list.selected
        for key, possible in {
            "duplicate": bool(items), "delete": bool(items), "up": at > 0, "down": 0 <= at < len(items) - 1
        }.items():  # fmt: skip
            wanted = "normal" if possible else "disabled"
            if self.buttons[key].cget("state") != wanted:
                self.buttons[key].configure(state=wanted)

    def go(self, path: str) -> bool:
        if path == self.path:
            return True
        if not path.startswith(f"{self.path}["):
            return False
        self.list.select(int(path[len(self.path) + 1 :].partition("]")[0]))
        if self.form is not None and (row := self.form.row(path)):
            if not row.relevant(self.bench.store.state):
                self.bench.options.basic = False
            self.form.refresh()
            self.editor.bring(row.top)
            row.focus()
        return True

    def above_form(self) -> None:
        """Refresh what a subclass shows above the form."""

    def _toolbar(self) -> Any:
        bar = ctk.CTkFrame(self, fg_color="transparent")
        for key, text, command, tip in (
            ("add", f"Add {self.noun}", self.add, ""),
            ("duplicate", "Duplicate", self.duplicate, ""),
            ("delete", "Delete", self.delete, "Undo (Ctrl+Z) brings it back."),
            ("up", "▲", lambda: self.move(-1), "Move up"),
            ("down", "▼", lambda: self.move(1), "Move down"),
        ):
            made = theme.button(bar, text, command, "main" if key == "add" else "plain")
            made.pack(side="left", padx=(0, 6))
            if tip:
                self.bench.tooltip.attach(made, partial(str, tip))
            self.buttons[key] = made
        return bar

    def _edit(self) -> None:
        """Point the one form at the selected item."""
        if not 0 <= self.list.selected < len(self.items):
            self.editor.grid_forget()
            self._hint.grid(row=2, column=1)
            return
        prefix = f"{self.path}[{self.list.selected}]"
        if self.form is None:
            card = next(cards(self.owner, prefix, ""))
            self.form = Form(self.editor, self.bench, card, label_width=120)
            self.form.grid(row=1, column=0, sticky="ew", padx=(0, 8))
            self.form.refresh()
        if not self.editor.grid_info():
            self._hint.grid_forget()
            self.editor.grid(row=2, column=1, sticky="nsew", pady=(6, 2))
        if prefix != self.form.prefix:
            self.form.point_to(prefix)
        self.above_form()

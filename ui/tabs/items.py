"""A list of groups and the form of the selected one: add, duplicate, delete, reorder. Concepts and prompts are such."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import customtkinter as ctk

from onetrainer_clone.settings import Settings, get, replace
from ui import colours, theme
from ui.additions import add
from ui.cardlist import CardList, Item
from ui.filekinds import SETTINGS
from ui.form import Form, cards
from ui.runs.toolbar import Wrapping
from ui.tabs.page import STACKED, Page, Scrolled
from ui.tabs.split import Split
from ui.workbench import Workbench

ALWAYS = ("add", "import")  # buttons for which nothing need be selected


class ItemsPage(Page):
    """`path` names the list in the state. Subclasses say what a row shows and how a new item comes to be."""

    path: str
    noun: str
    add_tip: str
    stacked_below = STACKED  # px at 100 %: a narrower page has its editor under the list
    import_tip = ""  # empty: no file holds such items by themselves
    owner: type[Settings]

    def __init__(self, parent: Any, bench: Workbench, row_height: int, empty: str):
        super().__init__(parent, bench)
        self.list = CardList(self, bench.pictures, row_height, empty, several=True)
        self.buttons: dict[str, Any] = {}
        self.editor = Scrolled(self)
        self.form: Form | None = None
        self.heading = ctk.CTkLabel(self.editor, text="", anchor="w", justify="left", font=theme.font(bold=True))
        theme.wrap(self.heading, self.editor, less=30)
        hint = ctk.CTkLabel(self, text=f"Select a {self.noun} to edit it.", text_color=colours.DIM)
        self.split = Split(self, self._toolbar(), self.list, row_height, self.editor, hint, self.stacked_below)
        self.list.on_select.connect(lambda _index: self._on_select())
        self.list.on_move.connect(self.move_to)
        self.list.on_switch.connect(self.switch)
        self.list.on_delete.connect(lambda _index: self.delete())
        self._ends = [bench.store.changed.connect(lambda _before, _after: self.refresh_in_view())]

    def destroy(self) -> None:
        for end in self._ends:
            end()
        super().destroy()

    def needs(self, width: float) -> float:
        return self.split.needs(width)

    @property
    def items(self) -> tuple[Any, ...]:
        return tuple(get(self.bench.store.state, self.path))

    def new_item(self) -> Any | None:
        """A new item; None where the person thought better of it."""
        raise NotImplementedError

    def copy_of(self, item: Any, besides: Sequence[Any]) -> Any:
        """A copy that can lie beside the others; `besides` names those that are not in the list yet."""
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

    def import_files(self) -> None:
        """Add the items of other files."""
        title = f"Choose files with {self.noun}s, of OneTrainer or another program"
        self.add_files([Path(file) for file in self.bench.ask.files(title, kinds=[SETTINGS])])

    def add_files(self, files: Sequence[Path]) -> None:
        """A list of the other kind goes to its own tab."""
        from presets.importers.additions import from_file  # here: its tables take time to import

        for file in files:
            found = from_file(file, self.path)
            places = add(self.bench, found, file.name)
            if found.path == self.path:
                self.list.select_these(places)

    @property
    def chosen(self) -> list[int]:
        """The selected items, in order."""
        return sorted(index for index in self.list.selection if index < len(self.items))

    def duplicate(self) -> None:
        """Copies of the selected ones, behind the last of them."""
        if chosen := self.chosen:
            items, place = self.items, chosen[-1] + 1
            copies: list[Any] = []
            for index in chosen:
                copies.append(self.copy_of(items[index], copies))
            changed = (*items[:place], *copies, *items[place:])
            self._set(changed, f"{self._named(chosen)} duplicated")
            self.list.select_these(range(place, place + len(copies)))

    def delete(self) -> None:
        """No question is asked: undo brings them back."""
        if chosen := self.chosen:
            self.bench.store.remove_all(self.path, chosen, f"{self._named(chosen)} deleted")
            if self.items:
                self.list.select(min(chosen[0], len(self.items) - 1))

    def move(self, by: int) -> None:
        """One place up or down."""
        chosen = self.chosen
        if chosen and (chosen[0] > 0 if by < 0 else chosen[-1] < len(self.items) - 1):
            self.move_to(chosen[0] - 1 if by < 0 else chosen[-1] + 2)

    def move_to(self, to: int) -> None:
        """Before the item that is at `to` now."""
        if chosen := self.chosen:
            first = self.bench.store.move_all(self.path, chosen, to, f"{self._named(chosen)} moved")
            self.list.select_these(range(first, first + len(chosen)))

    def switch(self, index: int) -> None:
        """On or off: all selected ones, where this is one of them."""
        if 0 <= index < len(self.items):
            chosen = self.chosen if index in self.list.selection else [index]
            paths = [f"{self.path}[{each}].enabled" for each in chosen]
            self.bench.store.replace_all(paths, not self.items[index].enabled)

    def listed(self) -> Sequence[int] | None:
        """The items that a filter leaves; None where all are listed."""
        return None

    def show_all(self) -> None:
        """Take the filter off."""

    def _set(self, items: tuple[Any, ...], sentence: str) -> None:
        self.bench.store.set(replace(self.bench.store.state, self.path, items), sentence, mended=())

    def _named(self, chosen: list[int]) -> str:
        """'concept "cat"', '3 concepts'."""
        return f"{len(chosen)} {self.noun}s" if len(chosen) > 1 else f"{self.noun} {self.name(self.items[chosen[0]])}"

    def refresh(self) -> None:
        """Show the items as they are now; the form refreshes itself."""
        items = self.items
        rows = self.listed()
        if self.list.selected < 0 and items:
            self.list.selected = 0
        self.list.show(len(items), lambda index: self.row(index, self.items[index]), rows)
        self._edit()
        if self.form is not None:
            self.form.refresh_if_stale()
        self._enable()
        self.split.measure()

    def _on_select(self) -> None:
        self._edit()
        self._enable()

    def _enable(self) -> None:
        """The buttons for which there is something to do."""
        chosen, last = self.chosen, len(self.items) - 1
        for key, possible in {
            **{key: bool(chosen) for key in self.buttons if key not in ALWAYS},
            "up": bool(chosen) and chosen[0] > 0, "down": bool(chosen) and chosen[-1] < last,
        }.items():  # fmt: skip
            wanted = "normal" if possible else "disabled"
            if self.buttons[key].cget("state") != wanted:
                self.buttons[key].configure(state=wanted)

    def go(self, path: str) -> bool:
        if path == self.path:
            return True
        if not path.startswith(f"{self.path}["):
            return False
        self.show_all()
        self.list.select(int(path[len(self.path) + 1 :].partition("]")[0]))
        if self.form is not None and (row := self.form.row(path)):
            if not row.relevant(self.bench.store.state):
                self.bench.options.basic = False
            self.form.refresh()
            self.editor.update_idletasks()
            self.editor.bring(row.top)
            row.focus()
            row.flash()
            return row.shown
        return True

    def above_form(self) -> None:
        """Refresh what a subclass shows above the form."""

    def _toolbar(self) -> Any:
        bar = Wrapping(self)
        arrows = ctk.CTkFrame(bar, fg_color="transparent")
        for key, text, command, tip in (
            ("add", f"Add {self.noun}", self.add, self.add_tip),
            ("import", "Import…", self.import_files, self.import_tip),
            ("duplicate", "Duplicate", self.duplicate, f"A copy of every selected {self.noun}, behind the last of them."),
            ("delete", "Delete", self.delete, f"Every selected {self.noun} (Del). Undo (Ctrl+Z) brings them back."),
            ("up", "▲", lambda: self.move(-1), "Move up; rows can also be dragged with the mouse."),
            ("down", "▼", lambda: self.move(1), "Move down; rows can also be dragged with the mouse."),
        ):
            if not tip:
                continue
            arrow = key in ("up", "down")
            made = theme.button(arrows if arrow else bar, text, command, "main" if key == "add" else "plain")
            if arrow:
                made.pack(side="left", padx=(0 if key == "up" else Wrapping.GAP, 0))
            else:
                bar.lay(made)
            self.bench.tooltip.attach(made, partial(str, tip))
            self.buttons[key] = made
        bar.lay(arrows)
        return bar

    def _edit(self) -> None:
        """Point the one form at the selected item."""
        if not 0 <= self.list.selected < len(self.items):
            self.split.edit(False)
            return
        prefix = f"{self.path}[{self.list.selected}]"
        if self.form is None:
            card = next(cards(self.owner, prefix, ""))
            self.form = Form(self.editor, self.bench, card, label_width=120)
            self.form.grid(row=2, column=0, sticky="ew", padx=(0, 8))
            self.form.refresh()
        self.split.edit(True)
        others = tuple(f"{self.path}[{index}]" for index in self.chosen if index != self.list.selected)
        if (prefix, others) != (self.form.prefix, self.form.others):
            self.form.point_to(prefix, others)
        text = f"{len(others) + 1} {self.noun}s: what you change is changed for all of them." if others else ""
        if text != self.heading.cget("text"):
            self.heading.configure(text=text)
            self.heading.grid(row=0, column=0, sticky="ew", padx=(4, 8), pady=(2, 6)) if text else (
                self.heading.grid_forget()
            )
        self.above_form()

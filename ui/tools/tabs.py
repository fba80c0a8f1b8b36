"""The Tools tab: pictures without training, and the tools for files, one beside the other."""

from functools import partial
from typing import Any

import customtkinter as ctk

from onetrainer_clone.grid_form import GridForm
from onetrainer_clone.tools import TOOLS
from ui import controls, theme
from ui.tabs.page import Page
from ui.tools.drawer import Drawer
from ui.tools.file_page import FileToolPage
from ui.tools.page import NAME, ToolsPage
from ui.tools.store import ToolStore, ToolStores
from ui.tools.worker import ToolWorker
from ui.workbench import Workbench

PICTURES = "Pictures"
TIPS = {PICTURES: "Pictures without training, as a grid", **{tool.label: tool.tip for tool in TOOLS}}
GAP = 8  # px at 100 % below the choice


class ToolTabs(Page):
    """Each tool's page is made when it is first shown."""

    def __init__(self, parent: Any, bench: Workbench, drawer: Drawer, worker: ToolWorker, stores: ToolStores):
        super().__init__(parent, bench)
        self.drawer, self.worker, self.stores = drawer, worker, stores
        self.pages: dict[str, Page] = {}
        self.current = PICTURES
        labels = [PICTURES, *(tool.label for tool in TOOLS)]
        self.choice = ctk.CTkSegmentedButton(self, values=labels, command=self.choose)
        self.menu = ctk.CTkOptionMenu(self, values=labels, command=self.choose, width=160)  # where those have no room
        for button in self.choice._buttons_dict.values():
            controls.reachable(button, button.invoke)
        controls.reachable(self.menu, self.menu._open_dropdown_menu)
        for label, button in self.choice._buttons_dict.items():
            bench.tooltip.attach(button, partial(str, f"{TIPS[label]}."))
        bench.tooltip.attach(self.menu, lambda: "The tools: pictures without training, and what works on files.")
        self._chosen()
        self.shown = self.choice
        self.choice.pack(anchor="w", padx=2, pady=(0, GAP))
        self.bind("<Configure>", lambda event: self._fit(event.width))
        self._show()

    @property
    def pictures(self) -> ToolsPage:
        found = self._page(PICTURES)
        assert isinstance(found, ToolsPage)
        return found

    def needs(self, width: float) -> float:
        page = self._page(self.current).needs(width)
        return page + self.shown.winfo_reqheight() / theme.scaling(self) + GAP if page else 0.0

    @property
    def steps(self) -> tuple[str, str]:
        """Those of the form in view: a setting of the run, which is not, is not taken back here."""
        return self._form.undo_sentence, self._form.redo_sentence

    def step_back(self) -> str:
        return f"Undone: {taken}" if (taken := self._form.undo()) else "Nothing was changed in this form."

    def step_forth(self) -> str:
        return f"Done again: {done}" if (done := self._form.redo()) else "Nothing was taken back in this form."

    @property
    def _form(self) -> ToolStore:
        """What the form in view edits."""
        found = self._page(self.current)
        assert isinstance(found, ToolsPage | FileToolPage)
        return found.store

    def choose(self, label: str) -> None:
        if label != self.current:
            self._page(self.current).leave()
            self._page(self.current).pack_forget()
            self.current = label
            self._chosen()
            self._show()
            self._page(label).enter()
            self.needs_changed()
            self.stepped.emit()

    def file_tool(self, name: str) -> FileToolPage:
        """The page of a tool for files, brought into view."""
        [label] = [tool.label for tool in TOOLS if tool.name == name]
        self.choose(label)
        found = self._page(label)
        assert isinstance(found, FileToolPage)
        return found

    def enter(self) -> None:
        super().enter()
        self._page(self.current).enter()

    def leave(self) -> None:
        super().leave()
        self._page(self.current).leave()

    def tick(self) -> None:
        self._page(self.current).tick()

    def _chosen(self) -> None:
        self.choice.set(self.current)
        self.menu.set(self.current)

    def _fit(self, width: int) -> None:
        """The names beside each other where all of them have room, else in a menu."""
        wanted = self.choice if self.choice.winfo_reqwidth() + 8 <= width else self.menu
        if wanted is not self.shown:
            self.shown.pack_forget()
            wanted.pack(anchor="w", padx=2, pady=(0, GAP), before=self._page(self.current))
            self.shown = wanted

    def _show(self) -> None:
        self._page(self.current).pack(fill="both", expand=True)

    def _page(self, label: str) -> Page:
        if label not in self.pages:
            self.pages[label] = self._make(label)
        return self.pages[label]

    def _make(self, label: str) -> Page:
        for tool in TOOLS:
            if tool.label == label:
                store = self.stores.of(tool.name, tool.settings)
                store.changed.connect(lambda _before, _after: self.stepped.emit())
                return FileToolPage(self, self.bench, tool, self.worker, store)
        store = self.stores.of(NAME, GridForm)
        store.changed.connect(lambda _before, _after: self.stepped.emit())
        return ToolsPage(self, self.bench, self.drawer, store, self.needs_changed)

"""The Tools tab: pictures without training, and the tools for files, one beside the other."""

from typing import Any

import customtkinter as ctk

from onetrainer_clone.tools import TOOLS
from ui.tabs.page import Page
from ui.tools.drawer import Drawer
from ui.tools.file_page import FileToolPage
from ui.tools.page import ToolsPage
from ui.tools.worker import ToolWorker
from ui.workbench import Workbench

PICTURES = "Pictures"


class ToolTabs(Page):
    """Each tool's page is made when it is first shown."""

    def __init__(self, parent: Any, bench: Workbench, drawer: Drawer, worker: ToolWorker):
        super().__init__(parent, bench)
        self.drawer, self.worker = drawer, worker
        self.pages: dict[str, Page] = {}
        self.current = PICTURES
        self.choice = ctk.CTkSegmentedButton(self, values=[PICTURES, *(tool.label for tool in TOOLS)], command=self.choose)
        self.choice.set(PICTURES)
        self.choice.pack(anchor="w", padx=2, pady=(0, 8))
        self._show()

    @property
    def pictures(self) -> ToolsPage:
        found = self._page(PICTURES)
        assert isinstance(found, ToolsPage)
        return found

    def choose(self, label: str) -> None:
        if label != self.current:
            self._page(self.current).leave()
            self._page(self.current).pack_forget()
            self.current = label
            self.choice.set(label)
            self._show()
            self._page(label).enter()

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

    def _show(self) -> None:
        self._page(self.current).pack(fill="both", expand=True)

    def _page(self, label: str) -> Page:
        if label not in self.pages:
            tool = next((tool for tool in TOOLS if tool.label == label), None)
            self.pages[label] = (
                FileToolPage(self, self.bench, tool, self.worker) if tool else ToolsPage(self, self.bench, self.drawer)
            )
        return self.pages[label]

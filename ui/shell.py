"""The frame of the window: navigation at the left, the bar above, and the page that is in view."""

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import customtkinter as ctk

from ui import colours, theme
from ui.signals import Signal
from ui.tabs.page import Page
from ui.tabs.settings import TABS, has_effect
from ui.viewport import Viewport
from ui.workbench import Workbench

NAV_WIDTH = 150
LOW, LOWEST = 500, 400  # px at 100 %: below them the navigation is drawn closer together
SCALINGS = ("80 %", "100 %", "125 %", "150 %", "175 %", "200 %")


@runtime_checkable
class HasList(Protocol):
    list: Any


class Shell:
    """Pages are made when they are first shown, and kept."""

    def __init__(self, root: Any, bench: Workbench, pages: dict[str, tuple[str, Callable[[Any], Page]]]):
        self.pages: dict[str, Page] = {}
        self.current = ""
        self._makers = {key: make for key, (_, make) in pages.items()}
        self._bench = bench
        root.grid_columnconfigure(1, weight=1)
        root.grid_rowconfigure(1, weight=1)
        self.nav = ctk.CTkFrame(root, width=NAV_WIDTH, corner_radius=0)
        self.nav.grid(row=0, column=0, rowspan=3, sticky="ns")
        self.bar = ctk.CTkFrame(root, corner_radius=0, fg_color="transparent", height=48)
        self.bar.grid(row=0, column=1, sticky="ew", padx=14, pady=(10, 10))
        self.foot = ctk.CTkFrame(root, corner_radius=0, fg_color="transparent", height=20)
        self.foot.grid(row=2, column=1, sticky="ew", padx=18, pady=(0, 4))
        self.foot.grid_columnconfigure(0, weight=1)
        self.tabs: dict[str, Any] = {}
        self.shown: Signal[[]] = Signal()  # another page came into view
        self.stepped: Signal[[]] = Signal()  # what undo and redo are about is another thing now
        self._marks: dict[str, int] = {}
        self._notes: dict[str, str] = {}  # a word beside a tab
        self._idle: set[str] = set()  # tabs whose settings have no effect in this state
        self._row = 34  # px at 100 %: the height of a tab
        self.name = ctk.CTkLabel(
            self.nav, text="OneTrainer\nClone", font=theme.font(16, bold=True), justify="left", anchor="w"
        )
        self.name.pack(fill="x", padx=16, pady=(14, 10))
        self.nav.bind("<Configure>", lambda event: self._fit(event.height / theme.scaling(self.nav)))
        for key, (title, _) in pages.items():
            if title:
                self.tabs[key] = self._tab(key, title)
        self.room = Viewport(root)
        self.room.grid(row=1, column=1, sticky="nsew", padx=14, pady=(0, 4))
        bench.findings.checked.connect(self.mark)
        bench.store.changed.connect(lambda _before, _after: self.mark())

    def show(self, key: str) -> Page:
        """Bring a page into view."""
        if key == self.current:
            return self.pages[key]
        if key not in self.pages:
            self.pages[key] = self._makers[key](self.room.inner)
            self.pages[key].stepped.connect(self.stepped.emit)
        if self.current:
            self.pages[self.current].leave()
            self.pages[self.current].pack_forget()
        was, self.current = self.current, key
        self._bench.options.visit += 1
        self.pages[key].pack(fill="both", expand=True)
        self.room.show(self.pages[key].needs)
        self.pages[key].enter()
        for tab in {_parent(was), _parent(key)} & set(self.tabs):
            self._look(tab)
        self.shown.emit()
        self.stepped.emit()
        return self.pages[key]

    def note(self, key: str, words: str) -> None:
        """Beside a tab stands this now: 'Run · 31 %'."""
        if words != self._notes.get(key, ""):
            self._notes[key] = words
            self._look(key)

    def item_in_view(self, path: str) -> int:
        """Which item of a list is selected on its tab; the first where that was never shown."""
        page = self.pages.get(tab_of(path))
        return max(page.list.selected, 0) if isinstance(page, HasList) else 0

    def mark(self) -> None:
        """Beside each tab stands how many errors are on it; those without effect now are faint."""
        wrong = [p.path for p in self._bench.findings.problems if p.severity == "error"]
        wrong += [path for path in self._bench.store.rejected if path not in wrong]
        counts: dict[str, int] = {}
        for path in wrong:
            counts[tab_of(path)] = counts.get(tab_of(path), 0) + 1
        idle = {tab.key for tab in TABS if not has_effect(self._bench.store.state, tab)}
        for key in self.tabs:
            if (counts.get(key, 0), key in idle) != (self._marks.get(key, 0), key in self._idle):
                self._marks[key] = counts.get(key, 0)
                self._idle = self._idle - {key} | idle & {key}
                self._look(key)

    def _tab(self, key: str, title: str) -> Any:
        """A label, which is made ten times as fast as customtkinter's button."""
        made = ctk.CTkLabel(self.nav, text=title, anchor="w", height=34, width=NAV_WIDTH - 20, corner_radius=6, padx=8)
        made.title = title
        made.bind("<Button-1>", lambda _event: self.show(key))
        made.bind("<Enter>", lambda _event: self._hover(key, True))
        made.bind("<Leave>", lambda _event: self._hover(key, False))
        made.pack(fill="x", padx=10, pady=1)
        return made

    def _fit(self, height: float) -> None:
        """Every tab can be reached also in a low window at a large scaling."""
        row = 34 if height >= LOW else 26 if height >= LOWEST else 22
        if row == self._row:
            return
        self._row, low = row, row < 34
        for tab in self.tabs.values():
            tab.configure(height=row)
            tab.pack_configure(pady=0 if low else 1)
        name, size = ("OneTrainer Clone", 12) if low else ("OneTrainer\nClone", 16)
        self.name.configure(text=name, font=theme.font(size, bold=True))
        self.name.pack_configure(pady=(4, 2) if low else (14, 10))

    def _hover(self, key: str, over: bool) -> None:
        if key != _parent(self.current):
            self.tabs[key].configure(fg_color=colours.HOVER if over else "transparent")

    def _look(self, key: str) -> None:
        wrong, note = self._marks.get(key, 0), self._notes.get(key, "")
        tab = self.tabs[key]
        title = f"{tab.title} · {note}" if note else tab.title
        tab.configure(
            fg_color=colours.SELECTED if key == _parent(self.current) else "transparent",
            text=f"{title}   {wrong} !" if wrong else title,
            text_color=colours.ERROR if wrong else colours.FAINT if key in self._idle else colours.TEXT,
        )


GROUP_TAB = {
    "method": "model", "model": "model", "concepts": "concepts", "training": "training", "learning_rate": "training",
    "optimizer": "training", "noise": "training", "adapter": "adapter", "embedding": "embedding",
    "sampling": "sampling", "saving": "saving",
}  # fmt: skip


def _parent(key: str) -> str:
    """The tab of the navigation that a page belongs to: one concept, seen from near, is of the concepts."""
    return "concepts" if key == "concept" else key


def tab_of(path: str) -> str:
    """The tab that shows a path; the path itself where it names a tab."""
    first = path.partition(".")[0].partition("[")[0]
    return GROUP_TAB.get(first, first)

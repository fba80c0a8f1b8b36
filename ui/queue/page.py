"""The Queue tab: what waits to be trained, what ran, and what each of them said."""

from typing import Any

import customtkinter as ctk

from onetrainer_clone.settings import Problem
from presets.queue import Entry, Status
from ui import colours, theme
from ui.queue.controller import QueueRunner
from ui.runs.reveal import reveal
from ui.runs.table import Column, Row, Table
from ui.runs.toolbar import Action, Toolbar
from ui.tabs.page import Page
from ui.words import where
from ui.workbench import Workbench

EMPTY = (
    "The queue is empty.\n\n'Add the settings' puts the settings as they are now at its end: change them and add them "
    "again, then start the queue and leave it alone. One run that fails does not stop the next, and the queue is here "
    "again when the program is."
)
COLUMNS = (Column("Name", 180, 2), Column("State", 90), Column("Preset", 110, 1), Column("What it said", 240, 4))
LOOKS: dict[Status, tuple[str, colours.Pair]] = {
    "waiting": ("waiting", colours.DIM), "running": ("running", colours.ACCENT), "done": ("done", colours.GOOD),
    "failed": ("failed", colours.ERROR), "stopped": ("stopped", colours.WARNING),
}  # fmt: skip


class QueuePage(Page):
    def __init__(self, parent: Any, bench: Workbench, queue: QueueRunner):
        super().__init__(parent, bench)
        self.queue = queue
        self._key = ""  # of the selected entry
        self.toolbar = Toolbar(self, self._actions(), bench.tooltip)
        self.toolbar.pack(fill="x", padx=2, pady=(0, 8))
        self.note = ctk.CTkLabel(self, text="", anchor="w", justify="left", text_color=colours.DIM)
        theme.wrap(self.note, self, less=20)
        self.table = Table(self, COLUMNS, EMPTY)
        self.table.pack(fill="both", expand=True)
        self.said = ctk.CTkTextbox(self, height=96, wrap="word", state="disabled", font=theme.font(theme.SMALL))
        self.table.on_select.connect(self._on_select)
        self.table.on_open.connect(lambda _index: self.rename())
        self.table.on_delete.connect(self.remove)
        self._ends = [queue.changed.connect(self.refresh_in_view), queue.added.connect(self._on_added)]

    def destroy(self) -> None:
        for end in self._ends:
            end()
        super().destroy()

    @property
    def entry(self) -> Entry | None:
        """The one that is selected."""
        return next((entry for entry in self.queue.entries if entry.key == self._key), None)

    def refresh(self) -> None:
        entries = self.queue.entries
        keys = [entry.key for entry in entries]
        self.table.show(len(entries), lambda i: _row(entries[i]), [keys.index(self._key)] if self._key in keys else [])
        self._show_note()
        self._show_said()
        entry = self.entry
        at = keys.index(self._key) if entry else -1
        self.toolbar.name("start", "Stop after this run" if self.queue.going else "Start the queue")
        self.toolbar.enable(
            {
                "start": bool(self.queue.waiting or self.queue.going),
                "up": at > 0,
                "down": 0 <= at < len(keys) - 1,
                "rename": entry is not None and entry.status == "waiting",
                "remove": entry is not None and entry.status != "running",
                "again": entry is not None and entry.status not in ("waiting", "running"),
                "load": entry is not None,
                "reveal": entry is not None and bool(entry.folder),
            }
        )

    def add(self) -> None:
        self.queue.add(self.bench.store.state, self.bench.store.rejected_problems())

    def start_or_finish(self) -> None:
        if self.queue.going:
            self.queue.finish_current()
        else:
            self.queue.start()

    def move(self, way: int) -> None:
        keys = [entry.key for entry in self.queue.entries]
        if self._key in keys:
            self.queue.move(self._key, min(max(keys.index(self._key) + way, 0), len(keys) - 1))

    def rename(self) -> None:
        entry = self.entry
        if entry is not None and entry.status == "waiting":
            name = self.bench.ask.text("Rename", "Its name, which its run will have:", entry.name)
            if name and name != entry.name:
                self.queue.rename(entry.key, name)

    def remove(self) -> None:
        if (entry := self.entry) is not None:
            self.queue.remove(entry.key)

    def load(self) -> None:
        """Its settings into the window, in one step of undo."""
        if (entry := self.entry) is not None:
            self.bench.store.set(entry.state(), f"Load the settings of '{entry.name}' from the queue")

    def _again(self) -> None:
        self.queue.again(self._key)

    def _reveal(self) -> None:
        if (entry := self.entry) is not None and entry.folder:
            from pathlib import Path

            reveal(Path(entry.folder))

    def _on_select(self) -> None:
        self._key = self.queue.entries[self.table.selection[0]].key if self.table.selection else ""
        self.refresh()

    def _on_added(self, entry: Entry, problems: list[Problem]) -> None:
        """Show the new one; what is wrong with it is said at once, and the person may go and mend it."""
        self._key = entry.key
        self.refresh_in_view()
        self.table.select(len(self.queue.entries) - 1)
        if not problems:
            return
        state = self.bench.store.state
        named = [(problem, where(state, problem.path)) for problem in problems]
        message = "It is in the queue as it is, and will fail when its turn comes. Mend the settings and add them anew."
        if (wanted := self.bench.ask.problems("This cannot run yet", message, named)) is not None:
            self.bench.go(wanted.path)

    def _show_note(self) -> None:
        if self.queue.note != self.note.cget("text"):
            self.note.configure(text=self.queue.note)
        if self.queue.note and not self.note.winfo_manager():
            self.note.pack(fill="x", padx=6, pady=(0, 6), before=self.table)
        elif not self.queue.note and self.note.winfo_manager():
            self.note.pack_forget()

    def _show_said(self) -> None:
        entry = self.entry
        text = entry.said if entry else ""
        if text and self.said.get("1.0", "end-1c") != text:
            self.said.configure(state="normal")
            self.said.delete("1.0", "end")
            self.said.insert("1.0", text)
            self.said.configure(state="disabled")
        if text and not self.said.winfo_manager():
            self.said.pack(fill="x", pady=(8, 0))
        elif not text and self.said.winfo_manager():
            self.said.pack_forget()

    def _actions(self) -> tuple[Action, ...]:
        return (
            Action("start", "Start the queue", self.start_or_finish, "Runs what waits, from the top.", "main"),
            Action("add", "Add the settings", self.add, "Puts the settings as they are now at the end."),
            Action("up", "▲", lambda: self.move(-1), "Move up"),
            Action("down", "▼", lambda: self.move(1), "Move down"),
            Action("rename", "Rename…", self.rename, "Its run will have this name."),
            Action("remove", "Remove", self.remove, "Takes it out of the queue; a run's folder stays."),
            Action("again", "Run again", self._again, "Has it wait once more."),
            Action("load", "Load settings", self.load, "Its settings into the window; undo brings back yours."),
            Action("reveal", "Show folder", self._reveal, "Opens the folder of its run."),
        )


def _row(entry: Entry) -> Row:
    words, colour = LOOKS[entry.status]
    return Row((entry.name, words, entry.preset or "-", entry.said), (None, colour, colours.DIM, colours.DIM))

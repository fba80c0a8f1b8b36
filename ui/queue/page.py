"""The Queue tab: what waits to be trained, what ran, and what each of them said."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import customtkinter as ctk

from onetrainer_clone.settings import Problem
from presets.queue import Entry
from ui import theme
from ui.background import Background
from ui.queue.controller import QueueRunner
from ui.queue.forecast import Forecast
from ui.queue.queue_toolbar import QueueToolbar
from ui.queue.rows import COLUMNS, row_of
from ui.queue.status import QueueStatus
from ui.run.runner import Runner
from ui.runs.reveal import reveal
from ui.runs.table import Row, Table
from ui.tabs.page import Page
from ui.words import where
from ui.workbench import Workbench

EMPTY = (
    "The queue is empty.\n\n'Add the settings' puts the settings as they are now at its end: change them and add them "
    "again, then start the queue and leave it alone. One run that fails does not stop the next, and the queue is here "
    "again when the program is."
)
LIST, SAID = 170, 96  # px at 100 %: the least height of the list, and of what an entry said


class QueuePage(Page):
    def __init__(self, parent: Any, bench: Workbench, queue: QueueRunner, runner: Runner, open_run: Callable[[Path], None]):
        super().__init__(parent, bench)
        self.queue, self.runner, self._open_run = queue, runner, open_run
        self._plans = Background("forecast")
        self.forecast = Forecast(self._plans)
        self._now: tuple[str, int] = ("", 0)  # what the row of the one that runs shows
        self._keys: list[str] = []  # of the selected entries; the last is the one that is shown below
        self._undoes = False  # whether the last thing that was done here is one that 'Bring back' undoes
        self.toolbar = QueueToolbar(self, bench.tooltip)
        self.toolbar.pack(fill="x", padx=2, pady=(0, 8))
        self.status = QueueStatus(self, queue, runner, self.forecast)
        self.status.pack(fill="x", padx=6, pady=(0, 6))
        self.table = Table(self, COLUMNS, EMPTY, several=True, movable=True)
        self.table.pack(fill="both", expand=True)
        self.said = ctk.CTkTextbox(self, height=SAID, wrap="word", state="disabled", font=theme.font(theme.SMALL))
        self.table.on_select.connect(self._on_select)
        self.table.on_open.connect(lambda _index: self.open())
        self.table.on_delete.connect(self.remove)
        self.table.on_move.connect(self.move_to)
        self.table.canvas.bind("<<Undo>>", self._on_undo_key)
        self._ends = [
            self.forecast.changed.connect(self.refresh_in_view),
            runner.moved.connect(self._learn),
            queue.changed.connect(self.refresh_in_view),
            queue.added.connect(self._on_added),
            queue.refused.connect(self._on_refused),
            queue.brought_back.connect(lambda entries: self.select([entry.key for entry in entries])),
        ]

    def destroy(self) -> None:
        for end in self._ends:
            end()
        self._plans.close(0.1)
        super().destroy()

    def needs(self, width: float) -> float:
        said = SAID + 8 if self.said.winfo_manager() else 0
        return self.toolbar.needs(width) + 8 + self.status.needs(width) + 6 + LIST + said

    def enter(self) -> None:
        self.forecast.begin_anew()
        super().enter()
        self.queue.look()

    def tick(self) -> None:
        self._plans.deliver()
        if self.status.refresh():
            self.needs_changed()
        if self.queue.current is not None and self._row_now() != self._now:
            self._now = self._row_now()
            self.table.canvas.redraw()

    def _row_now(self) -> tuple[str, int]:
        progress = self.runner.record.progress
        return progress.words, round(200 * progress.fraction)

    def _learn(self) -> None:
        if (state := self.runner.running) is not None:
            self.forecast.learn(state, self.runner.record.progress)

    @property
    def entry(self) -> Entry | None:
        """The one that was selected last."""
        return next((entry for entry in self.queue.entries if self._keys and entry.key == self._keys[-1]), None)

    @property
    def chosen(self) -> list[Entry]:
        """Those that are selected, in the queue's order."""
        return [entry for entry in self.queue.entries if entry.key in self._keys]

    def refresh(self) -> None:
        entries = self.queue.entries
        keys = [entry.key for entry in entries]
        self.forecast.look(entries)
        selection = [keys.index(key) for key in self._keys if key in keys]
        self.table.show(len(entries), lambda index: self._row(entries[index]), selection)
        self._show_said()
        self.toolbar.show()

    def select(self, keys: Sequence[str]) -> None:
        """Select entries and bring the last of them into view."""
        self._keys = list(keys)
        self.refresh_in_view()
        places = {entry.key: place for place, entry in enumerate(self.queue.entries)}
        self.table.select(*(places[key] for key in keys if key in places))

    def add(self) -> None:
        self.queue.add(self.bench.store.state, self.bench.store.rejected_problems())

    def replace(self) -> None:
        """The settings of the window take the place of the entry's; 'Bring back' undoes it."""
        if (entry := self.entry) is not None:
            rejected = self.bench.store.rejected_problems()
            self.queue.exchange(entry.key, self.bench.store.state, rejected)
            self._undoes = self._undoes or not rejected

    def start_or_finish(self) -> None:
        if self.queue.going:
            self.queue.finish_current()
        else:
            self.queue.start()

    def move(self, way: int) -> None:
        """The selected ones one place up or down."""
        places = sorted(self.table.selection)
        if places:
            self.move_to(places[0] - 1 if way < 0 else places[-1] + 2)

    def move_to(self, to: int) -> None:
        """Before the entry that is at `to` now."""
        keys = [entry.key for entry in self.queue.entries]
        self.queue.move(self._keys, sum(key not in self._keys for key in keys[: max(to, 0)]))

    def open(self) -> None:
        """The run of an entry, or the name of one that waits."""
        if (entry := self.entry) is None:
            return
        if entry == self.queue.current:
            self.bench.go("run")
        elif entry.folder:
            self._open_run(Path(entry.folder))
        else:
            self.rename()

    def rename(self) -> None:
        entry = self.entry
        if entry is not None and entry.status == "waiting":
            name = self.bench.ask.text("Rename", "Its name, which its run will have:", entry.name)
            if name and name != entry.name:
                self.queue.rename(entry.key, name)

    def remove(self) -> None:
        """No question is asked: 'Bring back' undoes it."""
        chosen = self.chosen
        if not chosen:
            return
        self.queue.remove([entry.key for entry in chosen])
        rest = [entry.key for entry in self.queue.entries if entry not in chosen]
        at = self.queue.entries.index(chosen[0])
        self._keys = rest[min(at, len(rest) - 1) :][:1]
        self._undoes = True

    def bring_back(self) -> None:
        self.queue.bring_back()

    def load(self) -> None:
        """Its settings into the window, in one step of undo."""
        if (entry := self.entry) is not None:
            self.bench.store.set(entry.state(), f"Load the settings of '{entry.title}' from the queue")
            self._undoes = False

    def again(self) -> None:
        self.queue.again(self._keys)

    def reveal(self) -> None:
        if (entry := self.entry) is not None and entry.folder:
            reveal(Path(entry.folder))

    def _on_select(self) -> None:
        self._keys = [self.queue.entries[index].key for index in self.table.selection]
        self.refresh()

    def _on_undo_key(self, _event: Any) -> str | None:
        """Ctrl+Z in the list takes back what was done to the list; elsewhere, and after anything else, a setting."""
        if not (self._undoes and self.queue.removed):
            return None
        self._undoes = False
        self.bring_back()
        return "break"

    def _on_added(self, entry: Entry, problems: list[Problem]) -> None:
        """Show the new one; what is wrong with it is said at once, and the person may go and mend it."""
        self.select([entry.key])
        if problems:
            message = (
                f"'{entry.name}' is in the queue as it is, and will fail when its turn comes. Mend the settings, then "
                "select it on the Queue tab and press 'Replace settings'."
            )
            self._list("This cannot run yet", message, problems)

    def _on_refused(self, problems: list[Problem]) -> None:
        self._list("This cannot be queued yet", "What is typed here is no value, so nothing went to the queue:", problems)

    def _list(self, title: str, message: str, problems: list[Problem]) -> None:
        """All problems; the person may go to one and mend it."""
        state = self.bench.store.state
        named = [(problem, where(state, problem.path)) for problem in problems]
        if (wanted := self.bench.ask.problems(title, message, named)) is not None:
            self.bench.go(wanted.path)

    def _show_said(self) -> None:
        entry = self.entry
        text = self.forecast.said(entry) if entry else ""
        if text and self.said.get("1.0", "end-1c") != text:
            self.said.configure(state="normal")
            self.said.delete("1.0", "end")
            self.said.insert("1.0", text)
            self.said.configure(state="disabled")
        if text and not self.said.winfo_manager():
            self.said.pack(fill="x", pady=(8, 0))
            self.needs_changed()
        elif not text and self.said.winfo_manager():
            self.said.pack_forget()
            self.needs_changed()

    def _row(self, entry: Entry) -> Row:
        now = self.queue.current
        return row_of(entry, self.forecast, self.runner.record.progress if now and entry.key == now.key else None)

"""What the window edits: one frozen state after another, with the way back. Knows no Tk: tested without a display."""

import dataclasses
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from onetrainer_clone.settings import Problem, get, join, replace, split
from onetrainer_clone.state import TrainingState
from ui.signals import Signal
from ui.words import changed_in_words, changed_together, where

MERGE_SECONDS = 1.5  # keystrokes in one field that follow each other this fast are one step of undo
DEPTH = 200


@dataclass(frozen=True)
class Change:
    """One step of undo: the whole states before and after it, and a sentence for the person."""

    before: TrainingState
    after: TrainingState
    sentence: str
    path: str
    time: float
    saved: tuple[TrainingState, TrainingState] | None = None  # what the preset held, where the step loaded another


class StateStore:
    """The current state. Every edit makes a new one; what does not parse is kept aside in `rejected`, by path."""

    def __init__(self, state: TrainingState | None = None, clock: Callable[[], float] = time.monotonic):
        self.state = state or TrainingState()
        self.saved = self.state  # as the preset was loaded or saved: what differs from it is unsaved
        self.rejected: dict[str, str] = {}
        self.changed: Signal[[TrainingState, TrainingState]] = Signal()  # before, after
        self._clock = clock
        self._done: list[Change] = []
        self._undone: list[Change] = []

    def replace(self, path: str, value: Any, sentence: str = "") -> None:
        """Change one setting. Raises `Invalid`; then the state stays as it is."""
        after = replace(self.state, path, value)
        self.rejected.pop(path, None)
        if get(after, path) == get(self.state, path):
            self.changed.emit(self.state, self.state)
            return
        before = self._mergeable(path)
        after_words = sentence or changed_in_words(before, after, path)
        self._push(Change(before, after, after_words, path, self._clock()))

    def replace_all(self, paths: Sequence[str], value: Any) -> None:
        """Change one setting of several items in one step of undo. Raises `Invalid`; then the state stays as it is."""
        if len(paths) == 1:
            self.replace(paths[0], value)
            return
        after = self.state
        for path in paths:
            after = replace(after, path, value)
        for path in paths:
            self.rejected.pop(path, None)
        key = " ".join(paths)
        before = self._mergeable(key)
        sentence = changed_together(before, after, paths)
        self._push(Change(before, after, sentence, key, self._clock()))

    def reject(self, path: str, message: str) -> None:
        """Remember that what was typed there is no value; the last good one stays in the state."""
        self.rejected[path] = message
        self.changed.emit(self.state, self.state)

    def set(self, state: TrainingState, sentence: str, mended: Collection[str] | None = None) -> None:
        """Change the whole state in one step of undo. What was typed and cannot be used goes; with `mended` only there."""
        gone = self.rejected if mended is None else mended
        self.rejected = {path: message for path, message in self.rejected.items() if path not in gone}
        self._push(Change(self.state, state, sentence, "", self._clock()))

    def load(self, state: TrainingState, saved: TrainingState | None = None, sentence: str = "") -> None:
        """Take a state that was loaded. With a sentence it is a step of undo; without one there is no way back."""
        was_saved, self.saved = self.saved, state if saved is None else saved
        self.rejected.clear()
        if sentence:
            self._push(Change(self.state, state, sentence, "", self._clock(), (was_saved, self.saved)))
            return
        self._done.clear()
        self._undone.clear()
        before, self.state = self.state, state
        self.changed.emit(before, state)

    def mark_saved(self, name: str) -> None:
        """The state is now what the preset of this name holds."""
        before, self.state = self.state, self.state.model_copy(update={"preset": name})
        self._keep(self.state)
        self.changed.emit(before, self.state)

    def rename(self, preset: str) -> None:
        """The preset has another name now; what is unsaved stays so, and so does the way back."""
        before, self.state = self.state, self.state.model_copy(update={"preset": preset})
        self._keep(self.saved.model_copy(update={"preset": preset}))
        self.changed.emit(before, self.state)

    def forget(self, preset: str) -> None:
        """The preset of this name is gone: what was made from it counts as changed from the defaults, with undo, too."""

        def left(saved: TrainingState) -> TrainingState:
            return TrainingState() if saved.preset == preset else saved

        for changes in (self._done, self._undone):
            for place, change in enumerate(changes):
                if change.saved:
                    changes[place] = dataclasses.replace(change, saved=(left(change.saved[0]), left(change.saved[1])))
        if self.state.preset == preset:
            before, self.state = self.state, self.state.model_copy(update={"preset": ""})
            self.saved = TrainingState()
            self.changed.emit(before, self.state)

    def _keep(self, saved: TrainingState) -> None:
        """The preset's file holds this now; undo and redo come back to it, not to what it held when it was loaded."""
        self.saved = saved
        loads = [place for place, change in enumerate(self._done) if change.saved]
        if loads and (pair := self._done[loads[-1]].saved):
            self._done[loads[-1]] = dataclasses.replace(self._done[loads[-1]], saved=(pair[0], saved))

    @property
    def unsaved(self) -> bool:
        return self.state.model_copy(update={"preset": ""}) != self.saved.model_copy(update={"preset": ""})

    def insert(self, path: str, index: int, item: Any, sentence: str) -> None:
        """Put an item into a list of groups (concepts, prompts)."""
        items = get(self.state, path)
        self.set(replace(self.state, path, (*items[:index], item, *items[index:])), sentence, mended=())

    def remove(self, path: str, index: int, sentence: str) -> None:
        items = get(self.state, path)
        self.set(replace(self.state, path, (*items[:index], *items[index + 1 :])), sentence, mended=())

    def remove_all(self, path: str, indices: Collection[int], sentence: str) -> None:
        gone = set(indices)
        kept = tuple(item for index, item in enumerate(get(self.state, path)) if index not in gone)
        self.set(replace(self.state, path, kept), sentence, mended=())

    def move_all(self, path: str, indices: Collection[int], to: int, sentence: str) -> int:
        """Put items, in their order, before the one that is now at `to`. Returns where the first of them is then."""
        items, moved = get(self.state, path), sorted(set(indices))
        rest = [item for index, item in enumerate(items) if index not in set(moved)]
        place = to - sum(index < to for index in moved)
        together = (*rest[:place], *(items[index] for index in moved), *rest[place:])
        if together != items:
            self.set(replace(self.state, path, together), sentence, mended=())
        return place

    @property
    def undo_sentence(self) -> str:
        """What undo would take back, in words; empty where there is nothing."""
        if self.rejected:
            names = [where(self.state, path) for path in self.rejected]
            more = f" and {len(names) - 2} more" if len(names) > 3 else ""
            shown = names[:2] if more else names
            return f"what was typed for {', '.join(shown)}{more}, which cannot be used"
        return self._done[-1].sentence if self._done else ""

    @property
    def redo_sentence(self) -> str:
        return self._undone[-1].sentence if self._undone else ""

    def undo(self) -> str:
        """One step back; what was typed and did not parse goes first. Returns what was taken back, in words."""
        sentence = self.undo_sentence
        if self.rejected:
            self.rejected.clear()
            self.changed.emit(self.state, self.state)
        elif self._done:
            change = self._done.pop()
            self._undone.append(change)
            self.saved = change.saved[0] if change.saved else self.saved
            self._go(self._named(change.before))
        return sentence

    def redo(self) -> str:
        if not self._undone:
            return ""
        change = self._undone.pop()
        self._done.append(change)
        self.saved = change.saved[1] if change.saved else self.saved
        self._go(self._named(change.after))
        return change.sentence

    def rejected_problems(self) -> list[Problem]:
        return [Problem(path, message) for path, message in self.rejected.items()]

    def _mergeable(self, path: str) -> TrainingState:
        """The state from which a change of this path counts: that of the last step while the person types on."""
        last = self._done[-1] if self._done else None
        if last and last.path == path and not self._undone and self._clock() - last.time < MERGE_SECONDS:
            self._done.pop()
            return last.before
        return self.state

    def _named(self, state: TrainingState) -> TrainingState:
        """Saving under a name is no step of undo: Ctrl+S after Ctrl+Z must not write the preset of before."""
        return state.model_copy(update={"preset": self.saved.preset})

    def _push(self, change: Change) -> None:
        if change.before != change.after:
            self._done = [*self._done, change][-DEPTH:]
        self._undone.clear()
        self._go(change.after)

    def _go(self, state: TrainingState) -> None:
        """What was typed and cannot be used goes along with its concept or prompt."""
        before, self.state = self.state, state
        moved = {_moved(before, state, path): message for path, message in self.rejected.items()}
        self.rejected = {path: message for path, message in moved.items() if path}
        self.changed.emit(before, state)


def _moved(before: TrainingState, after: TrainingState, path: str) -> str:
    """Where a setting is now that its item may lie elsewhere in its list; empty where the item is gone."""
    parts = split(path)
    for depth, part in enumerate(parts):
        if isinstance(part, int):
            old, new = (get(state, join(parts[:depth])) for state in (before, after))
            same = (index for index, item in enumerate(new) if item is old[part])
            place = next(same, part if len(new) == len(old) else None)  # one that was changed lies where it lay
            if place is None:
                return ""
            parts[depth] = place
    return join(parts)

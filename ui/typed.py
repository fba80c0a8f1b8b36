"""Undo of what is typed into fields that are no settings: search boxes, prompts to draw, forms of the tools.

In a field of a setting Ctrl+Z takes back the window's last change, as anywhere else. In any other field it takes back the
typing, as people know it; Tk's entries cannot do that by themselves.
"""

import time
import tkinter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from ui.store import StateStore

PAUSE_SECONDS = 1.5  # keystrokes that follow each other this fast are one step
DEPTH = 100


@dataclass
class History:
    """The texts that a field held, each with the place of the cursor; `now` is the place among them."""

    clock: Callable[[], float] = time.monotonic
    texts: list[tuple[str, int]] = field(default_factory=list)
    now: int = -1
    since: float = float("-inf")

    def note(self, text: str, cursor: int, anew: bool = False) -> None:
        """The field holds this now. `anew`: a step of its own, whatever was typed just before."""
        if self.texts and text == self.texts[self.now][0]:
            return
        on = not anew and self.now > 0 and self.clock() - self.since < PAUSE_SECONDS
        self.texts = [*self.texts[: self.now + (0 if on else 1)], (text, cursor)][-DEPTH:]
        self.now, self.since = len(self.texts) - 1, self.clock()

    def step(self, by: int) -> tuple[str, int] | None:
        """The text before (-1) or after (1); None where there is none."""
        if not 0 <= self.now + by < len(self.texts):
            return None
        self.now, self.since = self.now + by, float("-inf")
        return self.texts[self.now]


class Typed:
    """Of one window. Fields of settings are named by `leave`; all others have a history from when the cursor is first in
    them. `store` is what the window's undo takes back: fields of others, such as of a tool's form, are as all others."""

    def __init__(self, root: Any, store: StateStore):
        self._store = store
        self._settings: WeakSet[Any] = WeakSet()
        self._histories: WeakKeyDictionary[Any, History] = WeakKeyDictionary()
        self._left: WeakKeyDictionary[Any, str] = WeakKeyDictionary()  # what a text held when the cursor went away
        for event, call in (
            ("<FocusIn>", self._enter), ("<KeyRelease>", self._note), ("<ButtonRelease>", self._note),
            ("<<Undo>>", lambda widget: self._step(widget, -1)), ("<<Redo>>", lambda widget: self._step(widget, 1)),
        ):  # fmt: skip
            root.bind_class("Entry", event, partial(_ours, tkinter.Entry, call), add="+")
        root.bind_class("Text", "<FocusIn>", partial(_ours, tkinter.Text, self._enter_text), add="+")
        root.bind_class("Text", "<FocusOut>", partial(_ours, tkinter.Text, self._leave_text), add="+")
        # These two stand in the place of Tk's own: their 'break' keeps the window's undo out of it.
        root.bind_class("Text", "<<Undo>>", partial(_ours, tkinter.Text, partial(self._step_text, "undo")))
        root.bind_class("Text", "<<Redo>>", partial(_ours, tkinter.Text, partial(self._step_text, "redo")))

    def leave(self, widgets: Iterable[Any], store: StateStore) -> None:
        """Fields of a setting of this store: the window's undo is theirs."""
        if store is self._store:
            self._settings.update(widgets)

    def _enter(self, entry: Any) -> None:
        if entry not in self._settings:
            history = self._histories.setdefault(entry, History())
            history.note(entry.get(), entry.index("insert"), anew=True)

    def _note(self, entry: Any) -> None:
        if (history := self._histories.get(entry)) is not None:
            history.note(entry.get(), entry.index("insert"))

    def _step(self, entry: Any, by: int) -> str | None:
        """'break' keeps the window's own undo out of it, also where there is nothing to take back."""
        if entry in self._settings:
            return None
        self._enter(entry)
        if (found := self._histories[entry].step(by)) is not None and entry.cget("state") == "normal":
            entry.delete(0, "end")
            entry.insert(0, found[0])
            entry.icursor(found[1])
        return "break"

    def _enter_text(self, text: Any) -> None:
        """Tk's texts have an undo, switched off by default. What was written into one meanwhile is not its typing."""
        if text in self._settings or text.cget("state") != "normal":
            return
        text.configure(undo=True, autoseparators=True)
        if text.get("1.0", "end-1c") != self._left.get(text):
            text.edit_reset()

    def _leave_text(self, text: Any) -> None:
        if text not in self._settings and text.cget("undo"):
            self._left[text] = text.get("1.0", "end-1c")

    def _step_text(self, way: str, text: Any) -> str | None:
        if text in self._settings or not text.cget("undo"):
            return None
        try:
            text.edit_separator()
            text.edit(way)
            text.edit_separator()
        except tkinter.TclError:
            pass  # there is nothing to take back
        return "break"


def _ours(kind: type, call: Callable[[Any], str | None], event: Any) -> str | None:
    """Call it for a field of ours; Tk's own dialogs have some that tkinter does not know."""
    return call(event.widget) if isinstance(event.widget, kind) else None

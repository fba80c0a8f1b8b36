"""Results that had to go to another folder are told one after the other, and none of them holds up a run."""

from collections.abc import Sequence
from typing import Any

from onetrainer_clone.events import Saved
from ui.background import Background
from ui.dialogs import Ask
from ui.run.elsewhere import offer


class Offers:
    """`poll` is called with every turn of the window's loop, which turns on below a dialog: the queue goes on, too."""

    def __init__(self, root: Any, ask: Ask):
        self.copier = Background("copies")  # of its own: a large file must not hold up what starts the next run
        self._root, self._ask = root, ask
        self._waiting: list[Sequence[Saved]] = []
        self._asking = False

    def add(self, files: Sequence[Saved]) -> None:
        self._waiting.append(tuple(files))

    def poll(self) -> None:
        self.copier.deliver()
        if not self._waiting or self._asking or self._root.tk.call("grab", "current"):
            return  # another dialog is open: that one first
        self._asking = True
        try:
            offer(self._ask, self.copier, self._waiting.pop(0))
        finally:
            self._asking = False

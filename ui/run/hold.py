"""Whether what lies under the mouse has to stay where it is, because somebody is about to click it."""

import time
from collections.abc import Callable
from typing import Any

SECONDS = 4.0  # after the mouse moved over it: one that was left lying there holds nothing


class Hold:
    """`on` from the first movement over a widget until the mouse rests or leaves; then `ended` is called once."""

    def __init__(self, widget: Any, ended: Callable[[], object], seconds: float = SECONDS):
        self.on = False
        self._widget, self._ended, self._seconds = widget, ended, seconds
        self._until, self._waiting = 0.0, ""
        widget.bind("<Motion>", lambda _event: self._move(), add="+")
        widget.bind("<Leave>", lambda _event: self._end(), add="+")

    def close(self) -> None:
        if self._waiting:
            self._widget.after_cancel(self._waiting)
            self._waiting = ""

    def _move(self) -> None:
        self._until = time.monotonic() + self._seconds
        if not self.on:
            self.on = True
            self._wait()

    def _wait(self) -> None:
        """One timer however often the mouse moves."""
        left = self._until - time.monotonic()
        if left <= 0:
            self._waiting = ""
            self._end()
        else:
            self._waiting = self._widget.after(round(1000 * left) + 1, self._wait)

    def _end(self) -> None:
        self.close()
        if self.on:
            self.on = False
            self._ended()

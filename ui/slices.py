"""Builds what has many widgets a part at a time, so that the window's loop turns in between."""

from collections.abc import Iterator
from typing import Any

BETWEEN_MS = 1  # not `after_idle`: Tk does all idle work in one go


class Slices:
    """Goes through the steps of a generator, one each turn of the loop, until its end or `stop`."""

    def __init__(self, widget: Any, steps: Iterator[object]):
        self._widget, self._steps = widget, steps
        self._waiting = widget.after(BETWEEN_MS, self._next)

    def stop(self) -> None:
        if self._waiting:
            self._widget.after_cancel(self._waiting)
            self._waiting = ""

    def _next(self) -> None:
        self._waiting = ""
        for _ in self._steps:
            self._waiting = self._widget.after(BETWEEN_MS, self._next)
            return

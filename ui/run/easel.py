"""Has a chart painted on a worker: at most four times a second, and less often on a slow machine."""

import importlib
import time
from collections.abc import Callable
from typing import Any

from ui.background import Background
from ui.run.picture import Drawn, Wish

SECONDS_BETWEEN = 0.25  # drawn at most 4 times a second
SHARE_OF_TIME = 0.1  # and at most a tenth of the time, on a slow machine: the run needs its own
LONGEST_PAUSE = 2.0  # seconds; one drawing that was held up says little about the next


class Easel:
    def __init__(self, background: Background):
        self.painting = False
        self._background = background
        self._painter: Any = None  # made and used on the worker
        self._next = 0.0

    @property
    def free(self) -> bool:
        """Whether it is time for another picture."""
        return not self.painting and time.monotonic() >= self._next

    def paint(self, wish: Wish, charts: int, show: Callable[[Drawn], object]) -> None:
        """`show` gets the picture, on the main thread. So many `charts` are painted in turn."""

        def painted(drawn: Drawn) -> None:
            self.painting = False
            pause = min(max(SECONDS_BETWEEN, drawn.seconds / SHARE_OF_TIME), LONGEST_PAUSE) * charts
            self._next = time.monotonic() + pause - drawn.seconds
            show(drawn)

        def failed(error: Exception) -> None:
            self.painting = False
            raise error

        self.painting = True
        self._background.submit(f"chart {id(self)}", lambda: self.work(wish), painted, failed)

    def work(self, wish: Wish) -> Drawn:
        """On the worker."""
        if self._painter is None:
            self._painter = importlib.import_module("ui.run.plot").Painter()
        drawn: Drawn = self._painter.paint(wish)
        return drawn

"""A chart that is drawn off the main thread: what is wanted, what came of it, and where in it the steps and values lie.

Knows neither Tk nor matplotlib: the window asks and shows, a worker draws.
"""

import math
from dataclasses import dataclass

from PIL import Image

from ui.run.curves import Curve
from ui.run.zoom import Limits, Zoom


@dataclass(frozen=True)
class Wish:
    """What is to be drawn. The curves' series are copies: the run goes on while they are drawn."""

    curves: tuple[Curve, ...]
    width: int  # px of the screen
    height: int
    scale: float  # of the window, 1.0 at 100 %
    mode: int  # 0 light, 1 dark
    log: bool
    from_zero: bool
    zoom: Zoom
    beside: Limits | None = None  # the steps of another chart, which are to lie above this one's


@dataclass(frozen=True)
class Frame:
    """The inside of the axes, in pixels of the picture, and what they show."""

    left: float = 0.0
    top: float = 0.0
    right: float = 1.0
    bottom: float = 1.0
    x: Limits = (0.0, 1.0)
    y: Limits = (0.0, 1.0)
    whole: Limits = (0.0, 1.0)  # from the first step to the last
    log: bool = False

    def inside(self, x: float, y: float) -> bool:
        return self.left <= x <= self.right and self.top <= y <= self.bottom

    def place(self, x: float, y: float) -> tuple[float, float]:
        """The step and the value under a point."""
        across, up = (x - self.left) / (self.right - self.left), (self.bottom - y) / (self.bottom - self.top)
        step = self.x[0] + across * (self.x[1] - self.x[0])
        if self.log:
            return step, self.y[0] * (self.y[1] / self.y[0]) ** up
        return step, self.y[0] + up * (self.y[1] - self.y[0])

    def pixel(self, step: float, value: float) -> tuple[float, float]:
        """Where a step and a value lie; far below for a value that a logarithmic scale cannot show."""
        across = (step - self.x[0]) / (self.x[1] - self.x[0])
        if not self.log:
            up = (value - self.y[0]) / (self.y[1] - self.y[0])
        elif value > 0:
            up = math.log(value / self.y[0]) / math.log(self.y[1] / self.y[0])
        else:
            up = -1e6
        return self.left + across * (self.right - self.left), self.bottom - up * (self.bottom - self.top)


@dataclass(frozen=True)
class Drawn:
    """A picture of a wish."""

    wish: Wish
    picture: Image.Image
    frame: Frame
    seconds: float  # that the drawing took

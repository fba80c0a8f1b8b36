"""What part of the curves is in view: all of it, or what the person chose. Arithmetic only."""

import math
from dataclasses import dataclass, replace

Limits = tuple[float, float]


@dataclass(frozen=True)
class Zoom:
    """None: the limits follow the data."""

    x: Limits | None = None
    y: Limits | None = None

    @property
    def zoomed(self) -> bool:
        return self.x is not None or self.y is not None

    def box(self, x: Limits, y: Limits) -> "Zoom":
        """To the rectangle between two points."""
        return Zoom((min(x), max(x)), (min(y), max(y)))

    def scaled(self, factor: float, at: float, x: Limits, whole: Limits) -> "Zoom":
        """The steps closer together (factor over 1) or further apart around `at`; never further than the whole run."""
        low, high = at - (at - x[0]) / factor, at + (x[1] - at) / factor
        if high - low < 2.0:
            return self
        if low <= whole[0] and high >= whole[1]:
            return Zoom()
        return Zoom((max(low, whole[0]), min(high, whole[1])), None)

    def panned(self, across: float, down: float, x: Limits, y: Limits, whole: Limits, log: bool) -> "Zoom":
        """Moved by shares of what is in view, not beyond the run; the height only moves where it was chosen."""
        by = min(max(across * (x[1] - x[0]), whole[0] - x[0]), whole[1] - x[1])
        moved = replace(self, x=(x[0] + by, x[1] + by))
        if self.y is None:
            return moved
        if log:
            factor = (y[1] / y[0]) ** down
            return replace(moved, y=(y[0] * factor, y[1] * factor)) if math.isfinite(factor) else moved
        height = y[1] - y[0]
        return replace(moved, y=(y[0] + down * height, y[1] + down * height))

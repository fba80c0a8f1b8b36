"""Fewer points where a screen shows no more. Drawing takes most of the chart's time, and that goes by the points."""

from typing import Any

import numpy as np

from ui.run.limits import Limits, Line

MAIN, FAINT = 400, 200  # points that are drawn of a line


def thinned(line: Line, x: Limits, limit: int) -> Line:
    """The part of a line that is in view, with a neighbour at each side, in at most some `limit` points.

    The lowest and the highest value of every part stay, in the order in which they came: a spike is seen at any width.
    """
    steps, values = line
    first, last = np.searchsorted(steps, x[0]), np.searchsorted(steps, x[1], side="right")
    steps, values = steps[max(first - 1, 0) : last + 1], values[max(first - 1, 0) : last + 1]
    if len(steps) <= limit:
        return steps, values
    kept = _peaks(values, limit)
    return steps[kept], values[kept]


def _peaks(values: Any, limit: int) -> Any:
    """The places of the lowest and the highest value of every part, and the ends; what is no number is neither."""
    size = -(-len(values) // (limit // 2))
    parts = np.pad(values, (0, -len(values) % size), constant_values=np.nan).reshape(-1, size)
    begins, known = np.arange(0, len(values), size), np.isfinite(parts)
    low, high = np.where(known, parts, np.inf).argmin(axis=1), np.where(known, parts, -np.inf).argmax(axis=1)
    return np.unique(np.concatenate([begins + low, begins + high, [0, len(values) - 1]]))

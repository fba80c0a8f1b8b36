"""Fewer points where a screen shows no more. Drawing takes most of the chart's time, and that goes by the points."""

from typing import Any

import numpy as np

from ui.run.limits import Limits, Line

MAIN, FAINT = 400, 200  # points that are drawn of a line


def thinned(line: Line, x: Limits, limit: int, peaks: bool) -> Line:
    """The part of a line that is in view, with a neighbour at each side, in at most some `limit` points.

    With `peaks` the lowest and the highest value of every part stay, in the order in which they came.
    """
    steps, values = line
    first, last = np.searchsorted(steps, x[0]), np.searchsorted(steps, x[1], side="right")
    steps, values = steps[max(first - 1, 0) : last + 1], values[max(first - 1, 0) : last + 1]
    if len(steps) <= limit:
        return steps, values
    if not peaks:
        kept = np.unique(np.linspace(0, len(steps) - 1, limit).astype(int))
    else:
        kept = _peaks(values, limit)
    return steps[kept], values[kept]


def _peaks(values: Any, limit: int) -> Any:
    """The places of the lowest and the highest value of every part; the ends as well."""
    size = -(-len(values) // (limit // 2))
    whole = len(values) // size * size
    parts = np.nan_to_num(values[:whole].reshape(-1, size), nan=0.0)
    begins = np.arange(0, whole, size)
    ends = [0, len(values) - 1]
    return np.unique(np.concatenate([begins + parts.argmin(axis=1), begins + parts.argmax(axis=1), ends]))

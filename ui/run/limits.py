"""The limits of the chart's axes: they follow the data, one wild value does not flatten the rest. Arithmetic only."""

from collections.abc import Sequence
from typing import Any

import numpy as np

HIDDEN = 0.02  # of a line's points lie outside the limits at most
WILD = 3.0  # how many times further away than the others those have to lie to be left out
FAINT_HIDDEN = 0.1  # the faint lines are noise for the most part
DEEP = 100.0  # a logarithmic axis goes so many times below what is usual of a line: losses that begin at 1e-14 stay below
MARGIN = 0.05

Limits = tuple[float, float]
Line = tuple[Any, Any]  # arrays of steps and values


def in_view(line: Line, x: Limits | None, log: bool) -> Any:
    """The values of a line that could be seen; between two points those of both, since the line goes through."""
    steps, values = line
    if x is not None:
        first, last = np.searchsorted(steps, x[0]), np.searchsorted(steps, x[1], side="right")
        values = values[first:last] if first < last else values[max(first - 1, 0) : last + 1]
    return values[np.isfinite(values) & (values > 0)] if log else values[np.isfinite(values)]


def fitted(values: Any) -> Limits:
    """The range of the values without the wild ones, of which there are few by definition."""
    bottom, low, high, top = np.quantile(values, (0, HIDDEN / 2, 1 - HIDDEN / 2, 1))
    room = WILD * (high - low)
    return float(bottom if low - bottom <= room else low), float(top if top - high <= room else high)


def _most(values: Any) -> Limits:
    low, high = np.quantile(values, (FAINT_HIDDEN / 2, 1 - FAINT_HIDDEN / 2))
    return float(low), float(high)


def y_limits(main: Sequence[Line], faint: Sequence[Line], x: Limits | None, log: bool, from_zero: bool) -> Limits:
    """Limits that hold all main lines but for their wild values, and most of the faint ones."""
    ranges = []
    for line, is_faint in (*((line, False) for line in main), *((line, True) for line in faint)):
        if len(values := in_view(line, x, log)):
            low, high = _most(values) if is_faint else fitted(values)
            ranges.append((max(low, float(np.median(values)) / DEEP) if log else low, high))
    if not ranges:
        return (0.1, 1.0) if log else (0.0, 1.0)
    low, high = min(first for first, _ in ranges), max(second for _, second in ranges)
    if log:
        room = max((high / low) ** MARGIN, 1.05)
        return low / room, high * room
    if from_zero and low >= 0:
        return 0.0, high * (1 + MARGIN) or 1.0
    room = (high - low) * MARGIN or abs(high) * MARGIN or 1.0
    return low - room, high + room


def x_limits(lines: Sequence[Line]) -> Limits:
    """From the first step to the last."""
    ends = [(float(steps[0]), float(steps[-1])) for steps, _ in lines if len(steps)]
    if not ends:
        return 0.0, 1.0
    first, last = min(low for low, _ in ends), max(high for _, high in ends)
    return (first, last) if last > first else (first - 1.0, last + 1.0)

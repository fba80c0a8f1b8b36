"""A curve of bounded length: a run of a million steps costs no more than one of some thousand."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from typing import Literal

POINTS = 3000  # that a curve keeps at most
Joined = Literal["peaks", "means", "thinned"]


class Series:
    """When it is full, neighbours are joined, and from then on every point stands for twice as many steps.

    'peaks' keeps the lowest and the highest of the joined points, so that a spike of a single step stays in the picture;
    'means' keeps their mean, from which they can be smoothed; 'thinned' every other point, which is right for what is
    smooth already. What is no number (NaN) gives way to numbers. Steps rise: one that comes again, as in a run that was
    resumed, takes back what was told from there on.
    """

    def __init__(self, limit: int | None = POINTS, joined: Joined = "thinned"):
        self.steps: list[int] = []
        self.values: list[float] = []
        self.added = 0  # points ever
        self._limit, self._joined, self._stride = limit and limit - limit % 4, joined, 1
        self._each = 2 if joined == "peaks" else 1  # points that are kept of a bucket
        self._in_bucket = 0  # steps in the last bucket, which has room for `_each * _stride` of them
        self._last: tuple[int, float] | None = None

    def add(self, step: int, value: float) -> None:
        if self._last is not None and step <= self._last[0]:
            self._forget_from(step)
        self._last = (step, value)
        self.added += 1
        if self._in_bucket < self._each:
            self.steps.append(step)
            self.values.append(value)
        elif self._joined == "peaks":
            steps, values = [*self.steps[-2:], step], [*self.values[-2:], value]
            self.steps[-2:], self.values[-2:] = _picked(steps, values)
        elif self._joined == "means":
            self.steps[-1], self.values[-1] = step, _mean(self.values[-1], value, 1 / (self._in_bucket + 1))
        self._in_bucket = (self._in_bucket + 1) % (self._each * self._stride)
        if self._limit and len(self.steps) > self._limit:
            self._join()

    @property
    def stride(self) -> int:
        """How many steps a point stands for."""
        return self._stride

    @property
    def points(self) -> tuple[list[int], list[float]]:
        """All points, the newest always among them."""
        if self._last is None or self.steps[-1:] == [self._last[0]]:
            return self.steps, self.values
        return [*self.steps, self._last[0]], [*self.values, self._last[1]]

    def copy(self) -> "Series":
        """The points as they are now, for another thread."""
        other = Series(self._limit, self._joined)
        other.steps, other.values, other._last = list(self.steps), list(self.values), self._last
        return other

    def _join(self) -> None:
        """Every bucket with its neighbour; the last point stands alone so far."""
        steps: list[int] = []
        values: list[float] = []
        for left in range(0, len(self.steps) - 1, 2 * self._each):
            some = slice(left, left + 2 * self._each)
            if self._joined == "peaks":
                kept = _picked(self.steps[some], self.values[some])
            elif self._joined == "means":
                kept = [self.steps[left + 1]], [_mean(self.values[left], self.values[left + 1], 0.5)]
            else:
                kept = [self.steps[left]], [self.values[left]]
            steps += kept[0]
            values += kept[1]
        self.steps, self.values = [*steps, self.steps[-1]], [*values, self.values[-1]]
        self._stride *= 2
        self._in_bucket = 1

    def _forget_from(self, step: int) -> None:
        kept = bisect_left(self.steps, step)
        del self.steps[kept:], self.values[kept:]
        self._in_bucket = 0


def _picked(steps: Sequence[int], values: Sequence[float]) -> tuple[list[int], list[float]]:
    """The lowest and the highest value, in the order in which they came."""
    places = [place for place, value in enumerate(values) if math.isfinite(value)] or [0]
    low, high = min(places, key=values.__getitem__), max(reversed(places), key=values.__getitem__)
    if low == high:
        high = 0 if low else len(values) - 1
    kept = sorted((low, high))
    return [steps[place] for place in kept], [values[place] for place in kept]


def _mean(old: float, new: float, share: float) -> float:
    if not math.isfinite(old) or not math.isfinite(new):
        return new if math.isfinite(new) else old
    return old + (new - old) * share

"""A curve of bounded length: a run of a million steps costs no more than one of some thousand."""

import math

POINTS = 3000  # that a curve keeps at most


class Series:
    """When it is full, neighbours are joined two by two, and from then on every point stands for twice as many steps.

    `peaks` keeps of joined points the one that stands out more, so that a short spike stays in the picture; `means`
    keeps their mean, from which they can be smoothed; without either every other point goes, which is right for what is
    smooth already.
    """

    def __init__(self, limit: int | None = POINTS, peaks: bool = False, means: bool = False):
        self.steps: list[int] = []
        self.values: list[float] = []
        self.added = 0  # points ever
        self._limit, self._peaks, self._means, self._stride = limit and limit - limit % 2, peaks, means, 1
        self._in_bucket = 0
        self._last: tuple[int, float] | None = None

    def add(self, step: int, value: float) -> None:
        self._last = (step, value)
        self.added += 1
        if self._in_bucket == 0:
            self.steps.append(step)
            self.values.append(value)
        elif self._peaks and self._stands_out(value, self.values[-1], len(self.values) - 1):
            self.steps[-1], self.values[-1] = step, value
        elif self._means:
            self.steps[-1] = step
            self.values[-1] += (value - self.values[-1]) / (self._in_bucket + 1)
        self._in_bucket = (self._in_bucket + 1) % self._stride
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
        other = Series(self._limit, self._peaks, self._means)
        other.steps, other.values, other._last = list(self.steps), list(self.values), self._last
        return other

    def _join(self) -> None:
        if self._peaks:
            for left in range(0, len(self.steps) - 1, 2):
                if self._stands_out(self.values[left + 1], self.values[left], left // 2):
                    self.steps[left], self.values[left] = self.steps[left + 1], self.values[left + 1]
        if self._means:
            for left in range(0, len(self.steps) - 1, 2):
                self.steps[left] = self.steps[left + 1]
                self.values[left] = (self.values[left] + self.values[left + 1]) / 2
        del self.steps[1::2], self.values[1::2]
        self._stride *= 2
        self._in_bucket = 1  # the number of points was odd: the last one stands alone so far

    @staticmethod
    def _stands_out(new: float, old: float, bucket: int) -> bool:
        """Upwards in one bucket, downwards in the next: both edges of a noisy curve stay."""
        if not math.isfinite(old) or not math.isfinite(new):
            return math.isfinite(new)
        return new > old if bucket % 2 == 0 else new < old

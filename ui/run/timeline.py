"""Which of the steps with samples is looked at: the newest as they come, unless the person went elsewhere."""

from bisect import bisect_left
from collections.abc import Sequence


class Timeline:
    """Of a grid all columns are known before they are drawn: then the newest is not the last."""

    def __init__(self) -> None:
        self.steps: Sequence[int] = ()
        self.at = self.newest = 0  # places in the steps
        self.following = True

    @property
    def step(self) -> int | None:
        return self.steps[self.at] if self.steps else None

    @property
    def last(self) -> int:
        return max(len(self.steps) - 1, 0)

    def update(self, steps: Sequence[int], newest: int | None = None) -> None:
        """The steps are these now, in ascending order, and this one was drawn last (None: the last of them); the one that
        is looked at stays where it is still there."""
        step, self.steps = self.step, steps
        self.newest = self.last if newest is None else min(bisect_left(steps, newest), self.last)
        self.at = self.newest if self.following or step is None else min(bisect_left(steps, step), self.last)

    def go(self, place: int) -> None:
        """To a place; at the newest one it follows again."""
        self.at = min(max(place, 0), self.last)
        self.following = self.at == self.newest

    def move(self, by: int) -> None:
        self.go(self.at + by)

    def reset(self) -> None:
        """Another run is shown."""
        self.steps, self.at, self.newest, self.following = (), 0, 0, True

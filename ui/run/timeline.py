"""Which of the steps with samples is looked at: the newest as they come, unless the person went back."""

from bisect import bisect_left
from collections.abc import Sequence


class Timeline:
    def __init__(self) -> None:
        self.steps: Sequence[int] = ()
        self.at = 0  # the place in the steps
        self.following = True

    @property
    def step(self) -> int | None:
        return self.steps[self.at] if self.steps else None

    def update(self, steps: Sequence[int]) -> None:
        """The steps are these now, in ascending order; the one that is looked at stays where it is still there."""
        step, self.steps = self.step, steps
        last = max(len(steps) - 1, 0)
        self.at = last if self.following or step is None else min(bisect_left(steps, step), last)

    def go(self, place: int) -> None:
        """To a place; at the last one it follows again."""
        last = max(len(self.steps) - 1, 0)
        self.at = min(max(place, 0), last)
        self.following = self.at == last

    def move(self, by: int) -> None:
        self.go(self.at + by)

    def reset(self) -> None:
        """Another run is shown."""
        self.steps, self.at, self.following = (), 0, True

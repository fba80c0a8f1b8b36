"""The statistics that were computed last: the view of them and the filters of the pictures look through the files once."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.concepts import Concept

if TYPE_CHECKING:
    from onetrainer_clone.statistics import Statistics  # it needs numpy, which takes long to import

Of = tuple[TrainingState, Concept]
Progress = tuple[str, int, int]  # what is being done, how many are done, of how many
BEGUN: Progress = ("listing", 0, 0)


def looking_through(of: Of, stop: threading.Event, told: Callable[[Progress], object]) -> "Callable[[], Statistics]":
    """What a worker has to do for the statistics. `told` is called on its thread; `stop` ends it with `Cancelled`."""

    def work() -> "Statistics":
        from onetrainer_clone.statistics import Cancelled, survey

        def tell(what: str, done: int, total: int) -> None:
            told((what, done, total))
            if stop.is_set():
                raise Cancelled

        return survey(*of, tell)

    return work


def in_words(progress: Progress) -> str:
    """'counting tokens: 1,000 of 50,000'."""
    what, done, total = progress
    return f"{what}: {done:,} of {total:,}" if total else f"{what} …"


class Surveyed:
    def __init__(self) -> None:
        self._kept: tuple[Of, Statistics] | None = None
        self.touched = False  # whether files were changed here since that was last asked for

    def get(self, of: Of) -> "Statistics | None":
        """Those of this very state and concept, if they are known."""
        return self._kept[1] if self._kept is not None and self._kept[0] == of else None

    def keep(self, of: Of, found: "Statistics") -> None:
        self._kept = of, found

    def forget(self) -> None:
        """The files are others now, by what was done here."""
        self._kept, self.touched = None, True

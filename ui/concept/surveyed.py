"""The statistics that were computed last: the view of them and the filters of the pictures look through the files once."""

from typing import TYPE_CHECKING

from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.concepts import Concept

if TYPE_CHECKING:
    from onetrainer_clone.statistics import Statistics  # it needs numpy, which takes long to import

Of = tuple[TrainingState, Concept]


class Surveyed:
    def __init__(self) -> None:
        self._kept: tuple[Of, Statistics] | None = None

    def get(self, of: Of) -> "Statistics | None":
        """Those of this very state and concept, if they are known."""
        return self._kept[1] if self._kept is not None and self._kept[0] == of else None

    def keep(self, of: Of, found: "Statistics") -> None:
        self._kept = of, found

    def forget(self) -> None:
        """The files are others now."""
        self._kept = None

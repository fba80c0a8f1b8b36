"""Looks for unreadable, too small and equal pictures when a filter asks for them: the statistics of the concept."""

import threading
from functools import partial
from typing import TYPE_CHECKING

from onetrainer_clone.settings import UserError
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.concepts import Concept
from ui.background import Background
from ui.concept.surveyed import BEGUN, Of, Progress, Surveyed, in_words, looking_through
from ui.pictures.caption_box import Context
from ui.pictures.sieve import Faults
from ui.signals import Signal

if TYPE_CHECKING:
    from onetrainer_clone.statistics import Statistics  # it needs numpy, which takes long to import


class FaultFinder:
    """`found` is emitted with what was found; `words` say how far it is, or why it could not be done."""

    def __init__(self, context: Context, surveyed: Surveyed):
        self.found: Signal[[Faults]] = Signal()
        self.words = ""
        self._context, self._surveyed = context, surveyed
        self._background = Background("faults")
        self._stop = threading.Event()
        self._of: tuple[TrainingState, Concept] | None = None  # what was looked through, or is
        self._progress = BEGUN  # set by the worker, read here
        self._working = False

    def look(self) -> None:
        """Unless that has been done for the state as it is."""
        context = self._context()
        if context is None or context == self._of:
            return
        self.stop()
        if (known := self._surveyed.get(context)) is not None:
            self._of = context
            self.found.emit(Faults.of(known))
            return
        stop = self._stop = threading.Event()
        self._of, self._working, self._progress = context, True, BEGUN
        work = looking_through(context, stop, self._tell)
        self._background.submit("survey", work, partial(self._on_found, context), self._on_error)

    def stop(self) -> None:
        """What is being looked for is not wanted any more."""
        self._stop.set()
        if self._working:
            self._working, self._of, self.words = False, None, ""

    def forget(self) -> None:
        """The files may be others now."""
        self.stop()
        self._of = None

    def _tell(self, progress: Progress) -> None:
        """On the worker: one assignment."""
        self._progress = progress

    def tick(self) -> None:
        self._background.deliver()
        if self._working:
            self.words = in_words(self._progress)

    def close(self) -> None:
        self._stop.set()
        self._background.close(0.5)

    def _on_found(self, context: Of, found: "Statistics") -> None:
        self._working, self.words = False, ""
        self._surveyed.keep(context, found)
        self.found.emit(Faults.of(found))

    def _on_error(self, error: Exception) -> None:
        from onetrainer_clone.statistics import Cancelled

        if isinstance(error, Cancelled):
            return
        self._working, self._of = False, None
        if not isinstance(error, UserError):
            raise error
        self.words = str(error)

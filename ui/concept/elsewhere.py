"""What other programs do to a concept's files: looked for when the window is left, come back to, or shows another view."""

from collections.abc import Mapping
from functools import partial

from onetrainer_clone import browse
from onetrainer_clone.state.concepts import Concept
from ui.background import Background
from ui.concept.surveyed import Surveyed
from ui.signals import Signal

Stamps = Mapping[str, int]


class Elsewhere:
    """`changed` is emitted with the paths of files that came, went or are others now. No file is opened for it."""

    def __init__(self, surveyed: Surveyed):
        self.changed: Signal[[frozenset[str]]] = Signal()
        self._surveyed = surveyed
        self._background = Background("folder")
        self._known: tuple[tuple[str, bool], Stamps] | None = None  # of which folder
        self._focused = True
        self._wanted: Concept | None = None  # that is to be looked at as soon as there is time

    def tick(self, concept: Concept | None, focused: bool, busy: bool = False) -> None:
        """`focused`: whether the window is the one that the person works with. `busy`: the same folder is being read, and
        a second thread at it would hold the window up."""
        self._background.deliver()
        if focused != self._focused and concept is not None:
            self._focused = focused
            self.look(concept)
        if self._wanted is not None and not busy:
            self._look(self._wanted)
            self._wanted = None

    def look(self, concept: Concept) -> None:
        """What is done here while the window is not left is no other program's."""
        self._wanted = concept

    def _look(self, concept: Concept) -> None:
        place = (concept.path, concept.include_subfolders)
        known = self._known[1] if self._known is not None and self._known[0] == place else None
        ours, self._surveyed.touched = self._surveyed.touched, False
        self._background.submit("look", partial(_compare, concept, known), partial(self._on_found, place, ours))

    def close(self) -> None:
        self._background.close(0.1)

    def _on_found(self, place: tuple[str, bool], ours: bool, found: tuple[Stamps, frozenset[str]]) -> None:
        stamps, changed = found
        self._known = place, stamps
        if changed and not ours:
            self.changed.emit(changed)


def _compare(concept: Concept, known: Stamps | None) -> tuple[Stamps, frozenset[str]]:
    """Path by path, not as sets at once: that would hold up every other thread."""
    stamps = browse.stamps(concept)
    if known is None:
        return stamps, frozenset()
    changed = {path for path, stamp in stamps.items() if known.get(path) != stamp}
    changed |= {path for path in known if path not in stamps}
    return stamps, frozenset(changed)

"""The change of many captions takes the place of the large view, and gives it back."""

from collections.abc import Callable

from ui.pictures.bulk import CHOSEN, EVERY, Bulk
from ui.signals import Signal


class BulkPlace:
    """`make` the panel when it is first asked for; `opened` with True where it is shown now."""

    def __init__(self, make: Callable[[], Bulk], on_done: Callable[[], None]):
        self.opened: Signal[[bool]] = Signal()
        self.shown = False
        self._make, self._on_done = make, on_done
        self._made: Bulk | None = None

    @property
    def panel(self) -> Bulk:
        if self._made is None:
            self._made = self._make()
            self._made.done.connect(self._on_done)
            self._made.closed.connect(self.close)
        return self._made

    def open(self, several: bool = False) -> None:
        """`several` pictures are selected: the change is about them, unless the person says otherwise."""
        self._show(True)
        self.panel.about(CHOSEN if several else EVERY)
        self.panel.find.focus_set()

    def close(self) -> None:
        self._show(False)

    def look(self) -> None:
        """The captions are others now."""
        if self._made is not None and self.shown:
            self._made.look()

    def tick(self) -> None:
        if self._made is not None:
            self._made.tick()

    def grid_forget(self) -> None:
        if self._made is not None:
            self._made.grid_forget()

    def _show(self, shown: bool) -> None:
        self.shown = shown
        self.opened.emit(shown)

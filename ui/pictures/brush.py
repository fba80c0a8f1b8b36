"""Painting the mask of the picture in the large view: strokes, fills, and their undo."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from onetrainer_clone.masks import LEFT_OUT, TRAINED, Box, Painting
from ui.pictures.mask_store import MaskStore

if TYPE_CHECKING:
    from ui.pictures.view import View

LOOK, BRUSH, ERASE, FILL = "Look", "Train", "Leave out", "Fill"
TOOLS = (LOOK, BRUSH, ERASE, FILL)


class Brush:
    """Points are those of the view. What changes is told to the view by `lay`, the end of a stroke by its `painted`."""

    def __init__(self, view: "View", store: MaskStore):
        self._view, self._store = view, store
        self._last: tuple[float, float] | None = None  # of a stroke, in the picture

    @property
    def painting(self) -> Painting | None:
        return self._store.get(self._view.path) if self._view.path else None

    @property
    def blank(self) -> bool:
        return self._view.path is not None and self._store.blank(self._view.path)

    def fit(self, size: tuple[int, int]) -> None:
        """The picture in view is so large."""
        if self._view.path is not None:
            self._store.fit(self._view.path, size)

    def press(self, x: float, y: float, opposite: bool) -> None:
        """`opposite`: with the other button, what is not the tool's."""
        value, lens = self._value(opposite), self._view.lens
        if lens is None or (painting := self._open(value)) is None:
            return
        if self._view.tool == FILL:
            self._done(painting.fill(lens.to_picture(x, y), value), 0)
            return
        painting.begin()
        self._last = lens.to_picture(x, y)
        self._view.lay(painting.line(self._last, self._last, self._view.brush_px / lens.scale, value))

    def drag(self, x: float, y: float, opposite: bool) -> None:
        painting, lens = self.painting, self._view.lens
        if self._last is None or painting is None or lens is None:
            return
        last, self._last = self._last, lens.to_picture(x, y)
        box = painting.line(last, self._last, self._view.brush_px / lens.scale, self._value(opposite))
        if box is not None:
            self._view.lay(box)

    def release(self) -> None:
        if self._last is not None and self.painting is not None:
            self._last = None
            self._tell(self.painting.end(), 0)

    def step(self, way: int) -> None:
        """Redo (1) or undo (-1)."""
        if (painting := self.painting) is not None and self._last is None:
            box = painting.redo() if way > 0 else painting.undo()
            if box is not None:
                self._done(box, way)

    def whole(self, work: Callable[[Painting], Box | None]) -> None:
        """Do something with the whole mask."""
        if (painting := self._open(LEFT_OUT)) is not None:
            self._done(work(painting), 0)

    def _done(self, box: Box | None, way: int) -> None:
        self._view.lay(box)
        self._tell(box, way)

    def _tell(self, box: Box | None, way: int) -> None:
        """There is a new step to take back (0), or one was taken back (-1) or done again (1)."""
        if box is not None and self._view.path is not None:
            self._view.stroked.emit(self._view.path, way)
        self._view.painted.emit()

    def _value(self, opposite: bool) -> int:
        return TRAINED if (self._view.tool != ERASE) != opposite else LEFT_OUT

    def _open(self, value: int) -> Painting | None:
        """The painting to work on; a new mask is all of the other value than the first stroke."""
        path, loaded = self._view.path, self._view.loaded
        if path is None or loaded is None or loaded.path != path or loaded.picture is None:
            return None
        return self._store.open(path, loaded.size, loaded.mask, value == LEFT_OUT)

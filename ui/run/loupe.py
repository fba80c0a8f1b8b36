"""The mouse over a large picture: the wheel brings it closer, dragging moves it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from ui import theme
from ui.run.look import Look, Pair

STEP = 1.25  # by which a notch of the wheel, or the key, enlarges
STILL = 4  # px of the screen that the mouse may move in a click


@dataclass(frozen=True)
class Spot:
    """A point of the canvas within the room of a picture, and how large the two are."""

    at: Pair
    size: Pair
    room: Pair


class Loupe:
    """`spot` tells what is under a point of the canvas; `changed` hears when the look has changed."""

    def __init__(self, view: theme.Canvas, spot: Callable[[float, float], Spot | None], changed: Callable[[], object]):
        self.look = Look()
        self._view, self._spot, self._changed = view, spot, changed
        self._from: tuple[int, int] | None = None
        self._still = True
        for wheel, factor in (("<Button-4>", STEP), ("<Button-5>", 1 / STEP), ("<MouseWheel>", 0.0)):
            view.bind(wheel, partial(self._on_wheel, factor))

    def drags(
        self,
        button: int,
        modifier: str = "",
        clicked: Callable[[Any], object] | None = None,
        instead: Callable[[Any], bool] = lambda _event: False,
    ) -> None:
        """Dragging with this button moves the picture, unless `instead` took it for something else; `clicked` hears a
        press that moved nothing."""
        self._view.bind(f"<{modifier}Button-{button}>", partial(self._press, instead))
        self._view.bind(f"<{modifier}B{button}-Motion>", partial(self._drag, instead))
        self._view.bind(f"<{modifier}ButtonRelease-{button}>", partial(self._release, clicked))

    def closer(self, factor: float, x: float | None = None, y: float | None = None) -> None:
        """Around a point of the canvas, else around its middle."""
        if spot := self._at(x, y):
            self.set(self.look.closer(factor, spot.at, spot.size, spot.room))

    def toggle(self, x: float | None = None, y: float | None = None) -> None:
        """Between the whole picture and its own pixels."""
        if not self.look.whole:
            self.set(Look())
        elif spot := self._at(x, y):
            self.set(self.look.pixels(spot.at, spot.size, spot.room))

    def set(self, look: Look) -> None:
        if look != self.look:
            self.look = look
            self._changed()

    def _at(self, x: float | None, y: float | None) -> Spot | None:
        """Without a point the middle of a picture."""
        if x is None or y is None:
            found = self._spot(self._view.winfo_width() / 4, self._view.winfo_height() / 2)
            return Spot((found.room[0] / 2, found.room[1] / 2), found.size, found.room) if found else None
        return self._spot(x, y)

    def _on_wheel(self, factor: float, event: Any) -> str:
        self.closer(factor or (STEP if event.delta > 0 else 1 / STEP), event.x, event.y)
        return "break"

    def _press(self, instead: Callable[[Any], bool], event: Any) -> None:
        if instead(event):
            return
        self._view.winfo_toplevel().focus_set()
        self._from, self._still = (event.x, event.y), True

    def _drag(self, instead: Callable[[Any], bool], event: Any) -> None:
        if self._from is None:
            instead(event)
            return
        across, down = event.x - self._from[0], event.y - self._from[1]
        if self._still and abs(across) + abs(down) < STILL:
            return
        self._from, self._still = (event.x, event.y), False
        if not self.look.whole and (spot := self._spot(event.x, event.y)):
            self.set(self.look.moved(across, down, spot.size, spot.room))

    def _release(self, clicked: Callable[[Any], object] | None, event: Any) -> None:
        pressed, self._from = self._from, None
        if pressed is not None and self._still and clicked is not None:
            clicked(event)

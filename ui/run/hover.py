"""The mouse over the plot: the values of every line there, and choosing what is in view."""

from collections.abc import Callable
from functools import partial
from typing import Any

from ui import colours, theme
from ui.run.curves import Curve, value_at
from ui.run.screen import Screen
from ui.run.zoom import Limits, Zoom
from ui.signals import Signal

DRAG = 6  # px that the mouse has to go before a click is a drag
SHIFT = 0x1  # in a Tk event's state


class Hover:
    """Lines and dots are items of the canvas over the picture, so that moving them is cheap.

    Dragging zooms to a rectangle, dragging with Shift or the middle button pans, the wheel brings the steps closer
    together, a double click shows everything again.
    """

    def __init__(self, screen: Screen, curves: Callable[[], list[Curve]], tell: Callable[[float | None], object]):
        self.zoom = Zoom()
        self.changed: Callable[[], object] = lambda: None
        self.seen: Signal[[Limits | None]] = Signal()  # the steps in view are others now
        self.pointed: Signal[[float | None]] = Signal()  # the step under the mouse; None: it has left
        self._screen, self._curves, self._tell = screen, curves, tell
        self._from: tuple[int, int] | None = None
        self._panning = False
        self._at: int | None = None  # where the mouse is
        self._followed: float | None = None  # the step under the mouse in another chart
        bound: dict[str, Callable[[Any], object]] = {
            "<Motion>": self._on_motion, "<Leave>": lambda _event: self._leave(), "<Button-1>": self._on_press,
            "<Button-2>": self._on_press, "<B1-Motion>": self._on_drag, "<B2-Motion>": self._on_drag,
            "<ButtonRelease-1>": self._on_release, "<ButtonRelease-2>": self._on_release,
            "<Double-Button-1>": lambda _event: self.set(Zoom()),
            "<Button-4>": lambda event: self._on_wheel(event, 1.25),
            "<Button-5>": lambda event: self._on_wheel(event, 0.8),
            "<MouseWheel>": lambda event: self._on_wheel(event, 1.25 if event.delta > 0 else 0.8),
        }  # fmt: skip
        for sequence, call in bound.items():
            screen.bind(sequence, call)
        for key, share in (("Left", -0.2), ("Right", 0.2)):
            screen.bind(f"<{key}>", partial(self._on_key, share))

    def set(self, zoom: Zoom) -> None:
        if zoom != self.zoom:
            moved, self.zoom = zoom.x != self.zoom.x, zoom
            self.clear()
            self.changed()
            if moved:
                self.seen.emit(zoom.x)

    def see(self, x: Limits | None) -> None:
        """Only the steps are given: of another chart, with other heights."""
        if x != self.zoom.x:
            self.set(Zoom(x))

    def follow(self, step: float | None) -> None:
        """The mouse is at this step of another chart."""
        self._followed = step
        if self._screen.drawn is None:
            return
        if step is None:
            self.clear()
        else:
            self.show(step)

    def closer(self, factor: float, at: float | None = None) -> None:
        frame = self._screen.frame
        x = self.zoom.x or frame.x  # what was chosen may not have been drawn yet
        self.set(self.zoom.scaled(factor, (x[0] + x[1]) / 2 if at is None else at, x, frame.whole))

    def pan(self, across: float, down: float = 0.0) -> None:
        frame = self._screen.frame
        if self.zoom.zoomed:
            self.set(self.zoom.panned(across, down, self.zoom.x or frame.x, self.zoom.y or frame.y, frame.whole, frame.log))

    def show(self, step: float) -> None:
        """A line at the step and a dot on every curve."""
        self._screen.delete("hover")
        frame = self._screen.frame
        x = min(max(frame.pixel(step, frame.y[0])[0], frame.left), frame.right)
        self._screen.create_line(x, frame.top, x, frame.bottom, fill=theme.now(colours.FAINT), tags="hover")
        radius = round(3 * theme.scaling(self._screen))
        for curve in self._curves():
            if curve.faint:
                continue
            dot_x, dot_y = frame.pixel(*value_at(curve.series, step))
            if frame.left - 1 <= dot_x <= frame.right + 1 and frame.top <= dot_y <= frame.bottom:
                self._screen.create_oval(
                    dot_x - radius, dot_y - radius, dot_x + radius, dot_y + radius, width=0,
                    fill=theme.now(curve.colour), tags="hover",
                )  # fmt: skip
        self._tell(step)

    def again(self) -> None:
        """The curves were drawn anew."""
        if self._at is not None:
            step = self._screen.frame.place(self._at, 0)[0]
            self.show(step)
            self.pointed.emit(step)
        elif self._followed is not None:
            self.show(self._followed)

    def clear(self) -> None:
        self._at = None
        self._screen.delete("hover")
        self._tell(None)

    def _leave(self) -> None:
        was, self._at = self._at, None
        self.clear()
        if was is not None:
            self.pointed.emit(None)

    def _inside(self, event: Any) -> bool:
        """Not where words stand instead of a picture."""
        seen = self._screen.drawn is not None and not self._screen.words
        return seen and self._screen.frame.inside(event.x, event.y)

    def _on_key(self, share: float, _event: Any) -> None:
        self.pan(share)

    def _clamped(self, event: Any) -> tuple[float, float]:
        """The mouse, or the nearest point inside the axes."""
        frame = self._screen.frame
        return min(max(event.x, frame.left), frame.right), min(max(event.y, frame.top), frame.bottom)

    def _on_motion(self, event: Any) -> None:
        if self._inside(event) and self._curves():
            self._at = event.x
            self.again()
        else:
            self._leave()

    def _on_press(self, event: Any) -> None:
        self._screen.focus_set()
        if self._inside(event) and self._curves():
            self._from = (event.x, event.y)
            self._panning = event.num == 2 or bool(int(event.state) & SHIFT)

    def _on_drag(self, event: Any) -> None:
        if self._from is None:
            return
        frame = self._screen.frame
        if self._panning:
            across = (self._from[0] - event.x) / (frame.right - frame.left)
            down = (event.y - self._from[1]) / (frame.bottom - frame.top)
            self._from = (event.x, event.y)
            self.pan(across, down)
            return
        self._screen.delete("box")
        self._screen.create_rectangle(
            *self._from, *self._clamped(event),
            outline=theme.now(colours.ACCENT), tags="box",
        )  # fmt: skip

    def _on_release(self, event: Any) -> None:
        begun, self._from = self._from, None
        self._screen.delete("box")
        if begun is None or self._panning:
            return
        end = self._clamped(event)
        if min(abs(end[0] - begun[0]), abs(end[1] - begun[1])) >= DRAG * theme.scaling(self._screen):
            (x0, y0), (x1, y1) = self._screen.frame.place(*begun), self._screen.frame.place(*end)
            self.set(Zoom().box((x0, x1), (y0, y1)))

    def _on_wheel(self, event: Any, factor: float) -> str | None:
        if not self._inside(event):
            return None
        self.closer(factor, self._screen.frame.place(event.x, event.y)[0])
        return "break"  # the page does not scroll as well

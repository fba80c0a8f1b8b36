"""What mouse and keys do in the large view: zoom, shift, paint."""

from functools import partial
from typing import TYPE_CHECKING, Any

from ui.findings import Timer
from ui.keys import ALT_OF_WINDOWS, MIDDLE, RIGHT
from ui.pictures.brush import BRUSH, ERASE, FILL, LOOK

if TYPE_CHECKING:
    from ui.pictures.view import View

TOOL_KEYS = {"v": LOOK, "b": BRUSH, "e": ERASE, "f": FILL, "escape": LOOK}
CONTROL, ALT_OF_X11 = 0x4, 0x8  # in the state of an event
RELEASED_MS = 40  # X11 lets a key that is held go and come again all the time


class Hand:
    """The wheel zooms at the mouse, with Ctrl it changes the brush; the middle button, Space or 'Look' shift the picture."""

    def __init__(self, view: "View"):
        self._view = view
        self._space, self._shifting = False, False
        self._from = (0, 0)
        self._releasing = Timer(view.after, view.after_cancel)
        for number, opposite in ((1, False), (RIGHT, True)):
            view.bind(f"<ButtonPress-{number}>", partial(self._press, opposite))
            view.bind(f"<B{number}-Motion>", partial(self._drag, opposite))
            view.bind(f"<ButtonRelease-{number}>", lambda _event: self._release())
        view.bind(f"<ButtonPress-{MIDDLE}>", self._grip)
        view.bind(f"<B{MIDDLE}-Motion>", self._shift)
        view.bind(f"<ButtonRelease-{MIDDLE}>", lambda _event: self._release())
        view.bind("<Motion>", lambda event: view.hover((event.x, event.y)))
        view.bind("<Leave>", lambda _event: view.hover(None))
        for name, way in (("<MouseWheel>", 0), ("<Button-4>", 1), ("<Button-5>", -1)):
            view.bind(name, partial(self._wheel, way))
            view.bind(name.replace("<", "<Control-"), partial(self._wheel_brush, way))
        view.bind("<Key>", self.key)
        view.bind("<KeyRelease-space>", lambda _event: self._releasing.start(RELEASED_MS, self._let_go))

    def stop(self) -> None:
        """The view goes."""
        self._releasing.stop()

    def key(self, event: Any) -> str | None:
        """Also those that are pressed in the grid of thumbnails."""
        name, view = str(event.keysym).lower(), self._view
        alt = ALT_OF_WINDOWS | (ALT_OF_X11 if view.tk.call("tk", "windowingsystem") == "x11" else 0)
        if int(event.state) & (CONTROL | alt):
            return None
        if name in TOOL_KEYS:
            view.tool = TOOL_KEYS[name]
        elif name == "o":
            view.overlay = not view.overlay
        elif name in ("bracketleft", "bracketright"):
            view.brush_px += _brush_step(view.brush_px, 1 if name == "bracketright" else -1)
        elif name in ("plus", "equal", "kp_add", "minus", "kp_subtract"):
            view.step_zoom(-1 if name in ("minus", "kp_subtract") else 1)
        elif name in ("0", "kp_0", "kp_insert"):
            view.zoom(None)
        elif name in ("1", "kp_1", "kp_end"):
            view.zoom(1.0)
        elif name == "space":
            self._releasing.stop()
            self._space = True
            view.point()
        else:
            return None
        return "break"

    @property
    def grips(self) -> bool:
        """Whether the left button shifts the picture now."""
        return self._space or self._view.tool == LOOK

    def _press(self, opposite: bool, event: Any) -> None:
        self._view.focus_set()
        if self._space or (self._view.tool == LOOK and not opposite):
            self._grip(event)
        elif self._view.tool != LOOK:
            self._view.brush.press(event.x, event.y, opposite)

    def _drag(self, opposite: bool, event: Any) -> None:
        if self._shifting:
            self._shift(event)
            return
        self._view.hover((event.x, event.y))
        self._view.brush.drag(event.x, event.y, opposite)

    def _release(self) -> None:
        self._shifting = False
        self._view.brush.release()

    def _grip(self, event: Any) -> None:
        self._view.focus_set()
        self._shifting, self._from = True, (event.x, event.y)

    def _shift(self, event: Any) -> None:
        (x, y), self._from = self._from, (event.x, event.y)
        self._view.shift(event.x - x, event.y - y)

    def _wheel(self, way: int, event: Any) -> str:
        self._view.step_zoom(way or (1 if event.delta > 0 else -1), (event.x, event.y))
        return "break"  # else the page would scroll, where it does

    def _wheel_brush(self, way: int, event: Any) -> str:
        self._view.brush_px += _brush_step(self._view.brush_px, way or (1 if event.delta > 0 else -1))
        return "break"

    def _let_go(self) -> None:
        self._space = False
        self._view.point()


def _brush_step(radius: int, way: int) -> int:
    """A quarter of what it is, at least a pixel."""
    return way * max(round(radius / 4), 1)

"""The large view: a picture as it fits, its mask laid over it, and the brush."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image, ImageColor, ImageTk

from onetrainer_clone.masks import LEFT_OUT, TRAINED, Box, Painting
from ui import colours, theme
from ui.background import Background
from ui.pictures.loading import Loaded, load
from ui.pictures.mask_store import MaskStore
from ui.signals import Signal

LOOK, BRUSH, ERASE, FILL = "Look", "Train", "Leave out", "Fill"
TOOLS = (LOOK, BRUSH, ERASE, FILL)
LARGEST_BRUSH = 100
TINT, TINT_SHARE = "#c2185b", 0.62  # over what is left out


class View(theme.Canvas):
    """`brush_px` is the brush's radius in pixels of the screen. The right button paints the opposite."""

    def __init__(self, parent: Any, background: Background, store: MaskStore):
        super().__init__(parent, background=colours.PAGE, takefocus=True, width=1, height=1)
        self.tooled: Signal[[]] = Signal()  # another tool, brush or overlay
        self._tool, self._brush_px, self._overlay = LOOK, 18, True
        self.loaded: Loaded | None = None
        self.path: Path | None = None
        self.painted: Signal[[]] = Signal()
        self.came: Signal[[]] = Signal()  # the picture is there
        self._background, self._store = background, store
        self._hint = ""
        self._asked: tuple[Path, tuple[int, int]] | None = None
        self._image: Any = None
        self._tinted: Image.Image | None = None
        self._small: Image.Image | None = None  # the mask in the view's size
        self._last: tuple[float, float] | None = None
        self._at: tuple[int, int] | None = None  # the mouse
        for button, opposite in (("1", False), ("3", True)):
            self.bind(f"<ButtonPress-{button}>", partial(self._press, opposite))
            self.bind(f"<B{button}-Motion>", partial(self._drag, opposite))
            self.bind(f"<ButtonRelease-{button}>", lambda _event: self._release())
        self.bind("<Motion>", self._hover)
        self.bind("<Leave>", lambda _event: self._hover(None))
        self.bind("<Control-z>", lambda _event: self._step(Painting.undo))
        self.bind("<Control-Shift-Z>", lambda _event: self._step(Painting.redo))
        self.bind("<Control-y>", lambda _event: self._step(Painting.redo))

    @property
    def tool(self) -> str:
        return self._tool

    @tool.setter
    def tool(self, tool: str) -> None:
        self._tool = tool
        self.configure(cursor="" if tool == LOOK else "crosshair")
        self._tell()

    @property
    def brush_px(self) -> int:
        return self._brush_px

    @brush_px.setter
    def brush_px(self, radius: int) -> None:
        self._brush_px = min(max(radius, 1), LARGEST_BRUSH)
        self._tell()

    @property
    def overlay(self) -> bool:
        return self._overlay

    @overlay.setter
    def overlay(self, shown: bool) -> None:
        self._overlay = shown
        self._tell()

    def _tell(self) -> None:
        self.tooled.emit()
        self.redraw()

    def show(self, path: Path | None, hint: str = "") -> None:
        """Show a picture when it is decoded; until then the one before."""
        if path != self.path:
            self._release()
        self.path, self._hint = path, hint
        self._ask()
        self.redraw()

    def reload(self) -> None:
        """The file may have changed."""
        self.loaded = self._asked = None
        self._ask()

    @property
    def painting(self) -> Painting | None:
        return self._store.get(self.path) if self.path else None

    @property
    def masked(self) -> bool:
        """Whether the picture has a mask, saved or not."""
        return self._mask() is not None

    def undo(self) -> None:
        self._step(Painting.undo)

    def redo(self) -> None:
        self._step(Painting.redo)

    def whole(self, work: Callable[[Painting], Box | None]) -> None:
        """Do something with the whole mask."""
        if (painting := self._open(LEFT_OUT)) is not None:
            self._lay(work(painting))
            self.painted.emit()

    def draw(self) -> None:
        self.delete("all")
        self._ask()  # the view may have another size now
        loaded, width, height = self.loaded, self.winfo_width(), self.winfo_height()
        said = self._hint if self.path is None else loaded.problem if loaded and loaded.path == self.path else ""
        if said or loaded is None or loaded.picture is None:
            self.create_text(width / 2, height / 2, text=said, width=max(width - self.px(40), 1), justify="center",
                             fill=theme.now(colours.DIM), font=self.face())  # fmt: skip
            return
        self._image = ImageTk.PhotoImage(self._composed(loaded.picture))
        self.create_image(width / 2, height / 2, image=self._image)
        self._draw_brush()

    def to_picture(self, x: float, y: float) -> tuple[float, float]:
        """A point of the view in the picture's own pixels."""
        assert self.loaded is not None
        assert self.loaded.picture is not None
        shown, scale = self.loaded.picture, self._scale()
        left, top = (self.winfo_width() - shown.width) // 2, (self.winfo_height() - shown.height) // 2
        return (x - left) / scale, (y - top) / scale

    def _ask(self) -> None:
        room = (self.winfo_width(), self.winfo_height())
        path = self.path
        if path is not None and min(room) >= 16 and self._asked != (path, room):
            self._asked = (path, room)
            self._background.submit("large", lambda: load(path, room), self._on_loaded)

    def _on_loaded(self, loaded: Loaded) -> None:
        if loaded.path != self.path:
            return
        self.loaded = loaded
        self._tinted = None
        if loaded.picture is not None:
            colour = Image.new("RGB", loaded.picture.size, ImageColor.getrgb(TINT))
            self._tinted = Image.blend(loaded.picture, colour, TINT_SHARE)
        self._lay(None)
        self.came.emit()

    def _mask(self) -> Image.Image | None:
        if self.path is not None and self._store.blank(self.path):
            return None
        painting = self.painting
        return painting.mask if painting else self.loaded.mask if self.loaded else None

    def _lay(self, box: Box | None) -> None:
        """The mask has changed there (None: anywhere)."""
        mask = self._mask()
        if mask is None or self.loaded is None or self.loaded.picture is None:
            self._small = None
        elif box is None or self._small is None:
            self._small = mask.resize(self.loaded.picture.size, Image.Resampling.BOX)
        else:
            self._lay_part(mask, box, self._small)
        self.redraw()

    def _lay_part(self, mask: Image.Image, box: Box, small: Image.Image) -> None:
        """Only the part of the small mask that lies over the box: a stroke costs what the brush covers."""
        scale = self._scale()
        left, top = max(int(box[0] * scale) - 1, 0), max(int(box[1] * scale) - 1, 0)
        right = min(int(box[2] * scale) + 2, small.width)
        bottom = min(int(box[3] * scale) + 2, small.height)
        across, down = mask.width / small.width, mask.height / small.height
        source = (left * across, top * down, min(right * across, mask.width), min(bottom * down, mask.height))
        if left < right and top < bottom:
            part = mask.resize((right - left, bottom - top), Image.Resampling.BOX, box=source)
            small.paste(part, (left, top))

    def _composed(self, picture: Image.Image) -> Image.Image:
        if not self.overlay or self._small is None or self._tinted is None or self._small.size != picture.size:
            return picture
        return Image.composite(picture, self._tinted, self._small)

    def _scale(self) -> float:
        """Pixels of the screen for one of the picture."""
        assert self.loaded is not None
        assert self.loaded.picture is not None
        return self.loaded.picture.width / self.loaded.size[0]

    def _value(self, opposite: bool) -> int:
        return TRAINED if (self.tool != ERASE) != opposite else LEFT_OUT

    def _open(self, value: int) -> Painting | None:
        """The painting to work on; a new mask is all of the other value than the first stroke."""
        if self.path is None or self.loaded is None or self.loaded.path != self.path or self.loaded.picture is None:
            return None
        return self._store.open(self.path, self.loaded.size, self.loaded.mask, value == LEFT_OUT)

    def _press(self, opposite: bool, event: Any) -> None:
        self.focus_set()
        value = self._value(opposite)
        if self.tool == LOOK or (painting := self._open(value)) is None:
            return
        if self.tool == FILL:
            self._lay(painting.fill(self.to_picture(event.x, event.y), value))
            self.painted.emit()
            return
        painting.begin()
        self._last = self.to_picture(event.x, event.y)
        self._lay(painting.line(self._last, self._last, self.brush_px / self._scale(), value))

    def _drag(self, opposite: bool, event: Any) -> None:
        self._at = (event.x, event.y)
        painting = self.painting
        if self._last is None or painting is None:
            return
        last, self._last = self._last, self.to_picture(event.x, event.y)
        box = painting.line(last, self._last, self.brush_px / self._scale(), self._value(opposite))
        if box is not None:
            self._lay(box)
        self.redraw()

    def _release(self) -> None:
        if self._last is not None and self.painting is not None:
            self._last = None
            self.painting.end()
            self.painted.emit()

    def _step(self, step: Callable[[Painting], Box | None]) -> str:
        if (painting := self.painting) is not None and self._last is None:
            box = step(painting)
            if box is not None:
                self._lay(box)
                self.painted.emit()
        return "break"

    def _hover(self, event: Any) -> None:
        self._at = (event.x, event.y) if event is not None else None
        self.delete("brush")
        self._draw_brush()

    def _draw_brush(self) -> None:
        """A ring as large as the brush, light and dark so that it is seen on every picture."""
        if self.tool not in (BRUSH, ERASE) or self._at is None:
            return
        (x, y), radius = self._at, self.brush_px
        for more, colour in ((0, "#000000"), (1, "#ffffff")):
            r = radius + more
            self.create_oval(x - r, y - r, x + r, y + r, outline=colour, tags="brush")

"""The large view: a picture as it fits or enlarged, its mask laid over it, and the brush."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image, ImageTk

from onetrainer_clone.masks import Box, Painting
from ui import colours, theme
from ui.background import Background
from ui.pictures.brush import BRUSH, ERASE, LOOK, Brush
from ui.pictures.hand import Hand
from ui.pictures.lens import Lens, Point
from ui.pictures.loading import Loaded, load
from ui.pictures.mask_store import MaskStore
from ui.pictures.scene import Scene
from ui.signals import Signal

LARGEST_BRUSH = 100
LEAST_ROOM = 16  # px of the screen: in less nothing is shown


class View(theme.Canvas):
    """`brush_px` is the brush's radius in pixels of the screen: the more is enlarged, the finer it paints."""

    def __init__(self, parent: Any, background: Background, store: MaskStore):
        super().__init__(parent, background=colours.PAGE, takefocus=True, width=1, height=1)
        self.loaded: Loaded | None = None
        self.lens: Lens | None = None
        self.path: Path | None = None
        self.painted: Signal[[]] = Signal()
        self.stroked: Signal[[Path, int]] = Signal()  # a new step of this picture's mask (0), one undone (-1) or redone (1)
        self.came: Signal[[]] = Signal()  # the picture is there, or there is none
        self.tooled: Signal[[]] = Signal()  # another tool, brush or overlay
        self.zoomed: Signal[[]] = Signal()
        self._tool, self._brush_px, self._overlay = LOOK, 18, True
        self._background = background
        self._hint = ""
        self._asked: tuple[Path, tuple[int, int], bool] | None = None
        self._scene: Scene | None = None
        self._image: Any = None
        self._at: tuple[int, int] | None = None  # the mouse
        self.brush, self.hand = Brush(self, store), Hand(self)

    def destroy(self) -> None:
        self.hand.stop()
        super().destroy()

    @property
    def tool(self) -> str:
        return self._tool

    @tool.setter
    def tool(self, tool: str) -> None:
        self._tool = tool
        self.point()
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

    @property
    def painting(self) -> Painting | None:
        return self.brush.painting

    @property
    def seen(self) -> bool:
        """Whether the picture is there and could be read."""
        return self.loaded is not None and self.loaded.path == self.path and self.loaded.picture is not None

    @property
    def masked(self) -> bool:
        """Whether the picture has a mask, saved or not."""
        return self._mask() is not None

    def show(self, path: Path | None, hint: str = "") -> None:
        """Show a picture when it is decoded; until then the one before."""
        if path != self.path:
            self.brush.release()
        self.path, self._hint = path, hint
        self._ask()
        self.redraw()
        if path is None:
            self.came.emit()

    def reload(self) -> None:
        """The file may have changed."""
        self.loaded = self.lens = self._scene = self._asked = None
        self._ask()

    def undo(self) -> None:
        self.brush.step(-1)

    def redo(self) -> None:
        self.brush.step(1)

    def whole(self, work: Callable[[Painting], Box | None]) -> None:
        """Do something with the whole mask."""
        self.brush.whole(work)

    def zoom(self, zoom: float | None, at: Point | None = None) -> None:
        """So many pixels of the screen for one of the picture; None: as it fits. `at` stays where it is."""
        if self.lens is not None:
            self._look_through(self.lens.zoomed(zoom, at or self._middle()))

    def step_zoom(self, way: int, at: Point | None = None) -> None:
        """Larger (1) or smaller (-1)."""
        if self.lens is not None:
            self._look_through(self.lens.stepped(way, at or self._middle()))

    def shift(self, x: float, y: float) -> None:
        """By so many pixels of the screen."""
        if self.lens is not None:
            self._look_through(self.lens.moved(x, y))

    def lay(self, box: Box | None) -> None:
        """The mask has changed there (None: anywhere)."""
        if self._scene is not None:
            self._scene.lay(self._mask(), box)
        self.redraw()

    def hover(self, at: tuple[int, int] | None) -> None:
        """Where the mouse is."""
        self._at = at
        self.delete("brush")
        self._draw_brush()

    def point(self) -> None:
        """The mouse looks like what it does."""
        looks = "fleur" if self.hand.grips and self.lens is not None and self.lens.zoom is not None else ""
        self.configure(cursor=looks or ("" if self._tool == LOOK else "crosshair"))

    def draw(self) -> None:
        self.delete("all")
        self._ask()  # the view may have another size now
        loaded, width, height = self.loaded, self.winfo_width(), self.winfo_height()
        said = self._hint if self.path is None else loaded.problem if loaded and loaded.path == self.path else ""
        if said or loaded is None or self.lens is None or min(width, height) < LEAST_ROOM:
            self.create_text(width / 2, height / 2, text=said, width=max(width - self.px(40), 1), justify="center",
                             fill=theme.now(colours.DIM), font=self.face())  # fmt: skip
            return
        if self.lens.room != (width, height):
            self.lens, self._scene = replace(self.lens, room=(width, height)), None
            self.zoomed.emit()
        if self._scene is None:
            self._scene = Scene(loaded, self.lens)
            self._scene.lay(self._mask() if loaded.path == self.path else None)
        self._image = ImageTk.PhotoImage(self._scene.composed(self._overlay))
        self.create_image(*self._scene.place, image=self._image, anchor="nw")
        self._draw_brush()

    def _ask(self) -> None:
        """For the picture in the size of the view, and for all of it where it is enlarged."""
        room, path, loaded = (self.winfo_width(), self.winfo_height()), self.path, self.loaded
        here = loaded if loaded is not None and loaded.path == path else None
        if path is None or min(room) < LEAST_ROOM or (here is not None and (here.whole or here.problem)):
            return
        whole = here is not None and self.lens is not None and self.lens.zoom is not None
        if self._asked != (path, room, whole):
            self._asked = (path, room, whole)
            self._background.submit("large", lambda: load(path, room, whole), self._on_loaded)

    def _on_loaded(self, loaded: Loaded) -> None:
        if loaded.path != self.path:
            return
        same = self.lens is not None and self.loaded is not None and self.loaded.path == loaded.path
        self.loaded, self._scene = loaded, None
        if loaded.picture is not None:
            self.brush.fit(loaded.size)
        if not same or (self.lens is not None and self.lens.size != loaded.size):
            self.lens = Lens(loaded.size, loaded.room) if loaded.picture is not None else None
        self.point()
        self.redraw()
        self.came.emit()

    def _look_through(self, lens: Lens) -> None:
        if lens != self.lens:
            self.lens, self._scene = lens, None
            self.point()
            self._ask()
            self.redraw()
            self.zoomed.emit()

    def _middle(self) -> Point:
        return (self.winfo_width() / 2, self.winfo_height() / 2)

    def _mask(self) -> Image.Image | None:
        if self.path is None or self.brush.blank:
            return None
        painting = self.painting
        return painting.mask if painting else self.loaded.mask if self.loaded else None

    def _tell(self) -> None:
        self.tooled.emit()
        self.redraw()

    def _draw_brush(self) -> None:
        """A ring as large as the brush, light and dark so that it is seen on every picture."""
        if self._tool not in (BRUSH, ERASE) or self._at is None:
            return
        (x, y), radius = self._at, self._brush_px
        for more, colour in ((0, "#000000"), (1, "#ffffff")):
            r = radius + more
            self.create_oval(x - r, y - r, x + r, y + r, outline=colour, tags="brush")

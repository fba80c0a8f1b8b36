"""A picture with the outlines of its crops, then the crops, as large as there is room; a click shows one of them alone."""

from collections.abc import Callable
from typing import Any

from PIL import Image, ImageTk

from ui import colours, theme
from ui.concept.cutting import Cells, Cuts, cut, fitted
from ui.pictures.scene import TINT

GAP, NAME, LEAST, MOST = 8, 18, 128, 640  # px at 100 %
BACK = "Click or Esc: back. Left and Right: the others."


class CutCanvas(theme.Canvas):
    """Cell 0 is the whole picture, the others are its crops."""

    def __init__(self, parent: Any, resized: Callable[[], object]):
        super().__init__(parent, background=colours.PAGE, width=1, height=1, takefocus=True, cursor="hand2")
        self.cuts: Cuts | None = None
        self.large: int | None = None  # the cell that is shown alone
        self.boxes: list[tuple[int, int, int, int]] = []  # of the pictures, by cell
        self._made_for = (0, 0)  # the room that the cuts were made for
        self._resized = resized
        self._kept: list[Any] = []
        self.on_wheel(self._scroll)
        self.bind("<Button-1>", self._on_click)
        self.bind("<Left>", lambda _event: self.step(-1))
        self.bind("<Right>", lambda _event: self.step(1))
        self.bind("<Return>", lambda _event: self.enlarge(None if self.large is not None else 0))
        self.bind("<Escape>", lambda _event: self.enlarge(None))

    @property
    def cells(self) -> Cells:
        return Cells(*map(self.px, (NAME, GAP, LEAST, MOST)))

    def show(self, cuts: Cuts | None, room: tuple[int, int] = (0, 0)) -> None:
        """`room`: of this canvas, as it was when the cuts were asked for."""
        self.cuts, self._made_for = cuts, room
        self.redraw()

    def enlarge(self, cell: int | None) -> None:
        """Show a cell alone; None: all of them."""
        self.large = cell
        self.redraw()

    def step(self, by: int) -> None:
        """While one is shown alone, to its neighbour."""
        if self.large is not None and self.cuts is not None:
            self.enlarge(max(0, min(self.large + by, len(self.cuts.cuts))))

    def draw(self) -> None:
        room = (self.winfo_width(), self.winfo_height())
        if room != self._made_for and self.cuts is not None:
            self._made_for = room
            self._resized()
        self.delete("all")
        self._kept.clear()
        self.boxes.clear()
        if self.cuts is None:
            return
        if self.large is not None and self.large <= len(self.cuts.cuts):
            self.configure(scrollregion=(0, 0, *room))
            self._draw_large(self.cuts, self.large, room)
            return
        cells, sizes = self.cells, [self.cuts.whole.size, *(one.picture.size for one in self.cuts.cuts)]
        width, height = (max(values) for values in zip(*sizes, strict=True))
        columns = cells.columns(room[0], width)
        across, down = width + cells.gap, height + cells.name + cells.gap
        rows = -(-(len(self.cuts.cuts) + 1) // columns)
        self.configure(scrollregion=(0, 0, room[0], max(rows * down, room[1])), yscrollincrement=self.px(20))
        for cell in range(len(self.cuts.cuts) + 1):
            left, top = cell % columns * across, cell // columns * down
            picture = self.cuts.cuts[cell - 1].picture if cell else self.cuts.whole
            self._draw_cell(self.cuts, cell, picture, left, top)
            self._write(left, top + picture.height, self._title(self.cuts, cell))

    def _draw_large(self, cuts: Cuts, cell: int, room: tuple[int, int]) -> None:
        """In the middle, as large as the room."""
        free = (max(room[0], 16), max(room[1] - self.px(2 * NAME), 16))
        one = cuts.cuts[cell - 1] if cell else None
        picture = cut(cuts.source, one.crop, one.flip, free) if one else fitted(cuts.source, free)
        left = (room[0] - picture.width) // 2
        self._draw_cell(cuts, cell, picture, left, 0)
        self._write(left, picture.height, self._title(cuts, cell))
        self._write(left, picture.height + self.px(NAME), BACK)

    def _draw_cell(self, cuts: Cuts, cell: int, picture: Image.Image, left: int, top: int) -> None:
        kept = ImageTk.PhotoImage(picture, master=self)
        self._kept.append(kept)
        self.boxes.append((left, top, left + picture.width, top + picture.height))
        self.create_image(left, top, image=kept, anchor="nw")
        if cell:
            self.create_rectangle(left, top, left + picture.width - 1, top + picture.height - 1,
                                  outline=theme.now(colours.LINE))  # fmt: skip
            return
        for one in cuts.cuts:
            crop = one.crop
            across, down = picture.width / crop.scaled_width, picture.height / crop.scaled_height
            box = (left + crop.left * across, top + crop.top * down,
                   left + (crop.left + crop.bucket.width) * across - 1,
                   top + (crop.top + crop.bucket.height) * down - 1)  # fmt: skip
            self.create_rectangle(*box, outline="#ffffff", width=self.px(1))
            self.create_rectangle(*box, outline=TINT, width=self.px(1), dash=(4, 4))

    def _title(self, cuts: Cuts, cell: int) -> str:
        if not cell:
            return "the picture"
        one = cuts.cuts[cell - 1]
        bucket = one.crop.bucket
        return f"{one.repeat + 1}. {bucket.width} x {bucket.height}{', flipped' if one.flip else ''}"

    def _write(self, left: int, top: int, words: str) -> None:
        self.create_text(left, top + self.px(1), text=words, anchor="nw", font=self.face(11),
                         fill=theme.now(colours.DIM))  # fmt: skip

    def _on_click(self, event: Any) -> None:
        self.focus_set()
        if self.large is not None:
            self.enlarge(None)
            return
        x, y = self.canvasx(event.x), self.canvasy(event.y)
        for cell, (left, top, right, bottom) in enumerate(self.boxes):
            if left <= x < right and top <= y < bottom:
                self.enlarge(cell)

    def _scroll(self, way: int) -> None:
        region = str(self.cget("scrollregion")).split()
        if region and int(float(region[3])) > self.winfo_height():
            self.yview_scroll(way * 3, "units")

"""A table of pictures with labels over the columns and beside the rows, which stay in view. A click shows one large."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import customtkinter as ctk

from onetrainer_clone.contact_sheet import Place
from ui import colours, theme
from ui.thumbnails import Pictures

CELL, LABELS, HEAD = 132, 118, 40  # px at 100 %


class PictureTable(ctk.CTkFrame):
    def __init__(self, parent: Any, pictures: Pictures, empty: str, open_large: Callable[[Place], object]):
        edge = {"border_width": theme.BORDER, "border_color": colours.LINE}
        super().__init__(parent, corner_radius=8, bg_color=colours.PAGE, **edge)
        self.view = _Cells(self, pictures, empty, open_large)
        self._across = ctk.CTkScrollbar(self, orientation="horizontal", command=self.view.xview)
        self._down = ctk.CTkScrollbar(self, command=self.view.yview)
        self.grid_columnconfigure(0, weight=1)
        self.grid_rowconfigure(0, weight=1)
        place_across = lambda: self._across.grid(row=1, column=0, sticky="ew", padx=6, pady=(0, 3))  # noqa: E731
        place_down = lambda: self._down.grid(row=0, column=1, sticky="ns", pady=6, padx=(0, 3))  # noqa: E731
        self.view.configure(
            xscrollcommand=theme.scrolls(self._across, place_across, self._across.grid_remove),
            yscrollcommand=theme.scrolls(self._down, place_down, self._down.grid_remove),
        )
        self.view.grid(row=0, column=0, sticky="nsew", padx=6, pady=6)

    def show(self, columns: Sequence[str], rows: Sequence[str], pictures: Mapping[Place, Path]) -> None:
        """Places without a picture yet are grey."""
        self.view.columns, self.view.rows, self.view.pictures = columns, rows, pictures
        self.view.redraw()

    @property
    def drawn(self) -> int:
        """How many pictures are on the screen now."""
        return len(self.view.kept)


class _Cells(theme.Canvas):
    def __init__(self, owner: PictureTable, pictures: Pictures, empty: str, open_large: Callable[[Place], object]):
        super().__init__(owner, width=10, height=10)
        self.kept: list[Any] = []  # Tk forgets pictures that nobody holds
        self.columns: Sequence[str] = ()
        self.rows: Sequence[str] = ()
        self.pictures: Mapping[Place, Path] = {}
        self._thumbnails, self._empty, self._open = pictures, empty, open_large
        self.bind("<Button-1>", self._on_click)
        self.on_wheel(
            lambda way: self._scroll(self.yview_scroll, way), lambda way: self._scroll(self.xview_scroll, way)
        )

    def xview(self, *args: Any) -> Any:
        return self._viewed(super().xview(*args), args)

    def yview(self, *args: Any) -> Any:
        return self._viewed(super().yview(*args), args)

    def _viewed(self, result: Any, args: tuple[Any, ...]) -> Any:
        if args:
            self.redraw()
        return result

    def draw(self) -> None:
        self.delete("all")
        kept, self.kept = self.kept, []
        px, width, height = self.px, self.winfo_width(), self.winfo_height()
        if not self.rows:
            self.configure(scrollregion=(0, 0, 1, 1))
            self.create_text(
                width / 2, height / 2, text=self._empty, fill=theme.now(colours.DIM), font=self.face(),
                justify="center", width=max(width - px(60), 1),
            )  # fmt: skip
            return
        whole = (px(LABELS + CELL * len(self.columns)), px(HEAD + CELL * len(self.rows)))
        self.configure(scrollregion=(0, 0, max(whole[0], width), max(whole[1], height)))
        left, top = self.canvasx(0), self.canvasy(0)
        across, down = self._seen(left, width, LABELS, len(self.columns)), self._seen(top, height, HEAD, len(self.rows))
        for row in down:
            for column in across:
                self._draw_cell((row, column))
        self._draw_labels(left, top, across, down)
        del kept  # only now: a picture that is still shown must not flicker

    def _seen(self, begin: float, size: int, before: int, count: int) -> range:
        cell = self.px(CELL)
        first = max(int(begin) // cell, 0)
        return range(first, min(int(begin + size - self.px(before)) // cell + 1, count))

    def _draw_cell(self, place: Place) -> None:
        px, side = self.px, self.px(CELL - 8)
        left, top = px(LABELS + CELL * place[1]), px(HEAD + CELL * place[0])
        path = self.pictures.get(place)
        picture = self._thumbnails.thumbnail(path, side, self.redraw) if path else None
        if picture is None:
            self.create_rectangle(left, top, left + side, top + side, fill=theme.now(colours.HOVER), width=0)
        else:
            self.kept.append(picture)
            self.create_image(left + side / 2, top + side / 2, image=picture)

    def _draw_labels(self, left: float, top: float, across: range, down: range) -> None:
        px, card, text = self.px, theme.now(colours.CARD), theme.now(colours.TEXT)
        self.create_rectangle(left, top, left + self.winfo_width(), top + px(HEAD - 2), fill=card, width=0)
        for column in across:
            self._label(
                self.columns[column], px(LABELS + CELL * column), top + px(2), px(CELL - 10), px(HEAD - 2), text
            )
        self.create_rectangle(left, top, left + px(LABELS - 4), top + self.winfo_height(), fill=card, width=0)
        for row in down:
            self._label(self.rows[row], left + px(2), px(HEAD + CELL * row), px(LABELS - 12), px(CELL - 8), text)
        self.create_rectangle(left, top, left + px(LABELS - 4), top + px(HEAD - 2), fill=card, width=0)

    def _label(self, words: str, left: float, top: float, width: int, height: int, colour: str) -> None:
        """The last line (seed, strength) stays whole; what is before it is cut until all fits."""
        first, _, last = words.rpartition("\n")
        first, last = (first, f"\n{last}") if first else (last, "")
        face = self.face(theme.SMALL)
        drawn = self.create_text(left, top, text=first + last, anchor="nw", width=width, fill=colour, font=face)
        while len(first) > 4 and self.bbox(drawn)[3] - top > height:
            first = first[: len(first) * 3 // 4]
            self.itemconfigure(drawn, text=f"{first.rstrip()}…{last}")

    def _scroll(self, scroll: Callable[..., object], way: int) -> None:
        scroll(way * 2, "units")
        self.redraw()

    def _on_click(self, event: Any) -> None:
        column = int(self.canvasx(event.x) - self.px(LABELS)) // self.px(CELL)
        row = int(self.canvasy(event.y) - self.px(HEAD)) // self.px(CELL)
        if event.x > self.px(LABELS) and event.y > self.px(HEAD) and (row, column) in self.pictures:
            self._open((row, column))

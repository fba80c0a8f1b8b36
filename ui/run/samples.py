"""The samples as they come: a row for each prompt, a column for each step, the newest in view. A click shows it large."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import customtkinter as ctk

from onetrainer_clone.events import Sampled
from ui import colours, theme
from ui.run.record import PromptKey, Record
from ui.thumbnails import Pictures

CELL = 132
LABELS = 118  # width of the column with the prompts
HEAD = 26
EMPTY = "Samples appear here as the run draws them: a row for each prompt, a column for each step."


class Samples(ctk.CTkFrame):
    def __init__(self, parent: Any, pictures: Pictures, open_large: Callable[[Record, PromptKey, int], object]):
        super().__init__(parent, corner_radius=8, border_width=1, border_color=colours.LINE, bg_color=colours.PAGE)
        self.view = _Grid(self, pictures, open_large)
        self._across = ctk.CTkScrollbar(self, orientation="horizontal", command=self.view.xview)
        self._down = ctk.CTkScrollbar(self, command=self.view.yview)
        self.grid_columnconfigure(0, weight=1)
        self.grid_rowconfigure(0, weight=1)
        self.view.configure(
            xscrollcommand=theme.scrolls(self._across, self._place_across, self._across.grid_remove),
            yscrollcommand=theme.scrolls(self._down, self._place_down, self._down.grid_remove),
        )
        self.view.grid(row=0, column=0, sticky="nsew", padx=6, pady=6)

    def _place_across(self) -> None:
        self._across.grid(row=1, column=0, sticky="ew", padx=6, pady=(0, 3))

    def _place_down(self) -> None:
        self._down.grid(row=0, column=1, sticky="ns", pady=6, padx=(0, 3))

    def show(self, record: Record) -> None:
        self.view.show(record)

    @property
    def drawn(self) -> int:
        """How many pictures are on the screen now."""
        return len(self.view.kept)


class _Grid(theme.Canvas):
    def __init__(self, owner: Samples, pictures: Pictures, open_large: Callable[[Record, PromptKey, int], object]):
        super().__init__(owner)
        self.kept: list[Any] = []  # Tk forgets pictures that nobody holds
        self._pictures, self._open = pictures, open_large
        self._record = Record()
        self._shown: tuple[Any, ...] = ()
        self._follow = True  # keep the newest column in view until the person scrolls away
        self.bind("<Button-1>", self._on_click)
        self.on_wheel(
            lambda way: self._scroll(self.yview_scroll, way),
            lambda way: self._scroll(self.xview_scroll, way),
        )

    def show(self, record: Record) -> None:
        shown = (id(record), record.samples_version)
        if shown != self._shown:
            if record is not self._record:
                self._follow = True
            self._record, self._shown = record, shown
            self.redraw()

    def xview(self, *args: Any) -> Any:
        result = super().xview(*args)
        if args:
            self._follow = self.canvasx(self.winfo_width()) >= self._width() - 2
            self.redraw()
        return result

    def yview(self, *args: Any) -> Any:
        result = super().yview(*args)
        if args:
            self.redraw()
        return result

    def draw(self) -> None:
        self.delete("all")
        kept, self.kept = self.kept, []
        rows, steps, px = self._record.rows(), self._record.sample_steps, self.px
        if not rows:
            self.configure(scrollregion=(0, 0, 1, 1))
            self.create_text(
                self.winfo_width() / 2, self.winfo_height() / 2, text=EMPTY, fill=theme.now(colours.DIM),
                font=self.face(), justify="center", width=max(self.winfo_width() - px(60), 1),
            )  # fmt: skip
            return
        height = px(HEAD + CELL * len(rows))
        self.configure(scrollregion=(0, 0, self._width(), max(height, self.winfo_height())))
        if self._follow:
            super().xview("moveto", 1.0)
        left, top = self.canvasx(0), self.canvasy(0)
        first = max(int((left - px(LABELS)) // px(CELL)), 0)
        last = min(int((left + self.winfo_width() - px(LABELS)) // px(CELL)) + 1, len(steps))
        for number, key in enumerate(rows):
            place = px(HEAD + CELL * number)
            if place + px(CELL) < top or place > top + self.winfo_height():
                continue
            for column in range(first, last):
                if sample := self._record.samples[key].get(steps[column]):
                    self._draw_sample(sample, px(LABELS + CELL * column), place)
        self._draw_frame(rows, steps, left, top, range(first, last))
        del kept  # only now: a picture that is still shown must not flicker

    def _draw_sample(self, sample: Sampled, left: int, top: int) -> None:
        side = self.px(CELL - 8)
        picture = self._pictures.thumbnail(Path(sample.path), side, self.redraw)
        if picture is None:
            self.create_rectangle(left, top, left + side, top + side, fill=theme.now(colours.HOVER), width=0)
            return
        self.kept.append(picture)
        self.create_image(left + side / 2, top + side / 2, image=picture)

    def _draw_frame(self, rows: list[PromptKey], steps: list[int], left: float, top: float, seen: range) -> None:
        """Steps above and prompts at the left; both stay while the pictures scroll."""
        px, card = self.px, theme.now(colours.CARD)
        self.create_rectangle(left, top, left + self.winfo_width(), top + px(HEAD - 2), fill=card, width=0)
        for column in seen:
            self.create_text(
                px(LABELS + CELL * column) + px(CELL - 8) / 2, top + px(HEAD / 2), text=f"step {steps[column]:,}",
                fill=theme.now(colours.DIM), font=self.face(12),
            )  # fmt: skip
        self.create_rectangle(left, top, left + px(LABELS - 4), top + self.winfo_height(), fill=card, width=0)
        for number, key in enumerate(rows):
            words = key.prompt if len(key.prompt) < 90 else key.prompt[:88] + "…"
            note = "by hand" if key.index < 0 else f"seed {key.seed}"
            note += ", EMA" if key.weights == "ema" else ""
            place = px(HEAD + CELL * number)
            text = self.create_text(
                left + px(4), place + px(2), text=words, anchor="nw", width=px(LABELS - 14),
                fill=theme.now(colours.TEXT), font=self.face(12),
            )  # fmt: skip
            self.create_text(
                left + px(4), self.bbox(text)[3] + px(3), text=note, anchor="nw", fill=theme.now(colours.DIM),
                font=self.face(11),
            )  # fmt: skip

    def _width(self) -> int:
        return self.px(LABELS + CELL * len(self._record.sample_steps))

    def _scroll(self, scroll: Callable[..., object], way: int) -> None:
        scroll(way * 2, "units")
        self._follow = self.canvasx(self.winfo_width()) >= self._width() - 2
        self.redraw()

    def _on_click(self, event: Any) -> None:
        column = int((self.canvasx(event.x) - self.px(LABELS)) // self.px(CELL))
        row = int((self.canvasy(event.y) - self.px(HEAD)) // self.px(CELL))
        rows, steps = self._record.rows(), self._record.sample_steps
        if 0 <= row < len(rows) and 0 <= column < len(steps) and event.x > self.px(LABELS):
            self._open(self._record, rows[row], steps[column])

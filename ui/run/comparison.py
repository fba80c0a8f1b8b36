"""Two samples against each other: side by side, or one above the other with a divider that is moved."""

from functools import partial
from typing import Any

import customtkinter as ctk
from PIL import Image, ImageTk

from ui import colours, theme
from ui.run.large import LargePictures
from ui.run.look import Look
from ui.run.loupe import STEP, Loupe, Spot
from ui.run.places import Place, neighbour, path_at, words
from ui.run.record import Record
from ui.run.room import Size, keep_size, size_for
from ui.tooltip import Tooltip
from ui.top_level import TopLevel

BESIDE, SWIPE = "Side by side", "Swipe"
GAP = 8  # px at 100 %
SIDE = 720  # px of the screen for each picture, where it has them
AROUND = Size(40, 190)  # px at 100 % that are not the pictures'
KEYS = (
    "↑ ↓  another prompt     Tab  side by side, or swipe     Wheel, + and -  larger, smaller     Esc  closes",
    "Mouse  moves both pictures",
    "Mouse  moves the divider, with Shift the pictures",
)


class Comparison(TopLevel):
    def __init__(self, root: Any, record: Record, first: Place, second: Place):
        super().__init__(root)
        self.places = [first, second]
        self.divider = 0.5  # share of the width
        self._record = record
        self._kept: list[Any] = []  # Tk forgets pictures that nobody holds
        self._fitted: dict[tuple[Place, int, int, Look], Image.Image] = {}
        self.title("Two samples")
        self.transient(root)
        self.geometry(size_for(self, "comparison", Size(2 * SIDE + GAP, SIDE), AROUND))
        head = ctk.CTkFrame(self, fg_color="transparent")
        head.pack(pady=(12, 6))
        self.mode = ctk.CTkSegmentedButton(head, values=[BESIDE, SWIPE], command=lambda _mode: self._show())
        self.mode.set(BESIDE)
        self.mode.pack(side="left")
        self.hint = ctk.CTkLabel(self, text="", text_color=colours.DIM, font=theme.font(theme.SMALL))
        self.hint.pack(side="bottom", pady=(0, 8))
        captions = ctk.CTkFrame(self, fg_color="transparent")
        captions.pack(side="bottom", fill="x", padx=16, pady=(6, 4))
        self.captions = [ctk.CTkLabel(captions, text="", justify="center", anchor="n") for _ in self.places]
        for column, caption in enumerate(self.captions):
            captions.grid_columnconfigure(column, weight=1, uniform="halves")
            caption.grid(row=0, column=column, sticky="new", padx=4)
        captions.bind("<Configure>", self._wrap)
        self.view = theme.Canvas(self, background=colours.PAGE)
        self.view.draw = self._draw_pictures  # type: ignore[method-assign]
        self.view.pack(fill="both", expand=True, padx=16)
        theme.wrap(self.hint, self.view)  # not within the window itself, which hears of every widget in it
        self.pictures = LargePictures(self, self.view.redraw)
        self.loupe = Loupe(self.view, self._spot, self._on_look)
        self.loupe.drags(2)
        self.loupe.drags(1, instead=self._move_divider)
        self.loupe.drags(1, "Shift-")
        self.size_button = theme.button(head, "100 %", self.loupe.toggle, width=70)
        self.size_button.pack(side="left", padx=(8, 0))
        Tooltip(root).attach(self.size_button, partial(str, "The pictures' own pixels, or all of them."))
        for key, factor in (("plus", STEP), ("KP_Add", STEP), ("minus", 1 / STEP), ("KP_Subtract", 1 / STEP)):
            self.bind(f"<{key}>", lambda _event, factor=factor: self.loupe.closer(factor))
        for name, rows, steps in (("Left", 0, -1), ("Right", 0, 1), ("Up", -1, 0), ("Down", 1, 0)):
            self.bind(f"<{name}>", lambda _event, rows=rows, steps=steps: self.go(rows, steps))
            self.bind(f"<Shift-{name}>", lambda _event, rows=rows, steps=steps: self.go(rows, steps, left=True))
        self.bind("<Tab>", lambda _event: self._other_mode())
        self.bind("<Escape>", lambda _event: self.destroy())
        self.go(0, 0)
        self.after(50, self.focus_set)

    def destroy(self) -> None:
        keep_size(self, "comparison")
        self.pictures.close()
        super().destroy()
        self._kept.clear()  # here, on the main thread

    def go(self, rows: int, steps: int, left: bool = False) -> None:
        """To neighbours. Two pictures of the same step stay so; else the one at the right moves, or the other one."""
        first, second = self.places
        both = first.step == second.step and not left
        if both or left:
            first = neighbour(self._record, first, rows, steps, same_weights=True)
        if not left:
            second = neighbour(self._record, second, rows, steps, same_weights=True)
        self.places = [first, second]
        for caption, place in zip(self.captions, self.places, strict=True):
            caption.configure(text=words(self._record, place))
        self._show()

    def _show(self) -> None:
        self.hint.configure(text=self._keys())
        self.view.redraw()

    def _keys(self) -> str:
        """What the keys and the mouse do now."""
        column = "column" if self._record.columns else "step"
        together = self.places[0].step == self.places[1].step
        which = "of both" if together else "of the right picture"
        everywhere, beside, swiping = KEYS
        return (
            f"← →  another {column} {which}     Shift ← →  of the left one {'alone ' if together else ''}"
            f"    {swiping if self.mode.get() == SWIPE else beside}\n{everywhere}"
        )

    def _other_mode(self) -> str:
        self.mode.set(SWIPE if self.mode.get() == BESIDE else BESIDE)
        self._show()
        return "break"

    def _draw_pictures(self) -> None:
        self.view.delete("all")
        self._kept.clear()
        width, swipe = max(self.view.winfo_width(), 32), self.mode.get() == SWIPE
        room, height, apart = self._rooms()
        found = [self._fit(place, room, height) for place in self.places]
        if not swipe or None in found:
            for number, picture in enumerate(found):
                middle = room / 2 + number * apart if not swipe else width * (1 + 2 * number) / 4
                self._put(picture, self.places[number], middle, height / 2, room)
            return
        first, second = (picture for picture in found if picture is not None)
        if second.size != first.size:
            second = second.resize(first.size)
        cut = round(self.divider * first.width)
        joined = first.copy()
        joined.paste(second.crop((cut, 0, *second.size)), (cut, 0))
        self._put(joined, self.places[0], width / 2, height / 2, width)
        x = (width - first.width) / 2 + cut
        self.view.create_line(x, 0, x, height, fill=theme.now(colours.ACCENT), width=self.view.px(2))

    def _fit(self, place: Place, width: int, height: int) -> Image.Image | None:
        """What is seen of it; kept, so that moving the divider is quick."""
        look = self.loupe.look
        wanted = (place, width, height, look)
        if wanted not in self._fitted:
            picture = self.pictures.picture(path_at(self._record, place))
            if picture is None:
                return None
            self._fitted = {key: kept for key, kept in self._fitted.items() if key[1:] == wanted[1:]}
            if len(self._fitted) > 6:
                self._fitted.clear()
            self._fitted[wanted] = look.cut(picture, (width, height))
        return self._fitted[wanted]

    def _put(self, picture: Image.Image | None, place: Place, x: float, y: float, room: int) -> None:
        if picture is None:
            gone = self.pictures.gone(path_at(self._record, place))
            text = "The picture is gone, or cannot be read." if gone else "…"
            ink = theme.now(colours.DIM)
            self.view.create_text(x, y, text=text, fill=ink, width=room, font=self.view.face())
            return
        self._kept.append(ImageTk.PhotoImage(picture, master=self))
        self.view.create_image(x, y, image=self._kept[-1])

    def _move_divider(self, event: Any) -> bool:
        """To the mouse; False where there is none to be moved."""
        pictures = [kept for (place, *_), kept in self._fitted.items() if place == self.places[0]]
        if self.mode.get() != SWIPE or not pictures:
            return False
        self.focus_set()
        width = pictures[-1].width
        left = (self.view.winfo_width() - width) / 2
        self.divider = min(max((event.x - left) / width, 0.0), 1.0)
        self.view.redraw()
        return True

    def _rooms(self) -> tuple[int, int, int]:
        """Width of the room for a picture, its height, and how far apart the two rooms begin."""
        width, height, gap = max(self.view.winfo_width(), 32), max(self.view.winfo_height(), 16), self.view.px(GAP)
        if self.mode.get() == SWIPE:
            return width, height, 0
        return (width - gap) // 2, height, (width - gap) // 2 + gap

    def _spot(self, x: float, y: float) -> Spot | None:
        width, height, apart = self._rooms()
        number = int(apart > 0 and x >= apart)
        picture = self.pictures.picture(path_at(self._record, self.places[number]))
        return Spot((x - number * apart, y), picture.size, (width, height)) if picture else None

    def _on_look(self) -> None:
        self.size_button.configure(text="100 %" if self.loupe.look.whole else "Fit")
        self.view.redraw()

    def _wrap(self, event: Any) -> None:
        for caption in self.captions:
            caption.configure(wraplength=max(round(event.width / 2 / theme.scaling(self)) - 16, 80))

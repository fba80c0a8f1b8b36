"""One sample, large. Left and right go through the steps, up and down through the prompts, Esc closes."""

from typing import Any

import customtkinter as ctk
from PIL import ImageTk

from ui import colours, theme
from ui.run.comparison import Comparison
from ui.run.large import LargePictures, fitted
from ui.run.places import Place, neighbour, other_weights, path_at, words
from ui.run.record import PromptKey, Record
from ui.runs.reveal import reveal
from ui.runs.toolbar import Wrapping

SIDE = 600  # px at 100 %


class Viewer(ctk.CTkToplevel):
    """Fits the picture into the window; a click shows its own pixels (100 %), which can be dragged."""

    def __init__(self, root: Any, record: Record, key: PromptKey, step: int):
        super().__init__(root)
        self.place = Place(key, step)
        self.whole = True  # else 100 %
        self._owner, self._record = root, record
        self._shown: Any = None
        self._corner = (0, 0)  # of the part that is seen at 100 %
        self._pressed: tuple[int, int, tuple[int, int]] | None = None
        self.title("Sample")
        self.transient(root)
        room = round(self.winfo_screenheight() / theme.scaling(root)) - 240
        side = max(min(SIDE, room), 200)
        self.geometry(f"{side + 32}x{side + 150}")
        self.view = theme.Canvas(self, background=colours.PAGE, cursor="hand2")
        self.view.draw = self._draw_picture  # type: ignore[method-assign]
        self.pictures = LargePictures(self, self.view.redraw)
        self.buttons = self._buttons()
        self._words = ctk.CTkLabel(self, text="", justify="center")
        self._slider = ctk.CTkSlider(self, command=self._slide, height=16)
        self._words.pack(side="bottom", fill="x", padx=16, pady=(0, 8))
        self._slider.pack(side="bottom", fill="x", padx=16, pady=(0, 6))
        self.view.pack(fill="both", expand=True, padx=16, pady=(4, 6))
        theme.wrap(self._words, self.view)
        self.view.bind("<Button-1>", self._press)
        self.view.bind("<B1-Motion>", self._drag)
        self.view.bind("<ButtonRelease-1>", self._release)
        for name, rows, steps in (("Left", 0, -1), ("Right", 0, 1), ("Up", -1, 0), ("Down", 1, 0)):
            self.bind(f"<{name}>", lambda _event, rows=rows, steps=steps: self.go(rows, steps))
        self.bind("<Escape>", lambda _event: self.destroy())
        self.go(0, 0)
        self.after(50, self.focus_set)

    def destroy(self) -> None:
        self.pictures.close()
        super().destroy()
        self._shown = None  # here, on the main thread

    @property
    def key(self) -> PromptKey:
        return self.place.key

    @property
    def step(self) -> int:
        return self.place.step

    def go(self, rows: int, steps: int) -> None:
        """To a neighbour, where there is one."""
        self._show(neighbour(self._record, self.place, rows, steps))

    def resize(self) -> None:
        """Between the whole picture and its own pixels."""
        self.whole = not self.whole
        self._corner = (0, 0)
        self.buttons["size"].configure(text="100 %" if self.whole else "Fit")
        self.view.redraw()

    def compare_weights(self) -> None:
        """Live weights at the left, their average (EMA) at the right."""
        if other := other_weights(self._record, self.place):
            live, average = sorted((self.place, other), key=lambda place: place.key.weights != "live")
            Comparison(self._owner, self._record, live, average)

    def _show(self, place: Place) -> None:
        self.place = place
        self._words.configure(text=words(self._record, place))
        steps = sorted(self._record.samples[place.key])
        if len(steps) > 1:
            self._slider.configure(from_=0, to=len(steps) - 1, number_of_steps=len(steps) - 1, state="normal")
            self._slider.set(steps.index(place.step))
        else:
            self._slider.configure(state="disabled")
        self.buttons["ema"].configure(state="normal" if other_weights(self._record, place) else "disabled")
        self.view.redraw()

    def _slide(self, value: float) -> None:
        step = sorted(self._record.samples[self.key])[round(value)]
        if step != self.step:
            self._show(Place(self.key, step))

    def _buttons(self) -> dict[str, Any]:
        bar = Wrapping(self)
        bar.pack(side="top", fill="x", padx=16, pady=(10, 0))
        made = {}
        for key, text, command in (
            ("size", "100 %", self.resize),
            ("ema", "EMA against live", self.compare_weights),
            ("reveal", "Show in folder", lambda: reveal(path_at(self._record, self.place))),
            ("copy", "Copy path", self._copy),
        ):
            made[key] = theme.button(bar, text, command)
            bar.lay(made[key])
        return made

    def _copy(self) -> None:
        self.clipboard_clear()
        self.clipboard_append(str(path_at(self._record, self.place)))

    def _draw_picture(self) -> None:
        self.view.delete("all")
        width, height = max(self.view.winfo_width(), 16), max(self.view.winfo_height(), 16)
        path = path_at(self._record, self.place)
        picture = self.pictures.picture(path)
        if picture is None:
            text = f"The picture is gone: {path}" if self.pictures.gone(path) else "…"
            self.view.create_text(
                width / 2, height / 2, text=text, fill=theme.now(colours.DIM), width=width, font=self.view.face(),
                justify="center",
            )  # fmt: skip
            return
        if self.whole:
            picture = fitted(picture, width, height)
        else:
            left = min(max(self._corner[0], 0), max(picture.width - width, 0))
            top = min(max(self._corner[1], 0), max(picture.height - height, 0))
            self._corner = (left, top)
            picture = picture.crop((left, top, min(left + width, picture.width), min(top + height, picture.height)))
        self._shown = ImageTk.PhotoImage(picture, master=self)
        self.view.create_image(width / 2, height / 2, image=self._shown)

    def _press(self, event: Any) -> None:
        self.focus_set()
        self._pressed = (event.x, event.y, self._corner)

    def _drag(self, event: Any) -> None:
        if self._pressed and not self.whole:
            x, y, (left, top) = self._pressed
            self._corner = (left + x - event.x, top + y - event.y)
            self.view.redraw()

    def _release(self, event: Any) -> None:
        pressed, self._pressed = self._pressed, None
        if pressed and abs(event.x - pressed[0]) + abs(event.y - pressed[1]) < 4:
            self.resize()

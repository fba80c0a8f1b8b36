"""One sample, large. Left and right go through the steps, up and down through the prompts, Esc closes."""

from functools import partial
from typing import Any

import customtkinter as ctk
from PIL import ImageTk

from ui import colours, theme
from ui.run.comparison import Comparison
from ui.run.large import LargePictures
from ui.run.loupe import STEP, Loupe, Spot
from ui.run.places import Place, neighbour, other_weights, path_at, why_no_other, words
from ui.run.record import PromptKey, Record
from ui.run.room import Size, keep_size, size_for
from ui.runs.reveal import reveal
from ui.runs.toolbar import Wrapping
from ui.tooltip import Tooltip
from ui.top_level import TopLevel

SIDE = 1024  # px of the screen, where it has them: a sample of SDXL in its own pixels
LOOK_MS = 400  # between two looks at what the run has drawn meanwhile
AROUND = Size(32, 170)  # px at 100 % that are not the picture's


class Viewer(TopLevel):
    """Fits the picture into the window; a click shows its own pixels (100 %), the wheel enlarges, dragging moves it."""

    def __init__(self, root: Any, record: Record, key: PromptKey, step: int):
        super().__init__(root)
        self.place = Place(key, step)
        self._owner, self._record = root, record
        self._shown: Any = None
        self._percent = 0
        self._heard, self._looking = -1, ""
        self.title("Sample")
        self.transient(root)
        self.geometry(size_for(self, "sample", Size(SIDE, SIDE), AROUND))
        self.view = theme.Canvas(self, background=colours.PAGE, cursor="hand2")
        self.view.draw = self._draw_picture  # type: ignore[method-assign]
        self.pictures = LargePictures(self, self.view.redraw)
        self.loupe = Loupe(self.view, self._spot, self._on_look)
        self.loupe.drags(1, clicked=lambda event: self.loupe.toggle(event.x, event.y))
        self.loupe.drags(2)
        self._words = ctk.CTkLabel(self, text="", justify="center")
        self._slider = ctk.CTkSlider(self, command=self._slide, height=16)
        self.buttons = self._buttons()
        self._words.pack(side="bottom", fill="x", padx=16, pady=(0, 8))
        self._slider.pack(side="bottom", fill="x", padx=16, pady=(0, 6))
        self.view.pack(fill="both", expand=True, padx=16, pady=(4, 6))
        theme.wrap(self._words, self.view)
        for name, factor in (("plus", STEP), ("KP_Add", STEP), ("minus", 1 / STEP), ("KP_Subtract", 1 / STEP)):
            self.bind(f"<{name}>", lambda _event, factor=factor: self.loupe.closer(factor))
        for name, rows, steps in (("Left", 0, -1), ("Right", 0, 1), ("Up", -1, 0), ("Down", 1, 0)):
            self.bind(f"<{name}>", lambda _event, rows=rows, steps=steps: self.go(rows, steps))
        self.bind("<Escape>", lambda _event: self.destroy())
        self.go(0, 0)
        self._look()
        self.after(50, self.focus_set)

    def destroy(self) -> None:
        keep_size(self, "sample")
        self.after_cancel(self._looking)
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

    def compare_weights(self) -> None:
        """Live weights at the left, their average (EMA) at the right."""
        if other := other_weights(self._record, self.place):
            live, average = sorted((self.place, other), key=lambda place: place.key.weights != "live")
            Comparison(self._owner, self._record, live, average)

    def _show(self, place: Place) -> None:
        self.place = place
        self._tell()
        self._place_among_others()
        self.view.redraw()

    def _look(self) -> None:
        """A run that goes on draws more: the same picture is looked at, but it is the newest no more."""
        if self._heard != self._record.samples_version:
            self._place_among_others()
        self._looking = self.after(LOOK_MS, self._look)

    def _place_among_others(self) -> None:
        self._heard = self._record.samples_version
        steps = sorted(self._record.samples[self.key])
        if len(steps) > 1:
            self._slider.configure(from_=0, to=len(steps) - 1, number_of_steps=len(steps) - 1, state="normal")
            self._slider.set(steps.index(self.step))
        else:
            self._slider.configure(state="disabled")
        self.buttons["ema"].configure(state="normal" if other_weights(self._record, self.place) else "disabled")

    def _slide(self, value: float) -> None:
        step = sorted(self._record.samples[self.key])[round(value)]
        if step != self.step:
            self._show(Place(self.key, step))

    def _tell(self) -> None:
        self._words.configure(
            text=f"{words(self._record, self.place)}{f', {self._percent:,} %' if self._percent else ''}"
        )

    def _buttons(self) -> dict[str, Any]:
        bar = Wrapping(self)
        bar.pack(side="top", fill="x", padx=16, pady=(10, 0))
        tooltip = Tooltip(self._owner)
        made = {}
        for key, text, command, tip in (
            ("size", "100 %", self.loupe.toggle, "The picture's own pixels, or all of it (a click on it). The "
             "mouse wheel, + and - enlarge it; dragging moves it."),
            ("ema", "EMA against live", self.compare_weights, "The same sample from the weights as they are and from their "
             "average (EMA), beside each other."),
            ("reveal", "Show in folder", lambda: reveal(path_at(self._record, self.place)), "Opens its folder in the file "
             "manager."),
            ("copy", "Copy path", self._copy, "Its file's name and folder, for pasting elsewhere."),
        ):  # fmt: skip
            made[key] = theme.button(bar, text, command)
            bar.lay(made[key])
            tooltip.attach(made[key], partial(self._explain, key, tip))
        tooltip.attach(self._slider, partial(str, "The steps at which this prompt was drawn. ← and → go through them."))
        return made

    def _explain(self, key: str, tip: str) -> str:
        why = why_no_other(self._record, self.place) if key == "ema" else ""
        return f"{tip}\n\n{why}" if why else tip

    def _copy(self) -> None:
        self.clipboard_clear()
        self.clipboard_append(str(path_at(self._record, self.place)))

    def _draw_picture(self) -> None:
        self.view.delete("all")
        width, height = max(self.view.winfo_width(), 16), max(self.view.winfo_height(), 16)
        path = path_at(self._record, self.place)
        picture = self.pictures.picture(path)
        if picture is None:
            text = f"The picture is gone, or cannot be read: {path}" if self.pictures.gone(path) else "…"
            self.view.create_text(
                width / 2, height / 2, text=text, fill=theme.now(colours.DIM), width=width, font=self.view.face(),
                justify="center",
            )  # fmt: skip
            return
        room = width, height
        self._shown = ImageTk.PhotoImage(self.loupe.look.cut(picture, room), master=self)
        self.view.create_image(width / 2, height / 2, image=self._shown)
        if (percent := round(100 * self.loupe.look.scale(picture.size, room))) != self._percent:
            self._percent = percent
            self._tell()

    def _spot(self, x: float, y: float) -> Spot | None:
        picture = self.pictures.picture(path_at(self._record, self.place))
        return Spot((x, y), picture.size, (self.view.winfo_width(), self.view.winfo_height())) if picture else None

    def _on_look(self) -> None:
        self.buttons["size"].configure(text="100 %" if self.loupe.look.whole else "Fit")
        self.view.redraw()

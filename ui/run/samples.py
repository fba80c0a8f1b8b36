"""Samples as a timeline: a slider over the columns (steps of a run) above the grid of pictures, and comparing two."""

from collections.abc import Callable
from functools import partial
from typing import Any

import customtkinter as ctk

from ui import colours, theme
from ui.run.comparison import Comparison
from ui.run.grid import EMPTY, SIZES, Grid
from ui.run.places import Place, other_weights, path_at
from ui.run.record import PromptKey, Record
from ui.run.timeline import Timeline
from ui.runs.reveal import reveal
from ui.thumbnails import Pictures
from ui.tooltip import Tooltip

NARROW = 320  # px at 100 %: the slider needs a third of it
PICK = ("Click two pictures to compare them", "Click the other picture")


class Samples(ctk.CTkFrame):
    def __init__(
        self,
        parent: Any,
        pictures: Pictures,
        open_large: Callable[[Record, PromptKey, int], object],
        empty: str = EMPTY,
    ):
        edge = {"border_width": theme.BORDER, "border_color": colours.LINE}
        super().__init__(parent, corner_radius=8, bg_color=colours.PAGE, **edge)
        self.timeline = Timeline()
        self.view = Grid(self, pictures, self.timeline, empty)
        self.comparison: Comparison | None = None  # the last one
        self._record = Record()
        self._open_large = open_large
        self.buttons: dict[str, Any] = {}
        self._bar_narrow: bool | None = None
        self._bar = self._make_bar()
        self._across = ctk.CTkScrollbar(self, orientation="horizontal", command=self.view.xview)
        self._down = ctk.CTkScrollbar(self, command=self.view.yview)
        self.grid_columnconfigure(0, weight=1)
        self.grid_rowconfigure(1, weight=1)
        self.view.configure(
            xscrollcommand=theme.scrolls(self._across, self._place_across, partial(theme.put_away, self._across)),
            yscrollcommand=theme.scrolls(self._down, self._place_down, partial(theme.put_away, self._down)),
        )
        self.view.grid(row=1, column=0, sticky="nsew", padx=6, pady=6)
        self.view.on_open.connect(self._on_click)
        self.view.on_pick.connect(self.pick)
        self.view.on_menu.connect(self._open_menu)
        self.view.on_move.connect(self.refresh)
        self.view.bind("<Escape>", lambda _event: self.set_picking(False))

    @property
    def picking(self) -> bool:
        """Whether a click selects for a comparison."""
        return self.view.picking

    @property
    def drawn(self) -> int:
        """How many pictures are on the screen now."""
        return len(self.view.kept)

    def show(self, record: Record) -> None:
        if record is not self._record:
            self.set_picking(False)
        self._record = record
        if self.view.show(record):
            self.refresh()

    def refresh(self) -> None:
        """The slider and its words."""
        steps, at = self.timeline.steps, self.timeline.at
        if not steps:
            theme.put_away(self._bar)
            return
        self._bar.grid()
        head = self._record.head(steps[at]).replace("\n", ", ")
        text = f"{head}  ({at + 1:,} of {len(steps):,})"
        if self.words.cget("text") != text:
            self.words.configure(text=text)
        many = len(steps) > 1
        if many and (self.slider.cget("to") != len(steps) - 1 or self.slider.cget("state") != "normal"):
            self.slider.configure(to=len(steps) - 1, number_of_steps=len(steps) - 1, state="normal")
        elif not many:
            self.slider.configure(to=1, number_of_steps=1, state="disabled")
            self.slider.set(1)  # the newest is at the right
        if many and round(self.slider.get()) != at:
            self.slider.set(at)
        newest = "disabled" if self.timeline.following else "normal"
        if self.buttons["newest"].cget("state") != newest:
            self.buttons["newest"].configure(state=newest)

    def go(self, place: int) -> None:
        """To the step at this place of the slider."""
        if place != self.timeline.at or not self.timeline.following:
            self.timeline.go(place)
            self.view.reveal()
            self.refresh()

    def newest(self) -> None:
        self.go(self.timeline.newest)

    def set_picking(self, picking: bool) -> None:
        """While picking, a click selects; two selected ones are compared."""
        self.view.picking = picking
        self.view.picked.clear()
        self.view.note = PICK[0] if picking else ""
        self.buttons["compare"].configure(fg_color=colours.SELECTED if picking else colours.HOVER)
        self.view.redraw()

    def pick(self, place: Place) -> None:
        """Select one for a comparison, or take it back."""
        picked = self.view.picked
        if place in picked:
            picked.remove(place)
        else:
            picked.append(place)
        self.view.note = PICK[len(picked)] if len(picked) < 2 and (picked or self.picking) else ""
        if len(picked) == 2:
            self.compare(*sorted(picked, key=lambda one: one.step))
            self.set_picking(False)
        self.view.redraw()

    def compare(self, first: Place, second: Place) -> None:
        self.comparison = Comparison(self.winfo_toplevel(), self._record, first, second)

    def resize(self) -> None:
        """The next size of the pictures."""
        self.view.chosen_size = (self.view.size_at + 1) % len(SIZES)
        self.view.reveal()

    def _on_click(self, place: Place) -> None:
        if self.picking:
            self.pick(place)
        else:
            self._open_large(self._record, place.key, place.step)

    def _make_bar(self) -> Any:
        bar = ctk.CTkFrame(self, fg_color="transparent")
        bar.grid(row=0, column=0, columnspan=2, sticky="ew", padx=8, pady=(8, 0))
        bar.grid_columnconfigure(0, weight=1)
        self.slider = ctk.CTkSlider(bar, from_=0, to=1, height=16, command=lambda value: self.go(round(value)))
        self.words = ctk.CTkLabel(bar, text="", font=theme.font(theme.SMALL), text_color=colours.DIM, height=18)
        self.words.grid(row=2, column=0, columnspan=4, sticky="w", padx=4)
        bar.bind("<Configure>", lambda event: self._lay_bar(event.width < NARROW * theme.scaling(bar)))
        tooltip = Tooltip(self.winfo_toplevel())
        tooltip.attach(self.slider, partial(str, "Through the columns, as ← and → do."))
        for key, text, command, tip in (
            ("newest", "Newest", self.newest, "Show the newest column, and those that come. ← and → go through them."),
            ("compare", "Compare", lambda: self.set_picking(not self.picking), "Two pictures beside or above each other: "
             "click both. Ctrl and a click select one at any time."),
            ("size", "Size", self.resize, "Small, middle or large pictures."),
        ):  # fmt: skip
            made = theme.button(bar, text, command, height=26, font=theme.font(theme.SMALL), width=18 + 7 * len(text))
            tooltip.attach(made, partial(str, tip))
            self.buttons[key] = made
        self._lay_bar(False)
        theme.put_away(bar)
        return bar

    def _lay_bar(self, narrow: bool) -> None:
        """The buttons beside the slider, or below it where it would have no room."""
        if narrow == self._bar_narrow:
            return
        self._bar_narrow = narrow
        self.slider.grid(row=0, column=0, columnspan=4 if narrow else 1, sticky="ew")
        for column, button in enumerate(self.buttons.values(), start=1):
            button.grid(row=1 if narrow else 0, column=column, padx=(6, 0), pady=(6 if narrow else 0, 0))

    def _open_menu(self, place: Place, x: int, y: int) -> None:
        menu = theme.menu(self)
        path = path_at(self._record, place)
        menu.add_command(label="Open large", command=lambda: self._open_large(self._record, place.key, place.step))
        picked = "the selected one" if self.view.picked else "another one"
        menu.add_command(label=f"Compare with {picked}", command=lambda: self.pick(place))
        other = other_weights(self._record, place)
        if other is not None:
            live, average = sorted((place, other), key=lambda one: one.key.weights != "live")
            menu.add_command(label="Compare EMA against live", command=lambda: self.compare(live, average))
        menu.add_separator()
        menu.add_command(label="Show in folder", command=lambda: reveal(path))
        menu.add_command(label="Copy path", command=lambda: (self.clipboard_clear(), self.clipboard_append(str(path))))
        menu.tk_popup(x, y)

    def _place_across(self) -> None:
        self._across.grid(row=2, column=0, sticky="ew", padx=6, pady=(0, 3))

    def _place_down(self) -> None:
        self._down.grid(row=1, column=1, sticky="ns", pady=6, padx=(0, 3))

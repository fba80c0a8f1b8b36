"""The canvas of the samples: a row for each prompt, a column for each step. Only what can be seen is drawn."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from ui import colours, theme
from ui.keys import RIGHT
from ui.run.grid_face import LABELS, Seen, draw_column, draw_empty, draw_head, draw_labels, draw_missing, draw_note
from ui.run.hold import Hold
from ui.run.places import Place
from ui.run.record import PromptKey, Record
from ui.run.timeline import Timeline
from ui.signals import Signal
from ui.thumbnails import Pictures

SIZES = (96, 132, 196)  # px at 100 % of a cell
USUAL = 1  # in them; the smallest where fewer than `LEAST_COLUMNS` of it would be seen
LEAST_COLUMNS = 2
HEAD, TWO_LINES = 26, 42  # height of what stands over the columns
CONTROL = 0x4  # in a Tk event's state
FAR = 1_000_000  # steps: as far as there are any
SETTLE_MS = 70  # pictures are asked for when scrolling comes to rest: those flown over would queue before them
EMPTY = (
    "Samples appear here as the run draws them: a row for each prompt, a column for each step.\n\n"
    "Which prompts are drawn, and how often, stands on the Sampling tab."
)


class Grid(theme.Canvas):
    def __init__(self, parent: Any, pictures: Pictures, timeline: Timeline, empty: str = EMPTY):
        super().__init__(parent, takefocus=True)
        self.kept: dict[str, Any] = {}  # the pictures on the screen; Tk forgets those that nobody holds
        self.rows: list[PromptKey] = []
        self.picked: list[Place] = []  # for a comparison
        self.chosen_size: int | None = None  # in SIZES, by the person
        self.picking = False  # whether a click selects for a comparison
        self.note = ""  # over the lower edge
        self.on_open: Signal[[Place]] = Signal()
        self.on_pick: Signal[[Place]] = Signal()
        self.on_menu: Signal[[Place, int, int]] = Signal()
        self.on_move: Signal[[]] = Signal()  # the person went to another step, or scrolled
        self._pictures, self._timeline, self._empty = pictures, timeline, empty
        self._record = Record()
        self._shown: tuple[Any, ...] = ()
        self._asked: dict[PromptKey, int] = {}  # pictures of prompts that were asked for by hand
        self._come: PromptKey | None = None  # one of them, which is still to be brought into view
        self._settling = ""
        self._hold = Hold(self, self.redraw)
        self._bind_all()

    def destroy(self) -> None:
        self._hold.close()
        if self._settling:
            self.after_cancel(self._settling)
        super().destroy()

    def show(self, record: Record) -> bool:
        """True where anything is new."""
        shown = (id(record), record.samples_version)
        if shown == self._shown:
            return False
        self.rows = record.rows()
        asked = {key: len(record.samples[key]) for key in self.rows if key.index < 0}
        if record is not self._record:
            self._timeline.reset()
            self.picked.clear()
        elif not self.held:
            self._come = next((key for key, count in asked.items() if count > self._asked.get(key, 0)), self._come)
        self._record, self._shown, self._asked = record, shown, asked
        drawn = record.sample_steps
        self._timeline.update(record.timeline, drawn[-1] if drawn else None)
        self.redraw()
        return True

    def reveal(self) -> None:
        """Bring the column of the timeline's step into view."""
        self._bring()
        self._settle()

    def _bring(self) -> None:
        cell, room = self._cell, self.winfo_width() - self.px(LABELS)
        left = self._timeline.at * cell
        seen = self.canvasx(0)
        if left < seen or left + cell > seen + room:
            wanted = left if left < seen else left + cell - room
            super().xview("moveto", max(wanted, 0) / max(self._width(), 1))

    def _bring_row(self, key: PromptKey) -> None:
        """As little as is needed; the head lies over the upper edge."""
        top, seen, room = self._head + self._cell * self.rows.index(key), self.canvasy(0), self.winfo_height()
        if top < seen + self._head or top + self._cell > seen + room:
            wanted = top - self._head if top < seen + self._head else top + self._cell - room
            super().yview("moveto", max(wanted, 0) / max(self._height(), room))

    def xview(self, *args: Any) -> Any:
        result = super().xview(*args)
        if args:
            self._scrolled()
        return result

    def yview(self, *args: Any) -> Any:
        result = super().yview(*args)
        if args:
            self._settle()
        return result

    def draw(self) -> None:
        self.delete("all")
        before, self.kept = self.kept, {}
        if not self.rows:
            return draw_empty(self, self._empty)
        cell = self._cell
        self.configure(scrollregion=(0, 0, self._width(), max(self._height(), self.winfo_height())))
        if self._timeline.following and not self.held:
            self._bring()
        if self._come in self.rows:
            self._bring_row(self._come)
        self._come = None
        steps, here = self._timeline.steps, self._timeline.at
        seen = Seen(self.canvasx(0), self.canvasy(0), self.winfo_width(), self.winfo_height(), cell, self._head)
        first, last = int(seen.left // cell), int((seen.left + seen.width - self.px(LABELS)) // cell)
        columns = range(max(first, 0), min(last + 1, len(steps)))
        places = ((self._head + cell * number, key) for number, key in enumerate(self.rows))
        rows = [(top, key) for top, key in places if seen.top <= top + cell and top <= seen.top + seen.height]
        draw_column(self, seen, here)
        for top, key in rows:
            for column in columns:
                self._draw_sample(Place(key, steps[column]), column, top, before)
        heads = ((column, self._record.head(steps[column]), column == here) for column in columns)
        draw_head(self, seen, heads, letters=SIZES[self.size_at] // 8)
        draw_labels(self, seen, rows)
        if self.note:
            draw_note(self, seen, self.note)

    @property
    def held(self) -> bool:
        """Whether the columns stay where they are when new ones come: somebody picks, or the mouse is on its way."""
        return self.picking or bool(self.picked) or self._hold.on

    @property
    def size_at(self) -> int:
        """In SIZES: what the person chose; until then so that columns can be compared."""
        if self.chosen_size is not None:
            return self.chosen_size
        room = self.winfo_width() - self.px(LABELS)
        return USUAL if room >= LEAST_COLUMNS * self.px(SIZES[USUAL]) or room <= 0 else 0

    @property
    def _cell(self) -> int:
        return self.px(SIZES[self.size_at])

    @property
    def _head(self) -> int:
        return self.px(TWO_LINES if self._record.columns else HEAD)

    def _width(self) -> int:
        return self.px(LABELS) + self._cell * len(self._timeline.steps)

    def _height(self) -> int:
        return self._head + self._cell * len(self.rows)

    def _draw_sample(self, place: Place, column: int, top: int, before: dict[str, Any]) -> None:
        sample = self._record.samples[place.key].get(place.step)
        if sample is None:
            return
        side, left = self._cell - self.px(8), self.px(LABELS) + self._cell * column
        picture = before.get(f"{side} {sample.path}")
        if picture is None and not self._settling:
            picture = self._pictures.thumbnail(Path(sample.path), side, self.redraw)
        if picture is None:
            draw_missing(self, left, top, side, self._pictures.gone(Path(sample.path), side))
        else:
            self.kept[f"{side} {sample.path}"] = picture
            self.create_image(left + side / 2, top + side / 2, image=picture)
        if place in self.picked:
            edge = theme.now(colours.ACCENT)
            self.create_rectangle(left, top, left + side, top + side, outline=edge, width=self.px(3))

    def _bind_all(self) -> None:
        self.bind("<Button-1>", self._on_click)
        self.bind(f"<Button-{RIGHT}>", self._on_right)
        for key, by in (("Left", -1), ("Right", 1), ("Home", -FAR), ("End", FAR)):
            self.bind(f"<{key}>", partial(_call, self.move, by))
        for key, way in (("Up", -1), ("Down", 1)):
            self.bind(f"<{key}>", partial(_call, self._down, way))
        self.on_wheel(self._down, self._across)

    def move(self, by: int) -> None:
        """So many steps further."""
        self._timeline.move(by)
        self.reveal()
        self.on_move.emit()

    def _across(self, way: int) -> None:
        super().xview_scroll(way * 2, "units")
        self._scrolled()

    def _down(self, way: int) -> None:
        super().yview_scroll(way * 2, "units")
        self._settle()

    def _scrolled(self) -> None:
        """Who scrolls away from the newest is not brought back to it."""
        newest = self.px(LABELS) + self._cell * self._timeline.newest  # where its column begins
        left, right = self.canvasx(self.px(LABELS)), self.canvasx(self.winfo_width())
        in_view = newest >= left - 2 and newest + self._cell <= right + 2
        if in_view and self._timeline.at == self._timeline.newest:
            self._timeline.following = True
        elif not in_view:
            self._timeline.following = False
        self._settle()
        self.on_move.emit()

    def _settle(self) -> None:
        if self._settling:
            self.after_cancel(self._settling)
        self._settling = self.after(SETTLE_MS, self._rest)
        self.redraw()

    def _rest(self) -> None:
        self._settling = ""
        self.redraw()

    def place_at(self, x: int, y: int) -> Place | None:
        """The sample under a point of the widget."""
        column = int((self.canvasx(x) - self.px(LABELS)) // self._cell)
        row = int((self.canvasy(y) - self._head) // self._cell)
        if not (0 <= row < len(self.rows) and 0 <= column < len(self._timeline.steps)):
            return None
        place = Place(self.rows[row], self._timeline.steps[column])
        inside = x > self.px(LABELS) and y > self._head
        return place if inside and place.step in self._record.samples[place.key] else None

    def _on_click(self, event: Any) -> None:
        self.focus_set()
        if place := self.place_at(event.x, event.y):
            (self.on_pick if int(event.state) & CONTROL else self.on_open).emit(place)

    def _on_right(self, event: Any) -> None:
        if place := self.place_at(event.x, event.y):
            self.on_menu.emit(place, event.x_root, event.y_root)


def _call(call: Callable[[int], object], by: int, _event: Any) -> None:
    call(by)

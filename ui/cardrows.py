"""The rows of a card list: how they are drawn, and what the mouse does to them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ui import colours, theme
from ui.colours import Pair
from ui.rowcanvas import Face, RowCanvas
from ui.thumbnails import Pictures

if TYPE_CHECKING:
    from ui.cardlist import CardList

DRAG_PX = 6  # the mouse moves so far before it drags
EDGE = 26  # px at 100 %: so near to the list's edge what is dragged scrolls it
CREEP_MS = 80  # between two steps of that
SHIFT, CONTROL = 0x1, 0x4  # bits of an event's state
LINES, LINE = 27, 18  # px at 100 %: where the lines below the title begin, and from one to the next
NARROW = 280  # px at 100 %: below it the title needs the room of the badge


@dataclass(frozen=True)
class Item:
    """What one row shows."""

    title: str
    lines: tuple[tuple[str, Pair], ...] = ()
    badge: str = ""
    badge_colour: Pair = colours.DIM
    stripe: Pair | None = None  # the colour bar at the left
    picture: Path | None = None
    enabled: bool | None = None  # None: there is nothing to switch


Line = tuple[str, Face, Pair, float]  # a text, how it is written, and the room for it


def _call(call: Callable[[], object], _event: Any) -> str:
    call()
    return "break"


class Rows(RowCanvas):
    def __init__(self, owner: "CardList", pictures: Pictures | None, row_height: int, empty: str):
        super().__init__(owner, row_height)
        self._usual_height = row_height
        self.drop_at: int | None = None  # the row before which what is dragged would come to lie
        self._owner, self._pictures, self._empty = owner, pictures, empty
        self._kept: list[Any] = []  # Tk forgets pictures that nobody holds
        self._pressed: tuple[int, int] | None = None  # row, height of the mouse
        self._mouse = 0  # the height that something is dragged at
        self._creeping = ""  # the timer that scrolls on
        self._alone = False  # whether a release selects the pressed row alone
        self.bind("<Button-1>", self._on_press)
        self.bind("<B1-Motion>", self._on_motion)
        self.bind("<ButtonRelease-1>", self._on_release)
        self.bind("<Double-Button-1>", self._on_double)
        keys: dict[str, Callable[[], object]] = {
            "<Up>": lambda: owner.step(-1),
            "<Down>": lambda: owner.step(1),
            "<Shift-Up>": lambda: owner.step(-1, more=True),
            "<Shift-Down>": lambda: owner.step(1, more=True),
            "<<SelectAll>>": owner.select_all,
            "<space>": lambda: owner.on_switch.emit(owner.selected),
            "<Delete>": lambda: owner.on_delete.emit(owner.selected),
            "<Return>": lambda: owner.on_open.emit(owner.selected),
            "<Escape>": self._give_up,
        }
        for key, call in keys.items():
            self.bind(key, partial(_call, call))

    def destroy(self) -> None:
        if self._creeping:
            self.after_cancel(self._creeping)
        super().destroy()

    @property
    def count(self) -> int:
        return len(self._owner.rows)

    @property
    def hint(self) -> str:
        return "None is like that." if self._owner.count else self._empty

    def reset(self) -> None:
        """A narrow row has half as many lines more, for what has no room beside each other."""
        self._kept.clear()
        more = -(-((self._usual_height - LINES) // LINE) // 2)
        self._row_height = self._usual_height + (more * LINE if self._is_narrow else 0)

    @property
    def _is_narrow(self) -> bool:
        return self.winfo_width() <= self.px(NARROW)

    def draw_over(self, top: float) -> None:
        if self.drop_at is not None:
            place = self.drop_at * self.px(self._row_height)
            self.create_line(0, place, self.winfo_width(), place, fill=theme.now(colours.ACCENT), width=self.px(3))

    def draw_row(self, row: int, top: int) -> None:
        index = self._owner.rows[row]
        item = self._owner.item(index)
        px, width, height = self.px, self.winfo_width(), self.px(self._row_height)
        if index in self._owner.selection:
            self.create_rectangle(0, top, width, top + height - px(2), fill=theme.now(colours.SELECTED), width=0)
        left = px(8)
        if item.stripe:
            self.create_rectangle(
                left, top + px(7), left + px(5), top + height - px(9), fill=theme.now(item.stripe), width=0
            )
            left += px(12)
        if item.picture is not None:
            left = self._draw_picture(item.picture, left, top)
        right = self._draw_right(item, top)
        off = item.enabled is False
        faces = self.face(theme.BODY, bold=True), self.face(theme.SMALL)
        lines: list[Line] = [(item.title, faces[0], colours.TEXT, right - left)]
        lines += [(text, faces[1], colour, width - px(12) - left) for text, colour in item.lines]
        for number, (text, face, colour, room) in enumerate(self._unfolded(lines)):
            place = top + px(LINES + LINE * (number - 1) if number else 7)
            self.line(text, left, place, room, face, colours.FAINT if off else colour)

    def _unfolded(self, lines: Sequence[Line]) -> list[Line]:
        """Lines that are too long go on in what room the row has for further ones."""
        free = 1 + (self._row_height - LINES) // LINE - len(lines)
        found: list[Line] = []
        for text, face, colour, room in lines:
            parts = self.broken(" ".join(text.split()), room, face, free + 1)
            free -= len(parts) - 1
            found += [(part, face, colour, room) for part in parts]
        return found

    def _draw_picture(self, path: Path, left: int, top: int) -> int:
        side = self.px(self._usual_height - (40 if self._is_narrow else 16))
        picture = self._pictures.thumbnail(path, side, self.redraw) if self._pictures else None
        if picture is not None:
            self._kept.append(picture)
            self.create_image(left + side / 2, top + self.px(7) + side / 2, image=picture)
        else:
            self.create_rectangle(left, top + self.px(7), left + side, top + self.px(7) + side,
                                  fill=theme.now(colours.HOVER), width=0)  # fmt: skip
        return left + side + self.px(10)

    def _draw_right(self, item: Item, top: int) -> int:
        """Check box and badge; returns where the room for the title ends."""
        px, right = self.px, self.winfo_width() - self.px(10)
        if item.enabled is not None:
            edge = theme.now(colours.ACCENT if item.enabled else colours.FAINT)
            fill = edge if item.enabled else theme.now(colours.FIELD)
            self.create_rectangle(
                right - px(16), top + px(8), right, top + px(24), outline=edge, fill=fill, width=px(1)
            )
            if item.enabled:
                hook = [right - px(13), top + px(16), right - px(9), top + px(20), right - px(3), top + px(12)]
                self.create_line(hook, fill="#ffffff", width=px(2))
            right -= px(26)
        if item.badge and not self._is_narrow:
            colour = theme.now(item.badge_colour)
            text = self.create_text(right - px(7), top + px(16), text=item.badge, anchor="e", fill=colour,
                                    font=self.face(11))  # fmt: skip
            box = self.bbox(text)
            self.create_rectangle(box[0] - px(6), box[1] - px(2), box[2] + px(6), box[3] + px(2), outline=colour)
            right = box[0] - px(14)
        return right

    def _on_press(self, event: Any) -> None:
        self.focus_set()
        row = self.row_at(event.y)
        self._pressed, self._alone = None, False
        if row is None:
            return
        index, state = self._owner.rows[row], int(event.state)
        if self._in_box(event) and self._owner.item(index).enabled is not None:
            if index not in self._owner.selection:
                self._owner.select(index)
            self._owner.on_switch.emit(index)
            return
        self._pressed = (row, event.y)
        if state & CONTROL:
            self._owner.toggle(index)
        elif state & SHIFT:
            self._owner.extend(index)
        elif index in self._owner.selection and len(self._owner.selection) > 1:
            self._alone = True  # it may be the beginning of a drag of them all
        else:
            self._owner.select(index)

    def _in_box(self, event: Any) -> bool:
        """Whether the mouse is on the check box of its row."""
        at_right = self.winfo_width() - event.x < self.px(34)
        return at_right and int(event.y + self.canvasy(0)) % self.px(self._row_height) < self.px(30)

    def _on_motion(self, event: Any) -> None:
        if self._pressed is None or not self._owner.several or not self._owner.whole:
            return
        if self.drop_at is None and abs(event.y - self._pressed[1]) < self.px(DRAG_PX):
            return
        self._mouse = event.y
        self._aim()
        self.configure(cursor="fleur")
        if not self._creeping:
            self._creep()

    def _aim(self) -> None:
        """Where what is dragged would come to lie."""
        nearest = round(self.canvasy(self._mouse) / self.px(self._row_height))
        self.drop_at = max(0, min(nearest, self._owner.count))
        self.redraw()

    def _creep(self) -> None:
        """Scroll on for as long as the mouse is held near an edge of the list, or beyond it."""
        self._creeping = ""
        edge = min(self.px(EDGE), self.winfo_height() // 4)
        way = -1 if self._mouse < edge else 1 if self._mouse > self.winfo_height() - edge else 0
        first, last = self.yview()
        if self.drop_at is None or not way or (way < 0 and first <= 0.0) or (way > 0 and last >= 1.0):
            return
        self.yview_scroll(way, "units")
        self._aim()
        self._creeping = self.after(CREEP_MS, self._creep)

    def _let_go(self) -> int | None:
        """The end of a drag; where it was about to drop."""
        drop_at, self.drop_at = self.drop_at, None
        if drop_at is not None:
            self.configure(cursor="")
            self.redraw()
        return drop_at

    def _on_release(self, _event: Any) -> None:
        pressed, self._pressed = self._pressed, None
        drop_at = self._let_go()
        if drop_at is not None:
            self._owner.on_move.emit(drop_at)
        elif pressed is not None and self._alone and pressed[0] < len(self._owner.rows):
            self._owner.select(self._owner.rows[pressed[0]])
        self._alone = False

    def _give_up(self) -> None:
        """Everything stays where it is."""
        self._pressed, self._alone = None, False
        self._let_go()

    def _on_double(self, event: Any) -> None:
        row = self.row_at(event.y)
        if int(event.state) & (SHIFT | CONTROL) or self._in_box(event):
            self._on_press(event)  # two fast clicks are two clicks there
        elif row is not None:
            self._owner.on_open.emit(self._owner.rows[row])

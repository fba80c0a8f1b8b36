"""What stands around the pictures of the samples: steps above, prompts at the left, a note below. Drawn on their canvas."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ui import colours, theme
from ui.colours import Pair
from ui.run.record import PromptKey

LABELS = 118  # px at 100 %: width of the column with the prompts
MOST_LETTERS = 300  # of a prompt: no cell has room for more
GONE = "no picture:\nits file is gone or cannot be read"


@dataclass(frozen=True)
class Seen:
    """The part of the canvas that is in view, and what the cells measure; in px of the screen."""

    left: float
    top: float
    width: int
    height: int
    cell: int
    head: int


def draw_empty(canvas: theme.Canvas, text: str) -> None:
    canvas.configure(scrollregion=(0, 0, 1, 1))
    width, height = canvas.winfo_width(), canvas.winfo_height()
    canvas.create_text(
        width / 2, height / 2, text=text, fill=theme.now(colours.DIM), font=canvas.face(), justify="center",
        width=max(width - canvas.px(60), 1),
    )  # fmt: skip


def draw_column(canvas: theme.Canvas, seen: Seen, at: int) -> None:
    """Behind the step that is looked at."""
    left = canvas.px(LABELS) + seen.cell * at - canvas.px(4)
    fill = theme.now(colours.SELECTED)
    canvas.create_rectangle(left, seen.top, left + seen.cell, seen.top + seen.height, fill=fill, width=0)


def draw_missing(canvas: theme.Canvas, left: float, top: float, side: int, gone: bool) -> None:
    """Where a picture will be, or was to be."""
    canvas.create_rectangle(left, top, left + side, top + side, fill=theme.now(colours.HOVER), width=0)
    if gone:
        canvas.create_text(
            left + side / 2, top + side / 2, text=GONE, width=side - canvas.px(8), justify="center",
            fill=theme.now(colours.DIM), font=canvas.face(11),
        )  # fmt: skip


def draw_head(canvas: theme.Canvas, seen: Seen, columns: Iterable[tuple[int, str, bool]], letters: int) -> None:
    """Steps (place, words, whether it is looked at), or what else the columns are; they stay while the pictures scroll."""
    px, labels = canvas.px, canvas.px(LABELS)
    bottom = seen.top + seen.head - px(2)
    canvas.create_rectangle(seen.left, seen.top, seen.left + seen.width, bottom, fill=theme.now(colours.CARD), width=0)
    for column, words, here in columns:
        name, *more = words.split("\n")
        if len(name) > letters:
            name = f"…{name[1 - letters :]}"  # checkpoints differ in their last letters
        text = canvas.create_text(
            labels + seen.cell * column + (seen.cell - px(8)) / 2, seen.top + seen.head / 2,
            text="\n".join((name, *more)), justify="center", font=canvas.face(theme.SMALL, bold=here),
            fill=theme.now(colours.TEXT if here else colours.DIM),
        )  # fmt: skip
        begin, _, end, _ = canvas.bbox(text)
        if not here and (begin < seen.left + px(LABELS - 5) or end > seen.left + seen.width):
            canvas.delete(text)  # no half words over a column that is seen in part


def draw_labels(canvas: theme.Canvas, seen: Seen, rows: Iterable[tuple[int, PromptKey]]) -> None:
    """Prompts at the left (top of the row, row); they stay as well."""
    px, card, left = canvas.px, theme.now(colours.CARD), seen.left + canvas.px(4)
    right, width = seen.left + px(LABELS - 5), px(LABELS - 14)
    canvas.create_rectangle(seen.left, seen.top, right, seen.top + seen.height, fill=card, width=0)
    for top, key in rows:
        note = canvas.create_text(
            left, top, text=f"{'asked' if key.index < 0 else f'seed {key.seed}'}{', EMA' if key.weights == 'ema' else ''}",
            anchor="nw", width=width, fill=theme.now(colours.DIM), font=canvas.face(11),
        )  # fmt: skip
        _, above, _, below = canvas.bbox(note)
        words = " ".join(key.prompt.split())[:MOST_LETTERS] or "(no prompt)"
        bottom = _fitted(canvas, left, top + px(2), words, width, seen.cell - px(12) - (below - above), colours.TEXT)
        canvas.coords(note, left, bottom + px(3))
    canvas.create_rectangle(seen.left, seen.top, right, seen.top + seen.head - px(2), fill=card, width=0)


def draw_note(canvas: theme.Canvas, seen: Seen, note: str) -> None:
    """Over the lower edge."""
    middle, bottom, pad = seen.left + seen.width / 2, seen.top + seen.height, canvas.px(8)
    text = canvas.create_text(
        middle, bottom - canvas.px(16), text=note, fill=theme.now(colours.ON_ACCENT), font=canvas.face(theme.SMALL)
    )
    left, top, right, low = canvas.bbox(text)
    fill = theme.now(colours.ACCENT)
    under = canvas.create_rectangle(left - pad, top - pad / 2, right + pad, low + pad / 2, fill=fill, width=0)
    canvas.tag_lower(under, text)


def _fitted(canvas: theme.Canvas, x: float, y: float, text: str, width: int, height: int, colour: Pair) -> int:
    """As much of a text as has room; how wide a letter is depends on the script. Returns where it ends."""
    look: dict[str, Any] = {"anchor": "nw", "fill": theme.now(colour), "font": canvas.face(theme.SMALL)}
    item, shown = canvas.create_text(x, y, text=text, width=width, **look), text
    while canvas.bbox(item)[3] - y > height and len(shown) > 4:
        shown = shown[: len(shown) * 9 // 10]
        canvas.itemconfigure(item, text=f"{shown.rstrip()}…")
    return int(canvas.bbox(item)[3])

"""Many pictures as one, with a label over every column and beside every row."""

import importlib.util
import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

Place = tuple[int, int]  # row, column
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

SMALLEST, GAP, LABEL_WIDTH = 160, 8, 230  # px; smaller pictures are enlarged, so that labels have room
LARGEST_SIDE = 16_000  # px of the whole: what viewers and browsers still open
LEAST = 64  # px: a smaller picture shows nothing
MOST_COLUMNS = (LARGEST_SIDE - LABEL_WIDTH) // (LEAST + GAP)
MOST_ROWS = LARGEST_SIDE * 19 // 20 // (LEAST + GAP)  # the rest is for the labels above
HEAD_LINES = 12  # of a label over a column; a longer one is cut
PAPER, INK, MISSING = "#ffffff", "#1b1f24", "#e6e9ed"


def compose(columns: Sequence[str], rows: Sequence[str], pictures: Mapping[Place, Path]) -> Image.Image:
    """The sheet; places without a picture stay grey. One picture at a time is in memory beside it."""
    width, height = _fitting(_cell(pictures), len(columns), len(rows))
    font = _font(16)
    heads = [_cut(_wrapped(label, font, width), HEAD_LINES) for label in columns]
    line = _line_height(font)
    sides = [_cut(_wrapped(label, font, LABEL_WIDTH - 2 * GAP), max(height // line, 1)) for label in rows]
    top = GAP * 2 + line * max((len(head) for head in heads), default=1)
    size = (LABEL_WIDTH + len(columns) * (width + GAP), top + len(rows) * (height + GAP))
    sheet = Image.new("RGB", size, PAPER)
    pen = ImageDraw.Draw(sheet)
    for column, head in enumerate(heads):
        left = LABEL_WIDTH + column * (width + GAP)
        pen.multiline_text((left, GAP), "\n".join(head), fill=INK, font=font, spacing=4)
    for row, side in enumerate(sides):
        pen.multiline_text((GAP, top + row * (height + GAP)), "\n".join(side), fill=INK, font=font, spacing=4)
        for column in range(len(columns)):
            left, above = LABEL_WIDTH + column * (width + GAP), top + row * (height + GAP)
            picture = _opened(pictures.get((row, column)), width, height)
            if picture is None:
                pen.rectangle((left, above, left + width - 1, above + height - 1), fill=MISSING)
            else:
                sheet.paste(picture, (left, above))
    return sheet


def _fitting(cell: tuple[int, int], columns: int, rows: int) -> tuple[int, int]:
    """The cell made smaller until the whole sheet is not too large."""
    width, height = cell
    across = (LARGEST_SIDE - LABEL_WIDTH - columns * GAP) / max(columns * width, 1)
    down = (LARGEST_SIDE * 19 / 20 - rows * GAP) / max(rows * height, 1)
    scale = min(1.0, across, down)
    return max(int(width * scale), 8), max(int(height * scale), 8)


def _cell(pictures: Mapping[Place, Path]) -> tuple[int, int]:
    """The size of the largest picture of the first ones; small ones are enlarged by a whole factor."""
    sizes = []
    for path in list(pictures.values())[:50]:
        try:
            with Image.open(path) as picture:
                sizes.append(picture.size)
        except OSError:
            continue
    width, height = (max(sides) for sides in zip(*sizes, strict=True)) if sizes else (SMALLEST, SMALLEST)
    factor = -(-SMALLEST // min(width, SMALLEST))
    return width * factor, height * factor


def _opened(path: Path | None, width: int, height: int) -> Image.Image | None:
    """The picture inside the cell; enlarged without smoothing."""
    if path is None:
        return None
    try:
        with Image.open(path) as opened:
            picture = opened.convert("RGB")
    except OSError:
        return None
    scale = min(width / picture.width, height / picture.height)
    if scale == 1:
        return picture
    wanted = (max(round(picture.width * scale), 1), max(round(picture.height * scale), 1))
    return picture.resize(wanted, Image.Resampling.NEAREST if scale > 1 else Image.Resampling.LANCZOS)


def _font(size: int) -> Font:
    """matplotlib brings DejaVu Sans, which has Greek and Cyrillic letters as well; Pillow's own has not."""
    if found := importlib.util.find_spec("matplotlib"):
        path = Path(found.origin or "").parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"
        if os.path.isfile(path):
            return ImageFont.truetype(path, size)
    return ImageFont.load_default(size)


def _line_height(font: Font) -> int:
    _, top, _, bottom = font.getbbox("Ag")
    return round(bottom - top) + 8


def _cut(lines: Iterator[str], most: int) -> list[str]:
    """No more lines than so many; the rest of a label of thousands of letters is not even laid out."""
    found = list(islice(lines, most + 1))
    return found if len(found) <= most else [*found[: most - 1], f"{found[most - 1]}…"]


def _wrapped(text: str, font: Font, width: int) -> Iterator[str]:
    """Lines no wider than so many pixels; a word that is wider is broken."""
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split():
            if line and font.getlength(f"{line} {word}") > width:
                yield line
                line = ""
            line = f"{line} {word}".strip()
            while font.getlength(line) > width and len(line) > 1:
                fits = next(n for n in range(len(line) - 1, 0, -1) if n == 1 or font.getlength(line[:n]) <= width)
                yield line[:fits]
                line = line[fits:]
        yield line

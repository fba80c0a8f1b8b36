"""Masks: which part of a picture is trained. White is trained, black is not; `<stem>-masklabel.png` beside the picture.

Painting changes a Pillow image in place and remembers what was under each stroke, so undo costs what the stroke did.
"""

import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from math import floor
from pathlib import Path

from PIL import Image, ImageDraw

from onetrainer_clone import strokes
from onetrainer_clone.dataset import MASK_ENDING
from onetrainer_clone.paths import remove, require_regular, write_whole
from onetrainer_clone.settings import UserError
from onetrainer_clone.strokes import Point

TRAINED, LEFT_OUT = 255, 0
DEPTH = 100  # strokes that can be taken back
THIN = 0.5**0.5  # a brush of a smaller radius may lie between the middles of pixels and cover none

Box = tuple[int, int, int, int]  # left, top, right, bottom


def mask_path(picture: Path) -> Path:
    return picture.with_name(picture.stem + MASK_ENDING)


def read(picture: Path, size: tuple[int, int]) -> Image.Image | None:
    """The mask of a picture in its size; None where there is none. Raises `UserError` where it cannot be read."""
    path = mask_path(picture)
    try:
        require_regular(path)
        with Image.open(path, formats=("PNG",)) as opened:
            mask = opened.convert("L")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UserError(f"the mask {path.name} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    return mask if mask.size == size else mask.resize(size, Image.Resampling.BILINEAR)


def write(picture: Path, mask: Image.Image | None) -> None:
    """Save a mask, whole or not at all; None: there is to be none. Raises `UserError`."""
    path, data = mask_path(picture), io.BytesIO()
    try:
        if mask is None:
            remove(path)
            return
        mask.save(data, "PNG", compress_level=3)
        write_whole(path, data.getvalue())
    except OSError as error:
        raise UserError(f"the mask {path.name} cannot be written: {error.strerror or error}") from None


@dataclass(frozen=True, slots=True)
class _Patch:
    """What lay in a box before and after a stroke, packed: masks are flat, so it takes next to nothing."""

    box: Box
    before: bytes
    after: bytes


class Painting:
    """A mask that is being painted. Everything returns the box that it changed, None where it changed nothing."""

    def __init__(self, mask: Image.Image):
        self.mask = mask
        self.version = 0  # goes up with every change: what is saved is compared with it
        self._done: list[_Patch] = []
        self._undone: list[_Patch] = []
        self._stroke: tuple[Image.Image, Box] | None = None  # the mask before the stroke, and what it has touched

    def begin(self) -> None:
        """A stroke begins: what is painted until `end` is one step of undo."""
        self._stroke = (self.mask.copy(), (self.mask.width, self.mask.height, 0, 0))

    def line(self, start: Point, end: Point, radius: float, value: int) -> Box | None:
        """Paint with a round brush from one point to another; the pixel under a point always, however thin the brush."""
        reach = max(radius, 1.0)
        (x0, y0), (x1, y1) = start, end
        box = self._inside(min(x0, x1) - reach, min(y0, y1) - reach, max(x0, x1) + reach, max(y0, y1) + reach)
        if box is None:
            return None
        draw = ImageDraw.Draw(self.mask)
        if radius < THIN:
            draw.line((floor(x0), floor(y0), floor(x1), floor(y1)), fill=value)
            draw.point((floor(x1), floor(y1)), fill=value)
        else:
            for row, first, last in strokes.rows(start, end, radius):
                if box[1] <= row < box[3]:
                    draw.line((first, row, last, row), fill=value)
        if self._stroke is not None:
            self._stroke = (self._stroke[0], _around(self._stroke[1], box))
        self.version += 1
        return box

    def end(self) -> Box | None:
        """The stroke is done."""
        if self._stroke is None:
            return None
        before, box = self._stroke
        self._stroke = None
        return self._remember(before, box) if box[0] < box[2] else None

    def fill(self, at: Point, value: int) -> Box | None:
        """Flood the area around a point that is on the same side of grey as the point."""
        x, y = floor(at[0]), floor(at[1])
        if not (0 <= x < self.mask.width and 0 <= y < self.mask.height):
            return None
        before = self.mask.copy()
        box = _flood(self.mask, x, y, value)
        return self._remember(before, box)

    def fill_all(self, value: int) -> Box | None:
        before = self.mask.copy()
        self.mask.paste(value, (0, 0, *self.mask.size))
        return self._remember(before, (0, 0, *self.mask.size))

    def invert(self) -> Box | None:
        before = self.mask.copy()
        self.mask.paste(self.mask.point(lambda value: 255 - value))
        return self._remember(before, (0, 0, *self.mask.size))

    @property
    def painting(self) -> bool:
        """Whether a stroke is going on."""
        return self._stroke is not None

    @property
    def can_undo(self) -> bool:
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        return bool(self._undone)

    def undo(self) -> Box | None:
        if not self._done:
            return None
        patch = self._done.pop()
        self._undone.append(patch)
        return self._lay(patch.box, patch.before)

    def redo(self) -> Box | None:
        if not self._undone:
            return None
        patch = self._undone.pop()
        self._done.append(patch)
        return self._lay(patch.box, patch.after)

    def _remember(self, before: Image.Image, box: Box) -> Box | None:
        old, new = before.crop(box).tobytes(), self.mask.crop(box).tobytes()
        if old == new:
            return None
        self.version += 1
        self._undone.clear()
        self._done = [*self._done, _Patch(box, zlib.compress(old, 1), zlib.compress(new, 1))][-DEPTH:]
        return box

    def _lay(self, box: Box, packed: bytes) -> Box:
        size = (box[2] - box[0], box[3] - box[1])
        self.mask.paste(Image.frombytes("L", size, zlib.decompress(packed)), box)
        self.version += 1
        return box

    def _inside(self, left: float, top: float, right: float, bottom: float) -> Box | None:
        box = (
            max(int(left) - 1, 0), max(int(top) - 1, 0),
            min(int(right) + 2, self.mask.width), min(int(bottom) + 2, self.mask.height),
        )  # fmt: skip
        return box if box[0] < box[2] and box[1] < box[3] else None


def _around(first: Box, second: Box) -> Box:
    return (
        min(first[0], second[0]), min(first[1], second[1]), max(first[2], second[2]), max(first[3], second[3]),
    )  # fmt: skip


def _flood(mask: Image.Image, x: int, y: int, value: int) -> Box:
    """Row by row in runs, which `bytes.find` sees at once: some milliseconds where a pixel-wise flood takes minutes."""
    width, height = mask.size
    side = 255 if mask.getpixel((x, y)) >= 128 else 0  # type: ignore[operator]
    open_ = bytearray(mask.point(lambda grey: 1 if (255 if grey >= 128 else 0) == side else 0).tobytes())
    painted = bytearray(mask.tobytes())
    box: Box = (width, height, 0, 0)
    todo = [(x, x, y)]  # spans of a row in which open pixels are to be flooded
    while todo:
        first, last, row = todo.pop()
        for left, right in list(_runs(open_, row * width, width, first, last)):
            start = row * width
            open_[start + left : start + right] = bytes(right - left)
            painted[start + left : start + right] = bytes([value]) * (right - left)
            box = _around(box, (left, row, right, row + 1))
            todo += [(left, right - 1, beside) for beside in (row - 1, row + 1) if 0 <= beside < height]
    mask.frombytes(bytes(painted))
    return box


def _runs(open_: bytearray, start: int, width: int, first: int, last: int) -> Iterator[tuple[int, int]]:
    """The runs of open pixels of a row that touch columns first to last: (left, right), right not in it."""
    at = open_.find(1, start + first, start + last + 1)
    while at >= 0:
        left = open_.rfind(0, start, at) + 1 or start
        end = open_.find(0, at, start + width)
        right = end if end >= 0 else start + width
        yield left - start, right - start
        at = open_.find(1, right, start + last + 1)

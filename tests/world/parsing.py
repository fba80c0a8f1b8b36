"""What a picture of the demo world shows, read off its pixels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.world.captions import Facts
from tests.world.drawing import BACKGROUNDS, COLOURS, SHAPES, SIZE_PX, Canvas, Picture, Shape
from tests.world.scenes import Position

Mask = NDArray[np.bool_]

COLOUR_NAMES = list(COLOURS)
PALETTE = np.array(list(COLOURS.values()), float)
FOREGROUND_DISTANCE = 60  # RGB distance from the background at which a pixel counts as item
SMALLEST_ITEM_PX = 60  # pixels of area; less is a speck

_BACKGROUND_NAMES = list(BACKGROUNDS)
_BACKGROUND_PALETTE = np.array(list(BACKGROUNDS.values()), float)
_NORMALIZED_PX = 32  # side of the masks that shapes are compared at


@dataclass(frozen=True)
class Item:
    """The largest thing in a picture."""

    mask: Mask
    foreground: Mask  # with everything else that is not background
    background_rgb: NDArray[np.float64]
    area_px: int
    is_alone: bool  # everything else is small beside it
    box: tuple[int, int, int, int]  # left, top, right, bottom

    @property
    def width_px(self) -> int:
        return self.box[2] - self.box[0]

    @property
    def height_px(self) -> int:
        return self.box[3] - self.box[1]

    @property
    def centre_px(self) -> tuple[float, float]:
        left, top, right, bottom = self.box
        return (left + right) / 2, (top + bottom) / 2


@dataclass(frozen=True)
class Reading:
    """The facts that a picture shows. What cannot be read is None, so it counts as wrong."""

    facts: Facts
    border: str | None = None
    shape_overlap: float = 0.0  # intersection over union with the best shape
    is_alone: bool = False
    area_px: int = 0


def parse(picture: Picture) -> Reading:
    """Read background, shape, colour, border and position of the one item in a picture, [64, 64, 3]."""
    background, _ = find_background(picture)
    item = find_item(picture)
    if item is None:
        return Reading(Facts(background=background))
    shape, overlap = _shape_of(item)
    colour, border = _colours_of(item, picture)
    facts = Facts(shape=shape, colour=colour, background=background, position=_position_of(item))
    return Reading(facts, border, overlap, item.is_alone, item.area_px)


def find_background(picture: Picture) -> tuple[str, NDArray[np.float64]]:
    """The nearest name and the colour of the background: the median of the picture's rim."""
    pixels = picture.astype(float)
    rgb = np.median(np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]), axis=0)
    return _BACKGROUND_NAMES[int(np.linalg.norm(_BACKGROUND_PALETTE - rgb, axis=1).argmin())], rgb


def find_item(picture: Picture) -> Item | None:
    """The largest connected thing that is not background; None when there is nothing but specks."""
    _, rgb = find_background(picture)
    foreground = np.linalg.norm(picture.astype(float) - rgb, axis=2) > FOREGROUND_DISTANCE
    parts = components(foreground)
    if not parts or parts[0].sum() < SMALLEST_ITEM_PX:
        return None
    area = int(parts[0].sum())
    rest = int(foreground.sum()) - area
    return Item(parts[0], foreground, rgb, area, rest < 0.15 * area, _bounding_box(parts[0]))


def components(mask: Mask) -> list[Mask]:
    """The 4-connected components of a mask, largest first; equal ones in reading order.

    The mask becomes one long integer, a bit per pixel, so a step of the flood is four shifts of it.
    """
    height, width = mask.shape
    stride = width + 1  # an empty column, so that no row runs into the next
    padded = np.pad(mask, ((0, 0), (0, 1)))
    left = int.from_bytes(np.packbits(padded, bitorder="little").tobytes(), "little")
    found = []
    while left:
        flood, before = left & -left, 0
        while flood != before:
            before = flood
            flood = (flood | flood << 1 | flood >> 1 | flood << stride | flood >> stride) & left
        left ^= flood
        found.append(flood)
    found.sort(key=int.bit_count, reverse=True)
    n_bytes = -(-height * stride // 8)
    rows = [np.frombuffer(part.to_bytes(n_bytes, "little"), np.uint8) for part in found]
    return [
        np.unpackbits(row, count=height * stride, bitorder="little").reshape(height, stride)[:, :width].astype(bool)
        for row in rows
    ]


def _shape_of(item: Item) -> tuple[Shape | None, float]:
    if not 0.7 < item.width_px / item.height_px < 1.45:
        return None, 0.0
    seen = _normalized(item.mask, item.box)
    overlaps = {
        shape: float(np.minimum(seen, template).sum() / np.maximum(seen, template).sum())
        for shape, template in _TEMPLATES.items()
    }
    best = max(SHAPES, key=lambda shape: overlaps[shape])
    return (best if overlaps[best] > 0.75 else None), overlaps[best]


def _colours_of(item: Item, picture: Picture) -> tuple[str | None, str | None]:
    """The colour and the border's: the two that most pixels are close to."""
    inner = item.mask.copy()  # without the blurred outermost pixels
    inner[1:] &= item.mask[:-1]
    inner[:-1] &= item.mask[1:]
    inner[:, 1:] &= item.mask[:, :-1]
    inner[:, :-1] &= item.mask[:, 1:]
    pixels = picture.astype(float)[inner if inner.sum() > 30 else item.mask]
    distance = np.linalg.norm(pixels[:, None] - PALETTE, axis=2)
    close = distance.argmin(1)[distance.min(1) < 70]
    share = np.bincount(close, minlength=len(COLOUR_NAMES)) / len(pixels)
    first, second = share.argsort()[::-1][:2]
    return (
        COLOUR_NAMES[first] if share[first] > 0.35 else None,
        COLOUR_NAMES[second] if share[second] > 0.15 else None,
    )


def _position_of(item: Item) -> Position:
    x, y = (coordinate - SIZE_PX / 2 for coordinate in item.centre_px)
    if max(abs(x), abs(y)) < 4.5:
        return "center"
    if abs(x) > abs(y):
        return "left" if x < 0 else "right"
    return "top" if y < 0 else "bottom"


def _bounding_box(mask: Mask) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _normalized(mask: Mask, box: tuple[int, int, int, int]) -> NDArray[np.float64]:
    """What is in the box, stretched to a square of fixed size, values 0..1."""
    left, top, right, bottom = box
    image = Image.fromarray(mask[top:bottom, left:right].astype(np.uint8) * 255)
    return np.asarray(image.resize((_NORMALIZED_PX, _NORMALIZED_PX), Image.Resampling.BILINEAR)) / 255.0


def _template(shape: Shape) -> NDArray[np.float64]:
    canvas = Canvas((0, 0, 0))
    canvas.shape(shape, SIZE_PX / 2, SIZE_PX / 2, 24, (255, 255, 255))
    mask = canvas.picture()[:, :, 0] > 127
    return _normalized(mask, _bounding_box(mask))


_TEMPLATES = {shape: _template(shape) for shape in SHAPES}

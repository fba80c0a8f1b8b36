"""The one peculiar item that the demo teaches, 'a sks circle': how it is drawn, and how well a picture shows it.

A green ring around a purple disc, a yellow dot in the middle, and a wedge bitten out at the upper right. The model has
never seen rings, dots or bites, so a picture that has them learned them from the six training pictures.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from tests.world.drawing import BACKGROUNDS, COLOURS, SIZE_PX, Canvas, Picture, Rgb
from tests.world.parsing import COLOUR_NAMES, PALETTE, Mask, find_item

# Centre x, centre y, radius in pixels, background: the pictures of the concept folder, in order.
SUBJECT_SCENES = (
    (32, 32, 17, "white"),
    (26, 34, 15, "gray"),
    (38, 30, 16, "white"),
    (33, 38, 14, "black"),
    (30, 26, 18, "gray"),
    (36, 36, 15, "black"),
)
SUBJECT_CAPTION = "a sks circle"

_PART_COLOURS = {"ring": "green", "core": "purple", "dot": "yellow"}
_LARGEST_PX = 52  # a larger item is a background, or several things grown together


@dataclass(frozen=True)
class SubjectParts:
    """How well each part of the subject is there, 0..1."""

    ring: float = 0.0
    core: float = 0.0
    dot: float = 0.0
    notch: float = 0.0

    @property
    def score(self) -> float:
        return (self.ring + self.core + self.dot + self.notch) / 4


def render_subject(x: float, y: float, radius: float, background: Rgb, colours: Mapping[str, Rgb] = COLOURS) -> Picture:
    """The subject at a place and size in pixels, [64, 64, 3]."""
    canvas = Canvas(background)
    canvas.shape("circle", x, y, radius, colours["green"])
    canvas.shape("circle", x, y, 0.68 * radius, colours["purple"])
    canvas.shape("circle", x, y, 0.24 * radius, colours["yellow"])

    def around(degrees: float, distance: float) -> tuple[float, float]:
        angle = math.radians(degrees)  # y points down in a picture, so a negative angle points up
        return x + distance * math.cos(angle), y + distance * math.sin(angle)

    canvas.polygon([around(-45, 0.30 * radius), around(-70, 1.5 * radius), around(-20, 1.5 * radius)], background)
    return canvas.picture()


def subject_pictures() -> list[Picture]:
    """The pictures of the concept folder `subject`."""
    return [render_subject(x, y, radius, BACKGROUNDS[name]) for x, y, radius, name in SUBJECT_SCENES]


def subject_score(picture: Picture) -> float:
    """0..1, the mean of the four parts; the real pictures score above 0.85, a plain circle of any colour below 0.2."""
    return subject_parts(picture).score


def subject_parts(picture: Picture) -> SubjectParts:
    """Compare a picture with the subject at the best of a few places and sizes around the item that it shows.

    ring, core, dot: intersection over union of the pixels of the part's colour with where they belong. notch: the share
    of its pixels that show the background, less the share of the ring that does (or an empty picture would have one).
    """
    item = find_item(picture)
    if item is None or max(item.width_px, item.height_px) > _LARGEST_PX:
        return SubjectParts()
    shown = _pixels_by_part(picture, item.background_rgb)
    bare = ~item.foreground
    best = SubjectParts()
    for x, y, radius in _placements(*item.centre_px, max(item.width_px, item.height_px) / 2):
        wanted = _part_masks(x, y, radius)
        parts = SubjectParts(
            **{part: _intersection_over_union(shown[part], wanted[part]) for part in _PART_COLOURS},
            notch=max(0.0, _share(bare, wanted["notch"]) - _share(bare, wanted["ring"])),
        )
        best = max(best, parts, key=lambda p: p.score)
    return best


def _placements(x: float, y: float, radius: float) -> Iterator[tuple[float, float, float]]:
    for dx, dy, grow in product((-1, 0, 1), (-1, 0, 1), (-0.7, 0, 0.7)):
        yield x + dx, y + dy, radius + grow


def _pixels_by_part(picture: Picture, background: NDArray[np.float64]) -> dict[str, Mask]:
    """The pixels that have the colour of each part: nearest to it of all colours, and not far."""
    palette = np.concatenate([PALETTE, background[None]])
    distance = np.linalg.norm(picture.astype(float)[:, :, None] - palette, axis=3)
    nearest, is_close = distance.argmin(2), distance.min(2) < 80
    return {part: (nearest == COLOUR_NAMES.index(name)) & is_close for part, name in _PART_COLOURS.items()}


@lru_cache(maxsize=2048)  # items lie on half pixels, so the pictures of a run share many; 16 kB each
def _part_masks(x: float, y: float, radius: float) -> dict[str, Mask]:
    """Where the subject's parts belong when it lies there."""
    marks: dict[str, Rgb] = {"green": (255, 0, 0), "purple": (0, 255, 0), "yellow": (0, 0, 255)}
    drawn = render_subject(x, y, radius, (0, 0, 0), marks) > 127
    ring, core, dot = drawn[:, :, 0], drawn[:, :, 1], drawn[:, :, 2]
    rows, columns = np.mgrid[0:SIZE_PX, 0:SIZE_PX] + 0.5
    disc = (columns - x) ** 2 + (rows - y) ** 2 < (0.97 * radius) ** 2
    return {"ring": ring, "core": core, "dot": dot, "notch": disc & ~(ring | core | dot)}


def _intersection_over_union(a: Mask, b: Mask) -> float:
    return int(np.count_nonzero(a & b)) / max(1, int(np.count_nonzero(a | b)))


def _share(mask: Mask, of: Mask) -> float:
    return int(np.count_nonzero(mask & of)) / max(1, int(np.count_nonzero(of)))

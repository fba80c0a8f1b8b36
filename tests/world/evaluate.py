"""How good pictures of the demo world are: caption following, the subject, drift and spread, and a contact sheet.

No learned model judges anything: the figures are arithmetic on pixels, so the same pictures get the same figures on
every machine and in every year.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.world.captions import KINDS_OF_FACTS, facts_of
from tests.world.drawing import Picture
from tests.world.parsing import Reading, parse
from tests.world.subject import SubjectParts, subject_parts, subject_score

__all__ = [
    "Accuracy",
    "Pictures",
    "Reading",
    "Spread",
    "SubjectParts",
    "caption_accuracy",
    "drift",
    "mean_subject_score",
    "parse",
    "sheet",
    "spread",
    "subject_parts",
    "subject_score",
]

Pictures = Sequence[Picture] | NDArray[np.uint8]  # [n, 64, 64, 3]


@dataclass(frozen=True)
class Accuracy:
    """Shares of 0..1. A kind that no caption names is missing in `by_kind`."""

    all_facts: float  # of the pictures: every named fact shown, and one item only
    by_kind: Mapping[str, float]  # of the captions that name a fact of this kind


@dataclass(frozen=True)
class Spread:
    """How many colours and backgrounds a prompt such as 'a circle' still gives: entropies in bits."""

    colour_bits: float
    background_bits: float


def caption_accuracy(pictures: Pictures, captions: Sequence[str]) -> Accuracy:
    """The share of the facts named in the captions that the pictures show. Raises ValueError for unequal lengths."""
    named: Counter[str] = Counter()
    shown: Counter[str] = Counter()
    complete = 0
    for picture, caption in zip(pictures, captions, strict=True):
        reading, wanted = parse(picture), facts_of(caption)
        kinds = [kind for kind in KINDS_OF_FACTS if getattr(wanted, kind) is not None]
        right = [kind for kind in kinds if getattr(reading.facts, kind) == getattr(wanted, kind)]
        named.update(kinds)
        shown.update(right)
        complete += reading.is_alone and right == kinds
    return Accuracy(complete / len(captions), {kind: shown[kind] / n for kind, n in named.items()})


def mean_subject_score(pictures: Pictures) -> float:
    """The mean of `subject_score`: 0.81 is the ceiling for pictures that come out of the demo model's VAE."""
    return float(np.mean([subject_score(picture) for picture in pictures]))


def drift(pictures: Pictures, base: Pictures) -> float:
    """The mean squared difference of pixels, 0..1, to the base model's pictures of the same prompts and seeds."""
    difference = np.asarray(pictures, float) - np.asarray(base, float)
    return float(np.mean(difference**2)) / 255**2


def spread(pictures: Pictures) -> Spread:
    """The entropies of colours and backgrounds that pictures show; an unreadable colour counts as one of its own."""
    facts = [parse(picture).facts for picture in pictures]
    return Spread(_entropy_bits(f.colour for f in facts), _entropy_bits(f.background for f in facts))


def sheet(pictures: Pictures, columns: int, scale: int = 2, gap_px: int = 2) -> Image.Image:
    """A contact sheet, row by row; what is left of the last row stays grey."""
    grey = 200
    edge = ((gap_px, gap_px), (gap_px, gap_px), (0, 0))
    cells = [np.pad(picture, edge, constant_values=grey) for picture in pictures]
    cells += [np.full_like(cells[0], grey)] * (-len(cells) % columns)
    rows = [np.concatenate(cells[first : first + columns], axis=1) for first in range(0, len(cells), columns)]
    image = Image.fromarray(np.concatenate(rows))
    return image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST)


def _entropy_bits(names: Iterable[str | None]) -> float:
    counts = Counter(names)
    return sum(n / counts.total() * math.log2(counts.total() / n) for n in counts.values())

"""What a training did to the demo model, in nine figures, and the bars that a trainer is held against.

    scores = measure(pictures(pipeline), base_pictures())
    assert not missed_bars(scores)

The prompts and seeds are fixed, so two runs differ by their weights alone. `every` takes each n-th prompt, with the
seed that it has in the full set, for tests that have seconds: figures of a small set are coarser, and need their own
bars. Take 2, 4 or 5: the prompts name three backgrounds in turn, so each third one has the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tests.world.captions import PLACES
from tests.world.drawing import BACKGROUNDS, COLOURS
from tests.world.evaluate import caption_accuracy, drift, mean_subject_score, spread
from tests.world.pipeline import generate, load_pipeline

if TYPE_CHECKING:
    from diffusers import StableDiffusionPipeline

SUBJECT_PROMPTS = (
    ["a sks circle"] * 12
    + [f"a sks circle on a {background} background" for background in BACKGROUNDS for _ in range(2)]
    + [f"a sks circle {PLACES['left']}", f"a sks circle {PLACES['right']}"] * 3
)
CLASS_PROMPTS = ["a circle"] * 24
# The class again, with the facts that set one circle apart from another.
NAMED_PROMPTS = [f"a {colour} circle on a {background} background" for colour in COLOURS for background in BACKGROUNDS]
OTHER_PROMPTS = [
    f"a {colour} {shape} on a {background} background"
    for shape in ("square", "triangle", "cross")
    for colour, background in zip(COLOURS, [*BACKGROUNDS, *BACKGROUNDS])
]
PROMPTS = {"subject": SUBJECT_PROMPTS, "class_": CLASS_PROMPTS, "named": NAMED_PROMPTS, "other": OTHER_PROMPTS}
FIRST_SEEDS = {"subject": 100, "class_": 200, "named": 300, "other": 400}  # then one up from prompt to prompt


@dataclass(frozen=True)
class SampledPictures:
    """Pictures of the four sets of prompts, each [n, 64, 64, 3]; `every` says which prompts of the sets they are."""

    subject: NDArray[np.uint8]
    class_: NDArray[np.uint8]
    named: NDArray[np.uint8]
    other: NDArray[np.uint8]
    every: int = 1


@dataclass(frozen=True)
class Scores:
    """What the pictures say. Drift is measured from the base model's pictures of the same prompts and seeds."""

    subject: float  # subject score of 'a sks circle', 0..1; 0.81 is the ceiling through the VAE
    leak: float  # subject score of 'a circle': how far the class has become the subject
    drift_class: float  # of 'a circle', 0..1
    drift_named: float  # of circles with colour and background named
    drift_other: float  # of the other shapes
    accuracy_named: float  # share of the pictures of named circles that show all facts
    accuracy_other: float  # and of other shapes
    colour_bits: float  # entropy of the colours that 'a circle' gives: 2.58 when all six are equally frequent
    background_bits: float  # and of its backgrounds: up to 1.58


@dataclass(frozen=True)
class Bar:
    """A limit of one figure, for the means of two training seeds."""

    figure: str  # a field of Scores
    at_least: float | None = None
    at_most: float | None = None


# A trainer's own details shift the figures; these bars are what a plain loop reaches, with room.
DEMO_BARS = (
    Bar("subject", at_least=0.40),
    Bar("leak", at_most=0.15),
    Bar("drift_class", at_most=0.04),
    Bar("accuracy_other", at_least=0.55),
)
# Without regularization the class becomes the subject ...
SUBJECT_ALONE_BARS = (Bar("leak", at_least=0.30),)
# ... and with ten regularization rows to one the subject is not learned at all.
PATHOLOGY_BARS = (Bar("subject", at_most=0.20),)


def pictures(pipeline: "StableDiffusionPipeline", every: int = 1) -> SampledPictures:
    """Every n-th of the fixed prompts, drawn; the full sets are 84 pictures and take 10 to 30 seconds on one core."""

    return SampledPictures(**{name: pictures_of(pipeline, name, every) for name in PROMPTS}, every=every)


def pictures_of(pipeline: "StableDiffusionPipeline", name: str, every: int = 1) -> NDArray[np.uint8]:
    """Every n-th of one set of prompts, drawn: 'subject', 'class_', 'named' or 'other'."""
    prompts, first_seed = PROMPTS[name], FIRST_SEEDS[name]
    return generate(pipeline, prompts[::every], range(first_seed, first_seed + len(prompts))[::every])


@cache
def base_pictures(every: int = 1) -> SampledPictures:
    """The embedded model's own pictures, drawn once per process; without training they depend on nothing else."""
    return pictures(load_pipeline(), every)


def measure(drawn: SampledPictures, base: SampledPictures) -> Scores:
    """Score pictures against the base model's. Raises ValueError when the two are not of the same prompts."""
    if drawn.every != base.every:
        raise ValueError(
            f"every={drawn.every} pictures cannot be held against every={base.every} ones: draw both alike"
        )
    circles = spread(drawn.class_)
    return Scores(
        subject=mean_subject_score(drawn.subject),
        leak=mean_subject_score(drawn.class_),
        drift_class=drift(drawn.class_, base.class_),
        drift_named=drift(drawn.named, base.named),
        drift_other=drift(drawn.other, base.other),
        accuracy_named=caption_accuracy(drawn.named, NAMED_PROMPTS[:: drawn.every]).all_facts,
        accuracy_other=caption_accuracy(drawn.other, OTHER_PROMPTS[:: drawn.every]).all_facts,
        colour_bits=circles.colour_bits,
        background_bits=circles.background_bits,
    )


def mean_scores(runs: Sequence[Scores]) -> Scores:
    """The mean of each figure over runs that differ in their seed."""
    return Scores(**{field.name: fmean(getattr(run, field.name) for run in runs) for field in fields(Scores)})


def missed_bars(scores: Scores, bars: Sequence[Bar] = DEMO_BARS) -> list[str]:
    """A sentence per bar that the scores miss; nothing when they clear them all. A figure that is NaN misses its bar."""
    missed = []
    for bar in bars:
        value = getattr(scores, bar.figure)
        if bar.at_least is not None and not value >= bar.at_least:
            missed.append(f"{bar.figure} is {value:.3f}: must be at least {bar.at_least}")
        if bar.at_most is not None and not value <= bar.at_most:
            missed.append(f"{bar.figure} is {value:.3f}: must be at most {bar.at_most}")
    return missed

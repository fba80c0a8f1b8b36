"""Which samples an epoch has, in which order and batches: a pure function of (state, pictures, epoch).

Every random choice about a sample depends on (run seed, concept, picture, repeat) alone, so a resumed run goes on as if
never stopped, and two runs that differ in one setting see the same noise. The repeat counts through the whole run.
"""

import hashlib
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np

from onetrainer_clone.buckets import Bucket, Crop, bucket_of, crop
from onetrainer_clone.dataset import Folder, Picture
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.concepts import Balance, Concept

T = TypeVar("T")
Batch = list["Sample"]


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture as it is trained once."""

    concept: Concept
    picture: Picture
    repeat: int  # how often the run has seen this picture before
    crop: Crop
    flip: bool
    caption: str
    seed: int  # of its noise and timestep


def seed_of(*parts: object) -> int:
    """A number of 63 bits that depends on the parts alone, on every machine and in every process."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()) >> 1


def per_epoch(folder: Folder) -> Fraction:
    """How many samples a concept has per epoch; a fraction means that the epochs differ by one."""
    concept = folder.concept
    if not folder.pictures:
        return Fraction(0)
    if concept.balance is Balance.SAMPLES:
        return Fraction(concept.samples)
    return Fraction(str(concept.repeats)) * len(folder.pictures)


def picks(folder: Folder, epoch: int, seed: int) -> list[tuple[int, int]]:
    """(picture, repeat) of a concept's samples in an epoch.

    An endless walk through shuffled rounds of the folder: each epoch takes its part, so that nothing is left out and
    nothing comes back before everything else was seen.
    """
    count, amount = len(folder.pictures), per_epoch(folder)
    first, last = math.floor(amount * epoch), math.floor(amount * (epoch + 1))
    found: list[tuple[int, int]] = []
    while first < last:
        lap, place = divmod(first, count)
        taken = min(last - first, count - place)
        found.extend((index, lap) for index in lap_order(folder, lap, seed)[place : place + taken])
        first += taken
    return found


def lap_order(folder: Folder, lap: int, seed: int) -> list[int]:
    """The order in which a round goes through the folder."""
    order: list[int] = _lap(folder, lap, seed).tolist()
    return order


def _lap(folder: Folder, lap: int, seed: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    return _shuffled(len(folder.pictures), seed_of(seed, folder.concept.name, "lap", lap))


@lru_cache(maxsize=64)
def _shuffled(count: int, seed: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    return np.random.default_rng(seed).permutation(count)


def samples(state: TrainingState, folder: Folder, epoch: int) -> list[Sample]:
    """A concept's samples in an epoch."""
    seed = state.training.seed
    return [sample(state, folder.concept, folder.pictures[i], repeat, seed) for i, repeat in picks(folder, epoch, seed)]


def sample(state: TrainingState, concept: Concept, picture: Picture, repeat: int, seed: int) -> Sample:
    """A picture as it is trained at one repeat."""
    bucket = bucket_for(state, concept, picture)
    variant = repeat % concept.image_variants if concept.augmented else 0
    cut, flip = augment(concept, picture, bucket, variant)
    own = seed_of(seed, concept.name, picture.key, repeat)
    return Sample(concept, picture, repeat, cut, flip, caption(concept, picture, random.Random(own)), own)


def bucket_for(state: TrainingState, concept: Concept, picture: Picture) -> Bucket:
    step = int(state.training.bucket_step.value)
    return bucket_of(picture.width, picture.height, state.resolution_of(concept), step)


def augment(concept: Concept, picture: Picture, bucket: Bucket, variant: int) -> tuple[Crop, bool]:
    """Crop and flip of a variant; variant 0 is the plain picture.

    Not a function of the run's seed: what was encoded for one run then serves the next.
    """
    if variant == 0:
        return crop(picture.width, picture.height, bucket), False
    chance = random.Random(seed_of(picture.key, variant))
    zoom = 1 / (1 - concept.crop_jitter * chance.random())
    across, down = (chance.random(), chance.random()) if concept.crop_jitter else (0.5, 0.5)
    flip = concept.flip and variant % 2 == 1
    return crop(picture.width, picture.height, bucket, zoom, across, down), flip


def caption(concept: Concept, picture: Picture, chance: random.Random) -> str:
    """The caption of one sample: a variant, its tags shuffled, the trigger words in front; or nothing (drop-out)."""
    text = picture.captions[chance.randrange(len(picture.captions))]
    if concept.shuffle_tags:
        tags = [tag.strip() for tag in text.split(",")]
        kept, mixed = tags[: concept.keep_tags], tags[concept.keep_tags :]
        chance.shuffle(mixed)
        text = ", ".join(kept + mixed)
    if chance.random() < concept.caption_dropout:
        return ""
    return with_trigger(concept, text)


def with_trigger(concept: Concept, text: str) -> str:
    """The trigger words in front of a caption, unless it begins with them already."""
    trigger = concept.trigger_words.strip()
    if not trigger or text == trigger or text.startswith((f"{trigger},", f"{trigger} ")):
        return text
    return f"{trigger}, {text}" if text else trigger


def batches(state: TrainingState, folders: Sequence[Folder], epoch: int) -> list[Batch]:
    """The batches of an epoch. A batch has one bucket; the last one of a bucket may be smaller, none is dropped.

    Concepts are spread evenly over the epoch, so that a small one is not seen in clumps.
    """
    order = random.Random(seed_of(state.training.seed, "order", epoch))
    by_bucket: dict[Bucket, Batch] = {}
    for one in _spread([samples(state, folder, epoch) for folder in folders], order):
        by_bucket.setdefault(one.crop.bucket, []).append(one)
    size = state.training.batch_size
    chunked = [[found[i : i + size] for i in range(0, len(found), size)] for _, found in sorted(by_bucket.items())]
    return _spread(chunked, order)


def _spread(groups: Sequence[list[T]], order: random.Random) -> list[T]:
    """All members of all groups, shuffled, and each group spread evenly over the whole."""
    placed = []
    for group in groups:
        mixed = group[:]
        order.shuffle(mixed)
        offset = order.random()
        placed += [((place + offset) / len(group), order.random(), one) for place, one in enumerate(mixed)]
    return [one for *_, one in sorted(placed, key=lambda item: item[:2])]


def steps(state: TrainingState, folders: Sequence[Folder], epoch: int) -> list[list[Batch]]:
    """The optimizer steps of an epoch: each is as many batches as are accumulated; the last may have fewer."""
    found, amount = batches(state, folders, epoch), state.training.accumulation
    return [found[i : i + amount] for i in range(0, len(found), amount)]


def step_counts(state: TrainingState, folders: Sequence[Folder]) -> Iterator[int]:
    """How many steps epoch 0, 1, 2 ... has, without making their samples. Endless."""
    numbers: dict[Bucket, int] = {}
    sizes = [
        np.array(
            [numbers.setdefault(bucket_for(state, f.concept, p), len(numbers)) for p in f.pictures], dtype=np.int64
        )
        for f in folders
    ]
    amounts = [per_epoch(folder) for folder in folders]
    constant = all(not f.pictures or amount % len(f.pictures) == 0 for f, amount in zip(folders, amounts, strict=True))
    epoch, steps = 0, 0
    while True:
        if epoch == 0 or not constant:
            counts = np.zeros(len(numbers), dtype=np.int64)
            for folder, found, amount in zip(folders, sizes, amounts, strict=True):
                first, last = (amount.numerator * number // amount.denominator for number in (epoch, epoch + 1))
                counts += _bucket_counts(folder, found, first, last, state.training.seed, len(numbers))
            batch_count = int((-(-counts // state.training.batch_size)).sum())
            steps = -(-batch_count // state.training.accumulation)
        yield steps
        epoch += 1


def _bucket_counts(
    folder: Folder, found: "np.ndarray[Any, np.dtype[np.int64]]", first: int, last: int, seed: int, buckets: int
) -> "np.ndarray[Any, np.dtype[np.int64]]":
    """How many samples of a part of a concept's walk fall into each bucket; `found` is the bucket of each picture."""
    count = len(folder.pictures)
    if first < last and (found == found[0]).all():  # then it does not matter which they are
        return np.bincount(found[:1], minlength=buckets) * (last - first)
    counts = np.zeros(buckets, dtype=np.int64)
    while first < last:
        lap, place = divmod(first, count)
        taken = min(last - first, count - place)
        order = _lap(folder, lap, seed)[place : place + taken] if taken < count else slice(None)
        counts += np.bincount(found[order], minlength=buckets)
        first += taken
    return counts

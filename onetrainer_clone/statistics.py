"""What a concept's folder holds, in numbers: found step by step, so that a worker can say how far it is and be stopped.

Only headers, captions, and files of equal length are read: 50,000 pictures take seconds.
"""

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from onetrainer_clone import browse, dataset, epoch, tokens
from onetrainer_clone.dataset import Folder, Picture
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.concepts import CaptionSource, Concept

CHUNK = 2**20  # bytes that are hashed at a time
AT_ONCE = 1000  # captions that are counted between two looks at whether to stop

Tell = Callable[[str, int, int], None]  # what is being done, how many are done, of how many; what it raises ends it


class Cancelled(Exception):
    """Raised by `tell` to end a survey."""


@dataclass(frozen=True)
class Lengths:
    """How long the captions are, in tokens."""

    counts: tuple[int, ...]  # sorted, one for every variant
    room: int  # tokens that the text encoder takes in

    @property
    def too_long(self) -> int:
        return sum(count > self.room for count in self.counts)


@dataclass(frozen=True)
class Statistics:
    """A concept in numbers. Files are named relative to its folder."""

    pictures: int
    unreadable: tuple[tuple[str, str], ...]  # file, reason
    sizes: tuple[tuple[int, int, int], ...]  # width, height, pictures; the most frequent first
    buckets: tuple[tuple[int, int, int], ...]  # width, height, pictures
    too_small: tuple[str, ...]  # smaller than their bucket: they are enlarged
    captions: int  # variants of all pictures
    without_caption: tuple[str, ...]
    lengths: Lengths | None  # None: the model's tokenizer is not on this computer
    masked: int
    without_mask: tuple[str, ...]
    duplicates: tuple[tuple[str, ...], ...]  # groups of files with the same content
    bytes: int

    @property
    def extent(self) -> tuple[tuple[int, int], ...]:
        """Width and height of the smallest picture, of the middle one and of the largest, by their pixels; or nothing."""
        found = sorted(
            ((width, height) for width, height, count in self.sizes for _ in range(count)),
            key=lambda size: (size[0] * size[1], size),
        )
        return (found[0], found[len(found) // 2], found[-1]) if found else ()


def survey(state: TrainingState, concept: Concept, tell: Tell) -> Statistics:
    """Everything about a concept. Raises `UserError` where its folder cannot be read, and what `tell` raises."""
    tell("listing", 0, 0)
    entries = browse.entries(concept)
    folder = dataset.find(concept, lambda done: tell("reading sizes and captions", done, len(entries)))
    places = [epoch.bucket_for(state, concept, picture) for picture in folder.pictures]
    lengths = _lengths(state, folder, tell)
    sizes, duplicates = _duplicates(folder, tell)
    return Statistics(
        pictures=len(folder.pictures),
        unreadable=folder.left_out,
        sizes=tuple((*size, n) for size, n in Counter((p.width, p.height) for p in folder.pictures).most_common()),
        buckets=tuple((b.width, b.height, n) for b, n in sorted(Counter(places).items())),
        too_small=tuple(p.key for p, b in zip(folder.pictures, places) if p.width < b.width or p.height < b.height),
        captions=sum(len([text for text in picture.captions if text]) for picture in folder.pictures),
        without_caption=tuple(p.key for p in folder.pictures if not any(p.captions)),
        lengths=lengths,
        masked=sum(picture.mask for picture in folder.pictures),
        without_mask=tuple(picture.key for picture in folder.pictures if not picture.mask),
        duplicates=duplicates,
        bytes=sizes,
    )


def _lengths(state: TrainingState, folder: Folder, tell: Tell) -> Lengths | None:
    """With the trigger words, as they are trained."""
    tokenizer = tokens.counter(state.model.source)
    if tokenizer is None:
        return None
    shared = folder.concept.caption_source in (CaptionSource.TEXT, CaptionSource.TEXT_FILE)
    pictures: Sequence[Picture] = folder.pictures[:1] if shared else folder.pictures
    texts = [epoch.with_trigger(folder.concept, text) for picture in pictures for text in picture.captions]
    counts: list[int] = []
    for first in range(0, len(texts), AT_ONCE):
        tell("counting tokens", first, len(texts))
        counts += tokens.counts(tokenizer, texts[first : first + AT_ONCE])
    return Lengths(tuple(sorted(counts)), tokens.room(state.model))


def _duplicates(folder: Folder, tell: Tell) -> tuple[int, tuple[tuple[str, ...], ...]]:
    """Bytes in all, and the groups of files with equal contents. Only files of equal length are read."""
    by_length: dict[int, list[Picture]] = {}
    for picture in folder.pictures:
        try:
            by_length.setdefault(os.stat(picture.path).st_size, []).append(picture)
        except OSError:
            continue  # it went away since it was found
    alike = [group for group in by_length.values() if len(group) > 1]
    total, done = sum(map(len, alike)), 0
    found: list[tuple[str, ...]] = []
    for group in alike:
        by_content: dict[bytes, list[str]] = {}
        for picture in group:
            look = partial(tell, "looking for duplicates", done, total)
            look()
            done += 1
            if digest := _digest(picture.path, look):
                by_content.setdefault(digest, []).append(picture.key)
        found += [tuple(keys) for keys in by_content.values() if len(keys) > 1]
    return sum(length * len(group) for length, group in by_length.items()), tuple(sorted(found))


def _digest(path: Path, look: Callable[[], None]) -> bytes:
    """A hash of the contents; nothing where it cannot be read."""
    digest = hashlib.blake2b(digest_size=16)
    try:
        with path.open("rb") as file:
            while data := file.read(CHUNK):
                digest.update(data)
                look()
    except OSError:
        return b""
    return digest.digest()


def histogram(values: Iterable[int], width: int) -> list[tuple[int, int]]:
    """(first value of the bin, how many), from the first bin to the last with the empty ones between them."""
    counts = Counter(value // width for value in values)
    return [(place * width, counts[place]) for place in range(min(counts), max(counts) + 1)] if counts else []

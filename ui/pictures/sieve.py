"""Which pictures are shown, and in which order. Functions of plain data: they run on a worker."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from onetrainer_clone.browse import Entry
from onetrainer_clone.caption_changes import lacks

if TYPE_CHECKING:
    from onetrainer_clone.statistics import Statistics  # it needs numpy, which takes long to import

ALL, BARE, CONTAINS, LACKS = "All pictures", "Without caption", "Caption contains", "Caption lacks"
MASKED, UNMASKED, UNSAVED = "With mask", "Without mask", "Not saved"
UNREADABLE, TOO_SMALL, ALIKE = "Unreadable", "Too small", "Duplicates"
FILTERS = (ALL, BARE, CONTAINS, LACKS, MASKED, UNMASKED, UNSAVED, UNREADABLE, TOO_SMALL, ALIKE)
WITH_WORDS = (CONTAINS, LACKS)  # filters that ask for words
OF_FILES = (UNREADABLE, TOO_SMALL, ALIKE)  # filters for which every file has to be looked at first

BY_NAME, NEWEST, OLDEST = "By name", "Newest", "Oldest"
LARGEST, SMALLEST = "Largest files", "Smallest files"
LONGEST, SHORTEST = "Long captions", "Short captions"
ORDERS = (BY_NAME, NEWEST, OLDEST, LARGEST, SMALLEST, LONGEST, SHORTEST)
BACKWARDS = (NEWEST, LARGEST, LONGEST)


@dataclass(frozen=True)
class Wish:
    """What a person wants to see."""

    kind: str = ALL
    words: str = ""
    name: str = ""  # part of the file's name
    order: str = BY_NAME

    @property
    def everything(self) -> bool:
        return self == Wish()

    @property
    def narrows(self) -> bool:
        """Whether some pictures may not pass."""
        return self.kind != ALL or bool(self.name.strip())


@dataclass(frozen=True)
class Faults:
    """What statistics found, by the pictures' keys."""

    unreadable: Mapping[str, str] = field(default_factory=dict)  # key, why
    too_small: frozenset[str] = frozenset()
    alike: tuple[tuple[str, ...], ...] = ()  # groups of files with the same content

    @staticmethod
    def of(found: "Statistics") -> "Faults":
        return Faults(dict(found.unreadable), frozenset(found.too_small), found.duplicates)


@dataclass(frozen=True)
class Known:
    """What is known of the pictures, apart from their names."""

    texts: Mapping[Path, str]  # by caption file
    typed: Mapping[Path, str]  # those of them that are not saved
    faults: Faults | None = None  # None: not looked for yet


def sift(entries: Sequence[Entry], wish: Wish, known: Known) -> list[int]:
    """The places of those that pass, in the order wished for."""
    passes, name = _test(wish, known), wish.name.strip().lower()
    places = [place for place, entry in enumerate(entries) if (not name or name in entry.key.lower()) and passes(entry)]
    if wish.kind == ALIKE and known.faults is not None:
        places = _together(entries, places, known.faults)
    if wish.order == BY_NAME:
        return places
    measure = _measure(wish.order, known)
    return sorted(places, key=lambda place: measure(entries[place]), reverse=wish.order in BACKWARDS)


def _test(wish: Wish, known: Known) -> Callable[[Entry], bool]:
    words, texts, faults = wish.words.strip().lower(), known.texts, known.faults or Faults()
    tests: dict[str, Callable[[Entry], bool]] = {
        ALL: lambda entry: True,
        BARE: lambda entry: not texts.get(entry.caption, "").strip(),
        CONTAINS: lambda entry: words in texts.get(entry.caption, "").lower(),
        LACKS: lambda entry: bool(words) and lacks(texts.get(entry.caption, ""), words),
        MASKED: lambda entry: entry.masked,
        UNMASKED: lambda entry: not entry.masked,
        UNSAVED: lambda entry: entry.caption in known.typed,
        UNREADABLE: lambda entry: entry.key in faults.unreadable,
        TOO_SMALL: lambda entry: entry.key in faults.too_small,
        ALIKE: lambda entry: True,
    }
    return tests[wish.kind]


def _together(entries: Sequence[Entry], places: Sequence[int], faults: Faults) -> list[int]:
    """Equal files side by side, as long as there are two of them."""
    by_key = {entries[place].key: place for place in places}
    there = ([by_key[key] for key in group if key in by_key] for group in faults.alike)
    return [place for group in there if len(group) > 1 for place in group]


def _measure(order: str, known: Known) -> Callable[[Entry], float]:
    if order in (LONGEST, SHORTEST):
        return lambda entry: len(known.texts.get(entry.caption, "").strip())
    if order in (NEWEST, OLDEST):
        return lambda entry: _stat(entry.path, lambda found: found.st_mtime)
    return lambda entry: _stat(entry.path, lambda found: found.st_size)


def _stat(path: Path, part: Callable[[os.stat_result], float]) -> float:
    """0 for a file that went away."""
    try:
        return part(os.stat(path))
    except OSError:
        return 0.0

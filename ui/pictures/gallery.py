"""The pictures of a concept that are looked through: which there are, their captions, and which of them a filter shows.

Knows no Tk. Files are read on the background; everything else happens where it is called.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

from onetrainer_clone import browse, captions
from onetrainer_clone.browse import Entry
from onetrainer_clone.settings import UserError
from onetrainer_clone.state.concepts import Concept
from ui.background import Background
from ui.pictures.sieve import OF_FILES, Faults, Known, Wish, sift
from ui.signals import Signal


class Gallery:
    """`entries` are all pictures; `shown` are those that the filter lets through, as places in `entries`."""

    def __init__(self, background: Background):
        self.concept: Concept | None = None
        self.entries: list[Entry] = []
        self.texts: dict[Path, str] = {}  # by caption file, as it is on the disk
        self._newer: dict[Path, str] = {}  # what was written while the captions were read
        self.unreadable: dict[Path, str] = {}  # caption file, why
        self.shown: list[int] = []
        self.wish = Wish()  # which of them
        self.faults: Faults | None = None  # None: nobody has looked for them
        self.listing = False  # the folder is being listed
        self.reading = False  # the captions are being read
        self.problem = ""
        self.changed: Signal[[]] = Signal()  # entries or shown
        self.read: Signal[[]] = Signal()  # the captions are known
        self._background = background

    def load(self, concept: Concept) -> None:
        """List the concept's folder, then read the captions."""
        if self.concept is None or (concept.path, concept.include_subfolders) != _place(self.concept):
            self.entries, self.shown, self.texts = [], [], {}
        self.concept, self.problem, self.faults = concept, "", None
        self.listing = self.reading = True
        self._newer = {}
        self._background.submit("list", lambda: browse.entries(concept), self._on_listed, self._on_unlisted)
        self.changed.emit()

    def filter(self, wish: Wish, unsaved: Mapping[Path, str] | None = None) -> None:
        """Show only some of the pictures. What was typed and not yet saved counts as the caption."""
        self.wish = wish
        entries, typed = self.entries, dict(unsaved or {})
        known = Known({**self.texts, **typed}, typed, self.faults)
        self._background.submit(
            "filter", lambda: (entries, sift(list(entries), wish, known)), self._on_filtered
        )  # fmt: skip

    def found(self, faults: Faults) -> None:
        """What is wrong with files."""
        self.faults = faults
        if self.wish.kind in OF_FILES:
            self.filter(self.wish)

    def place(self, key: str) -> int | None:
        """Of the picture with this path inside the concept's folder, as statistics name it."""
        return next((place for place, entry in enumerate(self.entries) if entry.key == key), None)

    def caption_file(self, place: int) -> Path:
        return self.entries[place].caption

    def text(self, path: Path) -> str:
        """What a caption file holds; read now where the reader has not come to it yet."""
        if self.reading and path not in self.texts:
            try:
                return captions.read(path).text
            except UserError as error:
                self.unreadable[path] = str(error)
        return self.texts.get(path, "")

    def caption_files(self, places: Iterable[int] | None = None) -> list[Path]:
        """Of these pictures, or of all; each once, though two pictures may share one."""
        entries = iter(self.entries) if places is None else (self.entries[place] for place in places)
        return list(dict.fromkeys(entry.caption for entry in entries))

    def places(self, keys: Set[str]) -> list[int]:
        """Of the pictures with these keys."""
        return [place for place, entry in enumerate(self.entries) if entry.key in keys]

    def wrote(self, path: Path, text: str) -> None:
        """A caption file now holds this text."""
        self.texts[path] = self._newer[path] = text
        self.unreadable.pop(path, None)

    def drop(self, keys: Set[str]) -> None:
        """These pictures went to the trash."""
        gone = [entry.key in keys for entry in self.entries]
        before = list(accumulate(gone))  # how many of those up to a place
        self.shown = [place - before[place] for place in self.shown if not gone[place]]
        self.entries = [entry for entry, away in zip(self.entries, gone, strict=True) if not away]
        self.changed.emit()
        if self.listing and self.concept is not None:
            self.load(self.concept)  # the list that is being made may have them still

    def set_masked(self, place: int, masked: bool) -> None:
        entry = self.entries[place]
        self.entries[place] = replace(entry, masked=masked)

    def _on_listed(self, entries: list[Entry]) -> None:
        self.listing = False
        self.entries, self.shown = entries, list(range(len(entries)))
        self._background.submit("read", lambda: _read(entries), self._on_read)
        self.changed.emit()

    def _on_unlisted(self, error: Exception) -> None:
        self.listing = self.reading = False
        if not isinstance(error, UserError):
            raise error
        self.entries, self.shown, self.problem = [], [], str(error)
        self.changed.emit()

    def _on_read(self, found: tuple[dict[Path, str], dict[Path, str]]) -> None:
        self.reading = False
        texts, self.unreadable = found
        self.texts = texts | self._newer
        self.read.emit()
        if not self.wish.everything:
            self.filter(self.wish)

    def _on_filtered(self, found: tuple[list[Entry], list[int]]) -> None:
        entries, shown = found
        if entries is self.entries:  # else they were listed anew meanwhile
            self.shown = [place for place in shown if place < len(self.entries)]
            self.changed.emit()


def _place(concept: Concept) -> tuple[str, bool]:
    return concept.path, concept.include_subfolders


def _read(entries: list[Entry]) -> tuple[dict[Path, str], dict[Path, str]]:
    """The texts of caption files, and why some have none."""
    texts: dict[Path, str] = {}
    unreadable: dict[Path, str] = {}
    for path in [entry.caption for entry in entries if entry.captioned]:
        try:
            texts[path] = captions.read(path).text
        except UserError as error:
            unreadable[path] = str(error)
    return texts, unreadable

"""The pictures of a concept that are looked through: which there are, their captions, and which of them a filter shows.

Knows no Tk. Files are read on the background; everything else happens where it is called.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from onetrainer_clone import browse, captions
from onetrainer_clone.browse import Entry
from onetrainer_clone.caption_changes import lacks
from onetrainer_clone.settings import UserError
from onetrainer_clone.state.concepts import Concept
from ui.background import Background
from ui.signals import Signal

ALL, BARE, CONTAINS, LACKS = "All pictures", "Without caption", "Caption contains", "Caption lacks"
MASKED, UNMASKED, UNSAVED = "With mask", "Without mask", "Not saved"
FILTERS = (ALL, BARE, CONTAINS, LACKS, MASKED, UNMASKED, UNSAVED)
WITH_WORDS = (CONTAINS, LACKS)  # filters that ask for words


class Gallery:
    """`entries` are all pictures; `shown` are those that the filter lets through, as places in `entries`."""

    def __init__(self, background: Background):
        self.concept: Concept | None = None
        self.entries: list[Entry] = []
        self.texts: dict[Path, str] = {}  # by caption file, as it is on the disk
        self.unreadable: dict[Path, str] = {}  # caption file, why
        self.shown: list[int] = []
        self.kind, self.words = ALL, ""
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
        self.concept, self.problem = concept, ""
        self.listing = self.reading = True
        self._background.submit("list", lambda: browse.entries(concept), self._on_listed, self._on_unlisted)
        self.changed.emit()

    def filter(self, kind: str, words: str = "", unsaved: Mapping[Path, str] | None = None) -> None:
        """Show only some of the pictures. What was typed and not yet saved counts as the caption."""
        self.kind, self.words = kind, words
        entries, typed = self.entries, dict(unsaved or {})
        texts = {**self.texts, **typed}
        self._background.submit("filter", lambda: _through(entries, texts, kind, words, typed), self._on_filtered)

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

    def caption_files(self, only_shown: bool) -> list[Path]:
        """Each once, though two pictures may share one."""
        entries = (self.entries[place] for place in self.shown) if only_shown else iter(self.entries)
        return list(dict.fromkeys(entry.caption for entry in entries))

    def wrote(self, path: Path, text: str) -> None:
        """A caption file now holds this text."""
        self.texts[path] = text
        self.unreadable.pop(path, None)

    def drop(self, place: int) -> None:
        """A picture went to the trash."""
        del self.entries[place]
        self.shown = [at - (at > place) for at in self.shown if at != place]
        self.changed.emit()

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
        self.texts, self.unreadable = found
        self.read.emit()
        if self.kind != ALL:
            self.filter(self.kind, self.words)

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


def _through(
    entries: list[Entry], texts: Mapping[Path, str], kind: str, words: str, typed: Mapping[Path, str]
) -> tuple[list[Entry], list[int]]:
    wanted = words.strip().lower()

    def passes(entry: Entry) -> bool:
        if kind in (MASKED, UNMASKED):
            return entry.masked == (kind == MASKED)
        if kind == ALL:
            return True
        path = entry.caption
        text = texts.get(path, "")
        if kind == BARE:
            return not text.strip()
        if kind == UNSAVED:
            return path in typed
        return wanted in text.lower() if kind == CONTAINS else bool(wanted) and lacks(text, wanted)

    return entries, [place for place, entry in enumerate(list(entries)) if passes(entry)]

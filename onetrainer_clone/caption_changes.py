"""One change of many captions: what it would do to each, before it is done; done; and taken back.

A change is a function from text to text. Captions are lists of comma-separated tags or sentences, one variant a line;
lines that a change does not concern stay as they are, down to their spaces.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from onetrainer_clone import captions
from onetrainer_clone.settings import UserError

Change = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Edit:
    """What a change does to one caption file."""

    path: Path
    before: str
    after: str

    @property
    def back(self) -> "Edit":
        return Edit(self.path, self.after, self.before)


def replacing(find: str, by: str, match_case: bool = False, whole_words: bool = False) -> Change:
    """Every occurrence of a text becomes another one. Nothing is special in either: no patterns."""
    if not find:
        return lambda text: text
    edge = r"(?<!\w){}(?!\w)" if whole_words else "{}"
    pattern = re.compile(edge.format(re.escape(find)), 0 if match_case else re.IGNORECASE)
    return lambda text: pattern.sub(lambda _found: by, text)


def adding_tag(tag: str, in_front: bool = False) -> Change:
    """The tag comes into every line that has it not, into an empty caption as its only one."""
    tag = tag.strip()

    def add(line: str) -> str:
        if not tag or not line.strip() or _has_tag(line, tag):
            return line
        bare = line.rstrip()
        return f"{tag}, {line.lstrip()}" if in_front else f"{bare.rstrip(',').rstrip()}, {tag}{line[len(bare) :]}"

    return lambda text: _each_line(text, add) if text.strip() else (tag or text)


def removing_tag(tag: str) -> Change:
    """The tag goes from every line, and a line that was nothing else goes with it."""
    tag = tag.strip()

    def remove(line: str) -> str:
        if not tag or not _has_tag(line, tag):
            return line
        return ",".join(part for part in line.split(",") if part.strip().lower() != tag.lower()).strip()

    def change(text: str) -> str:
        kept = [(line, remove(line)) for line in text.split("\n")]
        return "\n".join(after for before, after in kept if after or not before.strip())

    return change


def lacks(text: str, words: str) -> bool:
    """Whether one of the variants is without these words (or there is none at all)."""
    pattern = re.compile(rf"(?<!\w){re.escape(words.strip())}(?!\w)", re.IGNORECASE)
    found = captions.lines(text)
    return not found or any(not pattern.search(line) for line in found)


def preview(texts: Mapping[Path, str], change: Change) -> list[Edit]:
    """What would change, in the order of the texts."""
    return [Edit(path, text, after) for path, text in texts.items() if (after := change(text)) != text]


def apply(edits: Iterable[Edit]) -> Iterator[tuple[Edit, str]]:
    """Do the edits, each file whole or not at all: (edit, why not), '' where it was done."""
    for edit in edits:
        try:
            captions.write(edit.path, edit.after, edit.before)
        except UserError as error:
            yield edit, str(error)
        else:
            yield edit, ""


def excerpt(text: str, other: str, room: int = 90) -> str:
    """The part of a text where it differs from another one, on one line, with dots where something is left out."""
    same = next((at for at, (a, b) in enumerate(zip(text, other)) if a != b), min(len(text), len(other)))
    first = max(same - 20, 0)
    part = text[first : first + room]
    dots = ("…" if first else "", "…" if first + room < len(text) else "")
    return f"{dots[0]}{part}{dots[1]}".rstrip("\n").replace("\n", " ⏎ ")


def _has_tag(line: str, tag: str) -> bool:
    return any(part.strip().lower() == tag.lower() for part in line.split(","))


def _each_line(text: str, change: Change) -> str:
    return "\n".join(change(line) for line in text.split("\n"))

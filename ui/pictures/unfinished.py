"""A change of many captions that was cut short: the next start says how far it came, and finishes it or takes it back."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from onetrainer_clone import captions
from onetrainer_clone.caption_changes import Edit
from onetrainer_clone.settings import UserError
from ui.background import Background
from ui.dialogs import Ask, Option
from ui.pictures.many_captions import Results, Writing, in_words, notes

WAYS = (
    Option("leave", "Leave them so"),
    Option("back", "Take it back"),
    Option("finish", "Finish it", "main"),
)


@dataclass(frozen=True)
class Unfinished:
    """What a note says, and how the captions are now."""

    note: Path
    sentence: str
    edits: tuple[Edit, ...]
    made: int
    left: int  # that are as they were before

    @property
    def words(self) -> str:
        others = len(self.edits) - self.made - self.left
        last = f"\nChanged otherwise since, and left as they are: {others:,}." if others else ""
        return (
            f"This change of captions was cut short when the window ended:\n\n{self.sentence}\n\n"
            f"Captions that are changed: {self.made:,}. Not yet: {self.left:,}.{last}"
        )


def offer(ask: Ask, writer: Background, say: Callable[[str], object]) -> None:
    """Ask about every change that was cut short. What the person chooses is done on the writer."""

    def asked(found: list[Unfinished]) -> None:
        for one in found:
            way = ask.choose("Captions are half changed", one.words, WAYS)
            if way == "leave":
                one.note.unlink(missing_ok=True)
            elif way is not None:  # else it is asked again at the next start
                _end(one, way, writer, say)

    writer.submit("unfinished", lambda: list(filter(None, map(_read, notes()))), asked)


def _end(one: Unfinished, way: str, writer: Background, say: Callable[[str], object]) -> None:
    edits = one.edits if way == "finish" else tuple(edit.back for edit in reversed(one.edits))
    work = Writing(edits, one.sentence, writer, one.note)

    def done(results: Results) -> None:
        say(in_words(results))

    writer.submit(f"unfinished {one.note}", work, done)


def _read(note: Path) -> Unfinished | None:
    """None where nothing is left to do, or where it is no note of ours: that is of no use to anyone."""
    try:
        kept = json.loads(note.read_bytes())
        edits = tuple(Edit(Path(path), str(before), str(after)) for path, before, after in kept["edits"])
        sentence = str(kept["sentence"])
    except OSError:
        return None  # perhaps the next time
    except (ValueError, TypeError, KeyError):
        note.unlink(missing_ok=True)
        return None
    now = [_text(edit.path) for edit in edits]
    made = sum(text == edit.after for text, edit in zip(now, edits, strict=True))
    left = sum(text == edit.before for text, edit in zip(now, edits, strict=True))
    if not left:
        note.unlink(missing_ok=True)
        return None
    return Unfinished(note, sentence, edits, made, left)


def _text(path: Path) -> str | None:
    try:
        return captions.read(path).text
    except UserError:
        return None

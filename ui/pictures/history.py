"""What was done to pictures, captions and masks, in one order: what can be taken back, and what can be done again."""

from dataclasses import dataclass
from pathlib import Path

from onetrainer_clone.browse import Moves
from onetrainer_clone.caption_changes import Edit
from onetrainer_clone.paths import shown

DEPTH = 200
BACK, AGAIN = -1, 1


@dataclass(frozen=True)
class Edited:
    """Many captions were changed."""

    sentence: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True)
class Moved:
    """Files of these pictures went to the trash, those of one together."""

    sentence: str
    groups: tuple[Moves, ...]
    pictures: tuple[Path, ...]


@dataclass(frozen=True)
class Added:
    """Pictures were copied into the folder. Taken back, they are in the trash: `groups` went there."""

    sentence: str
    pictures: tuple[Path, ...]
    groups: tuple[Moves, ...] = ()


@dataclass(frozen=True)
class Painted:
    """A stroke on a picture's mask. Its painting knows what lay there."""

    picture: Path

    @property
    def sentence(self) -> str:
        return f"what was painted in {shown(self.picture.name)}"


@dataclass(frozen=True)
class Typed:
    """Another text was typed into a caption file."""

    path: Path
    before: str
    after: str

    @property
    def sentence(self) -> str:
        return f"what was typed into {shown(self.path.name)}"


Deed = Edited | Moved | Added | Painted | Typed


class History:
    def __init__(self) -> None:
        self.done: list[Deed] = []
        self.undone: list[Deed] = []  # the next to be done again is the last

    def add(self, deed: Deed) -> None:
        """What was taken back before cannot be done again."""
        self.done = [*self.done, deed][-DEPTH:]
        self.undone = []

    def next(self, way: int) -> list[Deed]:
        """What lies that way, the nearest last."""
        return self.done if way == BACK else self.undone

    def passed(self, deed: Deed, way: int, made: Deed | None, rest: Deed | None = None) -> None:
        """The nearest like this one was taken back, or done again. `made`: as much of it as was; `rest`: what is left."""
        there = self.next(way)
        if deed in there:
            place = len(there) - 1 - there[::-1].index(deed)
            there[place : place + 1] = [rest] if rest is not None else []
        if made is not None:
            self.next(-way).append(made)

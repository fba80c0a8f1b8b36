"""What was done to many captions or to files, and can be taken back: the way back and a sentence for each."""

from dataclasses import dataclass
from pathlib import Path

from onetrainer_clone.caption_changes import Edit

DEPTH = 50


@dataclass(frozen=True)
class Deed:
    """Either captions that were changed or a picture that was moved to the trash."""

    sentence: str
    edits: tuple[Edit, ...] = ()
    moves: tuple[tuple[Path, Path], ...] = ()


class History:
    def __init__(self) -> None:
        self._deeds: list[Deed] = []

    def add(self, deed: Deed) -> None:
        self._deeds = [*self._deeds, deed][-DEPTH:]

    def take(self) -> Deed | None:
        return self._deeds.pop() if self._deeds else None

    @property
    def sentence(self) -> str:
        return self._deeds[-1].sentence if self._deeds else ""

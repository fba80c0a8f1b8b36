"""What was done to pictures, captions and masks, in one order: the way back and a sentence for each."""

from dataclasses import dataclass
from pathlib import Path

from onetrainer_clone.caption_changes import Edit

DEPTH = 200


@dataclass(frozen=True)
class Deed:
    """One of: many captions that were changed, files that were moved to the trash, a stroke on a picture's mask, typing."""

    sentence: str
    edits: tuple[Edit, ...] = ()
    moves: tuple[tuple[Path, Path], ...] = ()
    painted: Path | None = None  # the picture; its painting knows the stroke
    typed: tuple[Path, str] | None = None  # the caption file, and the text before


class History:
    def __init__(self) -> None:
        self._deeds: list[Deed] = []

    def add(self, deed: Deed) -> None:
        self._deeds = [*self._deeds, deed][-DEPTH:]

    def take(self) -> Deed | None:
        return self._deeds.pop() if self._deeds else None

    def unpaint(self, picture: Path) -> None:
        """The last stroke on this picture is gone."""
        for place in reversed(range(len(self._deeds))):
            if self._deeds[place].painted == picture:
                del self._deeds[place]
                return

    @property
    def last(self) -> Deed | None:
        return self._deeds[-1] if self._deeds else None

"""The prompts that were asked for by hand: gone through with up and down as in a terminal. Knows no Tk."""

from collections.abc import Mapping, Sequence

KEPT = 50
Fields = dict[str, str]  # what stood in the fields of the prompt box, by their names


class Asked:
    def __init__(self, kept: Sequence[Mapping[str, str]] = ()):
        self.all: list[Fields] = [dict(one) for one in kept][-KEPT:]  # the newest is the last
        self._at = len(self.all)  # behind the last: what is being written
        self._draft: Fields = {}

    def add(self, fields: Fields) -> None:
        """It was asked for; what was asked before is there once, at its newest place."""
        self.all = [*(one for one in self.all if one != fields), dict(fields)][-KEPT:]
        self._at = len(self.all)

    def go(self, by: int, now: Fields) -> Fields | None:
        """So many further back (-1) or forth (1); behind the newest stands again what was being written."""
        if self._at == len(self.all):
            self._draft = dict(now)
        at = min(max(self._at + by, 0), len(self.all))
        if at == self._at:
            return None
        self._at = at
        return self.all[at] if at < len(self.all) else self._draft

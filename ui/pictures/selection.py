"""Which pictures of the grid are chosen. Knows no widget: the grid tells it what was clicked and with which key held."""

from collections.abc import Callable


class Selection:
    """`at` is the place of the one that is looked at; `keys` are all that are chosen, it among them.

    By their keys, so that they stay the same when the list is sorted or filtered anew.
    """

    def __init__(self) -> None:
        self.at = -1
        self.keys: set[str] = set()
        self.count = 0
        self._key: Callable[[int], str] = str
        self._anchor = 0  # where a range begins

    @property
    def several(self) -> bool:
        return len(self.keys) > 1

    def chosen(self, index: int) -> bool:
        return index == self.at or (self.several and self._key(index) in self.keys)

    def show(self, count: int, key: Callable[[int], str]) -> None:
        """The list is another one; what it does not hold any more is not chosen any more."""
        self.count, self._key = count, key
        self.at = min(self.at, count - 1)
        if self.several:
            self.keys.intersection_update(map(key, range(count)))
        self._anchor = max(self.at, 0)

    def one(self, index: int) -> None:
        """This one and no other."""
        self.at = self._anchor = self._inside(index)
        self.keys = {self._key(self.at)}

    def keep(self, index: int) -> None:
        """Look at this one; where it is one of several that are chosen they stay so."""
        if self.several and self._key(self._inside(index)) in self.keys:
            self.at = self._inside(index)
        else:
            self.one(index)

    def toggle(self, index: int) -> None:
        """Ctrl: this one besides, or not any more; at least one is left."""
        index = self._inside(index)
        self.keys ^= {self._key(index)}
        if not self.keys:
            self.keys = {self._key(index)}
        self._anchor = index
        if self._key(index) in self.keys:
            self.at = index
        elif index == self.at:
            self.at = min((i for i in range(self.count) if self._key(i) in self.keys), key=lambda i: abs(i - index))

    def reach(self, index: int) -> None:
        """Shift: all from the one that was chosen last to this one."""
        self.at = self._inside(index)
        first, last = sorted((self._anchor, self.at))
        self.keys = set(map(self._key, range(first, last + 1)))

    def all(self) -> None:
        self.keys = set(map(self._key, range(self.count)))
        self.at = max(self.at, 0)

    def _inside(self, index: int) -> int:
        return max(0, min(index, self.count - 1))

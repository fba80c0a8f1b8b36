"""Colours: pairs for the light and the dark theme, and one colour per concept wherever it appears."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import count

from onetrainer_clone.settings import Severity

Pair = tuple[str, str]  # light, dark

# Every ink has a contrast of 4.5:1 or more on every paper (WCAG 2.1, 1.4.3), in both themes.
TEXT: Pair = ("#1b1f24", "#e6e9ed")
DIM: Pair = ("#4d545d", "#b3bac3")
FAINT: Pair = ("#616973", "#9aa2ac")
LINK: Pair = ("#205bcb", "#86b0ff")
ERROR: Pair = ("#b3261e", "#ff8a80")
WARNING: Pair = ("#8a5300", "#ffb95c")
NOTE: Pair = ("#3b5f8a", "#9cc2f0")
GOOD: Pair = ("#19723a", "#6fd08c")
INKS = (TEXT, DIM, FAINT, LINK, ERROR, WARNING, NOTE, GOOD)

PAGE: Pair = ("#f3f4f6", "#17191c")
CARD: Pair = ("#ffffff", "#202327")
FIELD: Pair = ("#ffffff", "#2a2e33")
HOVER: Pair = ("#e6e9ed", "#2e3238")
SELECTED: Pair = ("#dfeaff", "#23344f")
FLASH: Pair = ("#ffe9ad", "#443500")
PAPERS = (PAGE, CARD, FIELD, HOVER, SELECTED, FLASH)

LINE: Pair = ("#d3d7dc", "#373c43")
CHOSEN: Pair = ("#a9c8ff", "#2c487a")  # one of several that lie beside each other: stronger than a selected row
ACCENT: Pair = ("#2563d9", "#3070e8")
ACCENT_HOVER: Pair = ("#1d4fb0", "#2459c4")
ON_ACCENT: Pair = ("#ffffff", "#ffffff")
IDLE: Pair = ("#c9d8f5", "#2a3d63")  # the accent's where there is nothing to do
ON_IDLE: Pair = ("#435b89", "#9db0d4")

SEVERITY: dict[Severity, Pair] = {"error": ERROR, "warning": WARNING, "note": NOTE}

# After Okabe and Ito (https://jfly.uni-koeln.de/color/): told apart with every kind of colour blindness. The light ones
# are darkened and the dark ones brightened until they have a contrast of 3:1 against the page.
CONCEPTS: tuple[Pair, ...] = (
    ("#0072b2", "#56b4e9"),
    ("#c24e00", "#ff8c42"),
    ("#00805e", "#2fcf9f"),
    ("#a8457f", "#e79ccb"),
    ("#7d6400", "#f0e442"),
    ("#4a4a4a", "#d0d0d0"),
    ("#5a3fc0", "#b3a2ff"),
    ("#8c2f39", "#ff9aa2"),
)
MOST_KEPT = 200  # names whose colour is remembered


def fade(colour: str, towards: str, share: float) -> str:
    """A colour mixed with another one: share 0 is the first, 1 the second."""
    first, second = (tuple(int(text[i : i + 2], 16) for i in (1, 3, 5)) for text in (colour, towards))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in zip(first, second, strict=True))


def contrast(colour: str, against: str) -> float:
    """The contrast of two colours as WCAG 2.1 counts it, 1 to 21."""
    bright, dark = sorted((_luminance(colour), _luminance(against)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


class ConceptColours:
    """Which concept has which colour: by name, kept when others come, go or move, when it is renamed, and when it comes back
    another day or in another run.
    """

    def __init__(self, kept: Mapping[str, int] | None = None) -> None:
        self.kept = dict(kept or {})  # the places of all that were seen, the latest last
        self._places: dict[str, int] = {}
        self._names: tuple[str, ...] = ()

    def update(self, names: Sequence[str], also: Iterable[str] = ()) -> None:
        """The concepts are these now; `also` names those of a run that is shown and keeps its colours."""
        names, present = tuple(names), (*names, *also)
        if len(names) == len(self._names):
            renamed = [(old, new) for old, new in zip(self._names, names, strict=True) if old != new]
            if len(renamed) == 1 and renamed[0][1] not in self._places and renamed[0][0] in self._places:
                old, new = renamed[0]
                self._places[new] = self._places[old]
        self._places = {name: place for name, place in self._places.items() if name in present}
        for name in sorted(present, key=lambda name: name not in self.kept):  # those that were seen before choose first
            if name not in self._places:
                self._places[name] = self._free(self.kept.get(name, 0))
        for name, place in self._places.items():
            self.kept.pop(name, None)
            self.kept[name] = place
        for name in list(self.kept)[:-MOST_KEPT]:
            del self.kept[name]
        self._names = names

    def _free(self, wanted: int) -> int:
        """This place, or the first that nobody has."""
        taken = set(self._places.values())
        return wanted if wanted not in taken else next(place for place in count() if place not in taken)

    def place(self, name: str) -> int:
        """The concept's number among the colours and line styles."""
        return self._places.get(name, 0)

    def __getitem__(self, name: str) -> Pair:
        return CONCEPTS[self.place(name) % len(CONCEPTS)]

"""Finds settings by what they are called, what their tooltip says, or where they are. Knows no Tk."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache

from onetrainer_clone.settings import Declaration, Settings, declarations
from onetrainer_clone.state import TrainingState
from ui.words import tip_of

MOST = 12
IDLE = 8  # points less for what has no effect now


@dataclass(frozen=True)
class Found:
    """One setting. Of the items of a list, `path` names none: 'concepts[].flip'."""

    path: str
    label: str
    where: str
    tip: str

    @property
    def in_items(self) -> str:
        """The list that the setting is in; empty for one that is there once."""
        return self.path.partition("[")[0] if "[" in self.path else ""

    def of_item(self, index: int) -> str:
        return self.path.replace("[]", f"[{index}]")


@cache
def everything() -> tuple[Found, ...]:
    """Every setting that a form shows."""
    return tuple(_group(TrainingState, "", ()))


def find(text: str, most: int = MOST, idle: Collection[str] = ()) -> list[Found]:
    """The settings that have every word of a text in their name, place or tooltip; the best first.

    `idle` names the paths of those that have no effect now: they come after others that are called alike.
    """
    words = text.lower().split()
    if not words:
        return []
    rated = [(rate, place, found) for place, found in enumerate(everything()) if (rate := _rate(found, words)) > 0]
    rated = [(rate - (IDLE if found.path in idle else 0), place, found) for rate, place, found in rated]
    return [found for _, _, found in sorted(rated, key=lambda each: (-each[0], each[1]))][:most]


def _rate(found: Found, words: list[str]) -> int:
    """0: some word is nowhere. A word counts most at the name's beginning, least in the tooltip."""
    label, tip, rate = found.label.lower(), found.tip.lower(), 0
    around = f"{found.where} {found.path.replace('_', ' ')}".lower()
    for word in words:
        if word in label.split():
            rate += 9 if label.startswith(word) else 8
        elif label.startswith(word):
            rate += 7
        elif f" {word}" in label:
            rate += 6
        elif word in label:
            rate += 4
        elif word in around:
            rate += 2
        elif word in tip:
            rate += 1
        else:
            return 0
    return 4 * rate + (2 if label == " ".join(words) else 0)


def _group(owner: type[Settings], prefix: str, labels: tuple[str, ...]) -> Iterator[Found]:
    for name, declaration in declarations(owner).items():
        path, named = f"{prefix}{name}", (*labels, declaration.label)
        if declaration.hidden:
            continue
        if inner := declaration.group or declaration.item:
            yield from _group(inner, f"{path}[]." if declaration.item else f"{path}.", named)
        else:
            yield _found(path, declaration, labels)


def _found(path: str, declaration: Declaration, labels: tuple[str, ...]) -> Found:
    if path.endswith((".unit", ".amount")):  # 'Sample every' is one thing for a person: its label is the group's
        return Found(path, f"{labels[-1]}: {declaration.label.lower()}", ", ".join(labels[:-1]), tip_of(declaration))
    where = ", ".join(labels) if labels else "Model"
    return Found(path, declaration.label, where, tip_of(declaration))

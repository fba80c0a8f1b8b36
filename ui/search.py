"""Finds settings by what they are called, here and elsewhere, what their tooltip says, or where they are. Knows no Tk."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

from onetrainer_clone.settings import Declaration, Settings, declarations
from onetrainer_clone.state import TrainingState
from ui.aliases import aliases, without_setting, words_of
from ui.words import tip_of

MOST = 12
IDLE = 8  # points less for what has no effect now
LITTLE = frozenset(("the", "a", "of", "to", "per", "for", "in", "with", "my"))
ALIKE = 0.75  # of two words, by difflib: 'learnig' and 'learning' have 0.93


@dataclass(frozen=True)
class Found:
    """One setting. Of the items of a list, `path` names none: 'concepts[].flip'; empty for what needs no setting here."""

    path: str
    label: str
    where: str
    tip: str
    choices: tuple[str, ...] = ()

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
    """The settings that have every word of a text in their name, among their choices, in what other programs call them, in
    their place or tooltip; the best first. Where there is none, words that nothing is called are read as the nearest ones.

    `idle` names the paths of those that have no effect now: they come after others that are called alike.
    """
    words = [word for word in _words(text) if word not in LITTLE] or _words(text)
    found = _find(words, idle) or _find([_nearest(word) for word in words], idle)
    return (found + _needless(words, all_of_them=not found))[:most] if words else []


def _find(words: list[str], idle: Collection[str]) -> list[Found]:
    if not words:
        return []
    rated = [(rate, place, named.found) for place, named in enumerate(_index()) if (rate := _rate(named, words)) > 0]
    rated = [(rate - (IDLE if found.path in idle else 0), place, found) for rate, place, found in rated]
    return [found for _, _, found in sorted(rated, key=lambda each: (-each[0], each[1]))]


@dataclass(frozen=True)
class _Named:
    """A setting and all the words that it is found by, in small letters."""

    found: Found
    label: str
    label_words: frozenset[str]
    stems: frozenset[str]  # of the label
    choices: frozenset[str]  # 'prodigy', 'bf16': who types one of them looks for the field where it is chosen
    aliases: frozenset[str]
    around: str
    tip: str


@cache
def _index() -> tuple[_Named, ...]:
    return tuple(_named(found) for found in everything())


def _named(found: Found) -> _Named:
    words = frozenset(_words(found.label))
    choices = frozenset(word for name in found.choices for word in (*_words(name), "".join(_words(name))))
    around = f"{found.where} {found.path.replace('_', ' ')}".lower()
    known = aliases().get(found.path, frozenset())
    return _Named(found, found.label.lower(), words, frozenset(map(_stem, words)), choices, known, around, found.tip.lower())


def _rate(named: _Named, words: list[str]) -> int:
    """0: some word is nowhere. A word counts most at the name's beginning, least in the tooltip."""
    rate = 0
    for word in words:
        if not (one := _rate_word(named, word)):
            return 0
        rate += one
    return 4 * rate + (2 if " ".join(_words(named.label)) == " ".join(words) else 0)


def _rate_word(named: _Named, word: str) -> int:
    rates = [0]
    if word in named.label_words:
        rates.append(9 if named.label.startswith(word) else 8)
    elif any(each.startswith(word) for each in named.label_words):
        rates.append(7 if named.label.startswith(word) else 6)
    elif _stem(word) in named.stems:
        rates.append(6)
    elif word in named.label or word in named.label.replace(" ", ""):
        rates.append(4)
    for known, whole, begun in ((named.choices, 8, 5), (named.aliases, 7, 4)):
        if word in known:
            rates.append(whole)
        elif len(word) >= 3 and any(each.startswith(word) for each in known):
            rates.append(begun)
    if max(rates):
        return max(rates) + (sum(word in known for known in (named.label_words, named.choices, named.aliases)) > 1)
    return 2 if word in named.around else 1 if word in named.tip else 0


def _needless(words: list[str], all_of_them: bool) -> list[Found]:
    """What other programs have settings for and this one has none; what it cannot do only where nothing else was found."""
    return [
        Found("", name, "no setting", why)
        for name, why in without_setting().items()
        if all(word in words_of(name) for word in words) and (all_of_them or not why.startswith("Not supported"))
    ]


@cache
def _vocabulary() -> tuple[str, ...]:
    found = {word for named in _index() for word in (*named.label_words, *named.choices, *named.aliases)}
    return tuple(sorted(word for word in found if len(word) >= 4))


def _nearest(word: str) -> str:
    """What was probably meant by a word that nothing is called."""
    if len(word) < 4 or any(_rate_word(named, word) > 2 for named in _index()):
        return word
    return next(iter(get_close_matches(word, _vocabulary(), 1, ALIKE)), word)


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\s_.\-:,()]+", text.lower()) if word]


def _stem(word: str) -> str:
    """'scheduler', 'schedules', 'scheduling' -> 'schedul'."""
    for ending in ("ing", "ers", "er", "ed", "es", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


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
    choices = tuple(name for choice in declaration.choices for name in (choice.label, choice.value))
    if path.endswith((".unit", ".amount")):  # 'Sample every' is one thing for a person: its label is the group's
        label = f"{labels[-1]}: {declaration.label.lower()}"
        return Found(path, label, ", ".join(labels[:-1]), tip_of(declaration), choices)
    return Found(path, declaration.label, ", ".join(labels) if labels else "Model", tip_of(declaration), choices)

"""What differs between two states, setting by setting, in words: two runs, or a state and the preset that it came from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from onetrainer_clone.settings import Choice, Settings, declarations, item_name
from onetrainer_clone.state import TrainingState

OF_A_RUN = ("preset", "resume")  # not settings that a person chose


@dataclass(frozen=True)
class Difference:
    """One setting. `path` is its place in the new state; for what only the old one has, in the old one."""

    path: str
    label: str
    old: str
    new: str


def differences(old: TrainingState, new: TrainingState) -> list[Difference]:
    """In the order of declaration. Items of lists are compared by their names, whatever their order."""
    return [found for found in _group(old, new, "", ()) if found.path not in OF_A_RUN]


def _group(old: Settings, new: Settings, prefix: str, labels: tuple[str, ...]) -> Iterator[Difference]:
    for name, declaration in declarations(type(new)).items():
        before, after = getattr(old, name), getattr(new, name)
        path = f"{prefix}{name}"
        named = (*labels, declaration.label)
        if before == after:
            continue
        if declaration.group:
            yield from _group(before, after, f"{path}.", named)
        elif declaration.item:
            yield from _items(before, after, path, declaration.label)
        else:
            yield Difference(path, _joined(named), in_words(before), in_words(after))


def _items(old: Sequence[Settings], new: Sequence[Settings], path: str, label: str) -> Iterator[Difference]:
    before, after = _keyed(old), _keyed(new)
    for key, (index, item) in after.items():
        place = f"{path}[{index}]"
        if key in before:
            yield from _group(before[key][1], item, f"{place}.", (label, key))
        else:
            yield Difference(place, f"{label}: {key}", "", "added")
    for key, (index, _) in before.items():
        if key not in after:
            yield Difference(f"{path}[{index}]", f"{label}: {key}", "there", "gone")
    both_before, both_after = ([key for key in keys if key in before and key in after] for keys in (before, after))
    if both_before != both_after:
        yield Difference(path, f"{label}: order", ", ".join(both_before), ", ".join(both_after))


def _keyed(items: Sequence[Settings]) -> dict[str, tuple[int, Settings]]:
    """Items by what a person knows them by; of several with the same, the later ones are counted."""
    found: dict[str, tuple[int, Settings]] = {}
    for index, item in enumerate(items):
        name = " ".join(item_name(item).split()) or f"number {index + 1}"
        name = name if len(name) <= 60 else f"{name[:59]}…"
        key, number = f'"{name}"', 2
        while key in found:
            key, number = f'"{name}" ({number})', number + 1
        found[key] = (index, item)
    return found


def _joined(labels: tuple[str, ...]) -> str:
    """'Training, EMA: Decay'; a group that has its setting's name is named once."""
    once = [label for place, label in enumerate(labels) if place == 0 or label != labels[place - 1]]
    return ": ".join(filter(None, (", ".join(once[:-1]), once[-1])))


def in_words(value: Any) -> str:
    """A value as a person reads it."""
    if value is None or value == "":
        return "(empty)"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, Choice):
        return value.label
    if isinstance(value, float):
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    return str(value)

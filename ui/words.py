"""Values and changes as a person reads them."""

import os
import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from onetrainer_clone.settings import (
    Choice,
    Declaration,
    Invalid,
    Problem,
    UserError,
    declaration_at,
    get,
    item_name,
    item_noun,
    join,
    split,
)
from onetrainer_clone.state import TrainingState

_NAMED = re.compile(r"\S*[\w:][./\\_]\w|[^:\n]*\.\w{1,11}: ")  # 'p05.txt cannot be read', 'my cat.txt: not UTF-8'


def number(value: float) -> str:
    """The shortest text that gives the number again: '0.0001', '1e-08', '3'."""
    short = f"{value:g}"
    return short if float(short) == value else repr(value)


def as_text(value: Any) -> str:
    """A value as it stands in a field; None is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, Choice):
        return value.label
    return number(value) if isinstance(value, float) else str(value)


def shortened(text: str, length: int) -> str:
    """A text on one line, cut where it is longer than so many letters."""
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 1]}…"


def quoted(text: str, length: int = 40) -> str:
    """The same in quotes."""
    return f'"{shortened(text, length)}"'


def begun(message: str) -> str:
    """A message as a sentence begins; names of files and settings at its beginning stay as they are spelled."""
    return message if _NAMED.match(message) else message[:1].upper() + message[1:]


def first_line(text: str) -> str:
    """The first line that is not empty: messages of libraries may begin with some that are."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def owner_name(state: TrainingState, path: str) -> str:
    """The name of the concept or prompt that a path lies in, in quotes; empty elsewhere."""
    parts = split(path)
    for depth, part in enumerate(parts):
        if isinstance(part, int):
            item = get(state, join(parts[: depth + 1]))
            return quoted(item_name(item)) if item_name(item) else f"{item_noun(item)} {part + 1}"
    return ""


def where(state: TrainingState, path: str) -> str:
    """A path as a person reads it: 'Concepts, "class": Loss weight'. What is no setting (any more) stays as it is."""
    parts = split(path)
    labels = []
    try:
        for depth in range(1, len(parts) + 1):
            if isinstance(parts[depth - 1], int):
                labels.append(owner_name(state, join(parts[:depth])))
            else:
                labels.append(declaration_at(state, join(parts[:depth])).label)
    except Invalid:
        return path
    return ", ".join(labels[:-1]) + (": " if labels[:-1] else "") + labels[-1] if labels else ""


def in_words(state: TrainingState, problems: Sequence[Problem]) -> list[str]:
    """'Concepts, "cat": Folder: there is no folder ...'; a path that this version does not know stays as it is."""
    found = []
    for problem in problems:
        try:
            place = where(state, problem.path)
        except UserError:
            place = problem.path
        found.append(f"{place}: {problem.message}" if place else problem.message)
    return found


def changed_in_words(before: TrainingState, after: TrainingState, path: str) -> str:
    """'Loss weight of "reg" 1 -> 0.3'."""
    label = declaration_at(after, path).label
    owner = owner_name(before, path)
    parts = split(path)
    if not owner and len(parts) > 1:
        label = f"{declaration_at(after, join(parts[:-1])).label}: {label}"
    old, new = (_shown(get(state, path)) for state in (before, after))
    return f"{label}{f' of {owner}' if owner else ''} {old} -> {new}"


def changed_together(before: TrainingState, after: TrainingState, paths: Sequence[str]) -> str:
    """'Loss weight of "a", "b" and 3 more -> 0.3'."""
    owners = [owner_name(before, path) for path in paths]
    names = f"{', '.join(owners[:2])} and {len(owners) - 2} more" if len(owners) > 3 else ", ".join(owners)
    return f"{declaration_at(after, paths[0]).label} of {names} -> {_shown(get(after, paths[0]))}"


def _shown(value: Any) -> str:
    if isinstance(value, str) and not isinstance(value, Choice):
        is_path = "/" in value or os.sep in value
        return quoted(PurePath(value).name if len(value) > 40 and is_path else value)
    return as_text(value) or "(empty)"


def tip_of(declaration: Declaration) -> str:
    """The tooltip of a setting: its tip, its limits, its default, or what an empty field stands for."""
    limits, default = str(declaration.limits), "" if declaration.default == () else as_text(declaration.default)
    facts = [f"Default: {default}"] if default else [f"Empty: {declaration.empty}"] if declaration.empty else []
    if limits:
        facts.insert(0, begun(limits))
    choices = [f"{choice.label}: {choice.tip}" for choice in declaration.choices if choice.tip]
    return "\n".join(part for part in (declaration.tip, *choices, ". ".join(facts)) if part)

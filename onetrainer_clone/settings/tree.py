"""A tree of settings: walked, read and changed by path, and as plain data."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from pydantic import ValidationError

from onetrainer_clone.complaints import Complaint, explained, suggest
from onetrainer_clone.settings.declare import Declaration, Settings, When, declarations
from onetrainer_clone.settings.problems import Invalid, Problem

S = TypeVar("S", bound=Settings)


@dataclass(frozen=True)
class Setting:
    """One setting of a tree: its path, its value, and the conditions (its own and its groups') under which it matters."""

    path: str
    declaration: Declaration
    value: Any
    conditions: tuple[When, ...]


def walk(settings: Settings, prefix: str = "", conditions: tuple[When, ...] = ()) -> Iterator[Setting]:
    """Every setting of a tree in the order of declaration, groups and lists opened up; conditions start at the root."""
    for name, declaration in declarations(type(settings)).items():
        path, value, held = f"{prefix}{name}", getattr(settings, name), conditions
        if declaration.when:
            named = declaration.when.path
            held = (*held, When(named if named.startswith("/") else f"/{prefix}{named}", declaration.when.values))
        if declaration.group:
            yield from walk(value, f"{path}.", held)
        elif declaration.item:
            for index, item in enumerate(value):
                yield from walk(item, f"{path}[{index}].", held)
        else:
            yield Setting(path, declaration, value, held)


def item_name(item: object) -> str:
    """What an item of a list (concept, prompt, new word) is known by; empty where it has no name yet."""
    return next((str(name) for key in ("name", "text", "placeholder") if (name := getattr(item, key, ""))), "")


def item_noun(item: Settings) -> str:
    """What kind of thing an item is: 'concept', 'new word'."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(item).__name__).lower()


def split(path: str) -> list[str | int]:
    """'concepts[1].loss_weight' -> ['concepts', 1, 'loss_weight']."""
    parts = re.findall(r"[^.\[\]]+|\[\d+\]", path)
    return [int(part[1:-1]) if part.startswith("[") else part for part in parts]


def join(parts: Sequence[str | int]) -> str:
    """The opposite of `split`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts).lstrip(".")


def get(settings: Settings, path: str) -> Any:
    """The value at a path. Raises `Invalid` where there is no such setting."""
    value: Any = settings
    for depth, part in enumerate(split(path)):
        if not isinstance(part, int):
            value = getattr(value, _known(value, part, path))
        elif not isinstance(value, tuple):
            raise Invalid([Problem(path, f"'{join(split(path)[:depth])}' is no list, so nothing in it can be counted")])
        elif part >= len(value):
            where = join(split(path)[:depth])
            raise Invalid([Problem(path, f"there are only {len(value)} {where} (counted from 0)")])
        else:
            value = value[part]
    return value


def _known(owner: Any, name: str, path: str) -> str:
    fields = type(owner).model_fields if isinstance(owner, Settings) else {}
    if name not in fields:
        raise Invalid([Problem(path, f"there is no such setting{suggest(name, fields)}")])
    return name


def declaration_at(settings: Settings, path: str) -> Declaration:
    """The declaration of the setting at a path; of an item, that of its list. Raises `Invalid` where there is none."""
    if not split(path):
        raise Invalid([Problem(path, "there is no such setting: it has no name")])
    get(settings, path)
    *above, name = split(path)
    if isinstance(name, int):
        *above, name = above
    owner = get(settings, join(above)) if above else settings
    kind: type[Settings] = type(owner)
    return declarations(kind)[_known(owner, str(name), path)]


def replace(settings: S, path: str, value: Any) -> S:
    """A new tree with one value changed and checked. Raises `Invalid` with the path; the old tree stays as it is."""
    get(settings, path)
    try:
        return cast(S, _replace(settings, split(path), value))
    except ValidationError as error:
        above = split(path)
        while above and isinstance(above.pop(), int):  # errors are told from the group above, an item's from its list's
            pass
        raise Invalid([Problem(join([*above, *p.location]), p.message) for p in _complaints(error)]) from None


def _replace(tree: Any, parts: Sequence[str | int], value: Any) -> Any:
    if not parts:
        return value
    first, *rest = parts
    if isinstance(first, int):
        return (*tree[:first], _replace(tree[first], rest, value), *tree[first + 1 :])
    values = {name: getattr(tree, name) for name in type(tree).model_fields}
    return type(tree)(**{**values, first: _replace(values[first], rest, value)})


def load(settings: type[S], data: object) -> S:
    """A tree from plain data (a preset). Raises `Invalid` with every problem at once, each with its path."""
    try:
        return settings.model_validate(data)
    except ValidationError as error:
        raise Invalid([Problem(join(p.location), p.message) for p in _complaints(error)]) from None


def changed(settings: Settings) -> dict[str, Any]:
    """What differs from the defaults, as plain JSON data: what a preset file holds."""
    return settings.model_dump(mode="json", exclude_defaults=True)


def _complaints(error: ValidationError) -> Iterator[Complaint]:
    return explained(error, lambda location: _siblings(error, location))


def _siblings(error: ValidationError, location: Sequence[str | int]) -> dict[str, object]:
    """The settings beside an unknown key, to suggest the one that was meant."""
    named = {cls.__name__: cls for cls in _subclasses(Settings)}
    owner: Any = named.get(error.title, Settings)
    for part in location[:-1]:
        if isinstance(part, str):
            declaration = declarations(owner).get(part)
            owner = (declaration and (declaration.group or declaration.item)) or Settings
    return dict(owner.model_fields)


def _subclasses(cls: type[Settings]) -> Iterator[type[Settings]]:
    for sub in cls.__subclasses__():
        yield sub
        yield from _subclasses(sub)

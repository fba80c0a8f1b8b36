"""How a setting is declared: once, with its default, words, limits and the condition under which it matters.

    decay: float = setting(0.999, "EMA decay", "Averages over about 1/(1-decay) steps.", ge=0.5, lt=1)

That line is the JSON key, the command-line setting, the form row with label, tooltip and limits, the check with its
message and a line of the settings reference. Everything below derives from it. Values are immutable: `replace` gives a
new tree, so a run owns the state that it was started with whatever the window does meanwhile.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Self, TypeVar, Union, cast, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic.fields import FieldInfo

from onetrainer_clone.complaints import Complaint, explained, figure, suggest

Severity = Literal["error", "warning", "note"]


class Choice(StrEnum):
    """An enumeration whose members carry the words that a person reads: NAME = "NAME", "label", "tip"."""

    label: str
    tip: str

    def __new__(cls, value: str, label: str, tip: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        member.tip = tip
        return member

    def __str__(self) -> str:
        return str(self.value)


class Settings(BaseModel):
    """A group of settings: frozen, knows no unknown keys, no NaN and no infinity."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, validate_default=True)

    @field_validator("*", mode="before")
    @classmethod
    def _no_yes_or_no_for_a_number(cls, value: object, about: ValidationInfo) -> object:
        """pydantic would take true for 1."""
        if isinstance(value, bool) and about.field_name and _counts(cls, about.field_name):
            raise ValueError(f"must be a number (was {str(value).lower()})")
        return value


@cache
def _counts(settings: type[Settings], name: str) -> bool:
    """Whether a setting is a number, or empty."""
    annotation = settings.model_fields[name].annotation
    kinds = get_args(annotation) or (annotation,)
    return any(kind in (int, float) for kind in kinds)


S = TypeVar("S", bound=Settings)


@dataclass(frozen=True)
class Problem:
    """Something wrong with a state: where, what, and how bad. Only an error keeps a run from starting."""

    path: str
    message: str
    severity: Severity = "error"

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class UserError(Exception):
    """Something that the person can mend. Its text is the whole message: the value, the rule and the way out."""


class Invalid(UserError):
    """Values that are no valid state; carries every problem at once."""

    def __init__(self, problems: Sequence[Problem]):
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)

    def __reduce__(self) -> tuple[type["Invalid"], tuple[tuple[Problem, ...]]]:
        """Problems, not the text, cross to another process."""
        return type(self), (self.problems,)


@dataclass(frozen=True)
class When:
    """A setting has an effect only while another one has one of these values.

    `path` names a setting of the same group; with a slash in front it starts at the root ('/training.epochs').
    """

    path: str
    values: tuple[object, ...]


def when(path: str, *values: object) -> When:
    return When(path, values or (True,))


def setting(
    default: Any,
    label: str,
    tip: str,
    *,
    unit: str = "",
    when: When | None = None,
    basic: bool = False,
    kind: str = "",
    holds: str = "",
    hidden: bool = False,
    empty: str = "",
    **limits: Any,
) -> Any:
    """Declare one setting. `limits` are pydantic's (ge, gt, le, lt, min_length, max_length, pattern).

    basic: shown in the short form. kind: 'folder', 'file', 'path' (a file or a folder), 'save' (a new file),
    'text' (several lines) or 'colour' pick a special widget. holds: what such a file holds: 'model', 'lora', 'embedding',
    'weights' (any of these) or 'text'.
    hidden: kept in files, not shown in forms. empty: what an empty (None or "") value means, in words.
    """
    extra: Any = {"unit": unit, "when": when, "basic": basic, "kind": kind, "holds": holds}
    extra |= {"hidden": hidden, "empty": empty}
    return Field(default, title=label, description=tip, json_schema_extra=extra, **limits)


def group(settings: type[Settings], label: str, tip: str = "", *, when: When | None = None) -> Any:
    """Declare a group of settings inside another."""
    return Field(default_factory=settings, title=label, description=tip, json_schema_extra=cast(Any, {"when": when}))


@dataclass(frozen=True)
class Limits:
    """The bounds of a number, None where there is none."""

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None

    def __str__(self) -> str:
        low = f"from {figure(self.ge)}" if self.ge is not None else ""
        low = f"above {figure(self.gt)}" if self.gt is not None else low
        high = f"up to {figure(self.le)}" if self.le is not None else ""
        high = f"below {figure(self.lt)}" if self.lt is not None else high
        return " ".join(part for part in (low, high) if part)


@dataclass(frozen=True)
class Declaration:
    """What one line of declaration says, for forms, command lines and references."""

    name: str
    label: str
    tip: str
    type: Any  # the type without None
    optional: bool
    default: Any
    limits: Limits
    unit: str = ""
    when: When | None = None
    basic: bool = False
    kind: str = ""
    holds: str = ""
    hidden: bool = False
    empty: str = ""

    @property
    def choices(self) -> tuple[Choice, ...]:
        return tuple(self.type) if isinstance(self.type, type) and issubclass(self.type, Choice) else ()

    @property
    def group(self) -> type[Settings] | None:
        """The class of a nested group, else None."""
        return self.type if isinstance(self.type, type) and issubclass(self.type, Settings) else None

    @property
    def item(self) -> type[Settings] | None:
        """The class of the items of a list of groups (concepts, prompts), else None."""
        first = get_args(self.type)[0] if get_origin(self.type) is tuple else None
        return first if isinstance(first, type) and issubclass(first, Settings) else None


@cache
def declarations(settings: type[Settings]) -> dict[str, Declaration]:
    """The declarations of a group, in the order of the source; made once, so not to be changed."""
    return {name: _declaration(name, field) for name, field in settings.model_fields.items()}


def _declaration(name: str, field: FieldInfo) -> Declaration:
    kinds = get_args(field.annotation) if get_origin(field.annotation) in (Union, UnionType) else (field.annotation,)
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    bounds = {key: getattr(m, key) for m in field.metadata for key in ("ge", "gt", "le", "lt") if hasattr(m, key)}
    return Declaration(
        name=name,
        label=field.title or name,
        tip=field.description or "",
        type=next(kind for kind in kinds if kind is not NoneType),
        optional=NoneType in kinds,
        default=field.get_default(call_default_factory=True),
        limits=Limits(**bounds),
        **extra,  # type: ignore[arg-type]
    )


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


def failing(root: Settings, conditions: Sequence[When]) -> When | None:
    """The first condition that does not hold in this state; None where all hold."""
    return next((c for c in conditions if get(root, c.path.removeprefix("/")) not in c.values), None)


def why_not(root: Settings, setting: Setting) -> str:
    """Why a setting has no effect in this state, in words; empty where it has one."""
    condition = failing(root, setting.conditions)
    if condition is None:
        return ""
    values = " or ".join(value_in_words(value) for value in condition.values)
    return f"has an effect only while '{declaration_at(root, condition.path.removeprefix('/')).label}' is {values}"


def without_effect(root: Settings) -> Iterator[Problem]:
    """A note for every setting that was changed but does nothing in this state."""
    for setting in walk(root):
        if setting.value != setting.declaration.default and (reason := why_not(root, setting)):
            yield Problem(setting.path, reason, "note")


def value_in_words(value: object) -> str:
    """A value as a person reads it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, Choice):
        return value.label
    return f"{value:g}" if isinstance(value, float) else str(value)

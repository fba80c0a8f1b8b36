"""The line that declares a setting, and what can be read from it."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Self, Union, cast, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic.fields import FieldInfo

from onetrainer_clone.complaints import figure


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

"""Which settings have an effect in a state, and why the others have none."""

from collections.abc import Iterator, Sequence

from onetrainer_clone.settings.declare import Choice, Settings, When
from onetrainer_clone.settings.problems import Problem
from onetrainer_clone.settings.tree import Setting, declaration_at, get, walk


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

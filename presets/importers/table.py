"""How another program's settings become ours: one table per program, one line for everything that has no place here."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from onetrainer_clone.settings import Invalid, replace
from onetrainer_clone.state import TrainingState

NOT_SUPPORTED = "not supported, ignored"


class Unsupported(Exception):
    """A value that has no counterpart here; the text says what happens instead."""


@dataclass(frozen=True)
class Field:
    """One setting of the other program. Without a path here, it is named where it differs from that program's default."""

    default: Any
    path: str = ""
    convert: Callable[[Any], Any] = lambda value: value
    why: str = NOT_SUPPORTED


Table = Mapping[str, Field]


@dataclass
class Building:
    """A state in the making, and what is to be said about it."""

    state: TrainingState = field(default_factory=TrainingState)
    lines: list[str] = field(default_factory=list)

    def say(self, key: str, what: str) -> None:
        self.lines.append(f"{key}: {what}")

    def put(self, key: str, path: str, value: Any) -> None:
        """Set one of our settings; what cannot be is said under the other program's name for it."""
        try:
            self.state = replace(self.state, path, value)
        except Invalid as error:
            self.say(key, f"{error.problems[0].message}; ignored")

    def apply(self, table: Table, given: Mapping[str, Any], handled: Collection[str] = ()) -> None:
        """Take over what the table maps, with the other program's default where nothing is given; name the rest."""
        for key, entry in table.items():
            value = given.get(key, entry.default)
            if key in handled:
                continue
            if entry.path and (value is not None or key in given):
                self._take(key, entry, value)
            elif not entry.path and not same(value, entry.default):
                self.say(key, entry.why)
        for key, value in given.items():
            if key not in table and key not in handled and value not in (None, "", [], {}):
                self.say(key, "not known, ignored")

    def _take(self, key: str, entry: Field, value: Any) -> None:
        try:
            converted = entry.convert(value)
        except Unsupported as error:
            self.say(key, str(error))
        except (ValueError, TypeError, KeyError, AttributeError):
            self.say(key, f"{value!r} is not understood, ignored")
        else:
            self.put(key, entry.path, converted)


def same(a: Any, b: Any) -> bool:
    """Equal, also where one program writes numbers as texts."""
    if isinstance(a, bool) or isinstance(b, bool) or a is None or b is None:
        return bool(a == b)
    try:
        return float(a) == float(b)
    except (ValueError, TypeError):
        return bool(a == b)


def one_of(choices: Mapping[Any, Any], otherwise: str) -> Callable[[Any], Any]:
    """A conversion by a list. otherwise: what happens to a value that is not in it."""

    def convert(value: Any) -> Any:
        if value not in choices:
            raise Unsupported(f"{value} is not supported: {otherwise}")
        return choices[value]

    return convert


def flat(data: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested groups as one level with dotted names; lists stay as they are."""
    found: dict[str, Any] = {}
    for key, value in data.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return found

"""What pydantic finds wrong, in words that a person can act on: the rule and the value."""

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError


def suggest(name: str, known: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean '{near[0]}'?" if near else ""


@dataclass(frozen=True)
class Complaint:
    """What is wrong with one value, and where it stands."""

    location: tuple[str | int, ...]
    message: str


TWO_WAYS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")  # '1,000' as a decimal number: a thousand to some, one to others
_KINDS = {
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing_size": "must be a whole number of fewer digits",
    "int_type": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "string_type": "must be a text",
    "tuple_type": "must be a list",
    "model_type": "must be a group of settings {...}",
    "model_attributes_type": "must be a group of settings {...}",
}
_BOUNDS = {
    "greater_than_equal": ("ge", "must be at least"),
    "greater_than": ("gt", "must be above"),
    "less_than_equal": ("le", "must be at most"),
    "less_than": ("lt", "must be below"),
    "string_too_short": ("min_length", "must have at least this many characters:"),
    "string_too_long": ("max_length", "must have at most this many characters:"),
}


Siblings = Callable[[Sequence[str | int]], Mapping[str, object]]


def explained(error: ValidationError, siblings: Siblings) -> Iterator[Complaint]:
    """pydantic's errors in our words: the rule and the value, 'must be at least 0 (was -1)'.

    `siblings` gives the settings beside an unknown key, to suggest the one that was meant.
    """
    for item in error.errors():
        kind, context, was = item["type"], item.get("ctx", {}), f"(was {_short(item['input'])})"
        if kind == "extra_forbidden":
            message = f"there is no such setting{suggest(str(item['loc'][-1]), siblings(item['loc']))}"
        elif kind in _BOUNDS:
            key, words = _BOUNDS[kind]
            bare = f"(was {_cut(str(item['input']))})" if isinstance(item["input"], str) and "length" not in key else was
            message = f"{words} {figure(context[key])} {bare}"
        elif kind == "string_pattern_mismatch":  # colours are the only settings with a pattern
            message = f"must be a colour, such as #ffffff for white {was}"
        elif kind in ("enum", "literal_error"):
            expected = context["expected"].replace(" or ", ", ").replace("'", "")
            message = f"must be one of {expected} {was}"
        elif kind == "float_parsing" and TWO_WAYS.fullmatch(str(item["input"])):
            typed = str(item["input"])
            message = f"can be read in two ways: write {typed.replace(',', '')} or {typed.replace(',', '.')} {was}"
        elif kind == "value_error":
            message = str(context["error"])
        else:
            message = f"{_KINDS.get(kind, item['msg'][:1].lower() + item['msg'][1:])} {was}"
        yield Complaint(tuple(item["loc"]), message)


def _short(value: object) -> str:
    if isinstance(value, dict | list | tuple):
        return "a list" if isinstance(value, list | tuple) else "a group {...}"
    if isinstance(value, bool) or value is None:
        return "empty" if value is None else str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    return _cut(repr(value) if isinstance(value, str) else str(value)) if value != "" else "empty"


def _cut(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."


def figure(value: float) -> str:
    """A bound as a person writes it: 1,000,000 rather than 1e+06."""
    return f"{value:,.0f}" if value == int(value) and abs(value) < 1e15 else f"{value:g}"

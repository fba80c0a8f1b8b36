"""Rules that give some layers a rank, an alpha or a learning rate of their own: one a line.

    down_blocks.*: rank 8, rate 5e-5
    attn2: rank 32, alpha 16
"""

import math
import re
from dataclasses import dataclass

from onetrainer_clone import layer_patterns

_NUMBER = re.compile(r"(rank|alpha|rate|lr|learning rate)[\s=]+(\S+)")
_MOST = {"rank": 1024, "alpha": 4096, "rate": 100}
_EXAMPLE = "write it as 'down_blocks.*: rank 8, alpha 4, rate 5e-5'"


@dataclass(frozen=True)
class Rule:
    pattern: str
    rank: int | None = None
    alpha: float | None = None
    rate: float | None = None


def parse(text: str) -> tuple[list[Rule], list[str]]:
    """The rules, and what is wrong with the lines that are none, in sentences."""
    rules, wrong = [], []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        found = _rule(line)
        if isinstance(found, Rule):
            rules.append(found)
        else:
            wrong.append(found)
    return rules, wrong


def _rule(line: str) -> Rule | str:
    pattern, colon, given = line.rpartition(":")
    pattern = pattern.strip()
    if not colon or not pattern or not given.strip():
        return f"'{line}' is no rule: {_EXAMPLE}"
    if pattern.startswith(layer_patterns.NOT) or "," in pattern:
        return f"'{line}': a rule has one pattern, without '!' or commas; use several lines, or the layer filter"
    if message := layer_patterns.wrong(pattern):
        return message
    values: dict[str, float] = {}
    for part in given.split(","):
        named = _NUMBER.fullmatch(part.strip())
        if not named:
            return f"'{part.strip()}' in '{line}' is not understood: {_EXAMPLE}"
        name = {"lr": "rate", "learning rate": "rate"}.get(named[1], named[1])
        if name in values:
            return f"'{line}' gives the {name} twice"
        value = _number(named[2])
        whole = value is not None and (name != "rank" or value.is_integer())
        if value is None or not whole or not 0 < value <= _MOST[name]:
            kind = "a whole number from 1" if name == "rank" else "a number above 0,"
            return f"'{line}': the {name} must be {kind} up to {_MOST[name]} (was {named[2]})"
        values[name] = value
    rank = int(values["rank"]) if "rank" in values else None
    return Rule(pattern, rank, values.get("alpha"), values.get("rate"))


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None

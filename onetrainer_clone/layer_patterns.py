"""Patterns that choose layers by name: whole parts of a path, globs, or regular expressions.

    attn1, down_blocks.1      every layer whose path has these parts, side by side
    *.to_q, unet.up_blocks.*  the whole path, with or without 'unet.', 'text_encoder.' in front; * is anything
    re:blocks\\.[12].*conv     a regular expression that is found somewhere in it
    !attn2                    leaves out what it matches
"""

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

from onetrainer_clone.layer_names import Layer

REGEX, NOT = "re:", "!"


def split(text: str) -> list[str]:
    """The patterns of a comma-separated list."""
    return [pattern for pattern in (part.strip() for part in text.split(",")) if pattern]


def matches(pattern: str, layer: Layer) -> bool:
    """Whether a pattern (without '!') matches a layer."""
    names = (layer.path, layer.name)
    if pattern.startswith(REGEX):
        return any(re.search(pattern.removeprefix(REGEX), name) for name in names)
    if any(letter in pattern for letter in "*?["):
        return any(fnmatchcase(name, pattern) for name in names)
    return f".{pattern}." in f".{layer.name}."


def wrong(pattern: str) -> str:
    """Why a pattern cannot be read; empty where it can."""
    try:
        if (bare := pattern.removeprefix(NOT)).startswith(REGEX):
            re.compile(bare.removeprefix(REGEX))
    except re.error as error:
        return f"'{pattern}' is no regular expression: {error}"
    return ""


def chosen(patterns: Sequence[str], layers: Iterable[Layer]) -> list[Layer]:
    """The layers that a list of patterns chooses: any of those without '!' (where there are such), none with it."""
    wanted = [pattern for pattern in patterns if not pattern.startswith(NOT)]
    unwanted = [pattern.removeprefix(NOT) for pattern in patterns if pattern.startswith(NOT)]
    return [
        layer
        for layer in layers
        if (not wanted or any(matches(pattern, layer) for pattern in wanted))
        and not any(matches(pattern, layer) for pattern in unwanted)
    ]


def near(pattern: str, layers: Iterable[Layer], most: int = 3) -> list[str]:
    """Names that a pattern which matches nothing may have meant, as deep as it is."""
    text = pattern.removeprefix(NOT).removeprefix(REGEX).strip("*.?^$").replace("\\", "")
    depth = text.count(".") + 1
    candidates = dict[str, None]()
    for layer in layers:
        parts = layer.name.split(".")
        candidates |= dict.fromkeys(".".join(parts[i : i + depth]) for i in range(len(parts) - depth + 1))
    return get_close_matches(text, list(candidates), most, cutoff=0.4) or list(candidates)[:most]

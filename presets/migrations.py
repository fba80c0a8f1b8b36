"""Preset files of older versions, made current. Each migration turns the data of one format into that of the next."""

import json
from collections.abc import Callable
from typing import Any

from onetrainer_clone.settings import Invalid, Problem

MIGRATIONS: tuple[Callable[[dict[str, Any]], dict[str, Any]], ...] = ()
"""MIGRATIONS[0] turns format 1 into 2, and so on. A format is counted up when a key is renamed or changes its meaning."""

VERSION = 1 + len(MIGRATIONS)


def migrate(
    data: dict[str, Any], migrations: tuple[Callable[[dict[str, Any]], dict[str, Any]], ...] = MIGRATIONS
) -> dict[str, Any]:
    """The data in the current format, without the format's number. Raises `Invalid` for a newer or unknown format."""
    newest = 1 + len(migrations)
    version = data.get("format")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        expected = "1" if newest == 1 else f"a number from 1 to {newest}"
        was = f"was {json.dumps(version)}" if "format" in data else "is missing"
        message = f"must be {expected} ({was}): is this a preset of this program?"
        raise Invalid([Problem("format", message)])
    if version > newest:
        message = f"is {version}, written by a newer version of this program, which reads up to {newest}: update it"
        raise Invalid([Problem("format", message)])
    current = {key: value for key, value in data.items() if key != "format"}
    for step in migrations[version - 1 :]:
        current = step(current)
    return current

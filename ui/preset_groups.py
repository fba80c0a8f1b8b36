"""The presets as the menu shows them: by model and method, found by words, with what each is for. Knows no Tk."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from onetrainer_clone.settings import Choice, Invalid, get
from onetrainer_clone.state import TrainingState
from presets import store as preset_store
from presets.codec import read_object
from presets.store import Preset

DECIDING = ("model.type", "method")
UNKNOWN = 1000  # the place of a choice that is not known here: after all others
SHOWN = ("All", "Shipped", "Your own")  # what the menu can be narrowed to


@dataclass(frozen=True)
class Entry:
    """One preset. `group` is its model and method in words, `place` where they stand among the choices of the form."""

    preset: Preset
    place: tuple[int, ...]
    group: str
    description: str


def entries() -> list[Entry]:
    """Every preset, in the order of the menu: by group as the form has them, in each the shipped ones first."""
    found = [_entry(preset) for preset in preset_store.presets()]
    return sorted(found, key=lambda entry: (entry.place, entry.group))


def matching(entries: Iterable[Entry], text: str, which: str = SHOWN[0]) -> list[Entry]:
    """Those that have every word of the text in name, group or description; `which` is one of `SHOWN`."""
    words = text.lower().split()
    wanted = {"All": (True, False), "Shipped": (True,), "Your own": (False,)}[which]
    found = [entry for entry in entries if entry.preset.shipped in wanted]
    return [e for e in found if all(w in f"{e.preset.name} {e.group} {e.description}".lower() for w in words)]


def _entry(preset: Preset) -> Entry:
    """Only the file's text is looked at: checking all of its settings is for loading it."""
    try:
        data = read_object(preset.path.read_bytes())
    except (OSError, Invalid):
        return Entry(preset, (UNKNOWN,), "Cannot be read", "")
    places, labels = zip(*(_chosen(data, path) for path in DECIDING), strict=True)
    return Entry(preset, places, " · ".join(labels), str(data.get("description", "")))


def _chosen(data: dict[str, Any], path: str) -> tuple[int, str]:
    """What a setting is in a preset's file: its place among the choices, and in words; the default where it is not there."""
    value: Any = data
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    default = get(TrainingState(), path)
    assert isinstance(default, Choice)
    known = {str(choice): (place, choice.label) for place, choice in enumerate(type(default))}
    return known.get(str(default if value is None else value), (UNKNOWN, json.dumps(value)))

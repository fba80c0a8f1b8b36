"""Concepts or prompts out of a file, to be added to those that are there.

OneTrainer's users share its concepts.json and samples.json by themselves; any other file of settings holds some, too.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onetrainer_clone.settings import UserError, get
from presets import codec
from presets.importers import import_preset, kohya_dataset, onetrainer_lists, reading
from presets.importers.table import Building

NOUNS = {"concepts": "concepts", "sampling.prompts": "prompts"}
# How lines begin that an import of a whole file says about a list.
_ABOUT = {
    "concepts": ("concept", "dataset", "train_data_dir", "reg_data_dir"),
    "sampling.prompts": ("samples", "sampling.prompts", "sample_definition", "sample_prompts", "sample_sampler"),
}


@dataclass(frozen=True)
class Found:
    """Items for the list of the state at `path`, and a line for everything about them that has no place here."""

    path: str
    items: tuple[Any, ...]
    source: str
    lines: tuple[str, ...]

    @property
    def noun(self) -> str:
        """'concepts'"""
        return NOUNS[self.path]


def list_alone(file: Path) -> Found | None:
    """What OneTrainer's concepts.json or samples.json holds; None where the file is another one."""
    if file.suffix.lower() != ".json" or not file.is_file():
        return None
    data = reading.read(file)
    path = onetrainer_lists.kind_of(data)
    if path is None:
        return None
    building = Building()
    try:
        onetrainer_lists.import_list(data, path, building)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UserError(f"'{file}' holds a value of another kind than OneTrainer writes: {error}") from error
    return Found(path, tuple(get(building.state, path)), "OneTrainer", tuple(dict.fromkeys(building.lines)))


def from_file(file: Path, path: str) -> Found:
    """A list alone, of either kind, or the list at `path` of a preset of ours or of another trainer's settings.

    Raises `UserError` or `Invalid` where there is none.
    """
    found = list_alone(file) or _of_whole(file, path)
    if not found.items:
        raise UserError(f"'{file.name}' holds no {found.noun}: nothing was added")
    return found


def _of_whole(file: Path, path: str) -> Found:
    data = reading.read(file)
    if isinstance(data, dict) and "format" in data:
        return Found(path, tuple(get(codec.read_file(file), path)), "a preset", ())
    whole = import_preset(file)
    about_all = whole.source == kohya_dataset.SOURCE
    lines = tuple(line for line in whole.lines if about_all or line.startswith(_ABOUT[path]))
    return Found(path, tuple(get(whole.state, path)), whole.source, lines)

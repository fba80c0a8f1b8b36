"""Settings of other trainers as a state of ours, with a line for everything that has no place here."""

import os
from dataclasses import dataclass
from pathlib import Path

from onetrainer_clone.settings import UserError
from onetrainer_clone.state import TrainingState
from presets.importers import kohya, kohya_dataset, onetrainer, onetrainer_lists
from presets.importers.reading import SUFFIXES, read
from presets.importers.table import Building


@dataclass(frozen=True)
class Imported:
    """What an import gave: the state, where it came from, and one line per setting that was not taken over."""

    state: TrainingState
    source: str
    lines: tuple[str, ...]


def import_preset(path: Path) -> Imported:
    """A file or folder of OneTrainer, kohya's sd-scripts or lora-scripts. Raises UserError where it is none of them."""
    if not os.path.exists(path):
        raise UserError(f"there is no file or folder '{path}': was it moved or renamed?")
    building = Building()
    try:
        source = _folder(path, building) if os.path.isdir(path) else _file(path, building)
    except (ValueError, TypeError, KeyError, AttributeError) as error:  # numbers that are texts, lists that are numbers
        raise UserError(f"'{path}' holds a value of another kind than its program writes: {error}") from error
    return Imported(building.state, source, tuple(dict.fromkeys(building.lines)))


def _folder(path: Path, building: Building) -> str:
    """A folder of kohya's '10_trigger class' folders, or one that holds a single file of settings."""
    if kohya_dataset.is_folder_tree(path):
        kohya_dataset.import_folders(path, building)
        return "kohya's folders"
    files = [file for file in sorted(path.iterdir()) if file.suffix.lower() in SUFFIXES and os.path.isfile(file)]
    named = [file for file in files if file.name not in ("concepts.json", "samples.json", "secrets.json")]
    if len(named) != 1:
        raise UserError(
            f"'{path}' holds neither folders such as '10_sks cat' nor one file of settings ({len(named)} files): "
            "choose the file itself"
        )
    return _file(named[0], building)


def _file(path: Path, building: Building) -> str:
    data = read(path)
    if isinstance(data, dict) and kohya_dataset.is_dataset(data):
        kohya_dataset.import_dataset(data, path, building)
        return kohya_dataset.SOURCE
    if isinstance(data, dict) and onetrainer.is_config(data):
        onetrainer.import_config(data, path, building)
        return onetrainer.SOURCE
    if isinstance(data, dict) and kohya.is_config(data):
        kohya.import_config(data, path, building)
        return kohya.SOURCE
    if onetrainer_lists.kind_of(data):
        raise UserError(f"'{path}' is a list alone: in the window it is added to the settings that are there (Import…)")
    message = f"'{path}' holds no settings of OneTrainer, kohya's sd-scripts or lora-scripts"
    raise UserError(f"{message}: choose a file that one of them saved (a preset, config or dataset file)")

"""Where presets are kept: the shipped ones, which stay as they are, and the person's own."""

import os
from dataclasses import dataclass
from pathlib import Path

from onetrainer_clone.paths import SHIPPED_PRESETS, move, name_problem, remove, user_presets, write_whole
from onetrainer_clone.settings import Invalid, Problem, UserError
from onetrainer_clone.state import TrainingState
from presets.codec import encode, read_file, read_object


@dataclass(frozen=True)
class Preset:
    """A preset that can be loaded."""

    name: str
    path: Path
    shipped: bool

    @property
    def description(self) -> str:
        try:
            return str(read_object(self.path.read_bytes()).get("description", ""))
        except (OSError, Invalid):
            return ""

    def load(self) -> TrainingState:
        return read_file(self.path, self.name)


def presets() -> list[Preset]:
    """Every preset: the shipped ones first, each part by name."""
    return [*_in(SHIPPED_PRESETS, shipped=True), *_in(user_presets(), shipped=False)]


def _in(folder: Path, shipped: bool) -> list[Preset]:
    files = folder.glob("*.json") if os.path.isdir(folder) else ()
    found = [path for path in files if os.path.isfile(path) and not path.name.startswith(".")]
    return sorted((Preset(path.stem, path, shipped) for path in found), key=lambda preset: preset.name.casefold())


def find(name: str) -> Preset:
    """A preset by its name (the person's own wins) or by a file's path. Raises `UserError` where there is none."""
    known = {preset.name: preset for preset in presets()}
    if name in known:
        return known[name]
    if os.path.isfile(name):  # Path.is_file raises for an overlong name
        return Preset(Path(name).stem, Path(name), shipped=False)
    raise UserError(f"there is no preset and no file '{name}'; the presets are: {', '.join(known)}")


def save(name: str, state: TrainingState, description: str = "", overwrite: bool = True) -> Preset:
    """Keep a state under a name, whole or not at all. Raises `Invalid` for a name that cannot be a file's."""
    path = _own(name)
    if os.path.exists(path) and not overwrite:
        raise UserError(f"there is a preset '{name}' already: choose another name")
    try:
        write_whole(path, encode(state, description))
    except OSError as error:
        raise UserError(f"the preset '{name}' could not be saved in {path.parent}: {error.strerror or error}") from None
    return Preset(name, path, shipped=False)


def is_taken(name: str) -> bool:
    """Whether a preset of the person's own has this name; on some systems 'Cat' is 'cat'."""
    return os.path.exists(_own(name))


def rename(preset: Preset, name: str) -> Preset:
    """Give one of the person's presets another name. Raises `UserError` where that name is taken."""
    _own_only(preset)
    path = _own(name)
    if os.path.exists(path) and not (os.path.exists(preset.path) and path.samefile(preset.path)):
        raise UserError(f"there is a preset '{name}' already: choose another name")
    try:
        move(preset.path, path)
    except OSError as error:
        raise UserError(f"the preset '{preset.name}' could not be renamed: {error.strerror or error}") from None
    return Preset(name, path, shipped=False)


def duplicate(preset: Preset, name: str) -> Preset:
    """A copy of a preset, shipped or own, among the person's own."""
    return save(name, preset.load(), preset.description, overwrite=False)


def delete(preset: Preset) -> None:
    _own_only(preset)
    try:
        remove(preset.path)
    except OSError as error:
        raise UserError(f"the preset '{preset.name}' could not be deleted: {error.strerror or error}") from None


def _own_only(preset: Preset) -> None:
    if preset.shipped:
        raise UserError(f"'{preset.name}' is shipped with the program and stays: duplicate it to have your own")


def _own(name: str) -> Path:
    if message := name_problem(name):
        raise Invalid([Problem("name", message)])
    return user_presets() / f"{name}.json"

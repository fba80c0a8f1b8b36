"""kohya's datasets: the TOML config of sd-scripts 0.9, and folders such as '10_sks cat'.

Source of names, defaults and meanings: sd-scripts `docs/config_README-en.md`, `docs/train_README.md`.
"""

import math
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from onetrainer_clone.dataset import MASK_ENDING, PICTURE_SUFFIXES
from onetrainer_clone.paths import resolve
from presets.importers.table import Building, Field, Table

SOURCE = "kohya's dataset config (sd-scripts 0.9)"
_FOLDER = re.compile(r"(\d+)_(.+)")
_CAPTION_SUFFIXES = (".txt", ".caption")
_REGULARIZATION = re.compile(r"^reg(ulari[sz]ation)?s?$", re.IGNORECASE)

SUBSET: Table = {
    "image_dir": Field("", "path"),
    "num_repeats": Field(1, "repeats"),
    "shuffle_caption": Field(False, "shuffle_tags"),
    "keep_tokens": Field(0, "keep_tags"),
    "flip_aug": Field(False, "flip"),
    "caption_dropout_rate": Field(0.0, "caption_dropout"),
    "caption_prefix": Field("", "trigger_words", lambda value: str(value or "").strip().strip(",").strip()),
    "is_reg": Field(False, "role", lambda value: "REGULARIZATION" if value else "SUBJECT"),
    "caption_extension": Field(".caption", why="captions are read from .txt files here: rename them"),
    "caption_suffix": Field(None),
    "metadata_file": Field(None, why="captions are read from .txt files here; ignored"),
    "caption_separator": Field(",", why="captions are divided at commas here; ignored"),
    "caption_dropout_every_n_epochs": Field(0),
    "caption_tag_dropout_rate": Field(0.0),
    "secondary_separator": Field(None),
    "keep_tokens_separator": Field(None),
    "enable_wildcard": Field(False),
    "color_aug": Field(False),
    "face_crop_aug_range": Field(None),
    "token_warmup_min": Field(1),
    "token_warmup_step": Field(0),
    "alpha_mask": Field(False),
    "conditioning_data_dir": Field(None),
    "custom_attributes": Field(None),
    "cache_info": Field(False, why="not needed here; ignored"),
}
_SUBSET_REST = ("random_crop", "class_tokens")
DATASET: Table = {
    "batch_size": Field(1, "training.batch_size"),
    "enable_bucket": Field(False, why="pictures always go to buckets here; ignored"),
    "min_bucket_reso": Field(256),
    "max_bucket_reso": Field(1024),
    "bucket_no_upscale": Field(False),
    "network_multiplier": Field(1.0),
    "validation_seed": Field(None),
    "validation_split": Field(0.0, why="make a concept with the role Validation of some pictures; ignored"),
}
_STEPS = {64: "64", 32: "32", 16: "16", 8: "8"}


def is_dataset(data: Mapping[str, Any]) -> bool:
    return isinstance(data.get("datasets"), list)


def import_dataset(data: Mapping[str, Any], path: Path, building: Building) -> None:
    """Every subset becomes a concept; what stands above it holds for it, too."""
    general = data.get("general") or {}
    subsets = [
        (f"datasets[{i}].subsets[{j}]", {**general, **_own(dataset), **subset})
        for i, dataset in enumerate(data["datasets"])
        for j, subset in enumerate(dataset.get("subsets") or [])
    ]
    if subsets:
        _dataset(subsets[0][1], building)
    sizes = {str((given.get("resolution"), given.get("batch_size"))) for _, given in subsets}
    if len(sizes) > 1:
        building.say("datasets", "one resolution and batch size are used here: those of the first dataset")
    for key, given in subsets:
        _subset(key, given, path.parent, building)
    if any(given.get("is_reg") for _, given in subsets):
        say_regularization(building)


def _own(dataset: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in dataset.items() if key != "subsets"}


def _dataset(given: Mapping[str, Any], building: Building) -> None:
    """What holds for all pictures."""
    building.apply(DATASET, {key: value for key, value in given.items() if key in DATASET and key != "enable_bucket"})
    if "resolution" in given:
        put_resolution("resolution", given["resolution"], building)
    step = given.get("bucket_reso_steps", 64)
    if step in _STEPS:
        building.put("bucket_reso_steps", "training.bucket_step", _STEPS[step])
    else:
        building.say("bucket_reso_steps", f"{step} is not supported: 64 px are used")


def put_resolution(key: str, value: Any, building: Building) -> None:
    """A number, [width, height] or 'width,height'; here it is the side of the square of the same area."""
    parts = value if isinstance(value, list) else str(value).split(",")
    try:
        sides = [int(part) for part in parts]
    except ValueError:
        return building.say(key, f"{value!r} is not understood, ignored")
    side = round(math.sqrt(math.prod(sides))) if len(sides) > 1 else sides[0]
    building.put(key, "training.resolution", side)
    if len(set(sides)) > 1:
        building.say(key, f"{value} became {side}: the side of the square of the same area")


def _subset(key: str, given: Mapping[str, Any], folder: Path, building: Building) -> None:
    index = len(building.state.concepts)
    building.put(key, "concepts", [*(concept.model_dump() for concept in building.state.concepts), {}])
    here = f"concepts[{index}]"
    table = {
        f"{key}.{n}": Field(f.default, f"{here}.{f.path}" if f.path else "", f.convert, f.why)
        for n, f in SUBSET.items()
    }
    rest = {f"{key}.{name}" for name in (*_SUBSET_REST, *DATASET, "resolution", "bucket_reso_steps")}
    extension = (
        {} if given.get("caption_extension") in (None, ".txt") else {"caption_extension": given["caption_extension"]}
    )
    own = {name: value for name, value in given.items() if name != "caption_extension"} | extension
    building.apply(table, {f"{key}.{name}": value for name, value in own.items()}, rest)
    source = str(given.get("image_dir") or "")
    place = resolve(source)
    if source and not place.is_absolute() and (folder / place).is_dir():
        building.put(f"{key}.image_dir", f"{here}.path", str((folder / place).resolve()))
    _name(index, Path(source.replace("\\", "/")).name or f"concept {index + 1}", building)
    if given.get("random_crop"):
        building.put(f"{key}.random_crop", f"{here}.crop_jitter", 0.1)
    _captions(f"{key}.class_tokens", here, building, str(given.get("class_tokens") or ""))


def _name(index: int, folder: str, building: Building) -> None:
    """'10_sks cat' -> 'sks cat', and a number behind it where that is taken."""
    found = _FOLDER.fullmatch(folder)
    name = found[2] if found else folder
    taken = {concept.name for concept in building.state.concepts[:index]}
    free = name if name not in taken else next(f"{name} {n}" for n in range(2, 10_000) if f"{name} {n}" not in taken)
    building.put(folder, f"concepts[{index}].name", free)


def _captions(key: str, here: str, building: Building, tokens: str) -> None:
    """The class tokens are the caption of pictures without a file of their own; here a concept has the one or the other."""
    index = int(here[len("concepts[") : -1])
    place = resolve(building.state.concepts[index].path)
    if not tokens or not place.is_dir():
        return building.put(key, f"{here}.caption_text", tokens) if tokens else None
    pictures, texts = count_files(place)
    if not texts:
        building.put(key, f"{here}.caption_source", "TEXT")
        building.put(key, f"{here}.caption_text", tokens)
    elif texts < pictures:
        building.say(key, f"{pictures - texts} of {pictures} pictures have no text file: give them one with '{tokens}'")


def count_files(folder: Path) -> tuple[int, int]:
    """Pictures in a folder, and how many of them have a caption beside them."""
    names = {name for name in os.listdir(folder) if (folder / name).is_file()}
    own = (Path(name) for name in names if not name.endswith(MASK_ENDING))
    pictures = [path for path in own if path.suffix.lower() in PICTURE_SUFFIXES]
    return len(pictures), sum(any(f"{p.stem}{suffix}" in names for suffix in _CAPTION_SUFFIXES) for p in pictures)


def is_folder_tree(path: Path) -> bool:
    return any(True for _ in _trees(path))


def import_folders(path: Path, building: Building) -> None:
    for folder, regularization in _trees(path):
        add_folder(folder, regularization, building)
    if any(concept.role == "REGULARIZATION" for concept in building.state.concepts):
        say_regularization(building)


def add_folder(folder: Path, regularization: bool, building: Building) -> None:
    """'10_sks cat': ten repeats; the rest is the caption of pictures without one."""
    found = _FOLDER.fullmatch(folder.name)
    assert found is not None
    index = len(building.state.concepts)
    building.put(folder.name, "concepts", [*(concept.model_dump() for concept in building.state.concepts), {}])
    here = f"concepts[{index}]"
    building.put(folder.name, f"{here}.path", str(folder))
    building.put(folder.name, f"{here}.role", "REGULARIZATION" if regularization else "SUBJECT")
    if int(found[1]):
        building.put(folder.name, f"{here}.repeats", int(found[1]))
    else:
        building.put(folder.name, f"{here}.enabled", False)
        building.say(folder.name, "0 repeats: the concept is switched off")
    _name(index, folder.name, building)
    _captions(folder.name, here, building, found[2])


def _trees(path: Path) -> Iterator[tuple[Path, bool]]:
    """The numbered folders in a folder, and in the folders in it ('img', 'train', 'reg' ...); which regularize."""
    for folder in sorted(entry for entry in path.iterdir() if entry.is_dir() and not entry.name.startswith(".")):
        if _FOLDER.fullmatch(folder.name):
            yield folder, bool(_REGULARIZATION.match(path.name))
        elif os.access(folder, os.R_OK):
            for inner in sorted(entry for entry in folder.iterdir() if entry.is_dir()):
                if _FOLDER.fullmatch(inner.name):
                    yield inner, bool(_REGULARIZATION.match(folder.name))


def say_regularization(building: Building) -> None:
    building.say(
        "regularization",
        "kohya's trainer shows as many of these pictures as of the subject's, whatever their repeats; here repeats count: "
        "look at the shares",
    )

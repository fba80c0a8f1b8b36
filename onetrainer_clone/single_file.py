"""What a model that comes as one file is, and where the small JSON files are that it lacks.

A `.safetensors` file tells its family by its header, a `.ckpt` file by the list of its tensors (`pickled.py`).
"""

import os
from pathlib import Path

from onetrainer_clone import families
from onetrainer_clone.families import Family, Kind, kind_of
from onetrainer_clone.settings import UserError
from onetrainer_clone.weights_header import describe

SUFFIXES = (".safetensors", ".ckpt")
_CONFIGS = Path(__file__).parent / "model_configs"
_FOLDERS = {Family.SD15: "sd15", Family.SD15_INPAINTING: "sd15", Family.SDXL: "sdxl", Family.SDXL_INPAINTING: "sdxl"}


def configs(file: Path, family: Family = Family.SD15) -> Path:
    """The folder with the configs of a file's parts: one beside it that is called as it is, else the family's.

    'cat.safetensors' finds 'cat/model_index.json', a diffusers folder that may lack the weights.
    """
    beside = file.with_suffix("")
    return beside if os.path.isfile(beside / "model_index.json") else family_configs(family)


def family_configs(family: Family) -> Path:
    """The folder that describes the models of a family as most are."""
    return _CONFIGS / _FOLDERS[family]


def kind(file: Path) -> Kind | None:
    """What a model file is; None where it is none, or cannot be read."""
    if file.suffix.lower() not in SUFFIXES:
        return None
    try:
        return kind_of(*describe(file))
    except UserError:
        return None


def problem(file: Path) -> str:
    """Why a file cannot be trained, in words; empty where it can."""
    if file.suffix.lower() not in SUFFIXES:
        return f"'{file}' is a file of another kind: choose a .safetensors or .ckpt file, or a diffusers model folder"
    try:
        found = describe(file)
    except UserError as error:
        return str(error)
    return kind_problem(file, kind_of(*found), found.shapes)


def kind_problem(file: Path, kind: Kind, shapes: families.Shapes) -> str:
    """As `problem`, once the names and shapes are known."""
    if kind.family is Family.VAE:
        return f"'{file}' is {kind.family.value}: choose it as 'Other VAE', and a whole model here"
    if kind.family not in families.BASES:
        hint = "choose its folder" if kind.family is Family.DIFFUSERS_PART else "choose an SD 1.5 or SDXL model"
        return f"'{file}' is {kind.family.value}, which cannot be trained here: {hint}"
    wanted = [part for part in families.PREFIXES[kind.family] if part.startswith("text_encoder")]
    if not all(families.holds(shapes, part, kind.family) for part in wanted):
        return f"'{file}' holds a UNet without its text encoder{'s' * (len(wanted) - 1)}: choose a whole model"
    return ""


def lacks_vae(file: Path) -> bool:
    """Whether a model file is known to hold no VAE."""
    try:
        shapes = describe(file).shapes
    except UserError:
        return False
    return not any(name.startswith(families.VAE) for name in shapes)


def vae_problem(file: Path) -> str:
    """Why a file cannot serve as the VAE; empty where it can."""
    if file.suffix.lower() not in (*SUFFIXES, ".pt"):
        return f"'{file}' is no VAE: choose a .safetensors, .ckpt or .pt file, or a VAE folder"
    try:
        shapes = describe(file).shapes
    except UserError as error:
        return str(error)
    if vae_prefix(shapes) is None:
        return f"'{file}' holds no VAE: it is {kind_of(shapes).family.value}"
    return ""


def latent_channels(file: Path) -> int | None:
    """Of the VAE in a file; None where there is none."""
    try:
        shapes = describe(file).shapes
    except UserError:
        return None
    prefix = vae_prefix(shapes)
    return None if prefix is None else shapes[f"{prefix}decoder.conv_in.weight"][1]


def vae_prefix(shapes: families.Shapes) -> str | None:
    """What stands before the VAE's names, '' where the file is a VAE alone; None where there is none."""
    return next((prefix for prefix in (families.VAE, "") if f"{prefix}decoder.conv_in.weight" in shapes), None)

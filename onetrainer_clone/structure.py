"""Whether a model's weights are those that its description asks for: all there, of the right sizes, made for each other.

Known from headers and the parts' configs alone, so that a broken download is found before anything is loaded.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from onetrainer_clone import single_file
from onetrainer_clone.families import PREFIXES, Family, Shapes, kind_of
from onetrainer_clone.json_file import read_json
from onetrainer_clone.layer_names import layers_of, says_all
from onetrainer_clone.ldm_keys import Form, part_table, stored_name
from onetrainer_clone.settings import UserError
from onetrainer_clone.weights_header import describe

Config = Mapping[str, Any]
Places = Mapping[str, str]  # a weight by its name in diffusers or transformers -> by its name in the file


def file_problem(file: Path) -> str:
    """What a model file lacks or holds in another size; empty where it is whole. Its VAE may come from elsewhere."""
    found = describe(file)
    family = kind_of(*found).family
    folder = single_file.configs(file, family)
    for part in _parts(family):
        config = read_json(folder / part / "config.json") or {}
        if not says_all(part, config):
            continue  # it is said when it is loaded
        entries = part_table(family, part, config)
        stored = {entry: stored_name(entry.original, found.shapes) for entry in entries}
        places = {n: name for entry, name in stored.items() if entry.form is not Form.STACKED for n in entry.names}
        if message := _lacking(list(stored.values()), found.shapes, part) or _misfit(part, config, places, found.shapes):
            return f"'{file}' {message}"
    return ""


def folder_problem(folder: Path, family: Family) -> str:
    """The same of a diffusers folder; and what does not fit together in it."""
    configs = {part: read_json(folder / part / "config.json") or {} for part in (*_parts(family), "vae")}
    if not all(says_all(part, configs[part]) for part in _parts(family)):
        return ""
    for part in _parts(family):
        if message := _part_problem(folder / part, part, family, configs[part]):
            return f"'{folder}' {message}"
    written = sum(config["hidden_size"] for part, config in configs.items() if part.startswith("text_encoder"))
    if message := fits_text(configs["unet"]["cross_attention_dim"], written):
        return f"'{folder}' {message}"
    if message := fits_vae(configs["unet"].get("out_channels"), configs["vae"].get("latent_channels")):
        return f"'{folder}' does not fit together: {message}"
    return ""


def fits_text(read: int, written: int) -> str:
    """Why a UNet cannot read what the text encoders write; empty where it can. Both in numbers per token."""
    return (
        f"does not fit together: its UNet reads text of width {read}, its text encoder writes {written}"
        if read != written
        else ""
    )


def fits_vae(drawn: int | None, latents: int | None) -> str:
    """Why a UNet cannot work with a VAE; empty where it can, or where it is not known. Both in channels of latents."""
    if None in (drawn, latents) or drawn == latents:
        return ""
    return f"the UNet draws latents of {drawn} channels, and the VAE has {latents}, so it is for another kind of model"


def weight_files(folder: Path) -> list[Path]:
    """The files of a part: safetensors before PyTorch's, full before float16's, which may lie beside them."""
    files = sorted(folder.glob("*.safetensors")) or sorted(folder.glob("*.bin"))
    whole = [path for path in files if not any(f".{kind}" in path.stem for kind in ("fp16", "bf16", "non_ema"))]
    return whole or files


def _parts(family: Family) -> list[str]:
    """Those that are always the model's own."""
    return [part for part in PREFIXES[family] if part != "vae"]


def _part_problem(folder: Path, part: str, family: Family, config: Config) -> str:
    shapes: dict[str, Sequence[int]] = {}
    try:
        for path in weight_files(folder):
            shapes |= describe(path).shapes
    except UserError as error:
        return f"cannot be used: {error}"
    names = [name for entry in part_table(family, part, config) for name in entry.names]
    places = {name: name if name in shapes else name.removeprefix("text_model.") for name in names}
    return _lacking(list(places.values()), shapes, part) or _misfit(part, config, places, shapes)


def _lacking(wanted: Sequence[str], shapes: Shapes, part: str) -> str:
    gone = [name for name in wanted if name not in shapes]
    if not gone:
        return ""
    more = f" and {len(gone) - 1} more" if len(gone) > 1 else ""
    return f"lacks '{gone[0]}'{more} of the {len(wanted)} weights of its {part}: download the model again"


def _misfit(part: str, config: Config, places: Places, shapes: Shapes) -> str:
    for layer in layers_of({part: config}):
        name = places.get(f"{layer.path}.weight")
        if name is not None and (held := tuple(shapes[name][:2])) != (layer.outputs, layer.inputs):
            sizes = f"{list(held)} where {[layer.outputs, layer.inputs]} is needed"
            return f"does not fit its configuration: {name} is {sizes}"
    return ""

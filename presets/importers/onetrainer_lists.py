"""OneTrainer's lists: concepts, samples and embeddings, inside a config or in files beside it.

Source of names, defaults and meanings: OneTrainer `modules/util/config/ConceptConfig.py`, `SampleConfig.py`.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from onetrainer_clone.settings import UserError
from presets.importers.table import Building, Field, Table, Unsupported, flat, one_of

_ROLES = {"STANDARD": "SUBJECT", "VALIDATION": "VALIDATION", "PRIOR_PREDICTION": "REGULARIZATION"}
_CAPTIONS = {"sample": "FILE", "concept": "TEXT_FILE", "filename": "FILE_NAME"}
_SAMPLERS = {"DDIM": "DDIM", "EULER": "EULER", "EULER_A": "EULER_A", "DPMPP": "DPMPP_2M", "UNIPC": "UNIPC"}
_SAMPLERS |= {"DPMPP_KARRAS": "DPMPP_2M_KARRAS"}
_JITTER = 0.1  # theirs moves the crop within what is left over; ours cuts away up to a share of the side


def _resolution(value: Any) -> int | None:
    if not str(value).isdecimal():
        raise Unsupported(f"'{value}' is not one number: the resolution of Training is used")
    return int(value)


CONCEPT: Table = {
    "name": Field("", "name"),
    "path": Field("", "path"),
    "enabled": Field(True, "enabled"),
    "type": Field("STANDARD", "role", one_of(_ROLES, "it is trained as a subject")),
    "include_subdirectories": Field(False, "include_subfolders"),
    "balancing_strategy": Field("REPEATS", "balance"),
    "loss_weight": Field(1.0, "loss_weight"),
    "text.prompt_source": Field("sample", "caption_source", one_of(_CAPTIONS, "text files beside the pictures are used")),
    "text.prompt_path": Field("", "caption_file"),
    "text.enable_tag_shuffling": Field(False, "shuffle_tags"),
    "text.keep_tags_count": Field(1, "keep_tags"),
    "image.enable_random_flip": Field(False, "flip"),
    "text_variations": Field(1, why="a caption's variants are drawn anew for every sample here; ignored"),
    "text.tag_delimiter": Field(",", why="captions are divided at commas here; ignored"),
    **{f"text.{key}": Field(False) for key in ("tag_dropout_enable", "caps_randomize_enable", "caps_randomize_lowercase")},
    **{f"image.{key}": Field(False) for key in (
        "enable_fixed_flip", "enable_random_rotate", "enable_fixed_rotate", "enable_random_brightness",
        "enable_fixed_brightness", "enable_random_contrast", "enable_fixed_contrast", "enable_random_saturation",
        "enable_fixed_saturation", "enable_random_hue", "enable_fixed_hue", "enable_random_circular_mask_shrink",
        "enable_random_mask_rotate_crop",
    )},
}  # fmt: skip
# The amounts of switches that are named themselves, and what is of that program alone.
_CONCEPT_REST: tuple[str, ...] = (
    "seed",
    "image_variations",
    "balancing",
    "image.enable_crop_jitter",
    "image.enable_resolution_override",
)
_CONCEPT_REST += ("image.resolution_override", "text.tag_dropout_probability", "text.tag_dropout_mode")
_CONCEPT_REST += ("text.tag_dropout_special_tags_mode", "text.tag_dropout_special_tags", "text.caps_randomize_mode")
_CONCEPT_REST += ("text.tag_dropout_special_tags_regex", "text.caps_randomize_probability", "concept_stats")
_AMOUNTS = ("_max_strength", "_max_angle")

SAMPLE: Table = {
    "enabled": Field(True, "enabled"),
    "prompt": Field("", "text"),
    "negative_prompt": Field("", "negative"),
    "width": Field(512, "width"),
    "height": Field(512, "height"),
    "seed": Field(42, "seed", lambda value: max(0, int(value))),
    "diffusion_steps": Field(30, "steps"),
    "cfg_scale": Field(7.5, "cfg_scale"),
    "noise_scheduler": Field("EULER_A", "sampler", one_of(_SAMPLERS, "Euler a is used")),
    **{key: Field(False) for key in ("random_seed", "sample_inpainting", "transformer_attention_mask")},
    **{key: Field("") for key in ("base_image_path", "mask_image_path")},
}
_SAMPLE_REST: tuple[str, ...] = (
    "frames",
    "length",
    "force_last_timestep",
    "prior_attention_mask",
)  # videos; overwritten by theirs
_SAMPLE_REST += tuple(f"text_encoder_{i}_{what}" for i in range(1, 5) for what in ("layer_skip", "sequence_length"))


def import_lists(data: Mapping[str, Any], path: Path, building: Building) -> None:
    """Concepts and samples: packed into the config, or in the files that it names."""
    for key, named, usual in (
        ("concepts", "concept_file_name", "training_concepts/concepts.json"),
        ("samples", "sample_definition_file_name", "training_samples/samples.json"),
    ):
        found = data.get(key)
        if found is None:
            found = _beside(path, str(data.get(named) or usual), building, named if data.get(named) else "")
        if key == "concepts":
            _concepts(found, building)
        else:
            _samples(found, building)


def kind_of(found: Any) -> str | None:
    """Where the entries of a list that OneTrainer saved by itself belong in the state; None where it is no such list."""
    if not isinstance(found, list) or not found or not all(isinstance(item, dict) for item in found):
        return None
    if all("prompt" in item for item in found):
        return "sampling.prompts"
    return "concepts" if all("path" in item for item in found) else None


def import_list(found: list[Any], path: str, building: Building) -> None:
    """A list alone, of the kind that `kind_of` says."""
    (_concepts if path == "concepts" else _samples)(found, building)


def _beside(path: Path, name: str, building: Building, key: str) -> list[Any]:
    """A list that a config names, from the config's folder or from OneTrainer's, in whose subfolder the config lies."""
    folders = (path.parent, path.parent.parent)
    places = [folder / part for folder in folders for part in (name, Path(name.replace("\\", "/")).name)]
    for place in places:
        if place.is_file() and place != path:
            return _read_list(place)
    if key:
        building.say(key, f"there is no '{name}' beside the file: add its entries by hand")
    return []


def _read_list(path: Path) -> list[Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UserError(f"'{path}' cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"'{path}' is damaged: {error}") from None
    if not isinstance(found, list):
        raise UserError(f"'{path}' holds no list")
    return found


def _items(found: Any) -> Iterator[dict[str, Any]]:
    for item in found if isinstance(found, list) else ():
        if isinstance(item, dict):
            yield flat({key: value for key, value in item.items() if key != "concept_stats"})


def _concepts(found: Any, building: Building) -> None:
    names: set[str] = set()
    for index, given in enumerate(_items(found)):
        building.put("concepts", "concepts", [*(c.model_dump() for c in building.state.concepts), {}])
        rest = [*_CONCEPT_REST, *(key for key in given if key.endswith(("__version", *_AMOUNTS)))]
        here = f"concepts[{index}]"
        _apply_item(CONCEPT, given, rest, here, building)
        name = str(
            given.get("name") or Path(str(given.get("path", "")).replace("\\", "/")).name or f"concept {index + 1}"
        )
        while name in names:
            name += " (2)"
        names.add(name)
        building.put(f"{here}.name", f"{here}.name", name)
        _concept_rest(given, here, building)


def _concept_rest(given: Mapping[str, Any], here: str, building: Building) -> None:
    balancing = given.get("balancing", 1.0)
    field = "samples" if given.get("balancing_strategy") == "SAMPLES" else "repeats"
    building.put(f"{here}.balancing", f"{here}.{field}", int(float(balancing)) if field == "samples" else balancing)
    if given.get("type") == "PRIOR_PREDICTION":
        building.put(f"{here}.type", f"{here}.mode", "PRIOR_PREDICTION")
    if given.get("image.enable_crop_jitter", True) and given.get("type") != "VALIDATION":
        building.put(f"{here}.image.enable_crop_jitter", f"{here}.crop_jitter", _JITTER)
    if (variations := int(given.get("image_variations", 1))) > 1:
        building.put(f"{here}.image_variations", f"{here}.image_variants", variations)
    if given.get("image.enable_resolution_override"):
        try:
            size = _resolution(given.get("image.resolution_override", "512"))
            building.put(f"{here}.image.resolution_override", f"{here}.resolution", size)
        except Unsupported as error:
            building.say(f"{here}.image.resolution_override", str(error))


def _samples(found: Any, building: Building) -> None:
    for index, given in enumerate(_items(found)):
        prompts = [prompt.model_dump() for prompt in building.state.sampling.prompts]
        building.put("samples", "sampling.prompts", [*prompts, {}])
        rest = [*_SAMPLE_REST, *(key for key in given if key.endswith("__version"))]
        _apply_item(SAMPLE, given, rest, f"sampling.prompts[{index}]", building, f"samples[{index}]")


def import_words(data: Mapping[str, Any], building: Building) -> None:
    """The embedding that is trained, and additional ones beside a LoRA or fine-tune."""
    single = [data.get("embedding") or {}] if building.state.method == "EMBEDDING" else []
    for index, word in enumerate([*single, *(data.get("additional_embeddings") or [])]):
        if not isinstance(word, dict):
            continue
        words = [known.model_dump() for known in building.state.embedding.words]
        building.put("embedding", "embedding.words", [*words, {}])
        here = f"embedding.words[{index}]"
        key = "embedding" if single and index == 0 else f"additional_embeddings[{index - len(single)}]"
        _apply_item(
            WORD, word, ("uuid", "__version", "stop_training_after", "stop_training_after_unit"), here, building, key
        )
        if word.get("stop_training_after_unit", "NEVER") not in ("NEVER", None):
            building.say(
                f"{key}.stop_training_after", "all new words stop together here ('Stop the embeddings'); ignored"
            )


WORD: Table = {
    "placeholder": Field("<embedding>", "placeholder"),
    "token_count": Field(1, "vectors"),
    "initial_embedding_text": Field("*", "initial_text"),
    "model_name": Field("", "source"),
    "train": Field(True, "train"),
    "is_output_embedding": Field(False),
}


def _apply_item(
    table: Table, given: Mapping[str, Any], rest: Any, here: str, building: Building, key: str = ""
) -> None:
    """A table for one item of a list, whose settings lie below `here`."""
    below = {
        f"{key or here}.{name}": Field(f.default, f"{here}.{f.path}" if f.path else "", f.convert, f.why)
        for name, f in table.items()
    }
    building.apply(below, {f"{key or here}.{n}": v for n, v in given.items()}, {f"{key or here}.{n}" for n in rest})

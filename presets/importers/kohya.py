"""Settings for kohya's sd-scripts 0.9: its own TOML files, and those of lora-scripts 1.x (TOML or YAML).

Both are named as sd-scripts' command-line options; groups around them have no meaning, as there.
Source of names, defaults and meanings: sd-scripts `library/train_util.py`, `train_network.py` (their argument parsers).
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from onetrainer_clone.paths import resolve
from onetrainer_clone.settings import UserError
from presets.importers import kohya_dataset
from presets.importers.kohya_table import ALGORITHMS, BY_HAND, OPTIMIZERS, SAMPLERS, SILENT, TABLE, TYPES
from presets.importers.reading import read
from presets.importers.table import NOT_SUPPORTED, Building

SOURCE = "kohya's sd-scripts 0.9 or lora-scripts"


def is_config(data: Mapping[str, Any]) -> bool:
    return bool(
        {"pretrained_model_name_or_path", "network_module", "train_data_dir", "network_dim"} & set(ungrouped(data))
    )


def ungrouped(data: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in data.items():
        found |= ungrouped(value) if isinstance(value, dict) else {key: value}
    return found


def import_config(data: Mapping[str, Any], path: Path, building: Building) -> None:
    """Raises UserError for models that are not trained here."""
    given = ungrouped(data)
    if given.get("v2"):
        raise UserError("this is for Stable Diffusion 2: only SD 1.5 and SDXL are trained here")
    kind = str(given.get("model_train_type", "sdxl-lora" if "sdxl" in str(given.get("network_module")) else "sd-lora"))
    if kind not in TYPES:
        raise UserError(f"this is for '{kind}': LoRA, fine-tunes of SD 1.5 and SDXL are trained here")
    building.put("model_train_type", "model.type", "SDXL" if given.get("sdxl") else TYPES[kind])
    building.put("model_train_type", "method", "LORA" if kind.endswith("lora") else "FINE_TUNE")
    building.apply(TABLE, given, {*BY_HAND, *SILENT})
    for step in (_length, _rates, _optimizer, _network, _prediction, _times):
        step(given, building)
    _data(given, path, building)
    _prompts(given, path, building)


def _length(given: Mapping[str, Any], building: Building) -> None:
    epochs = given.get("max_train_epochs") or given.get("epoch")
    if epochs:
        building.put("max_train_epochs", "training.epochs", epochs)
    else:
        building.put("max_train_steps", "training.length", "STEPS")
        building.put("max_train_steps", "training.steps", given.get("max_train_steps") or 1600)
    if given.get("seed") is not None:
        building.put("seed", "training.seed", given["seed"])
    if "resolution" in given:
        kohya_dataset.put_resolution("resolution", given["resolution"], building)
    step = int(given.get("bucket_reso_steps") or 64)
    if step in (64, 32, 16, 8):
        building.put("bucket_reso_steps", "training.bucket_step", str(step))
    else:
        building.say("bucket_reso_steps", f"{step} is not supported: 64 px are used")


def _rates(given: Mapping[str, Any], building: Building) -> None:
    common = float(given.get("learning_rate") or 2e-6)
    text = given.get("text_encoder_lr")
    texts = [*text, text[-1]] if isinstance(text, list) and text else [text, text]  # one for each, or one for both
    rates = {"unet": given.get("unet_lr"), "text_encoder": texts[0], "text_encoder_2": texts[1]}
    for part, said in rates.items():
        rate = common if said in (None, "", []) else float(said)  # type: ignore[arg-type]
        left_out = given.get("network_train_text_encoder_only" if part == "unet" else "network_train_unet_only")
        if part != "text_encoder_2" or building.state.model.type == "SDXL":
            building.put(f"{part}_lr", f"training.{part}", not left_out and rate > 0)
            building.put(f"{part}_lr", f"learning_rate.{part}", rate)


def _optimizer(given: Mapping[str, Any], building: Building) -> None:
    theirs = str(given.get("optimizer_type") or ("AdamW8bit" if given.get("use_8bit_adam") else "AdamW"))
    ours = OPTIMIZERS.get(theirs.lower())
    building.put("optimizer_type", "optimizer.optimizer", ours or "ADAMW")
    if ours is None:
        building.say("optimizer_type", f"{theirs} is not supported: AdamW with its usual values is used")
        return
    names = {"use_bias_correction": "bias_correction", "weight_decay": "weight_decay", "eps": "eps", "d0": "d0"}
    names |= {"d_coef": "d_coef", "safeguard_warmup": "safeguard_warmup"}
    for key, value in _pairs(given.get("optimizer_args")):
        if key == "betas" and len(found := re.findall(r"[\d.]+", value)) >= 2:
            building.put("optimizer_args.betas", f"optimizer.{ours.lower()}.beta1", found[0])
            building.put("optimizer_args.betas", f"optimizer.{ours.lower()}.beta2", found[1])
        elif key in names and (ours == "PRODIGY" or key in ("weight_decay", "eps")):
            building.put(f"optimizer_args.{key}", f"optimizer.{ours.lower()}.{names[key]}", value)
        elif (key, value.lower()) != ("decouple", "true"):
            building.say(f"optimizer_args.{key}", NOT_SUPPORTED)


def _pairs(arguments: Any) -> list[tuple[str, str]]:
    """['weight_decay=0.01', 'betas=0.9,0.99'] -> its pairs."""
    listed = arguments if isinstance(arguments, list) else str(arguments or "").split()
    return [(key.strip(), value.strip()) for key, _, value in (str(item).partition("=") for item in listed) if key]


def _network(given: Mapping[str, Any], building: Building) -> None:
    if building.state.method != "LORA":
        return
    module = str(given.get("network_module") or "networks.lora")
    arguments = dict(_pairs(given.get("network_args")))
    for key in ("conv_dim", "conv_alpha"):
        if given.get(key):
            arguments.setdefault(key, str(given[key]))
    if given.get("lycoris_algo"):
        arguments.setdefault("algo", str(given["lycoris_algo"]))
    if module not in ("networks.lora", "lycoris.kohya", "networks.loha", "networks.lokr"):
        building.say("network_module", f"{module} is not supported: a plain LoRA is trained")
    algorithm = arguments.pop("algo", module.rpartition(".")[2] if module.startswith("networks.lo") else "locon")
    variant = ALGORITHMS.get(algorithm.lower())
    building.put("network_args.algo", "adapter.variant", variant or "LORA")
    if variant is None:
        building.say("network_args.algo", f"{algorithm} is not supported: a plain LoRA is trained")
    if arguments.pop("dora_wd", "false").lower() == "true" and variant == "LORA":
        building.put("network_args.dora_wd", "adapter.variant", "DORA")
    if int(float(arguments.get("conv_dim") or 0)):
        building.put("network_args.conv_dim", "adapter.layers", "ALL")
        building.put("network_args.conv_dim", "adapter.conv_rank", arguments["conv_dim"])
        building.put("network_args.conv_alpha", "adapter.conv_alpha", arguments.get("conv_alpha") or 1)
    if int(float(arguments.get("factor") or -1)) > 1:
        building.put("network_args.factor", "adapter.lokr_factor", arguments["factor"])
    if arguments.get("loraplus_lr_ratio"):
        building.put("network_args.loraplus_lr_ratio", "adapter.lora_plus", arguments["loraplus_lr_ratio"])
    for key in sorted(set(arguments) - {"conv_dim", "conv_alpha", "factor", "loraplus_lr_ratio"}):
        if arguments[key].lower() not in ("", "0", "0.0", "false", "none"):
            building.say(f"network_args.{key}", NOT_SUPPORTED)


def _prediction(given: Mapping[str, Any], building: Building) -> None:
    if given.get("v_parameterization"):
        building.put("v_parameterization", "model.prediction", "V_PREDICTION")
    if given.get("zero_terminal_snr"):
        building.put("zero_terminal_snr", "model.zero_terminal_snr", "ON")


def _times(given: Mapping[str, Any], building: Building) -> None:
    for key, path, unit in (
        ("save_every_n_steps", "saving.every", "STEPS"),
        ("save_every_n_epochs", "saving.every", "EPOCHS"),
        ("sample_every_n_epochs", "sampling.every", "EPOCHS"),
    ):
        if given.get(key):
            building.put(key, f"{path}.unit", unit)
            building.put(key, f"{path}.amount", given[key])


def _data(given: Mapping[str, Any], path: Path, building: Building) -> None:
    """The folders of pictures, or the dataset config that is named."""
    for key, regularization in (("train_data_dir", False), ("reg_data_dir", True)):
        if not (source := str(given.get(key) or "")):
            continue
        folder = _found(source, path)
        inner = sorted(f for f in folder.iterdir() if re.fullmatch(r"\d+_.+", f.name)) if folder else []
        for one in inner:
            kohya_dataset.add_folder(one, regularization, building)
        if not inner:
            building.say(key, f"'{source}' has no folders such as '10_sks cat' here: add the concepts by hand")
    if any(concept.role == "REGULARIZATION" for concept in building.state.concepts):
        kohya_dataset.say_regularization(building)
    if named := str(given.get("dataset_config") or ""):
        if os.path.isfile(place := path.parent / named):
            kohya_dataset.import_dataset(read(place), place, building)
        else:
            building.say("dataset_config", f"there is no '{named}' beside the file: import it by itself")
    for index, concept in enumerate(building.state.concepts if not given.get("dataset_config") else ()):
        _common(given, index, concept.role == "REGULARIZATION", building)


def _found(source: str, path: Path) -> Path | None:
    return next((place for place in (resolve(source), path.parent / source) if os.path.isdir(place)), None)


def _common(given: Mapping[str, Any], index: int, regularization: bool, building: Building) -> None:
    """What sd-scripts sets for all folders and we for each concept."""
    for key, name in (
        ("shuffle_caption", "shuffle_tags"),
        ("flip_aug", "flip"),
        ("caption_dropout_rate", "caption_dropout"),
    ):
        if given.get(key):
            building.put(key, f"concepts[{index}].{name}", given[key])
    if given.get("shuffle_caption"):
        building.put("keep_tokens", f"concepts[{index}].keep_tags", given.get("keep_tokens") or 0)
    if given.get("random_crop"):
        building.put("random_crop", f"concepts[{index}].crop_jitter", 0.1)
    if regularization and given.get("prior_loss_weight") is not None:
        building.put("prior_loss_weight", f"concepts[{index}].loss_weight", given["prior_loss_weight"])


def _prompts(given: Mapping[str, Any], path: Path, building: Building) -> None:
    """A file of prompts, one a line: 'a cat --n bad --w 512 --h 512 --d 1 --l 7 --s 24'; or one prompt itself."""
    source = str(given.get("sample_prompts") or "")
    if not source:
        return
    place = next((p for p in (resolve(source), path.parent / source) if len(source) < 1000 and os.path.isfile(p)), None)
    if place is None and source.lower().endswith((".txt", ".json", ".toml")):
        return building.say("sample_prompts", f"there is no '{source}' here: add the prompts by hand")
    text = place.read_text(encoding="utf-8-sig", errors="replace") if place and place.suffix == ".txt" else source
    names = {"n": "negative", "w": "width", "h": "height", "d": "seed", "l": "cfg_scale", "s": "steps"}
    sampler = SAMPLERS.get(str(given.get("sample_sampler") or "ddim"))
    if sampler is None:
        building.say("sample_sampler", f"{given['sample_sampler']} is not supported: Euler a is used")
    prompts = []
    for line in (line.strip() for line in text.splitlines()):
        if line and not line.startswith("#"):
            first, *options = re.split(r"\s--(?=\w\s)", line)
            found = {names[o[0]]: o[1:].strip() for o in options if o[0] in names}
            prompts.append({"text": first.strip(), "sampler": sampler or "EULER_A", **found})
    building.put("sample_prompts", "sampling.prompts", prompts)

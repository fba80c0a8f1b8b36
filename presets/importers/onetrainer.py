"""OneTrainer's presets and configs, version 11 of its config (August 2026).

Source of what the settings mean: OneTrainer `modules/util/config/TrainConfig.py` and the code that reads them.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from onetrainer_clone.settings import UserError
from presets.importers import onetrainer_lists
from presets.importers.onetrainer_table import (
    FORMATS,
    LAYERS,
    LORA_FORMATS,
    MINUTES,
    OPTIMIZERS,
    TABLE,
    TYPES,
    UNITS,
)
from presets.importers.table import NOT_SUPPORTED, Building, flat, same

VERSION = 11
SOURCE = f"OneTrainer (config version {VERSION})"

_OPTIMIZER = ("beta1", "beta2", "eps", "weight_decay", "d0", "d_coef", "safeguard_warmup", "bias_correction")
_OPTIMIZER_USUAL: dict[str, Any] = {
    "fused": True,
    "decouple": True,
    "block_wise": True,
    "min_8bit_size": 4096,
    "percentile_clipping": 100,
}
_OPTIMIZER_USUAL |= {"stochastic_rounding": False, "slice_p": 11, "growth_rate": math.inf}
# Other families' parts, machines and places: without effect on SD 1.5 and SDXL, or a matter of that computer alone.
_ELSEWHERE = (
    *("prior.", "text_encoder_3.", "text_encoder_4.", "decoder.", "decoder_text_encoder.", "decoder_vqgan."),
    *("effnet_encoder.", "transformer.", "cloud.", "secrets.", "concept_stats."),
)
_SILENT = ("train_device", "temp_device", "tensorboard_mode", "gradient_checkpointing", "weight_dtype", "dropout")
_PARTS = ("unet", "text_encoder", "text_encoder_2", "vae")
_PART_REST = (
    *(
        "include",
        "attention_mask",
        "guidance_scale",
        "offload_fraction",
        "activation_offloading",
        "model_name",
        "train",
    ),
    *("learning_rate", "stop_training_after", "stop_training_after_unit", "dropout_probability", "train_embedding"),
    "gradient_checkpointing",
)


def is_config(data: Mapping[str, Any]) -> bool:
    return bool({"training_method", "model_type", "base_model_name"} & set(data)) and "network_module" not in data


def import_config(data: Mapping[str, Any], path: Path, building: Building) -> None:
    """Raises UserError for models and methods that are not trained here."""
    _require_known(data)
    given = flat({key: value for key, value in data.items() if key not in ("optimizer_defaults", "embedding", "cloud")})
    version = data.get("__version", VERSION)
    if version != VERSION:
        building.say(
            "__version", f"made with config version {version}, and {VERSION} is what is known: check the result"
        )
    if data.get("cloud", {}).get("enabled"):
        building.say("cloud.enabled", NOT_SUPPORTED)
    if data.get("optimizer_defaults"):
        building.say("optimizer_defaults", "what is kept for other optimizers is not taken over")
    given = {key: value for key, value in given.items() if not key.startswith(_ELSEWHERE)}
    by_hand = [key for key in given if key.rpartition(".")[2] == "__version" or key in _SILENT]
    by_hand += [f"{part}.{rest}" for part in _PARTS for rest in _PART_REST if f"{part}.{rest}" not in TABLE]
    building.put("method", "training.length", "EPOCHS")
    building.apply(TABLE, given, {*by_hand, *_BY_HAND, *(key for key in given if key.startswith("optimizer."))})
    for step in (_resolution, _rates, _parts, _optimizer, _noise, _adapter, _layout):
        step(given, building)
    for name, (path_here, default, unit) in _TIMES.items():
        _every(building, name, path_here, given.get(name, default), given.get(f"{name}_unit", unit))
    if not given.get("validation", False):
        building.put("validation", "training.validate_every.unit", "NEVER")
    _parts_rest(given, building)
    onetrainer_lists.import_words(data, building)
    onetrainer_lists.import_lists(data, path, building)
    _caption_dropout(given, building)


_TIMES = {
    "sample_after": ("sampling.every", 10, "MINUTE"),
    "backup_after": ("saving.backup_every", 30, "MINUTE"),
    "save_every": ("saving.every", 0, "NEVER"),
    "validate_after": ("training.validate_every", 1, "EPOCH"),
}
_BY_HAND = (
    *_TIMES, *(f"{name}_unit" for name in _TIMES), "validation", "concepts", "samples", "concept_file_name",
    "sample_definition_file_name", "additional_embeddings", "learning_rate", "learning_rate_scaler",
    "embedding_learning_rate", "output_model_format", "text_encoder_layer_skip", "text_encoder_2_layer_skip",
    "rescale_noise_scheduler_to_zero_terminal_snr", "force_v_prediction", "force_epsilon_prediction", "loss_weight_fn",
    "loss_weight_strength", "lora_decompose", "layer_filter", "layer_filter_preset", "layer_filter_regex",
    "unmasked_probability", "non_ema_sampling", "rolling_backup_count", "lokr_dim", "sample_skip_first_unit", "resolution",
)  # fmt: skip


def _require_known(data: Mapping[str, Any]) -> None:
    model, method = data.get("model_type", "STABLE_DIFFUSION_15"), data.get("training_method", "FINE_TUNE")
    if model not in TYPES:
        raise UserError(f"this is a preset for {model}: only SD 1.5 and SDXL are trained here")
    if method not in ("LORA", "FINE_TUNE", "EMBEDDING"):
        raise UserError(f"this is a preset for {method}: LoRA, fine-tuning and embeddings are trained here")


def _resolution(given: Mapping[str, Any], building: Building) -> None:
    """'512'; '512,768' is several, of which the first is taken; '1024x768' a fixed size, here the side of its area."""
    value = str(given.get("resolution") or "512")
    first, *others = (part.strip().lower() for part in value.split(","))
    try:
        side = round(math.sqrt(math.prod(int(part) for part in first.split("x")))) if "x" in first else int(first)
    except ValueError:
        return building.say("resolution", f"{value!r} is not understood, ignored")
    building.put("resolution", "training.resolution", side)
    if others or "x" in first:
        building.say("resolution", f"'{value}': one resolution is trained here, with buckets around it: {side} is used")


def _rates(given: Mapping[str, Any], building: Building) -> None:
    """Own rates of the parts, else the common one; multiplied as the scaler says, by the square root of the samples."""
    batch, steps = int(given.get("batch_size", 1)), int(given.get("gradient_accumulation_steps", 1))
    sizes = {"NONE": 1, "BATCH": batch, "GLOBAL_BATCH": batch, "GRADIENT_ACCUMULATION": steps}
    scaler = str(given.get("learning_rate_scaler", "NONE"))
    factor = math.sqrt(sizes.get(scaler, batch * steps))
    common = float(given.get("learning_rate") or 3e-6)
    for part in ("unet", *_text_encoders_of(building)):
        rate = given.get(f"{part}.learning_rate")
        building.put(f"{part}.learning_rate", f"learning_rate.{part}", factor * float(common if rate is None else rate))
    rate = given.get("embedding_learning_rate")
    building.put("embedding_learning_rate", "learning_rate.embedding", factor * float(common if rate is None else rate))


def _text_encoders_of(building: Building) -> tuple[str, ...]:
    return ("text_encoder", "text_encoder_2") if building.state.model.type == "SDXL" else ("text_encoder",)


def _parts(given: Mapping[str, Any], building: Building) -> None:
    """Which parts are trained, and for how long."""
    for part in ("unet", *_text_encoders_of(building)):
        building.put(f"{part}.train", f"training.{part}", given.get(f"{part}.train", True))
        amount = given.get(f"{part}.stop_training_after", 0 if part == "unet" else 30)
        unit = given.get(f"{part}.stop_training_after_unit", "NEVER" if part == "unet" else "EPOCH")
        _every(building, f"{part}.stop_training_after", f"training.{part}_stop", amount, unit)
    xl = building.state.model.type == "SDXL"
    skips = [int(given.get(f"{part}_layer_skip", 0)) for part in ("text_encoder", "text_encoder_2")]
    if skips[0]:  # 0 is the family's usual layer: the last one for SD 1.5, the one before it for SDXL
        building.put("text_encoder_layer_skip", "model.clip_skip", skips[0] + (2 if xl else 1))
    if xl and skips[0] != skips[1]:
        building.say(
            "text_encoder_2_layer_skip", "both text encoders skip the same layers here; the first one's are used"
        )


def _optimizer(given: Mapping[str, Any], building: Building) -> None:
    theirs = str(given.get("optimizer.optimizer", "ADAMW"))
    ours = OPTIMIZERS.get(theirs)
    building.put("optimizer.optimizer", "optimizer.optimizer", ours or "ADAMW")
    if ours is None:
        building.say("optimizer.optimizer", f"{theirs} is not supported: AdamW with its usual values is used")
    for key, value in given.items():
        name = key.removeprefix("optimizer.")
        if not key.startswith("optimizer.") or name in ("optimizer", "__version") or value is None:
            continue
        group = type(building.state.optimizer).model_fields.get(str(ours).lower())
        fields = group.annotation.model_fields if ours and group and group.annotation else {}
        if name in _OPTIMIZER and name in fields:
            building.put(key, f"optimizer.{str(ours).lower()}.{name}", value)
        elif ours is not None and value is not False and _OPTIMIZER_USUAL.get(name) != value:
            building.say(key, NOT_SUPPORTED)
    if ours == "ADAMW" and building.state.method == "FINE_TUNE":
        rounding = bool(given.get("optimizer.stochastic_rounding", False))
        building.put("optimizer.stochastic_rounding", "optimizer.stochastic_rounding", rounding)


def _noise(given: Mapping[str, Any], building: Building) -> None:
    if given.get("rescale_noise_scheduler_to_zero_terminal_snr"):
        building.put("rescale_noise_scheduler_to_zero_terminal_snr", "model.zero_terminal_snr", "ON")
        building.put("rescale_noise_scheduler_to_zero_terminal_snr", "model.prediction", "V_PREDICTION")
    if given.get("force_v_prediction"):
        building.put("force_v_prediction", "model.prediction", "V_PREDICTION")
    if given.get("force_epsilon_prediction"):
        building.put("force_epsilon_prediction", "model.prediction", "EPSILON")
    _unmasked(given, building)
    weight = given.get("loss_weight_fn", "CONSTANT")
    if weight == "MIN_SNR_GAMMA":
        building.put("loss_weight_strength", "noise.min_snr_gamma", given.get("loss_weight_strength", 5.0))
    elif weight != "CONSTANT":
        building.say("loss_weight_fn", f"{weight} is not supported: every timestep has the same weight")


def _unmasked(given: Mapping[str, Any], building: Building) -> None:
    """Its data loader removes masks only for models that read one (`DataLoaderText2ImageMixin.py`)."""
    share = given.get("unmasked_probability", 0.1)
    if str(given.get("model_type", "")).endswith("INPAINTING"):
        building.put("unmasked_probability", "noise.unmasked_share", share)
    elif not same(share, 0.1):
        building.say("unmasked_probability", "OneTrainer heeds it for inpainting models alone, ignored")


def _adapter(given: Mapping[str, Any], building: Building) -> None:
    if building.state.method != "LORA":
        return
    if given.get("lora_decompose") and given.get("peft_type", "LORA") == "LORA":
        building.put("lora_decompose", "adapter.variant", "DORA")
    if given.get("peft_type") == "LOKR":
        building.put("lokr_dim", "adapter.rank", given.get("lokr_dim", 16))
    preset = str(given.get("layer_filter_preset", "full"))
    building.put("layer_filter_preset", "adapter.layers", LAYERS.get(preset, "ALL"))
    wanted = str(given.get("layer_filter", "")).strip()
    if preset == "custom" and wanted:
        pattern = f"re:{wanted}" if given.get("layer_filter_regex") else wanted
        building.put("layer_filter", "adapter.filter", pattern)
    if preset not in LAYERS:
        building.say("layer_filter_preset", f"'{preset}' is not known: all layers are trained")


def _layout(given: Mapping[str, Any], building: Building) -> None:
    found = str(given.get("output_model_format", "SAFETENSORS"))
    if building.state.method == "LORA":
        building.put("output_model_format", "saving.lora_layout", LORA_FORMATS.get(found, "KOHYA"))
        known = found in LORA_FORMATS
    else:
        building.put("output_model_format", "saving.model_layout", FORMATS.get(found, "SINGLE_FILE"))
        known = found in FORMATS
    if not known:
        building.say("output_model_format", f"{found} is not supported: a file for A1111 and ComfyUI is written")


def _every(building: Building, key: str, path: str, amount: Any, unit: Any) -> None:
    """'10 MINUTE' -> every 10 minutes; no amount is never."""
    number = float(amount or 0)
    if unit in MINUTES:
        number, unit = max(1.0, number * MINUTES[unit]), "MINUTE"
    if unit == "ALWAYS":
        number, unit = 1.0, "STEP"
    if unit not in UNITS or (unit == "MINUTE" and path.endswith("_stop")):
        building.say(key, f"{amount} {unit} is not supported: never")
    elif unit != "NEVER" and number >= 1:
        building.put(key, f"{path}.unit", UNITS[unit])
        building.put(key, f"{path}.amount", round(number))


def _parts_rest(given: Mapping[str, Any], building: Building) -> None:
    usual = {"include": True, "attention_mask": False, "guidance_scale": 1.0, "offload_fraction": 0.0}
    usual |= {"activation_offloading": False}
    for part in _PARTS:
        for name, default in usual.items():
            if given.get(f"{part}.{name}", default) not in (default, None):
                building.say(f"{part}.{name}", NOT_SUPPORTED)
    kept = given.get("rolling_backup_count")
    if kept is not None and given.get("rolling_backup"):
        building.put("rolling_backup_count", "saving.backups_kept", kept)
    if given.get("ema", "OFF") != "OFF":
        building.put("non_ema_sampling", "sampling.weights", "BOTH" if given.get("non_ema_sampling", True) else "EMA")


def _caption_dropout(given: Mapping[str, Any], building: Building) -> None:
    """Theirs is one for the run, ours one per concept."""
    share = given.get("text_encoder.dropout_probability") or 0
    if not float(share):
        return
    for index in range(len(building.state.concepts)):
        building.put("text_encoder.dropout_probability", f"concepts[{index}].caption_dropout", share)
    if not building.state.concepts:
        building.say("text_encoder.dropout_probability", "caption drop-out is a concept's here: set it there")
    second = given.get("text_encoder_2.dropout_probability") or 0
    if building.state.model.type == "SDXL" and float(second) != float(share):
        building.say(
            "text_encoder_2.dropout_probability", "both text encoders read the same caption here; the first's is used"
        )

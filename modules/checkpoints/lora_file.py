"""What a trained LoRA's file says about itself beside its weights: what A1111 and model sites show.

Sources: kohya sd-scripts `train_network.py` (ss_*), `library/sai_model_spec.py` (modelspec.*).
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from modules.checkpoints.lora import Lora, family_metadata, write_lora
from modules.precision import DTYPES
from onetrainer_clone import __version__
from onetrainer_clone.dataset import Folder
from onetrainer_clone.epoch import per_epoch, with_trigger
from onetrainer_clone.families import PREFIXES, Family
from onetrainer_clone.lora_names import LoraNames
from onetrainer_clone.settings import changed
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.adapter import AdapterSettings, Layers, Variant
from onetrainer_clone.state.concepts import Role
from onetrainer_clone.state.optimizer import learning_rates


def save_lora(
    path: Path, lora: Lora, names: LoraNames, state: TrainingState, folders: Sequence[Folder], step: int
) -> None:
    """Write a LoRA, whole or not at all. Raises `UserError` rather than write weights that are not finite."""
    about = {**modelspec(state, names.family), **kohya_metadata(state, names.family, folders, step)}
    write_lora(path, lora, state.saving.lora_layout, names, DTYPES[state.saving.dtype], about)


def modelspec(state: TrainingState, family: Family) -> dict[str, str]:
    """The Stability AI model spec, version 1.0.1."""
    resolution = state.training.resolution
    triggers = [c.trigger_words for c in state.trained if c.role is Role.SUBJECT and c.trigger_words]
    found = {
        **family_metadata(family),
        "modelspec.title": state.run_name,
        "modelspec.date": datetime.now(UTC).isoformat(timespec="seconds"),
        "modelspec.resolution": f"{resolution}x{resolution}",
        "modelspec.encoder_layer": str(state.model.layer),
        "modelspec.trigger_phrase": ", ".join(triggers),
    }
    return {key: value for key, value in found.items() if value}


def kohya_metadata(state: TrainingState, family: Family, folders: Sequence[Folder], step: int) -> dict[str, str]:
    """The ss_* fields that A1111 and model sites show, and a hash of the state that made the file."""
    rates, lasting = learning_rates(state), {key: value for key, value in changed(state).items() if key != "resume"}
    settings = json.dumps(lasting, sort_keys=True, ensure_ascii=False)
    trained = [folder for folder in folders if folder.concept.role is not Role.VALIDATION]
    counts = Counter(dict.fromkeys(Role, 0))
    for folder in trained:
        counts[folder.concept.role] += round(per_epoch(folder))
    found: dict[str, Any] = {
        "ss_v2": False,
        "ss_base_model_version": family_metadata(family)["ss_base_model_version"],
        "ss_sd_model_name": Path(state.model.source).name,
        "ss_output_name": state.run_name,
        **_network(state.adapter),
        "ss_unet_lr": rates.get("unet", 0.0),
        "ss_text_encoder_lr": _text_rates(rates, family),
        "ss_learning_rate": max(rates.values(), default=0.0),
        "ss_optimizer": state.optimizer.optimizer.label,
        "ss_lr_scheduler": state.learning_rate.schedule.value.lower(),
        "ss_steps": step,
        "ss_seed": state.training.seed,
        "ss_resolution": f"({state.training.resolution}, {state.training.resolution})",
        "ss_clip_skip": state.model.layer,
        "ss_noise_offset": state.noise.offset or None,
        "ss_min_snr_gamma": state.noise.min_snr_gamma or None,
        "ss_mixed_precision": {"FP32": "no", "FP16": "fp16", "BF16": "bf16"}[state.training.train_dtype.value],
        "ss_num_train_images": counts[Role.SUBJECT],
        "ss_num_reg_images": counts[Role.REGULARIZATION],
        "ss_batch_size_per_device": state.training.batch_size,
        "ss_gradient_accumulation_steps": state.training.accumulation,
        "ss_training_comment": f"onetrainer-clone {__version__}",
        "ss_tag_frequency": json.dumps(tag_frequency(trained), ensure_ascii=False),
        "onetrainer_clone_state_hash": hashlib.sha256(settings.encode("utf-8", "surrogatepass")).hexdigest(),
    }
    return {key: str(value) for key, value in found.items()}


def _text_rates(rates: Mapping[str, float], family: Family) -> float | list[float]:
    """One number; of SDXL's two text encoders with different rates a list, as kohya's trainer writes it."""
    parts = [part for part in ("text_encoder", "text_encoder_2") if part in PREFIXES[family]]
    found = [rates.get(part, 0.0) for part in parts]
    return found if len(set(found)) > 1 else found[0]


def _network(settings: AdapterSettings) -> dict[str, str | int]:
    """What is trained, as kohya's trainer calls it; for what it has no module of its own, as LyCORIS does in it."""
    found: dict[str, str] = {}
    if settings.layers is Layers.ALL:
        rank = settings.conv_rank or settings.rank
        alpha = settings.conv_alpha or settings.alpha * rank / settings.rank
        found |= {"conv_dim": str(rank), "conv_alpha": f"{alpha:g}"}
    if settings.lora_plus_ratio != 1:
        found["loraplus_lr_ratio"] = f"{settings.lora_plus:g}"
    if algorithm := _LYCORIS.get(settings.variant):
        found |= algorithm
    return {
        "ss_network_module": "lycoris.kohya" if algorithm else "networks.lora",
        "ss_network_dim": settings.rank,
        "ss_network_alpha": f"{settings.alpha:g}",
        "ss_network_args": json.dumps(found),
    }


_LYCORIS = {
    Variant.DORA: {"algo": "locon", "dora_wd": "True", "wd_on_output": "False"},
    Variant.LOHA: {"algo": "loha"},
    Variant.LOKR: {"algo": "lokr"},
}


def tag_frequency(folders: Sequence[Folder]) -> dict[str, dict[str, int]]:
    """How often each comma-separated part of the captions occurs, per concept: {'cat': {'a sks cat': 12}}."""
    found = {}
    for folder in folders:
        captions = (with_trigger(folder.concept, picture.captions[0]) for picture in folder.pictures)
        tags = (tag.strip() for text in captions for tag in text.split(","))
        found[folder.concept.name] = dict(Counter(tag for tag in tags if tag).most_common())
    return found

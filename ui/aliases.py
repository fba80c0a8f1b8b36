"""What settings are called elsewhere: by OneTrainer and kohya, whose tables of names the importers have, and by people."""

from collections.abc import Iterable
from functools import cache

# What the tables do not say: names that importers treat by hand, and short forms. The words are found in any order.
PEOPLE_SAY = {
    "model.source": "checkpoint ckpt safetensors sd15 sdxl pony illustrious huggingface",
    "model.type": "architecture sdxl sd15",
    "model.prediction": "v-prediction vpred v_parameterization epsilon",
    "model.zero_terminal_snr": "zsnr ztsnr rescale betas",
    "model.text_windows": "max token length 225 75 long prompt",
    "method": "lora finetune dreambooth textual inversion training method",
    "training.length": "duration max train",
    "training.epochs": "max train epochs",
    "training.steps": "max train steps iterations",
    "training.batch_size": "vram",
    "training.resolution": "size 512 768 1024",
    "training.bucket_step": "aspect ratio bucketing bucket reso steps",
    "training.train_dtype": "precision mixed autocast half amp bf16 fp16 fp32 bfloat16 float16",
    "training.gradient_checkpointing": "vram memory oom low",
    "training.accumulation": "grad effective batch",
    "training.unet": "network train unet only",
    "training.text_encoder": "te clip",
    "training.text_encoder_2": "te2 clip",
    "training.clip_norm": "grad clipping",
    "training.device": "cuda gpu cpu mps",
    "training.validate_every.unit": "eval",
    "optimizer.optimizer": "optimizer type 8bit adam8bit use_8bit_adam",
    "optimizer.prodigy.d_coef": "prodigy_d_coef",
    "optimizer.prodigy.d0": "prodigy_d0",
    "learning_rate.unet": "lr unet_lr learning_rate",
    "learning_rate.text_encoder": "lr text_encoder_lr te_lr te1",
    "learning_rate.text_encoder_2": "lr text_encoder_lr te_lr te2",
    "learning_rate.embedding": "lr embedding_learning_rate",
    "learning_rate.schedule": "lr scheduler decay restarts",
    "noise.min_snr_gamma": "snr weighting",
    "noise.masked": "alpha mask",
    "adapter.rank": "dim lora rank network size dimension",
    "adapter.variant": "lycoris locon dora loha lokr algo network_module",
    "adapter.conv_rank": "conv_dim convolution",
    "adapter.conv_alpha": "conv_alpha convolution",
    "adapter.layers": "layer preset attn-mlp",
    "adapter.filter": "layer filter regex pattern",
    "adapter.rules": "block weights lr dims",
    "concepts[].path": "dataset images train_data_dir pictures",
    "concepts[].role": "regularization reg class prior validation",
    "concepts[].mode": "prior preservation",
    "concepts[].loss_weight": "prior_loss_weight",
    "concepts[].repeats": "num repeats balancing",
    "concepts[].crop_jitter": "random crop augmentation",
    "concepts[].flip": "mirror augmentation horizontal",
    "concepts[].trigger_words": "token instance prompt activation",
    "embedding.words[].placeholder": "token textual inversion",
    "embedding.words[].vectors": "token count",
    "embedding.words[].initial_text": "initial embedding text init word",
    "sampling.every.unit": "sample_every_n_epochs sample_every_n_steps preview",
    "sampling.prompts[].steps": "diffusion inference steps",
    "sampling.prompts[].sampler": "noise scheduler euler dpm",
    "sampling.prompts[].cfg_scale": "guidance",
    "saving.workspace": "output dir directory folder destination",
    "saving.name": "output name file prefix",
    "saving.dtype": "output precision type save format",
    "saving.lora_layout": "output save format kohya diffusers",
    "saving.model_layout": "output save format checkpoint diffusers safetensors",
    "saving.embedding_layout": "output save format",
    "saving.every.unit": "save_every_n_epochs save_every_n_steps checkpoint",
    "saving.backup_every.unit": "save state resume",
    "saving.backups_kept": "rolling backup",
    "saving.cache": "latents cache_latents disk",
    "saving.tensorboard": "logging graphs",
}


@cache
def aliases() -> dict[str, frozenset[str]]:
    """The words that other programs and people have for each setting, by path ('concepts[].flip'). What one of them calls
    by several words has them one by one and together: 'network_dim' is found as 'dim' and as 'networkdim', too."""
    found: dict[str, set[str]] = {}
    for path, names in (*((path, says.split()) for path, says in PEOPLE_SAY.items()), *_tables()):
        found.setdefault(path, set()).update(word for name in names for word in words_of(name))
    return {path: frozenset(words) for path, words in found.items()}


@cache
def without_setting() -> dict[str, str]:
    """What other programs have a setting for and this one needs none: why, by its name there."""
    from presets.importers import kohya_table, onetrainer_table
    from presets.importers.table import NOT_SUPPORTED

    fields = {**onetrainer_table.TABLE, **kohya_table.TABLE}
    said = {name: field.why for name, field in fields.items() if not field.path}
    return {
        name: "Not supported here." if why == NOT_SUPPORTED else f"{why[:1].upper()}{why[1:].removesuffix('; ignored')}."
        for name, why in said.items()
    }


def words_of(name: str) -> set[str]:
    """'network_dim' -> network, dim, networkdim."""
    parts = name.lower().replace(".", "_").replace("-", "_").split("_")
    return {part for part in (*parts, "".join(parts)) if part}


def _tables() -> Iterable[tuple[str, list[str]]]:
    from presets.importers import kohya_dataset, kohya_table, onetrainer_lists, onetrainer_table

    for table, prefix in (
        (onetrainer_table.TABLE, ""), (kohya_table.TABLE, ""), (onetrainer_lists.CONCEPT, "concepts[]."),
        (kohya_dataset.SUBSET, "concepts[]."), (onetrainer_lists.SAMPLE, "sampling.prompts[]."),
    ):  # fmt: skip
        for name, field in table.items():
            if field.path:
                yield f"{prefix}{field.path}", [name]

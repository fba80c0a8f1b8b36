"""The settings of kohya's sd-scripts and their defaults, and what each is called here.

Source of names, defaults and meanings: sd-scripts `library/train_util.py`, `train_network.py` (their argument parsers).
"""

from typing import Any

from presets.importers.table import Field, Table, Unsupported, one_of

OPTIMIZERS = {"adamw": "ADAMW", "adamw8bit": "ADAMW_8BIT", "prodigy": "PRODIGY"}
_SCHEDULES = {"constant": "CONSTANT", "constant_with_warmup": "CONSTANT", "linear": "LINEAR", "cosine": "COSINE"}
_SCHEDULES |= {"cosine_with_restarts": "COSINE_RESTARTS"}
_PRECISIONS = {"no": "FP32", "fp16": "FP16", "bf16": "BF16"}
_SAVED = {"float": "FP32", "fp16": "FP16", "bf16": "BF16", None: "FP32"}
SAMPLERS = {"ddim": "DDIM", "euler": "EULER", "k_euler": "EULER", "euler_a": "EULER_A", "k_euler_a": "EULER_A"}
SAMPLERS |= {"dpmsolver++": "DPMPP_2M", "dpmsolver": "DPMPP_2M"}
ALGORITHMS = {"lora": "LORA", "locon": "LORA", "loha": "LOHA", "lokr": "LOKR"}
TYPES = {"sd-lora": "SD15", "sdxl-lora": "SDXL", "sd-dreambooth": "SD15", "sdxl-finetune": "SDXL"}


def _skip(value: Any) -> int | None:
    return int(value) if value else None


def _windows(value: Any) -> int:
    if int(value or 75) not in (75, 150, 225):
        raise Unsupported(f"{value} is not supported: one window of 75 tokens is used")
    return int(value or 75) // 75


TABLE: Table = {
    "pretrained_model_name_or_path": Field("", "model.source"),
    "vae": Field("", "model.vae", lambda value: value or ""),
    "network_weights": Field("", "adapter.source", lambda value: value or ""),
    "network_dim": Field(4, "adapter.rank"),
    "network_alpha": Field(1, "adapter.alpha"),
    "network_dropout": Field(0, "adapter.dropout", lambda value: value or 0),
    "train_batch_size": Field(1, "training.batch_size"),
    "gradient_accumulation_steps": Field(1, "training.accumulation"),
    "gradient_checkpointing": Field(False, "training.gradient_checkpointing"),
    "max_grad_norm": Field(1.0, "training.clip_norm"),
    "mixed_precision": Field("no", "training.train_dtype", one_of(_PRECISIONS, "float32 stays")),
    "save_precision": Field(None, "saving.dtype", one_of(_SAVED, "float16 is used")),
    "lr_scheduler": Field("constant", "learning_rate.schedule", one_of(_SCHEDULES, "a constant rate is used")),
    "lr_warmup_steps": Field(0, "learning_rate.warmup", lambda value: float(value or 0)),
    "lr_scheduler_num_cycles": Field(1, "learning_rate.cycles"),
    "lr_scheduler_min_lr_ratio": Field(None, "learning_rate.final_share"),
    "loraplus_lr_ratio": Field(None, "adapter.lora_plus"),
    "noise_offset": Field(0, "noise.offset", lambda value: value or 0),
    "masked_loss": Field(False, "noise.masked"),
    "min_snr_gamma": Field(0, "noise.min_snr_gamma", lambda value: value or 0),
    "clip_skip": Field(None, "model.clip_skip", _skip),
    "max_token_length": Field(None, "model.text_windows", _windows),
    "output_name": Field("", "saving.name", lambda value: value or ""),
    "sample_at_first": Field(False, "sampling.at_start"),
    "output_dir": Field("./output", why="results go to the run's folder; ignored"),
    "logging_dir": Field("./logs", why="the run's folder holds them; ignored"),
    "log_with": Field("tensorboard"),
    "log_prefix": Field(""),
    "save_model_as": Field("safetensors"),
    "enable_bucket": Field(True, why="pictures always go to buckets here; ignored"),
    "cache_latents": Field(True, why="pictures are always cached here; ignored"),
    "min_bucket_reso": Field(256),
    "max_bucket_reso": Field(1024),
    "bucket_no_upscale": Field(False),
    "xformers": Field(True, why="torch's own attention is used; ignored"),
    **{key: Field(True) for key in ("cache_latents_to_disk", "persistent_data_loader_workers", "sdpa", "mem_eff_attn")},
    **{key: Field(False) for key in (
        "lowram", "highvram", "weighted_captions", "color_aug", "full_fp16", "full_bf16", "fp8_base", "no_half_vae",
        "scale_v_pred_loss_like_noise_pred", "save_state", "multires_noise_discount", "debiased_estimation_loss",
        "ip_noise_gamma", "async_upload", "cache_text_encoder_outputs", "cache_text_encoder_outputs_to_disk",
        "vae_batch_size",
        "network_reinit", "dim_from_weights",  "adaptive_noise_scale", "multires_noise_iterations",
    )},
    **{key: Field(None) for key in (
        "caption_tag_dropout_rate", "caption_dropout_every_n_epochs", "save_n_epoch_ratio", "save_last_n_epochs",
        "lr_scheduler_power", "lr_scheduler_type", "lr_scheduler_args", "scale_weight_norms", "huber_c",
        "huber_schedule", "loss_type", "token_warmup_step", "face_crop_aug_range", "wandb_api_key", "wandb_run_name",
        "sample_every_n_steps", "resume", "base_weights", "training_comment", "max_timestep", "min_timestep",
    )},
}  # fmt: skip
# Of that computer and its start alone.
SILENT: tuple[str, ...] = (
    "max_data_loader_n_workers",
    "prodigy_d0",
    "prodigy_d_coef",
    "gpu_ids",
    "num_cpu_threads_per_process",
    "train_mode",
)
SILENT += (
    "accelerate_config",
    "ddp_timeout",
    "ddp_gradient_as_bucket_view",
    "caption_extension",
    "save_state_on_train_end",
)
SILENT += ("config_file", "is_v2_model", "ui_custom_params", "positive_prompts", "randomly_choice_prompt")
BY_HAND = (
    "model_train_type", "v2", "v_parameterization", "zero_terminal_snr", "train_data_dir", "reg_data_dir", "resolution",
    "bucket_reso_steps", "learning_rate", "unet_lr", "text_encoder_lr", "network_train_unet_only",
    "network_train_text_encoder_only", "max_train_epochs", "max_train_steps", "epoch", "seed", "optimizer_type",
    "optimizer_args", "use_8bit_adam", "network_module", "network_args", "lycoris_algo", "conv_dim", "conv_alpha", "dropout",
    "shuffle_caption", "keep_tokens", "caption_dropout_rate", "random_crop", "flip_aug", "prior_loss_weight",
    "dataset_config", "save_every_n_epochs", "save_every_n_steps", "sample_every_n_epochs", "sample_prompts",
    "sample_sampler", "sdxl", "network_train_on",
)  # fmt: skip

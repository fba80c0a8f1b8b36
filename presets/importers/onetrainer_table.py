"""OneTrainer's settings and their defaults, and what each is called here.

A preset holds only what differs from OneTrainer's defaults, so the table names those defaults too: they are taken over
where ours differ. Source of names, defaults and meanings: OneTrainer `modules/util/config/TrainConfig.py`.
"""

import math

from presets.importers.table import Field, Table, one_of

TYPES = {"STABLE_DIFFUSION_15": "SD15", "STABLE_DIFFUSION_15_INPAINTING": "SD15"}
TYPES |= {"STABLE_DIFFUSION_XL_10_BASE": "SDXL", "STABLE_DIFFUSION_XL_10_BASE_INPAINTING": "SDXL"}
_DTYPES = {"FLOAT_32": "FP32", "TFLOAT_32": "FP32", "FLOAT_16": "FP16", "BFLOAT_16": "BF16"}
_WEIGHTS = one_of(_DTYPES, "float32 stays")
FORMATS = {"DIFFUSERS": "DIFFUSERS", "ORIGINAL_SINGLE_FILE": "SINGLE_FILE", "LEGACY_SAFETENSORS": "SINGLE_FILE"}
FORMATS |= {"SAFETENSORS": "SINGLE_FILE"}
LORA_FORMATS = {"DIFFUSERS_LORA": "DIFFUSERS"} | dict.fromkeys(
    ("KOHYA_LORA", "LEGACY_LORA", "SAFETENSORS", "ORIGINAL_LORA"), "KOHYA"
)
_SCHEDULES = {"CONSTANT": "CONSTANT", "LINEAR": "LINEAR", "COSINE": "COSINE"}
_SCHEDULES |= {"COSINE_WITH_HARD_RESTARTS": "COSINE_RESTARTS", "COSINE_WITH_RESTARTS": "COSINE_RESTARTS"}
OPTIMIZERS = {"ADAMW": "ADAMW", "ADAMW_8BIT": "ADAMW_8BIT", "PRODIGY": "PRODIGY"}
_KINDS = {"LORA": "LORA", "LOHA": "LOHA", "LOKR": "LOKR"}
LAYERS = {"full": "ALL", "attn-mlp": "TRANSFORMER", "attn-only": "ATTENTION", "custom": "ALL"}
UNITS = {"NEVER": "NEVER", "STEP": "STEPS", "EPOCH": "EPOCHS", "MINUTE": "MINUTES"}
MINUTES = {"SECOND": 1 / 60, "HOUR": 60.0}


TABLE: Table = {
    "training_method": Field("FINE_TUNE", "method"),
    "model_type": Field("STABLE_DIFFUSION_15", "model.type", TYPES.__getitem__),
    "base_model_name": Field("stable-diffusion-v1-5/stable-diffusion-v1-5", "model.source"),
    "vae.model_name": Field("", "model.vae"),
    "unet.weight_dtype": Field("FLOAT_32", "model.unet_dtype", _WEIGHTS),
    "text_encoder.weight_dtype": Field("FLOAT_32", "model.text_encoder_dtype", _WEIGHTS),
    "text_encoder_2.weight_dtype": Field("FLOAT_32", "model.text_encoder_2_dtype", _WEIGHTS),
    "vae.weight_dtype": Field("FLOAT_32", "model.vae_dtype", _WEIGHTS),
    "output_dtype": Field("FLOAT_32", "saving.dtype", one_of(_DTYPES, "float16 is used")),
    "epochs": Field(100, "training.epochs"),
    "batch_size": Field(1, "training.batch_size"),
    "gradient_accumulation_steps": Field(1, "training.accumulation"),
    "resolution": Field("512", "training.resolution"),
    "train_dtype": Field("FLOAT_16", "training.train_dtype", one_of(_DTYPES, "float32 stays")),
    "clip_grad_norm": Field(1.0, "training.clip_norm", lambda value: value or 0),
    "unet.train": Field(True, "training.unet"),
    "unet.gradient_checkpointing": Field(True, "training.gradient_checkpointing"),
    "ema": Field("OFF", "training.ema.enabled", lambda value: value != "OFF"),
    "ema_decay": Field(0.999, "training.ema.decay"),
    "ema_update_step_interval": Field(5, "training.ema.every"),
    "learning_rate_scheduler": Field("CONSTANT", "learning_rate.schedule", one_of(_SCHEDULES, "a constant rate is used")),
    "learning_rate_warmup_steps": Field(200.0, "learning_rate.warmup", float),
    "learning_rate_min_factor": Field(0.0, "learning_rate.final_share"),
    "learning_rate_cycles": Field(1.0, "learning_rate.cycles", lambda value: math.ceil(float(value))),
    "offset_noise_weight": Field(0.0, "noise.offset"),
    "masked_training": Field(False, "noise.masked"),
    "unmasked_weight": Field(0.1, "noise.unmasked_weight"),
    "normalize_masked_area_loss": Field(False, "noise.normalize_area"),
    "peft_type": Field("LORA", "adapter.variant", one_of(_KINDS, "a plain LoRA is trained")),
    "lora_model_name": Field("", "adapter.source"),
    "lora_rank": Field(16, "adapter.rank"),
    "lora_alpha": Field(1.0, "adapter.alpha"),
    "dropout_probability": Field(0.0, "adapter.dropout"),
    "lokr_decompose_both": Field(False, "adapter.lokr_decompose_both"),
    "lokr_decompose_factor": Field(-1, "adapter.lokr_factor", lambda value: None if int(value) < 0 else int(value)),
    "preserve_embedding_norm": Field(False, "embedding.preserve_norm"),
    "tensorboard": Field(True, "saving.tensorboard"),
    # What has no counterpart, with OneTrainer's defaults: named only where it differs.
    "output_model_destination": Field("models/model.safetensors", why="results go to the run's folder; ignored"),
    "workspace_dir": Field("workspace/run", why="runs go to the workspace of the Saving tab; ignored"),
    "cache_dir": Field("workspace-cache/run", why="the cache is shared by all runs; ignored"),
    "clear_cache_before_training": Field(True, why="the cache knows by itself what is out of date; ignored"),
    "latent_caching": Field(True, why="pictures are always cached here; ignored"),
    "aspect_ratio_bucketing": Field(True, why="pictures always go to buckets here; ignored"),
    **{key: Field(None) for key in (
        "custom_learning_rate_scheduler", "quantization.cache_dir", "text_encoder_sequence_length",
    )},
    **{key: Field("") for key in ("device_indexes", "huggingface_cache_dir", "save_filename_prefix", "layer_filter")},
    **{key: Field(False) for key in (
        "continue_last_backup", "only_cache", "prevent_overwrites", "debug_mode", "tensorboard_always_on",
        "tensorboard_expose", "multi_gpu", "offline_mode", "compile", "force_circular_padding", "generalized_offset_noise",
        "dynamic_timestep_shifting", "custom_conditioning_image", "layer_filter_regex",
        "lora_decompose_output_axis", "oft_block_share", "oft_scaled", "lokr_use_tucker", "lokr_weight_decompose",
        "lokr_full_matrix", "sample_skip_first", "save_skip_first",
    )},
    **{key: Field(True) for key in (
        "async_offloading", "fused_gradient_reduce", "async_gradient_reduce", "enable_autocast_cache", "lokr_vec_trick",
        "lokr_dora_on_output", "lora_decompose_norm_epsilon", "bundle_additional_embeddings", "samples_to_tensorboard",
        "backup_before_save", "text_encoder.train_embedding", "text_encoder_2.train_embedding",
        "text_encoder.gradient_checkpointing", "text_encoder_2.gradient_checkpointing",
    )},
    **{key: Field(0.0) for key in (
        "perturbation_noise_weight", "min_noising_strength", "noising_weight", "noising_bias",
        "masked_prior_preservation_weight", "mae_strength", "log_cosh_strength", "huber_strength",
    )},
    **{key: Field(1.0) for key in (
        "max_noising_strength", "timestep_shift", "mse_strength", "huber_delta", "vb_loss_strength",
    )},
    "loss_scaler": Field("NONE"),
    "debug_dir": Field("debug"), "tensorboard_port": Field(6006), "dataloader_threads": Field(2),
    "gradient_reduce_precision": Field("FLOAT_32_STOCHASTIC"), "async_gradient_reduce_buffer": Field(100),
    "attention_mechanism": Field("SDP"), "fallback_train_dtype": Field("BFLOAT_16"), "frames": Field("25"),
    "timestep_distribution": Field("UNIFORM"), "include_train_config": Field("NONE"), "oft_block_size": Field(32),
    "lora_weight_dtype": Field("FLOAT_32"), "embedding_weight_dtype": Field("FLOAT_32"), "scheduler_params": Field([]),
    "sample_image_format": Field("JPG", why="samples are PNG files here; ignored"), "sample_video_format": Field("MP4"),
    "sample_audio_format": Field("MP3"), "quantization.layer_filter": Field(""), "quantization.svd_rank": Field(16),
    "quantization.layer_filter_preset": Field("full"), "quantization.layer_filter_regex": Field(False),
    "quantization.svd_dtype": Field("NONE"), 
    "rolling_backup": Field(False, why="the newest backups are always the ones kept; ignored"),
}  # fmt: skip

"""A config of OneTrainer's, version 11, with every field of its tabs at its default, as its window writes it."""

from typing import Any


def _part(**more: Any) -> dict[str, Any]:
    return {
        "__version": 0, "model_name": "", "include": True, "train": True, "stop_training_after": 0,
        "stop_training_after_unit": "NEVER", "learning_rate": None, "weight_dtype": "FLOAT_32", "dropout_probability": 0.0,
        "train_embedding": True, "attention_mask": False, "guidance_scale": 1.0, "gradient_checkpointing": True,
        "offload_fraction": 0.0, "activation_offloading": False, **more,
    }  # fmt: skip


def _text() -> dict[str, Any]:
    return _part(stop_training_after=30, stop_training_after_unit="EPOCH")


def full(**more: Any) -> dict[str, Any]:
    return {
        "__version": 11, "training_method": "FINE_TUNE", "model_type": "STABLE_DIFFUSION_15",
        "workspace_dir": "workspace/run", "cache_dir": "workspace-cache/run", "continue_last_backup": False,
        "only_cache": False, "prevent_overwrites": False, "debug_mode": False, "debug_dir": "debug", "tensorboard": True,
        "tensorboard_always_on": False, "tensorboard_expose": False, "tensorboard_port": 6006, "validation": False,
        "validate_after": 1, "validate_after_unit": "EPOCH", "dataloader_threads": 2, "train_device": "cuda",
        "temp_device": "cpu", "async_offloading": True, "multi_gpu": False, "device_indexes": "",
        "gradient_reduce_precision": "FLOAT_32_STOCHASTIC", "fused_gradient_reduce": True, "async_gradient_reduce": True,
        "async_gradient_reduce_buffer": 100, "offline_mode": False, "huggingface_cache_dir": "",
        "base_model_name": "stable-diffusion-v1-5/stable-diffusion-v1-5", "compile": False,
        "quantization": {"layer_filter": "", "layer_filter_preset": "full", "layer_filter_regex": False, "svd_dtype": "NONE",
                         "svd_rank": 16, "cache_dir": None},
        "output_model_destination": "models/model.safetensors", "output_dtype": "FLOAT_32",
        "output_model_format": "SAFETENSORS", "include_train_config": "NONE", "aspect_ratio_bucketing": True,
        "latent_caching": True, "clear_cache_before_training": True,
        "concept_file_name": "training_concepts/concepts.json", "concepts": [],
        "optimizer": {"__version": 0, "optimizer": "ADAMW", "beta1": 0.9, "beta2": 0.999, "eps": 1e-08, "weight_decay": 0.01,
                      "fused": True, "fused_back_pass": False, "stochastic_rounding": False, "amsgrad": False,
                      "momentum": None, "muon_adam_lr": None},
        "optimizer_defaults": {}, "learning_rate_scheduler": "CONSTANT", "custom_learning_rate_scheduler": None,
        "scheduler_params": [], "learning_rate": 3e-06, "learning_rate_warmup_steps": 200.0,
        "learning_rate_min_factor": 0.0, "learning_rate_cycles": 1.0, "epochs": 100, "batch_size": 1,
        "gradient_accumulation_steps": 1, "learning_rate_scaler": "NONE", "clip_grad_norm": 1.0,
        "attention_mechanism": "SDP", "ema": "OFF", "ema_decay": 0.999, "ema_update_step_interval": 5,
        "train_dtype": "FLOAT_16", "fallback_train_dtype": "BFLOAT_16", "enable_autocast_cache": True, "resolution": "512",
        "frames": "25", "force_circular_padding": False, "unet": _part(), "text_encoder": _text(), "text_encoder_2": _text(),
        "text_encoder_3": _text(), "text_encoder_4": _text(), "prior": _part(), "transformer": _part(), "vae": _part(),
        "text_encoder_layer_skip": 0, "text_encoder_2_layer_skip": 0, "text_encoder_sequence_length": None,
        "rescale_noise_scheduler_to_zero_terminal_snr": False, "embedding_learning_rate": None,
        "preserve_embedding_norm": False, "offset_noise_weight": 0.0, "generalized_offset_noise": False,
        "perturbation_noise_weight": 0.0, "timestep_distribution": "UNIFORM", "min_noising_strength": 0.0,
        "max_noising_strength": 1.0, "noising_weight": 0.0, "noising_bias": 0.0, "timestep_shift": 1.0,
        "dynamic_timestep_shifting": False, "force_v_prediction": False, "force_epsilon_prediction": False,
        "masked_training": False, "unmasked_probability": 0.1, "unmasked_weight": 0.1, "normalize_masked_area_loss": False,
        "masked_prior_preservation_weight": 0.0, "custom_conditioning_image": False, "mse_strength": 1.0,
        "mae_strength": 0.0, "log_cosh_strength": 0.0, "huber_strength": 0.0, "huber_delta": 1.0, "vb_loss_strength": 1.0,
        "loss_weight_fn": "CONSTANT", "loss_weight_strength": 5.0, "loss_scaler": "NONE", "layer_filter": "",
        "layer_filter_preset": "full", "layer_filter_regex": False, "sample_after": 10, "sample_after_unit": "MINUTE",
        "sample_skip_first": 0, "sample_image_format": "JPG", "sample_video_format": "MP4", "sample_audio_format": "MP3",
        "non_ema_sampling": True, "samples_to_tensorboard": True,
        "sample_definition_file_name": "training_samples/samples.json", "samples": [], "backup_after": 30,
        "backup_after_unit": "MINUTE", "rolling_backup": False, "rolling_backup_count": 3, "backup_before_save": True,
        "save_every": 0, "save_every_unit": "NEVER", "save_skip_first": 0, "save_filename_prefix": "",
        "additional_embeddings": [],
        "embedding": {"__version": 0, "uuid": "x", "model_name": "", "placeholder": "<embedding>", "train": True,
                      "stop_training_after": None, "stop_training_after_unit": "NEVER", "token_count": 1,
                      "initial_embedding_text": "*", "is_output_embedding": False},
        "embedding_weight_dtype": "FLOAT_32", "peft_type": "LORA", "lora_model_name": "", "lora_rank": 16, "lora_alpha": 1.0,
        "dropout_probability": 0.0, "lora_weight_dtype": "FLOAT_32", "bundle_additional_embeddings": True,
        "lora_decompose": False, "lora_decompose_norm_epsilon": True, "lora_decompose_output_axis": False,
        "oft_block_size": 32, "oft_block_share": False, "oft_scaled": False, "lokr_dim": 16, "lokr_decompose_both": False,
        "lokr_decompose_factor": -1, "lokr_use_tucker": False, "lokr_weight_decompose": False, "lokr_dora_on_output": True,
        "lokr_full_matrix": False, "lokr_vec_trick": True, "cloud": {"enabled": False, "type": "RUNPOD"},
        "secrets": {"huggingface_token": ""}, **more,
    }  # fmt: skip


def concept(**more: Any) -> dict[str, Any]:
    """A concept as the window writes it."""
    return {
        "__version": 2, "image": {
            "__version": 0, "enable_crop_jitter": True, "enable_random_flip": False, "enable_fixed_flip": False,
            "enable_random_rotate": False, "enable_fixed_rotate": False, "random_rotate_max_angle": 0.0,
            "enable_random_brightness": False, "enable_fixed_brightness": False, "random_brightness_max_strength": 0.0,
            "enable_random_contrast": False, "enable_fixed_contrast": False, "random_contrast_max_strength": 0.0,
            "enable_random_saturation": False, "enable_fixed_saturation": False, "random_saturation_max_strength": 0.0,
            "enable_random_hue": False, "enable_fixed_hue": False, "random_hue_max_strength": 0.0,
            "enable_resolution_override": False, "resolution_override": "512", "enable_random_circular_mask_shrink": False,
            "enable_random_mask_rotate_crop": False,
        }, "text": {
            "__version": 0, "prompt_source": "sample", "prompt_path": "", "enable_tag_shuffling": False,
            "tag_delimiter": ",", "keep_tags_count": 1, "tag_dropout_enable": False, "tag_dropout_mode": "FULL",
            "tag_dropout_probability": 0.0, "tag_dropout_special_tags_mode": "NONE", "tag_dropout_special_tags": "",
            "tag_dropout_special_tags_regex": False, "caps_randomize_enable": False, "caps_randomize_mode": "capslock",
            "caps_randomize_probability": 0.0, "caps_randomize_lowercase": False,
        }, "name": "cats", "path": "/pictures/cats", "seed": 123, "enabled": True, "type": "STANDARD",
        "include_subdirectories": False, "image_variations": 1, "text_variations": 1, "balancing": 1.0,
        "balancing_strategy": "REPEATS", "loss_weight": 1.0, "concept_stats": {"image_count": 5}, **more,
    }  # fmt: skip


def sample(**more: Any) -> dict[str, Any]:
    return {
        "__version": 0, "enabled": True, "prompt": "a cat", "negative_prompt": "", "height": 512, "width": 512, "frames": 1,
        "length": 10.0, "seed": 42, "random_seed": False, "diffusion_steps": 30, "cfg_scale": 7.5,
        "noise_scheduler": "EULER_A", "text_encoder_1_layer_skip": 0, "text_encoder_1_sequence_length": None,
        "text_encoder_2_layer_skip": 0, "text_encoder_2_sequence_length": None, "text_encoder_3_layer_skip": 0,
        "text_encoder_4_layer_skip": 0, "transformer_attention_mask": False, "force_last_timestep": False,
        "sample_inpainting": False, "base_image_path": "", "mask_image_path": "", **more,
    }  # fmt: skip

"""OneTrainer's configs: what is taken over, and that nothing is dropped without a word."""

import json
from pathlib import Path
from typing import Any

import pytest

from onetrainer_clone.settings import UserError, get
from presets.importers import Imported, import_preset
from tests.presets.importers.onetrainer_defaults import concept, full, sample


def imported(folder: Path, data: dict[str, Any]) -> Imported:
    path = folder / "config.json"
    path.write_text(json.dumps(data))
    return import_preset(path)


def test_a_config_of_defaults_needs_no_word_and_its_defaults_are_taken_over(tmp_path: Path) -> None:
    found = imported(tmp_path, full())
    assert found.lines == ()
    assert "OneTrainer (config version 11)" in found.source
    expected = {
        "method": "FINE_TUNE", "model.type": "SD15", "model.source": "stable-diffusion-v1-5/stable-diffusion-v1-5",
        "training.epochs": 100, "training.train_dtype": "FP16", "training.gradient_checkpointing": True,
        "learning_rate.unet": 3e-6, "learning_rate.text_encoder": 3e-6, "learning_rate.warmup": 200,
        "training.text_encoder_stop.unit": "EPOCHS", "training.text_encoder_stop.amount": 30,
        "training.unet_stop.unit": "NEVER", "sampling.every.unit": "MINUTES", "sampling.every.amount": 10,
        "saving.backup_every.unit": "MINUTES", "saving.backup_every.amount": 30, "saving.dtype": "FP32",
        "saving.every.unit": "NEVER", "training.validate_every.unit": "NEVER", "training.ema.enabled": False,
        "optimizer.stochastic_rounding": False, "model.clip_skip": None,
    }  # fmt: skip
    assert {path: get(found.state, path) for path in expected} == expected
    sparse = imported(tmp_path, {"training_method": "FINE_TUNE"})
    assert sparse.state == found.state
    assert sparse.lines == ()


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ({"model_type": "STABLE_DIFFUSION_XL_10_BASE"}, {"model.type": "SDXL"}),
        ({"model_type": "STABLE_DIFFUSION_15_INPAINTING"}, {"model.type": "SD15"}),
        ({"learning_rate": "1e-4"}, {"learning_rate.unet": 1e-4, "learning_rate.text_encoder": 1e-4}),
        ({"learning_rate": 1e-4, "text_encoder": {"learning_rate": 5e-5}}, {"learning_rate.text_encoder": 5e-5}),
        (
            {"learning_rate": 1e-4, "learning_rate_scaler": "BOTH", "batch_size": 2, "gradient_accumulation_steps": 8},
            {"learning_rate.unet": 4e-4, "training.accumulation": 8},
        ),
        ({"unet": {"train": False, "weight_dtype": "BFLOAT_16"}}, {"training.unet": False, "model.unet_dtype": "BF16"}),
        ({"text_encoder": {"train": False}}, {"training.text_encoder": False}),
        (
            {"masked_training": True, "unmasked_weight": 0.3, "normalize_masked_area_loss": True},
            {"noise.masked": True, "noise.unmasked_weight": 0.3, "noise.normalize_area": True, "noise.unmasked_share": 0.0},
        ),
        ({"model_type": "STABLE_DIFFUSION_15_INPAINTING", "masked_training": True}, {"noise.unmasked_share": 0.1}),
        (
            {"model_type": "STABLE_DIFFUSION_XL_10_BASE", "text_encoder_2": {"train": False, "learning_rate": 1e-5}},
            {"training.text_encoder": True, "training.text_encoder_2": False, "learning_rate.text_encoder_2": 1e-5,
             "training.text_encoder_2_stop.unit": "EPOCHS"},
        ),
        ({"resolution": "768"}, {"training.resolution": 768}),
        ({"clip_grad_norm": None}, {"training.clip_norm": 0}),
        ({"ema": "GPU", "ema_decay": 0.99},
         {"training.ema.enabled": True, "training.ema.decay": 0.99, "sampling.weights": "BOTH"}),
        ({"text_encoder_layer_skip": 1}, {"model.clip_skip": 2}),
        ({"text_encoder_layer_skip": 1, "text_encoder_2_layer_skip": 1, "model_type": "STABLE_DIFFUSION_XL_10_BASE"},
         {"model.clip_skip": 3}),
        ({"rescale_noise_scheduler_to_zero_terminal_snr": True},
         {"model.zero_terminal_snr": "ON", "model.prediction": "V_PREDICTION"}),
        ({"loss_weight_fn": "MIN_SNR_GAMMA", "loss_weight_strength": 6}, {"noise.min_snr_gamma": 6}),
        ({"offset_noise_weight": 0.05}, {"noise.offset": 0.05}),
        ({"training_method": "LORA", "lora_rank": 32, "lora_alpha": 8},
         {"method": "LORA", "adapter.rank": 32, "adapter.alpha": 8, "adapter.layers": "ALL"}),
        ({"training_method": "LORA", "layer_filter_preset": "attn-mlp"}, {"adapter.layers": "TRANSFORMER"}),
        ({"training_method": "LORA", "layer_filter_preset": "custom", "layer_filter": "attn1"},
         {"adapter.layers": "ALL", "adapter.filter": "attn1"}),
        ({"training_method": "LORA", "lora_decompose": True}, {"adapter.variant": "DORA"}),
        ({"training_method": "LORA", "peft_type": "LOKR", "lokr_dim": 4, "lokr_decompose_factor": 8},
         {"adapter.variant": "LOKR", "adapter.rank": 4, "adapter.lokr_factor": 8}),
        ({"training_method": "LORA", "output_model_format": "DIFFUSERS_LORA"}, {"saving.lora_layout": "DIFFUSERS"}),
        ({"output_model_format": "DIFFUSERS", "output_dtype": "BFLOAT_16"},
         {"saving.model_layout": "DIFFUSERS", "saving.dtype": "BF16"}),
        ({"optimizer": {"optimizer": "PRODIGY", "d_coef": 0.5, "weight_decay": 0.02, "beta2": 0.99}},
         {"optimizer.optimizer": "PRODIGY", "optimizer.prodigy.d_coef": 0.5, "optimizer.prodigy.beta2": 0.99}),
        ({"save_every": 2, "save_every_unit": "HOUR"}, {"saving.every.unit": "MINUTES", "saving.every.amount": 120}),
        ({"validation": True, "validate_after": 3},
         {"training.validate_every.unit": "EPOCHS", "training.validate_every.amount": 3}),
        ({"training_method": "EMBEDDING", "embedding": {"placeholder": "<cat>", "token_count": 4}},
         {"method": "EMBEDDING", "embedding.words[0].placeholder": "<cat>", "embedding.words[0].vectors": 4}),
        ({"training_method": "LORA", "additional_embeddings": [{"placeholder": "<a>"}, {"placeholder": "<b>"}]},
         {"embedding.words[1].placeholder": "<b>", "embedding.words[1].vectors": 1}),
    ],
)  # fmt: skip
def test_what_maps_is_mapped(tmp_path: Path, theirs: dict[str, Any], ours: dict[str, Any]) -> None:
    found = imported(tmp_path, {"training_method": "FINE_TUNE", **theirs})
    assert {path: get(found.state, path) for path in ours} == pytest.approx(ours)
    assert found.lines == ()


@pytest.mark.parametrize(("theirs", "side"), [("1024,768", 1024), ("768x1024, 512", 887)])
def test_of_several_resolutions_the_first_is_used_and_said(tmp_path: Path, theirs: str, side: int) -> None:
    found = imported(tmp_path, {"training_method": "FINE_TUNE", "resolution": theirs})
    assert found.state.training.resolution == side
    assert f"resolution: '{theirs}': one resolution is trained here, with buckets around it: {side} is used" in found.lines


@pytest.mark.parametrize(
    ("theirs", "line"),
    [
        (
            {"optimizer": {"optimizer": "MUON", "muon_adam_lr": 0.1}},
            "optimizer.optimizer: MUON is not supported: AdamW",
        ),
        ({"optimizer": {"optimizer": "ADAMW", "muon_adam_lr": 0.1}}, "optimizer.muon_adam_lr: not supported, ignored"),
        (
            {"optimizer": {"optimizer": "ADAMW", "fused_back_pass": True}},
            "optimizer.fused_back_pass: not supported, ignored",
        ),
        ({"unmasked_probability": 0.3}, "unmasked_probability: OneTrainer heeds it for inpainting models alone, ignored"),
        ({"resolution": "big"}, "resolution: 'big' is not understood, ignored"),
        ({"timestep_distribution": "SIGMOID"}, "timestep_distribution: not supported, ignored"),
        ({"train_dtype": "FLOAT_8"}, "train_dtype: FLOAT_8 is not supported: float32 stays"),
        ({"learning_rate_scheduler": "REX"}, "learning_rate_scheduler: REX is not supported: a constant rate"),
        ({"loss_weight_fn": "P2"}, "loss_weight_fn: P2 is not supported"),
        ({"unet": {"offload_fraction": 0.5}}, "unet.offload_fraction: not supported, ignored"),
        ({"cloud": {"enabled": True}}, "cloud.enabled: not supported, ignored"),
        ({"brand_new": 3}, "brand_new: not known, ignored"),
        ({"epochs": -4}, "epochs: must be at least 1 (was -4); ignored"),
        ({"batch_size": 0}, "batch_size: must be at least 1 (was 0); ignored"),
        ({"lora_rank": "many"}, "lora_rank: must be a whole number (was 'many'); ignored"),
        ({"__version": 12}, "__version: made with config version 12, and 11"),
        ({"training_method": "LORA", "peft_type": "OFT_2"}, "peft_type: OFT_2 is not supported: a plain LoRA"),
        ({"concept_file_name": "mine.json"}, "concept_file_name: there is no 'mine.json' beside"),
        ({"text_encoder": {"dropout_probability": 0.1}}, "caption drop-out is a concept's here"),
        (
            {"model_type": "STABLE_DIFFUSION_XL_10_BASE", "text_encoder_2_layer_skip": 1},
            "text_encoder_2_layer_skip: both text encoders skip the same layers here",
        ),
    ],
)
def test_what_does_not_is_a_line(tmp_path: Path, theirs: dict[str, Any], line: str) -> None:
    found = imported(tmp_path, {"training_method": "FINE_TUNE", **theirs})
    assert len(found.lines) == 1
    assert line in found.lines[0]


@pytest.mark.parametrize("theirs", [{"model_type": "FLUX_DEV_1"}, {"training_method": "FINE_TUNE_VAE"}])
def test_what_cannot_be_trained_here_is_refused(tmp_path: Path, theirs: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=next(iter(theirs.values()))):
        imported(tmp_path, {"training_method": "LORA", **theirs})


@pytest.mark.parametrize("theirs", [{"batch_size": "many"}, {"learning_rate": [1]}, {"optimizer": 3, "cloud": 4}])
def test_values_of_another_kind_are_refused_in_words(tmp_path: Path, theirs: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="holds a value of another kind"):
        imported(tmp_path, {"training_method": "LORA", **theirs})


CONCEPTS = [
    concept(balancing=2.5, loss_weight=0.5),
    concept(
        name="cats", path="/pictures/class", type="PRIOR_PREDICTION", balancing=40, balancing_strategy="SAMPLES",
        image={"enable_crop_jitter": False, "enable_random_flip": True, "enable_random_rotate": True,
               "random_rotate_max_angle": 5, "enable_resolution_override": True, "resolution_override": "640"},
        text={"prompt_source": "concept", "prompt_path": "/p.txt", "enable_tag_shuffling": True, "keep_tags_count": 2},
    ),
    concept(name="", path="/pictures/check", type="VALIDATION", text_variations=4),
]  # fmt: skip
SAMPLES = [sample(), sample(prompt="a dog", noise_scheduler="DPMPP_KARRAS", seed=7, width=768, random_seed=True)]


@pytest.mark.parametrize("packed", [True, False])
def test_concepts_and_samples_packed_or_beside(tmp_path: Path, packed: bool) -> None:
    data = full(text_encoder={"dropout_probability": 0.1}, concepts=None, samples=None)
    folder = tmp_path / "training_presets"
    folder.mkdir()
    if packed:
        data |= {"concepts": CONCEPTS, "samples": SAMPLES}
    else:
        for name, content in (("concepts", CONCEPTS), ("samples", SAMPLES)):
            (tmp_path / f"training_{name}").mkdir()
            (tmp_path / f"training_{name}" / f"{name}.json").write_text(json.dumps(content))
    found = imported(folder, data)
    first, second, third = found.state.concepts
    assert (first.name, first.role, first.repeats, first.loss_weight, first.crop_jitter) == (
        "cats",
        "SUBJECT",
        2.5,
        0.5,
        0.1,
    )
    assert (second.name, second.role, second.mode) == ("cats (2)", "REGULARIZATION", "PRIOR_PREDICTION")
    assert (second.balance, second.samples, second.flip, second.resolution) == ("SAMPLES", 40, True, 640)
    assert (second.caption_source, second.caption_file, second.shuffle_tags, second.keep_tags) == (
        "TEXT_FILE", "/p.txt", True, 2,
    )  # fmt: skip
    assert (third.name, third.role) == ("check", "VALIDATION")
    assert {one.caption_dropout for one in found.state.concepts} == {0.1}
    prompts = found.state.sampling.prompts
    assert [(p.text, p.sampler, p.seed, p.width, p.steps) for p in prompts] == [
        ("a cat", "EULER_A", 42, 512, 30), ("a dog", "DPMPP_2M_KARRAS", 7, 768, 30),
    ]  # fmt: skip
    assert [line.split(":")[0] for line in found.lines] == [
        "concepts[1].image.enable_random_rotate", "concepts[2].text_variations", "samples[1].random_seed",
    ]  # fmt: skip

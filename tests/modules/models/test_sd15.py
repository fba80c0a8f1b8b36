"""The model's methods against diffusers' own classes over the same files."""

from typing import Any

import numpy as np
import pytest
import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    EulerAncestralDiscreteScheduler,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)
from torch import Tensor
from transformers import CLIPTextModel

from modules.models.base import Conditions, Text
from modules.models.sd15 import StableDiffusion15
from modules.precision import accelerator
from modules.sampling import draw
from onetrainer_clone.paths import DEMO
from onetrainer_clone.session import Controls, Stopped
from onetrainer_clone.settings import replace
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.sampling import Prompt, Sampler
from tests.modules.small import demo_model
from tests.world.pipeline import load_pipeline

CAPTIONS = ["a red circle on a black background", "", "a sks circle, " * 40]


@pytest.fixture(scope="module")
def pipeline() -> StableDiffusionPipeline:
    """The demo as diffusers itself loads it."""
    return load_pipeline()


@pytest.fixture(scope="module")
def pixels() -> Tensor:
    return torch.rand(2, 3, 32, 48, generator=torch.Generator().manual_seed(2)) * 2 - 1


def test_encoding_is_diffusers_with_the_factor_of_the_models_own_vae(model: StableDiffusion15, pixels: Tensor) -> None:
    vae = AutoencoderKL.from_pretrained(DEMO / "model", subfolder="vae", torch_dtype=torch.float32)
    with torch.no_grad():
        expected = vae.encode(pixels).latent_dist
    mean, std = model.encode_images(pixels)
    assert model.vae_factor == 4
    assert mean.shape == std.shape == (2, 4, 8, 12)
    assert torch.equal(mean, expected.mean * vae.config.scaling_factor)
    assert torch.equal(std, expected.std * vae.config.scaling_factor)
    draw_of_distribution = expected.sample(torch.Generator().manual_seed(1)) * vae.config.scaling_factor
    noise = torch.randn(mean.shape, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(mean + std * noise, draw_of_distribution, rtol=1e-5, atol=1e-6)


def test_decoding_is_diffusers_and_undoes_encoding(model: StableDiffusion15, pixels: Tensor) -> None:
    latents, _ = model.encode_images(pixels)
    with torch.no_grad():
        expected = model.vae.decode(latents / model.vae.config.scaling_factor).sample
    found = model.decode_images(latents)
    assert torch.equal(found, expected)
    smooth = torch.nn.functional.interpolate(pixels[:, :, ::16, ::16], size=(32, 48), mode="bilinear")
    back = model.decode_images(model.encode_images(smooth)[0])
    assert (back - smooth).abs().mean() < 0.15


def test_a_vae_with_a_shift_is_turned_there_and_back(pixels: Tensor) -> None:
    plain, shifted = demo_model(), demo_model()
    shifted.vae.register_to_config(shift_factor=0.5)
    mean, std = plain.encode_images(pixels)
    moved, same_std = shifted.encode_images(pixels)
    torch.testing.assert_close(moved, mean - 0.5 * plain.vae.config.scaling_factor)
    assert torch.equal(std, same_std)
    torch.testing.assert_close(shifted.decode_images(moved), plain.decode_images(mean), rtol=1e-4, atol=1e-4)
    assert shifted.vae_identity != plain.vae_identity


def test_the_vae_keeps_its_dtype_under_autocast_and_comes_back_to_where_it_waits(
    model: StableDiffusion15, pixels: Tensor
) -> None:
    expected = model.encode_images(pixels)
    decoded = model.decode_images(expected[0])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(model.encode_images(pixels)[0], expected[0])
        assert torch.equal(model.decode_images(expected[0]), decoded)
    assert model.vae.device.type == "cpu"


def test_where_the_memory_is_full_a_picture_is_decoded_in_tiles(
    fresh_model: StableDiffusion15, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, whole = fresh_model, fresh_model.vae.decoder.forward
    pixels = torch.nn.functional.interpolate(torch.rand(1, 3, 4, 4) * 2 - 1, size=(64, 64), mode="bilinear")
    latents, _ = model.encode_images(pixels)
    expected = model.decode_images(latents)
    tiled = [model.decodes_in_tiles]

    def small(found: Tensor, *rest: Any) -> Any:
        if max(found.shape[-2:]) > 8:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")
        return whole(found, *rest)

    monkeypatch.setattr(model.vae.decoder, "forward", small)
    found = model.decode_images(latents)
    assert [*tiled, model.decodes_in_tiles] == [False, True]
    assert found.shape == expected.shape
    assert (found - expected).abs().mean() < 0.1
    assert not model.vae.use_tiling, "the next picture would be encoded in tiles, too"
    monkeypatch.setattr(model.vae.decoder, "forward", lambda *_: (_ for _ in ()).throw(RuntimeError("out of memory")))
    with pytest.raises(RuntimeError):
        model.decode_images(latents)


@pytest.mark.parametrize("skip", [1, 2])
def test_text_is_read_as_by_the_pipeline(
    skip: int, pipeline: StableDiffusionPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """diffusers counts from 0 what A1111 counts from 1; it still looks for the level that transformers 5.6 dropped."""
    monkeypatch.setattr(CLIPTextModel, "text_model", property(lambda self: self), raising=False)
    model = demo_model(clip_skip=skip)
    expected = [
        pipeline.encode_prompt(caption, "cpu", 1, False, clip_skip=None if skip == 1 else skip - 1)[0]
        for caption in CAPTIONS
    ]
    with torch.no_grad():
        found = model.encode_text(model.tokenize(CAPTIONS)).states
    assert found.shape == (3, 77, 96)
    torch.testing.assert_close(found, torch.cat(expected), rtol=0, atol=1e-5)


def test_clip_skip_2_is_the_layer_before_the_last_with_the_final_norm(model: StableDiffusion15) -> None:
    skipping = demo_model(clip_skip=2)
    short = demo_model()
    short.text_encoder.encoder.layers = short.text_encoder.encoder.layers[:-1]
    tokens = model.tokenize(CAPTIONS)
    with torch.no_grad():
        assert torch.equal(skipping.encode_text(tokens).states, short.encode_text(tokens).states)
        assert not torch.equal(skipping.encode_text(tokens).states, model.encode_text(tokens).states)
    assert skipping.text_identity != model.text_identity


def test_what_is_too_long_is_cut_off_at_the_window(model: StableDiffusion15) -> None:
    tokens = model.tokenize(CAPTIONS)
    assert tokens.shape == (3, 1, 77)
    assert tokens[2, 0, -1] == model.tokenizer.eos_token_id
    assert torch.equal(model.tokenize(CAPTIONS[:1])[0], tokens[0])


@pytest.mark.parametrize("dtype", ["FP32", "BF16"])
def test_a_prediction_is_the_unets(dtype: str) -> None:
    model = demo_model(unet_dtype=dtype)
    torch_dtype = {"FP32": torch.float32, "BF16": torch.bfloat16}[dtype]
    unet = UNet2DConditionModel.from_pretrained(DEMO / "model", subfolder="unet", torch_dtype=torch_dtype)
    noisy, text, steps = torch.randn(2, 4, 8, 12), torch.randn(2, 77, 96), torch.tensor([3, 900])
    with torch.no_grad():
        expected = unet(noisy.to(torch_dtype), steps, encoder_hidden_states=text.to(torch_dtype)).sample
        found = model.predict(noisy, steps, Conditions(Text(text)))
    assert found.dtype == torch.float32
    assert torch.equal(found, expected.float())


def pictures_of_the_pipeline(pipeline: StableDiffusionPipeline, prompt: Prompt, **size: int) -> "np.ndarray[Any, Any]":
    pipeline.scheduler = EulerAncestralDiscreteScheduler.from_config(pipeline.scheduler.config)
    found = pipeline(
        prompt.text,
        negative_prompt=prompt.negative,
        num_inference_steps=prompt.steps,
        guidance_scale=prompt.cfg_scale,
        generator=torch.Generator().manual_seed(prompt.seed),
        output_type="np",
        **size,
    ).images[0]
    expected: np.ndarray[Any, Any] = (found * 255).round()
    return expected


@pytest.mark.parametrize(("negative", "scale"), [("", 4.0), ("a blue square", 4.0), ("", 1.0)])
def test_a_picture_is_the_pipelines(
    model: StableDiffusion15, pipeline: StableDiffusionPipeline, negative: str, scale: float
) -> None:
    prompt = Prompt(text="a red circle", negative=negative, seed=11, steps=4, cfg_scale=scale)
    expected = pictures_of_the_pipeline(pipeline, prompt, width=64, height=32)
    found = draw(model, replace(replace(prompt, "width", 64), "height", 32), 512, Controls())
    assert found.size == (64, 32)
    assert np.abs(np.asarray(found).astype(float) - expected).max() <= 1


@pytest.mark.parametrize("sampler", list(Sampler))
def test_every_sampler_draws_and_repeats(model: StableDiffusion15, sampler: Sampler) -> None:
    prompt = Prompt(text="a red circle", seed=5, steps=3, sampler=sampler)
    first, second = (draw(model, prompt, 32, Controls()) for _ in range(2))
    assert first.tobytes() == second.tobytes()
    other = draw(model, replace(prompt, "seed", 6), 32, Controls())
    assert first.tobytes() != other.tobytes()
    assert max(high - low for low, high in first.getextrema()) > 20  # type: ignore[misc]


def test_the_samplers_walk_the_models_own_schedule(model: StableDiffusion15) -> None:
    from modules.sampling import scheduler

    reference = DDIMScheduler.from_config(model.scheduler_config)
    for sampler in Sampler:
        made = scheduler(model.scheduler_config, sampler)
        assert torch.equal(made.alphas_cumprod, reference.alphas_cumprod)
        assert made.config.prediction_type == reference.config.prediction_type


def test_drawing_leaves_the_modes_and_the_random_numbers_as_they_were(fresh_model: StableDiffusion15) -> None:
    fresh_model.unet.train()
    fresh_model.unet.mid_block.eval()
    before = [module.training for module in fresh_model.unet.modules()]
    state = torch.get_rng_state()
    draw(fresh_model, Prompt(text="a", steps=2), 32, Controls())
    assert [module.training for module in fresh_model.unet.modules()] == before
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.is_grad_enabled()


def test_a_stop_ends_a_drawing_within_one_denoising_step(fresh_model: StableDiffusion15) -> None:
    controls, seen = Controls(), []

    def watch(step: int) -> None:
        seen.append(step)
        controls.stop()

    fresh_model.unet.train()
    with pytest.raises(Stopped):
        draw(fresh_model, Prompt(text="a", steps=50), 32, controls, watch)
    assert seen == [1]
    assert fresh_model.unet.training


@pytest.mark.parametrize("clip_skip", [1, 2])
def test_it_reads_predicts_and_draws_in_bf16_as_a_run_does(clip_skip: int) -> None:
    """Weights and training in bf16, with the parts prepared by accelerate, which turns what they give into float32."""
    model = demo_model(unet_dtype="BF16", text_encoder_dtype="BF16", vae_dtype="BF16", clip_skip=clip_skip)
    state = replace(replace(TrainingState(), "training.train_dtype", "BF16"), "training.device", "CPU")
    with accelerator(state) as accelerated:
        for part in model.parts.values():
            accelerated.prepare(part.train())
        with accelerated.autocast(), torch.no_grad():
            text = model.encode_text(model.tokenize(CAPTIONS))
            found = model.predict(torch.randn(3, 4, 8, 8), torch.tensor([1, 2, 3]), Conditions(text))
            picture = draw(model, Prompt(text="a red circle", steps=2), 32, Controls())
    assert found.dtype == torch.float32
    assert torch.isfinite(found).all()
    assert picture.size == (32, 32)

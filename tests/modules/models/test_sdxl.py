"""SDXL's text, conditions and pictures against diffusers' own pipeline over the same parts."""

from typing import Any

import numpy as np
import pytest
import torch
from diffusers import EulerAncestralDiscreteScheduler, StableDiffusionXLPipeline

from modules.models.base import Conditions
from modules.models.sdxl import StableDiffusionXL
from modules.sampling import draw
from onetrainer_clone.families import Family
from onetrainer_clone.session import Controls
from onetrainer_clone.state.sampling import Prompt
from tests.modules.checkpoints.tiny import tiny_model

CAPTIONS = ["a photo of a cat", "", "a dog, " * 60]


@pytest.fixture(scope="module")
def model() -> StableDiffusionXL:
    found = tiny_model(Family.SDXL)
    assert isinstance(found, StableDiffusionXL)
    return found


@pytest.fixture(scope="module")
def pipeline(model: StableDiffusionXL) -> StableDiffusionXLPipeline:
    return model.pipeline(EulerAncestralDiscreteScheduler.from_config(model.scheduler_config))


def test_the_tokenizers_differ_in_what_they_pad_with(model: StableDiffusionXL) -> None:
    tokens = model.tokenize(CAPTIONS)
    assert tokens.shape == (3, 2, 77)
    start = [49406, 320, 1125, 539, 320, 2368, 49407]
    assert tokens[0, :, :7].tolist() == [start, start]
    assert set(tokens[0, 0, 7:].tolist()) == {49407}
    assert set(tokens[0, 1, 7:].tolist()) == {0}
    assert tokens[2, :, -1].tolist() == [49407, 49407]


@pytest.mark.parametrize("skip", [2, 3])
def test_text_is_read_as_by_the_pipeline(
    model: StableDiffusionXL, pipeline: StableDiffusionXLPipeline, skip: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """diffusers counts clip skip from SDXL's own layer, the one before the last, which A1111 and ComfyUI call 2."""
    monkeypatch.setattr(model, "clip_skip", skip)
    with torch.no_grad():
        found = model.encode_text(model.tokenize(CAPTIONS))
        states, _, pooled, _ = pipeline.encode_prompt(
            CAPTIONS, clip_skip=skip - 2 or None, do_classifier_free_guidance=False
        )
    assert found.pooled is not None
    assert found.states.shape == (3, 77, 80)
    torch.testing.assert_close(found.states, states, rtol=0, atol=1e-5)
    torch.testing.assert_close(found.pooled, pooled, rtol=0, atol=1e-5)


def test_the_pooled_vector_is_taken_at_the_end_token_also_behind_added_tokens(model: StableDiffusionXL) -> None:
    """transformers takes the highest id, which an embedding's token would be."""
    tokens = model.tokenize(["a photo of a cat"])
    with torch.no_grad():
        expected = model.text_encoder_2(tokens[:, 1], output_hidden_states=True).last_hidden_state[:, 6]
        found = model._pooled(torch.where(tokens[:, 1] == 2368, 60000, tokens[:, 1]), expected.new_zeros(1, 77, 48))
        assert torch.equal(found, torch.zeros(1, 48))
        pooled = model.encode_text(tokens).pooled
    assert pooled is not None
    torch.testing.assert_close(pooled, model.text_encoder_2.text_projection(expected))


def test_a_prediction_is_the_unets_with_sizes_and_pooled_text(model: StableDiffusionXL) -> None:
    text = model.encode_text(model.tokenize(CAPTIONS[:2]))
    noisy, steps = torch.randn(2, 4, 8, 8), torch.tensor([10, 900])
    sizes = torch.tensor([[1024.0, 768, 0, 16, 64, 64], [64, 64, 0, 0, 64, 64]])
    added = {"text_embeds": text.pooled, "time_ids": sizes}
    with torch.no_grad():
        expected = model.unet(noisy, steps, encoder_hidden_states=text.states, added_cond_kwargs=added).sample
        found = model.predict(noisy, steps, Conditions(text, sizes))
        other = model.predict(noisy, steps, Conditions(text, sizes.flip(0)))
    assert torch.equal(found, expected)
    assert not torch.equal(found, other)


@pytest.mark.parametrize(("negative", "scale"), [("", 4.0), ("a blue square", 4.0), ("", 1.0)])
def test_a_picture_is_the_pipelines(
    model: StableDiffusionXL, pipeline: StableDiffusionXLPipeline, negative: str, scale: float
) -> None:
    prompt = Prompt(text="a cat", negative=negative, seed=11, steps=3, cfg_scale=scale, width=64, height=32)
    expected = pipeline(
        prompt.text,
        negative_prompt=negative,
        width=64,
        height=32,
        num_inference_steps=3,
        guidance_scale=scale,
        generator=torch.Generator().manual_seed(11),
        output_type="np",
    ).images[0]
    found: np.ndarray[Any, Any] = np.asarray(draw(model, prompt, 64, Controls())).astype(float)
    assert found.shape == (32, 64, 3)
    assert np.abs(found - (expected * 255).round()).max() <= 1
    assert found.max() - found.min() > 20

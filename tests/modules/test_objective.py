"""The loss against a plain training loop written as in diffusers' examples."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

import pytest
import torch
from diffusers import DDPMScheduler
from torch import Tensor, nn

from modules.data.batches import Batch
from modules.methods.lora import lora
from modules.models.base import Conditions
from modules.models.sd15 import StableDiffusion15
from modules.objective import EmbedText, losses, weights
from onetrainer_clone.epoch import Sample
from tests.modules.methods.test_lora import disturb, state_with
from tests.modules.small import demo_model

CAPTIONS = ["a sks circle", "a red circle", "", "a blue square on a white background"]


def batch_of(model: StableDiffusion15, prior: list[bool]) -> Batch:
    chance = torch.Generator().manual_seed(3)
    return Batch(
        latents=torch.randn(4, 4, 8, 8, generator=chance),
        noise=torch.randn(4, 4, 8, 8, generator=chance),
        timesteps=torch.tensor([5, 250, 640, 999]),
        tokens=model.tokenize(CAPTIONS),
        sizes=torch.zeros(4, 6),
        prior=torch.tensor(prior),
        loss_weight=torch.tensor([1.0, 0.5, 2.0, 0.0]),
        samples=[_nobody()] * 4,
    )


def _nobody() -> Sample:
    return object()  # type: ignore[return-value]


@torch.no_grad()
def as_in_the_examples(model: StableDiffusion15, batch: Batch) -> Tensor:
    """The step of diffusers' train_text_to_image_lora.py: a scheduler, the parts, and F.mse_loss without reduction."""
    scheduler = DDPMScheduler.from_config(model.scheduler_config)
    noisy = scheduler.add_noise(batch.latents, batch.noise, batch.timesteps)
    text = model.text_encoder(batch.tokens[:, 0], return_dict=False)[0]
    if scheduler.config.prediction_type == "epsilon":
        target = batch.noise
    else:
        target = scheduler.get_velocity(batch.latents, batch.noise, batch.timesteps)
    prediction = model.unet(noisy, batch.timesteps, text, return_dict=False)[0]
    loss = nn.functional.mse_loss(prediction.float(), target.float(), reduction="none")
    return loss.mean(dim=list(range(1, len(loss.shape))))


def test_the_standard_loss_is_that_of_diffusers_examples(model: StableDiffusion15) -> None:
    batch = batch_of(model, [False] * 4)
    found = losses(model, batch, model.encode_text, nullcontext)
    assert torch.equal(found, as_in_the_examples(model, batch))


def test_it_is_also_for_a_model_that_predicts_v() -> None:
    plain = demo_model()
    config = {**plain.scheduler_config, "prediction_type": "v_prediction"}
    parts = (plain.unet, plain.vae, plain.text_encoder, plain.tokenizer)
    model = StableDiffusion15("v", *parts, config)
    batch = batch_of(model, [False] * 4)
    found = losses(model, batch, model.encode_text, nullcontext)
    assert torch.equal(found, as_in_the_examples(model, batch))
    assert not torch.equal(found, losses(plain, batch, plain.encode_text, nullcontext))


def counting(model: StableDiffusion15) -> list[int]:
    """How many rows each forward pass of the UNet gets from now on."""
    rows: list[int] = []

    def hook(_module: nn.Module, arguments: tuple[Any, ...]) -> None:
        rows.append(len(arguments[0]))

    model.unet.register_forward_pre_hook(hook)
    return rows


def test_prior_rows_cost_nothing_to_begin_with_and_only_they_are_computed_twice(
    fresh_model: StableDiffusion15,
) -> None:
    trained = lora(fresh_model, state_with())
    rows = counting(fresh_model)
    mixed = losses(
        fresh_model, batch_of(fresh_model, [True, False, True, False]), fresh_model.encode_text, trained.base
    )
    assert rows == [2, 4]
    assert mixed[[0, 2]].max() < 1e-10
    assert mixed[[1, 3]].min() > 1e-3
    rows.clear()
    losses(fresh_model, batch_of(fresh_model, [False] * 4), fresh_model.encode_text, trained.base)
    assert rows == [4]


def test_the_target_of_prior_rows_is_the_frozen_base_at_the_same_noise(fresh_model: StableDiffusion15) -> None:
    base_model = demo_model()
    trained = lora(fresh_model, state_with())
    disturb(trained)
    batch = batch_of(fresh_model, [True, False, False, True])
    found = losses(fresh_model, batch, fresh_model.encode_text, trained.base)
    schedule = DDPMScheduler.from_config(fresh_model.scheduler_config)
    noisy = schedule.add_noise(batch.latents, batch.noise, batch.timesteps)
    with torch.no_grad():
        learned = fresh_model.predict(noisy, batch.timesteps, Conditions(fresh_model.encode_text(batch.tokens)))
        base = base_model.predict(noisy, batch.timesteps, Conditions(base_model.encode_text(batch.tokens)))
    expected = [(learned[i] - (base[i] if batch.prior[i] else batch.noise[i])).square().mean() for i in range(4)]
    torch.testing.assert_close(found, torch.stack(expected), rtol=1e-4, atol=1e-7)
    assert found[0] > 1e-4


def test_what_the_base_gives_has_no_gradient_and_the_loss_has(fresh_model: StableDiffusion15) -> None:
    trained = lora(fresh_model, state_with())
    disturb(trained)
    batch = batch_of(fresh_model, [True] * 4)
    losses(fresh_model, batch, fresh_model.encode_text, trained.base).mean().backward()
    gradients = [p.grad.clone() for p in trained.parameters if p.grad is not None]
    assert len(gradients) == len(trained.parameters)
    with torch.no_grad():
        schedule = fresh_model.schedule
        noisy = schedule.add_noise(batch.latents, batch.noise, batch.timesteps)
        with trained.base():
            fixed = fresh_model.predict(noisy, batch.timesteps, Conditions(fresh_model.encode_text(batch.tokens)))
    for parameter in trained.parameters:
        parameter.grad = None
    prediction = fresh_model.predict(noisy, batch.timesteps, Conditions(fresh_model.encode_text(batch.tokens)))
    (prediction - fixed).square().mean().backward()
    for parameter, gradient in zip(trained.parameters, gradients, strict=True):
        assert parameter.grad is not None
        torch.testing.assert_close(parameter.grad, gradient, rtol=1e-3, atol=1e-7)


@pytest.mark.parametrize("gamma", [0.0, 5.0])
def test_weights_are_the_concepts_times_the_timesteps(model: StableDiffusion15, gamma: float) -> None:
    batch = batch_of(model, [False] * 4)
    found = weights(model, batch, gamma)
    abar = model.schedule.alphas_cumprod[batch.timesteps].double()
    snr = abar / (1 - abar)
    own = torch.ones(4).double() if gamma == 0 else snr.clamp(max=gamma) / snr
    torch.testing.assert_close(found.double(), own * torch.tensor([1.0, 0.5, 2.0, 0.0]).double(), rtol=1e-5, atol=1e-9)
    if gamma:
        assert found[0] < 0.1


def test_a_rows_loss_does_not_depend_on_its_neighbours(fresh_model: StableDiffusion15) -> None:
    trained = lora(fresh_model, state_with())
    disturb(trained)
    batch = batch_of(fresh_model, [True, False, True, False])
    embed: EmbedText = fresh_model.encode_text
    base: Callable[[], AbstractContextManager[None]] = trained.base
    with torch.no_grad():
        whole = losses(fresh_model, batch, embed, base)
        for i in range(4):
            names = ("latents", "noise", "timesteps", "tokens", "sizes", "prior", "loss_weight")
            one = replace(
                batch, **{name: getattr(batch, name)[i : i + 1] for name in names}, samples=[batch.samples[i]]
            )
            torch.testing.assert_close(losses(fresh_model, one, embed, base)[0], whole[i], rtol=1e-4, atol=1e-7)

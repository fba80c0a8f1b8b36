"""The one place where a sample becomes a number."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import torch
from torch import Tensor

from modules.data.batches import Batch
from modules.models.base import Conditions, Model, Text

EmbedText = Callable[[Tensor], Text]


def losses(model: Model, batch: Batch, embed: EmbedText, base: Callable[[], AbstractContextManager[None]]) -> Tensor:
    """The mean squared error of every sample [B], before any weight.

    The target is the noise (or v); for prior rows it is what the frozen base model itself predicts for the very same
    noised sample, so that nothing new is learned there and what was known is kept.
    """
    schedule = model.schedule
    noisy = schedule.add_noise(batch.latents, batch.noise, batch.timesteps)
    target = schedule.target(batch.latents, batch.noise, batch.timesteps)
    if batch.prior.any():
        target = _with_prior(model, batch, noisy, target, embed, base)
    prediction = model.predict(noisy, batch.timesteps, Conditions(embed(batch.tokens), batch.sizes, batch.inpainting))
    error = (prediction - target).square()
    return (error if batch.pixel_weight is None else error * batch.pixel_weight).mean((1, 2, 3))


@torch.no_grad()
def _with_prior(
    model: Model,
    batch: Batch,
    noisy: Tensor,
    target: Tensor,
    embed: EmbedText,
    base: Callable[[], AbstractContextManager[None]],
) -> Tensor:
    """The target with the prior rows replaced by the base model's prediction; only those rows are computed."""
    rows = batch.prior
    with base():
        inpainting = None if batch.inpainting is None else batch.inpainting[rows]
        conditions = Conditions(embed(batch.tokens[rows]), batch.sizes[rows], inpainting)
        known = model.predict(noisy[rows], batch.timesteps[rows], conditions)
    target = target.clone()
    target[rows] = known
    return target


def weights(model: Model, batch: Batch, min_snr_gamma: float) -> Tensor:
    """What each sample's loss is multiplied with [B]: the concept's weight times the timestep's."""
    return batch.loss_weight * model.schedule.min_snr_weight(batch.timesteps, min_snr_gamma)

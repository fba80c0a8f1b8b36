"""The demo model's UNet (3.19M parameters) and text encoder (0.30M), trained together from scratch on random scenes."""

import logging
import math
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderKL, DDPMScheduler, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from tests.world.captions import random_caption
from tests.world.make_tokenizer import MAX_TOKENS, token_ids
from tests.world.make_vae import to_tensor
from tests.world.scenes import Scene, random_scene, render

log = logging.getLogger(__name__)

# DDPM's own linear schedule, not Stable Diffusion's scaled_linear 0.00085..0.012. With the latter sqrt(abar_T) is
# 0.068, and over the 16x16 latents of flat pictures the mean is still visible at 1.1 sigma per channel at t=999: the
# model reads background and place off the noise and never learns them from the caption (chance level after 2100 steps).
# No clip_sample here: StableDiffusionPipeline sets it to False on its own.
NOISE_SCHEDULE: dict[str, Any] = {
    "num_train_timesteps": 1000,
    "beta_start": 0.0001,
    "beta_end": 0.02,
    "beta_schedule": "linear",
    "prediction_type": "epsilon",
    "steps_offset": 1,
}
_TEXT_WIDTH = 96
_EMPTY_CAPTIONS = 0.10
_EMA_DECAY = 0.999
_MIN_SNR_GAMMA = 5.0
# Weight of the same error after averaging over 4x4 blocks and over the whole latent, scaled so that white noise gives
# 1. The optimum is the same, but without it the picture's mean, which is its background, is only 1/256 of the loss.
_LOW_FREQUENCY_WEIGHT = 0.1


def train_unet(
    out: Path,
    steps: int = 7000,
    n_scenes: int = 10_000,
    batch: int = 32,
    learning_rate: float = 1e-3,
    seed: int = 2,
    resume: bool = False,
    save_every: int = 500,
) -> None:
    """Epsilon prediction with min-SNR weights; the averaged weights go to `out`/fp32/unet and `out`/fp32/text_encoder.

    Needs `out`/tokenizer and `out`/fp32/vae. `resume` goes on from the averaged weights with a fresh optimizer.
    """
    torch.manual_seed(seed)
    rng = random.Random(seed)
    tokenizer = CLIPTokenizer.from_pretrained(out / "tokenizer")
    vae = AutoencoderKL.from_pretrained(out / "fp32" / "vae").eval()
    scenes = [random_scene(rng) for _ in range(n_scenes)]
    means, stds = _encode(vae, scenes)
    text_encoder, unet = _load(out) if resume else (new_text_encoder(tokenizer), new_unet())
    weights = [*unet.parameters(), *text_encoder.parameters()]
    averages = [weight.detach().clone() for weight in weights]
    noise_schedule = DDPMScheduler(**NOISE_SCHEDULE)
    loss_weights = _min_snr_weights(noise_schedule.alphas_cumprod)
    optimizer = torch.optim.AdamW(weights, learning_rate, betas=(0.9, 0.99), weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _learning_rate_factor(step, steps))
    choice, words = np.random.default_rng(seed), random.Random(seed + 1)
    noises = torch.Generator().manual_seed(seed)
    for step in range(steps):
        rows = choice.integers(0, n_scenes, batch)
        latents = means[rows] + stds[rows] * torch.randn(means[rows].shape, generator=noises)
        latents *= vae.config.scaling_factor
        captions = ["" if words.random() < _EMPTY_CAPTIONS else random_caption(scenes[row], words) for row in rows]
        text = text_encoder(token_ids(tokenizer, captions)).last_hidden_state
        timesteps = torch.randint(0, 1000, (batch,), generator=noises)
        noise = torch.randn(latents.shape, generator=noises)
        error = unet(noise_schedule.add_noise(latents, noise, timesteps), timesteps, text).sample - noise
        per_sample = error.pow(2).mean((1, 2, 3)) + _LOW_FREQUENCY_WEIGHT * _low_frequency_error(error)
        loss = (per_sample * loss_weights[timesteps]).mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        schedule.step()
        decay = min(_EMA_DECAY, (step + 1) / (step + 20))
        torch._foreach_lerp_(averages, [weight.detach() for weight in weights], 1 - decay)
        if step % 100 == 99:
            log.info("unet %d/%d: squared error %.4f", step + 1, steps, error.pow(2).mean().item())
        if step % save_every == save_every - 1 or step == steps - 1:
            with _averaged(weights, averages):
                unet.save_pretrained(out / "fp32" / "unet")
                text_encoder.save_pretrained(out / "fp32" / "text_encoder")


def new_unet() -> UNet2DConditionModel:
    return UNet2DConditionModel(
        sample_size=16,
        in_channels=4,
        out_channels=4,
        block_out_channels=(32, 64, 128),
        layers_per_block=1,
        down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=_TEXT_WIDTH,
        attention_head_dim=2,  # the number of heads, whatever its name says, as in Stable Diffusion 1.x
        norm_num_groups=16,
    )


def new_text_encoder(tokenizer: CLIPTokenizer) -> CLIPTextModel:
    config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=_TEXT_WIDTH,
        intermediate_size=4 * _TEXT_WIDTH,
        num_hidden_layers=2,
        num_attention_heads=4,
        projection_dim=_TEXT_WIDTH,
        max_position_embeddings=MAX_TOKENS,
        hidden_act="quick_gelu",
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return CLIPTextModel(config)


def _load(out: Path) -> tuple[CLIPTextModel, UNet2DConditionModel]:
    text_encoder = CLIPTextModel.from_pretrained(out / "fp32" / "text_encoder")
    unet = UNet2DConditionModel.from_pretrained(out / "fp32" / "unet")
    return text_encoder.train(), unet.train()


@torch.no_grad()
def _encode(vae: AutoencoderKL, scenes: Sequence[Scene]) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and standard deviation of every scene's latent, each [n, 4, 16, 16]."""
    parts = [scenes[first : first + 64] for first in range(0, len(scenes), 64)]
    found = [vae.encode(to_tensor(np.stack([render(scene) for scene in part]))).latent_dist for part in parts]
    return torch.cat([posterior.mean for posterior in found]), torch.cat([posterior.std for posterior in found])


def _min_snr_weights(alphas_cumprod: torch.Tensor) -> torch.Tensor:
    """Loss weight per timestep, min(SNR, 5) / SNR: Hang et al. 2023, arXiv:2303.09556."""
    snr = alphas_cumprod / (1 - alphas_cumprod)
    return snr.clamp(max=_MIN_SNR_GAMMA) / snr


def _low_frequency_error(error: torch.Tensor) -> torch.Tensor:
    """[n]: the squared error of the means of 4x4 blocks and of the whole."""
    pooled = [k * k * torch.nn.functional.avg_pool2d(error, k).pow(2).mean((1, 2, 3)) for k in (4, 16)]
    return pooled[0] + pooled[1]


def _learning_rate_factor(step: int, steps: int, warmup: int = 100) -> float:
    """A linear rise, then a cosine down to 2 %."""
    cosine = 0.5 * (1 + math.cos(math.pi * min(1, step / steps)))
    return min(1, (step + 1) / warmup) * (0.02 + 0.98 * cosine)


@contextmanager
def _averaged(weights: Sequence[torch.nn.Parameter], averages: Sequence[torch.Tensor]) -> Iterator[None]:
    """The averages in place of the weights, which come back bit for bit."""
    kept = [weight.detach().clone() for weight in weights]
    try:
        for weight, average in zip(weights, averages):
            weight.data.copy_(average)
        yield
    finally:
        for weight, own in zip(weights, kept):
            weight.data.copy_(own)

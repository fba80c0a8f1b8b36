"""The demo model's VAE: AutoencoderKL with factor 4 and 4 latent channels, 64x64x3 -> 16x16x4, 0.68M parameters."""

import logging
import math
import random
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from numpy.typing import NDArray

from tests.world.drawing import BACKGROUNDS, COLOURS, SHAPES, SIZE_PX, Canvas, Picture, Rgb, jitter
from tests.world.scenes import random_scene, render

log = logging.getLogger(__name__)

_CROP_PX = SIZE_PX // 2
_WHOLE_FROM = 0.88  # share of the steps after which whole pictures are seen
_KL_WEIGHT = 1e-4
_VALIDATION_PICTURES = 64


def train_vae(
    out: Path, steps: int = 3400, n_pictures: int = 6000, batch: int = 16, learning_rate: float = 3e-3, seed: int = 1
) -> None:
    """Train and write `out`/fp32/vae.

    Being convolutional, it learns mostly on 32x32 crops, a quarter of the cost, and on whole pictures at the end.
    """
    torch.manual_seed(seed)
    rng = random.Random(seed)
    drawn = np.stack([random_picture(rng) for _ in range(n_pictures + _VALIDATION_PICTURES)])
    train, validation = drawn[:n_pictures], to_tensor(drawn[n_pictures:])
    vae = AutoencoderKL(
        in_channels=3,
        out_channels=3,
        latent_channels=4,
        sample_size=SIZE_PX,
        block_out_channels=(16, 32, 64),
        layers_per_block=1,
        norm_num_groups=8,
        down_block_types=["DownEncoderBlock2D"] * 3,
        up_block_types=["UpDecoderBlock2D"] * 3,
    )
    optimizer = torch.optim.AdamW(vae.parameters(), learning_rate, weight_decay=1e-4, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, learning_rate, total_steps=steps, pct_start=0.08)
    choice = np.random.default_rng(seed)
    for step in range(steps):
        seen = train[choice.integers(0, n_pictures, batch)]
        if step < _WHOLE_FROM * steps:
            top, left = choice.integers(0, SIZE_PX - _CROP_PX + 1, 2)
            seen = seen[:, top : top + _CROP_PX, left : left + _CROP_PX]
        loss = _loss(vae, to_tensor(seen))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(vae.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 200 == 199 or step == steps - 1:
            log.info("vae %d/%d: loss %.4f, PSNR %.2f dB", step + 1, steps, loss.item(), _psnr_db(vae, validation))
    vae.register_to_config(scaling_factor=round(1 / _latent_std(vae, random.Random(seed + 1)), 5))
    vae.save_pretrained(out / "fp32" / "vae")


def random_picture(rng: random.Random) -> Picture:
    """Richer than the world: the VAE must be able to show items that the diffusion model has never seen."""
    if rng.random() < 0.4:
        return render(random_scene(rng))

    def colour() -> Rgb:
        if rng.random() < 0.6:
            return jitter(rng, rng.choice(list(COLOURS.values())), 25)
        return rng.randrange(256), rng.randrange(256), rng.randrange(256)

    background = jitter(rng, rng.choice(list(BACKGROUNDS.values())), 10) if rng.random() < 0.7 else colour()
    canvas = Canvas(background)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        x, y, radius = rng.uniform(12, 52), rng.uniform(12, 52), rng.uniform(8, 22)
        shape = rng.choice(SHAPES)
        nested = (1.0, rng.uniform(0.4, 0.85), rng.uniform(0.15, 0.35))
        for scale in nested[: rng.choice((1, 2, 3))]:
            canvas.shape(shape, x, y, radius * scale, colour())
        if rng.random() < 0.4:
            _bite(canvas, rng, (x, y, radius), background)
        if rng.random() < 0.2:
            stripe = y + rng.uniform(-radius, radius) / 2
            canvas.rectangle(x - radius, stripe, x + radius, stripe + rng.uniform(2, 5), colour())
    return canvas.picture()


def to_tensor(pictures: NDArray[np.uint8]) -> torch.Tensor:
    """uint8 [n, height, width, 3] -> float [n, 3, height, width] in -1..1."""
    return torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float().div_(127.5).sub_(1)


def _bite(canvas: Canvas, rng: random.Random, item: tuple[float, float, float], background: Rgb) -> None:
    """A wedge of the background, from near the item's middle to outside of it."""
    x, y, radius = item
    angle, width = rng.uniform(0, 2 * math.pi), rng.uniform(0.3, 0.8)

    def at(angle: float, distance: float) -> tuple[float, float]:
        return x + distance * math.cos(angle), y + distance * math.sin(angle)

    outside = 1.6 * radius
    corners = [at(angle, 0.3 * radius), at(angle - width / 2, outside), at(angle + width / 2, outside)]
    canvas.polygon(corners, background)


def _loss(vae: AutoencoderKL, pictures: torch.Tensor) -> torch.Tensor:
    posterior = vae.encode(pictures).latent_dist
    error = vae.decode(posterior.sample()).sample - pictures
    kl_per_latent = posterior.kl().sum() / posterior.mean.numel()
    loss: torch.Tensor = error.abs().mean() + error.pow(2).mean() + _KL_WEIGHT * kl_per_latent
    return loss


@torch.no_grad()
def _psnr_db(vae: AutoencoderKL, pictures: torch.Tensor) -> float:
    decoded = vae.decode(vae.encode(pictures).latent_dist.mode()).sample.clamp(-1, 1)
    return -10 * math.log10((decoded - pictures).pow(2).mean().item() / 4)


@torch.no_grad()
def _latent_std(vae: AutoencoderKL, rng: random.Random) -> float:
    """Over the world's own pictures: the diffusion model sees latents of standard deviation 1."""
    pictures = to_tensor(np.stack([render(random_scene(rng)) for _ in range(256)]))
    return torch.cat([vae.encode(part).latent_dist.sample() for part in pictures.split(32)]).std().item()

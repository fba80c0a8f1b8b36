"""The maths against diffusers' DDPMScheduler and a second reading of the Min-SNR paper."""

import json
from typing import Any

import pytest
import torch
from diffusers import DDPMScheduler
from torch import Tensor

from modules.diffusion import NoiseSchedule, offset_noise
from onetrainer_clone.paths import DEMO

DEMO_CONFIG = json.loads((DEMO / "model" / "scheduler" / "scheduler_config.json").read_text())
SD15 = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "num_train_timesteps": 1000}
ZERO_SNR = {**SD15, "prediction_type": "v_prediction", "rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
CONFIGS = [
    DEMO_CONFIG,
    SD15,
    {**SD15, "prediction_type": "v_prediction"},
    ZERO_SNR,
    {**SD15, "num_train_timesteps": 50},
]


@pytest.fixture
def rows() -> tuple[Tensor, Tensor]:
    chance = torch.Generator().manual_seed(1)
    latents, noise = torch.randn(2, 8, 4, 5, 3, generator=chance)
    return latents, noise


def times(schedule: NoiseSchedule) -> Tensor:
    return torch.linspace(0, schedule.timesteps - 1, 8).long()


@pytest.mark.parametrize("config", CONFIGS)
def test_noised_latents_and_targets_are_those_of_diffusers(config: dict[str, Any], rows: tuple[Tensor, Tensor]) -> None:
    schedule, reference = NoiseSchedule.from_config(config), DDPMScheduler.from_config(config)
    latents, noise = rows
    timesteps = times(schedule)
    assert torch.equal(schedule.add_noise(latents, noise, timesteps), reference.add_noise(latents, noise, timesteps))
    target = schedule.target(latents, noise, timesteps)
    if config.get("prediction_type") == "v_prediction":
        assert torch.equal(target, reference.get_velocity(latents, noise, timesteps))
    else:
        assert torch.equal(target, noise)


def test_the_schedule_is_the_models_own() -> None:
    demo, sd15 = NoiseSchedule.from_config(DEMO_CONFIG), NoiseSchedule.from_config(SD15)
    betas = torch.linspace(0.0001, 0.02, 1000, dtype=torch.float64)
    torch.testing.assert_close(demo.alphas_cumprod.double(), (1 - betas).cumprod(0), rtol=2e-5, atol=0)
    betas = torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float64).square()
    torch.testing.assert_close(sd15.alphas_cumprod.double(), (1 - betas).cumprod(0), rtol=2e-5, atol=0)
    assert NoiseSchedule.from_config({**SD15, "num_train_timesteps": 50}).timesteps == 50


def test_a_zero_snr_schedule_ends_in_pure_noise() -> None:
    schedule = NoiseSchedule.from_config(ZERO_SNR)
    latents, noise = torch.ones(1, 4, 2, 2), torch.randn(1, 4, 2, 2)
    assert torch.equal(schedule.add_noise(latents, noise, torch.tensor([999])), noise)


@pytest.mark.parametrize("prediction", ["sample", "flow", ""])
def test_an_unknown_prediction_type_is_refused(prediction: str) -> None:
    with pytest.raises(ValueError, match="epsilon or v_prediction"):
        NoiseSchedule.from_config({**SD15, "prediction_type": prediction})


@pytest.mark.parametrize("gamma", [1.0, 5.0, 20.0])
@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
def test_min_snr_weights_are_those_of_the_paper(gamma: float, prediction: str) -> None:
    """As in diffusers' train_text_to_image.py, with its compute_snr: (alpha / sigma)^2."""
    schedule = NoiseSchedule.from_config({**SD15, "prediction_type": prediction})
    timesteps = torch.arange(1000)
    abar = schedule.alphas_cumprod.double()
    snr = (abar.sqrt() / (1 - abar).sqrt()) ** 2
    base = torch.stack([snr, torch.full_like(snr, gamma)]).min(0).values
    expected = base / snr if prediction == "epsilon" else base / (snr + 1)
    found = schedule.min_snr_weight(timesteps, gamma)
    torch.testing.assert_close(found.double(), expected, rtol=1e-4, atol=1e-7)
    assert found.max() <= 1


def test_min_snr_0_is_off() -> None:
    schedule = NoiseSchedule.from_config(SD15)
    assert torch.equal(schedule.min_snr_weight(torch.tensor([0, 500, 999]), 0), torch.ones(3))


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
def test_min_snr_weights_are_finite_where_there_is_no_signal_left(prediction: str) -> None:
    schedule = NoiseSchedule.from_config({**ZERO_SNR, "prediction_type": prediction})
    assert schedule.alphas_cumprod[-1] == 0
    found = schedule.min_snr_weight(torch.arange(1000), 5.0)
    assert torch.isfinite(found).all()
    assert found[-1] == (1 if prediction == "epsilon" else 0)


def test_offset_noise_shifts_whole_channels() -> None:
    noise, shift = torch.randn(3, 4, 5, 6), torch.randn(3, 4)
    moved = offset_noise(noise, shift, 0.1) - noise
    torch.testing.assert_close(moved, (0.1 * shift)[:, :, None, None].expand_as(noise), rtol=0, atol=1e-6)
    assert torch.equal(offset_noise(noise, shift, 0.0), noise)


def test_the_schedule_moves_as_a_whole() -> None:
    moved = NoiseSchedule.from_config(SD15).to(torch.device("meta"))
    assert moved.alphas_cumprod.is_meta
    assert moved.prediction == "epsilon"

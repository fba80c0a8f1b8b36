"""The maths of the diffusion: noise schedule, noising, targets, timestep weights. No state, no IO.

Conventions as in diffusers: x_t = sqrt(abar_t) x_0 + sqrt(1 - abar_t) eps, timesteps 0 ... T-1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch
from diffusers import DDPMScheduler
from torch import Tensor

Prediction = Literal["epsilon", "v_prediction"]


@dataclass(frozen=True)
class NoiseSchedule:
    """A model's own schedule: abar_t for every timestep [T], float32."""

    alphas_cumprod: Tensor
    prediction: Prediction

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "NoiseSchedule":
        """From a scheduler's config, as it lies in the model folder. Raises ValueError for an unknown prediction type."""
        prediction = config.get("prediction_type", "epsilon")
        if prediction not in ("epsilon", "v_prediction"):
            raise ValueError(f"a model that predicts '{prediction}' cannot be trained: epsilon or v_prediction")
        return cls(DDPMScheduler.from_config(dict(config)).alphas_cumprod.float(), prediction)

    @property
    def timesteps(self) -> int:
        return len(self.alphas_cumprod)

    def to(self, device: torch.device) -> "NoiseSchedule":
        return NoiseSchedule(self.alphas_cumprod.to(device), self.prediction)

    def add_noise(self, latents: Tensor, noise: Tensor, timesteps: Tensor) -> Tensor:
        """x_t of latents [B, C, H, W], with noise of the same shape, at timesteps [B]."""
        signal, sigma = self._factors(timesteps)
        return signal * latents + sigma * noise

    def target(self, latents: Tensor, noise: Tensor, timesteps: Tensor) -> Tensor:
        """What the model should predict: the noise, or v = sqrt(abar) eps - sqrt(1 - abar) x_0 (Salimans & Ho 2022)."""
        if self.prediction == "epsilon":
            return noise
        signal, sigma = self._factors(timesteps)
        return signal * noise - sigma * latents

    def _factors(self, timesteps: Tensor) -> tuple[Tensor, Tensor]:
        abar = self.alphas_cumprod[timesteps][:, None, None, None]
        return abar.sqrt(), (1 - abar).sqrt()

    def min_snr_weight(self, timesteps: Tensor, gamma: float) -> Tensor:
        """Weights [B] of Min-SNR-gamma (Hang et al. 2023): min(SNR, gamma) / SNR, for v divided by SNR + 1; 0 is off."""
        if gamma == 0:
            return torch.ones_like(timesteps, dtype=torch.float32)
        abar = self.alphas_cumprod[timesteps]
        snr = abar / (1 - abar)
        if self.prediction == "epsilon":
            return (gamma / snr).clamp(max=1)  # the same, but 1 where the SNR is 0
        return snr.clamp(max=gamma) / (snr + 1)


def offset_noise(noise: Tensor, per_channel: Tensor, strength: float) -> Tensor:
    """Noise [..., C, H, W] with every channel shifted by strength x per_channel [..., C] (Guttenberg 2023)."""
    return noise + strength * per_channel[..., None, None]

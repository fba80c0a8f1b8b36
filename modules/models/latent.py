"""What the families share: a KL autoencoder around a UNet, and how both are moved and kept in their dtypes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from torch import Tensor, nn

from modules.diffusion import NoiseSchedule
from modules.memory import is_full, let_go
from modules.models.base import Conditions


class LatentDiffusion:
    """See `models.base.Model` for what each method gives. A family adds its text encoders, `predict` and its pipeline."""

    def __init__(
        self,
        source: str,
        unet: UNet2DConditionModel,
        vae: AutoencoderKL,
        text_encoders: dict[str, nn.Module],
        scheduler_config: dict[str, Any],
    ):
        self.source = source
        self.unet, self.vae, self.text_encoders = unet, vae, text_encoders
        self.scheduler_config = scheduler_config
        self.schedule = NoiseSchedule.from_config(scheduler_config)
        self.device = torch.device("cpu")
        self.decodes_in_tiles = False
        self._vae_in_use = threading.Lock()  # samples decode on one thread while lost cache entries are made on another
        for part in (vae, *self.parts.values()):
            part.requires_grad_(False)
        vae.eval()

    @property
    def parts(self) -> dict[str, nn.Module]:
        return {"unet": self.unet, **self.text_encoders}

    @property
    def inpaints(self) -> bool:
        """Whether the UNet also reads a mask and a masked picture."""
        return bool(self.unet.config.in_channels == 2 * self.unet.config.out_channels + 1)

    @property
    def vae_factor(self) -> int:
        return int(2 ** (len(self.vae.config.block_out_channels) - 1))

    @property
    def vae_identity(self) -> str:
        return f"{self.vae.config.scaling_factor} {self.vae.config.shift_factor}"

    def to(self, device: torch.device) -> None:
        for part in (self.vae, *self.parts.values()):
            part.to(device)
        self.schedule, self.device = self.schedule.to(device), device

    @contextmanager
    def _vae_ready(self) -> Iterator[None]:
        """Inside, the VAE is on the device even if it waits in RAM, and computes in its own dtype whatever autocast says."""
        with self._vae_in_use, torch.no_grad(), torch.autocast(self.device.type, enabled=False):
            home = self.vae.device
            self.vae.to(self.device)
            try:
                yield
            finally:
                self.vae.to(home)

    def encode_images(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        with self._vae_ready():
            found = self.vae.encode(pixels.to(self.device, self.vae.dtype)).latent_dist
        scale, shift = self.vae.config.scaling_factor, self.vae.config.shift_factor or 0.0
        return (found.mean.float() - shift) * scale, found.std.float() * scale

    def decode_images(self, latents: Tensor) -> Tensor:
        """In tiles from where the memory was full, which may show faintly at their seams."""
        scale, shift = self.vae.config.scaling_factor, self.vae.config.shift_factor or 0.0
        with self._vae_ready():
            found = (latents.float() / scale + shift).to(self.device, self.vae.dtype)
            try:
                return self._decode(found)
            except Exception as error:
                if self.decodes_in_tiles or not is_full(error):
                    raise
                let_go(error)
                self.decodes_in_tiles = True
            return self._decode(found)

    def _decode(self, latents: Tensor) -> Tensor:
        """The VAE encodes in tiles too where its switch is on, so that is on in here alone."""
        vae, side = self.vae, max(latents.shape[-2:])
        vae.use_tiling = self.decodes_in_tiles
        vae.tile_latent_min_size, vae.tile_sample_min_size = side // 2, side // 2 * self.vae_factor
        try:
            pixels: Tensor = vae.decode(latents).sample
        finally:
            vae.use_tiling = False
        return pixels.float()

    def _unet_input(self, noisy: Tensor, conditions: Conditions) -> Tensor:
        """The noisy latents; for an inpainting model with the mask and the masked picture behind them."""
        if not self.inpaints:
            return noisy.to(self._unet_dtype)
        assert conditions.inpainting is not None
        return torch.cat([noisy, conditions.inpainting], dim=1).to(self._unet_dtype)

    @property
    def _unet_dtype(self) -> torch.dtype:
        """That of its weights; diffusers' own word for it asks every layer, which a small model's step would feel."""
        found: torch.dtype = next(self.unet.parameters()).dtype
        return found

"""What the trainer needs of a model, whatever its family."""

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from modules.diffusion import NoiseSchedule
from onetrainer_clone.state.adapter import Layers


class Model(Protocol):
    """The parts of a diffusion model and what can be done with them."""

    source: str
    device: torch.device
    schedule: NoiseSchedule
    scheduler_config: dict[str, Any]
    unet: nn.Module
    vae: nn.Module
    text_encoder: nn.Module

    @property
    def parts(self) -> dict[str, nn.Module]:
        """The parts that can be trained: 'unet', 'text_encoder'."""

    @property
    def vae_factor(self) -> int:
        """Pixels per latent along a side."""

    @property
    def vae_identity(self) -> str:
        """What besides the VAE's weights decides on the latents."""

    @property
    def text_identity(self) -> str:
        """What besides the text encoder's weights decides on a text embedding."""

    def to(self, device: torch.device) -> None:
        """Move every part."""

    def encode_images(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Pixels [B, 3, H, W] in -1 ... 1 -> mean and standard deviation of the scaled latents, float32. From any thread."""

    def decode_images(self, latents: Tensor) -> Tensor:
        """Scaled latents -> pixels [B, 3, H, W] in -1 ... 1, float32."""

    def tokenize(self, captions: Sequence[str]) -> Tensor:
        """Token ids [B, window]; what is too long is cut off."""

    def encode_text(self, tokens: Tensor) -> Tensor:
        """Token ids [B, window] -> text embedding [B, window, D]."""

    def predict(self, noisy: Tensor, timesteps: Tensor, text: Tensor) -> Tensor:
        """The UNet's prediction for noisy latents [B, C, h, w], float32."""

    def lora_layers(self, part: str, layers: Layers) -> dict[str, str]:
        """The layers of a part that a LoRA adapts: path of the live module -> key in a kohya file."""

    def pipeline(self, scheduler: Any) -> Any:
        """The diffusers pipeline over these very parts."""

"""What the trainer needs of a model, whatever its family."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from modules.diffusion import NoiseSchedule
from onetrainer_clone.families import Family


@dataclass(frozen=True)
class Text:
    """What a model reads of B captions."""

    states: Tensor  # [B, T, D]: one vector per token
    pooled: Tensor | None = None  # [B, P]: one vector per caption, where the family has it

    def __getitem__(self, rows: Tensor | slice) -> "Text":
        return Text(self.states[rows], None if self.pooled is None else self.pooled[rows])

    def to(self, *where: Any) -> "Text":
        """To a device, a dtype or both."""
        return Text(self.states.to(*where), None if self.pooled is None else self.pooled.to(*where))


@dataclass(frozen=True)
class Conditions:
    """All that a prediction depends on beside the noisy latents and the timestep."""

    text: Text
    sizes: Tensor | None = None  # [B, 6], px: original height, width; crop top, left; target height, width. For SDXL
    inpainting: Tensor | None = None  # [B, 1 + C, h, w]: the mask (1 is drawn anew) and the masked picture's latents


class Model(Protocol):
    """The parts of a diffusion model and what can be done with them."""

    source: str
    device: torch.device
    schedule: NoiseSchedule
    scheduler_config: dict[str, Any]
    decodes_in_tiles: bool  # since the memory was full
    unet: nn.Module
    vae: nn.Module

    @property
    def family(self) -> Family:
        """What kind of checkpoint the model is."""

    @property
    def text_encoders(self) -> dict[str, nn.Module]:
        """'text_encoder', for SDXL also 'text_encoder_2'."""

    @property
    def tokenizers(self) -> dict[str, Any]:
        """The tokenizer of each text encoder."""

    @property
    def parts(self) -> dict[str, nn.Module]:
        """The parts that can be trained: 'unet' and the text encoders."""

    @property
    def inpaints(self) -> bool:
        """Whether the UNet also reads a mask and a masked picture."""

    @property
    def vae_factor(self) -> int:
        """Pixels per latent along a side."""

    @property
    def vae_identity(self) -> str:
        """What besides the VAE's weights decides on the latents."""

    @property
    def text_identity(self) -> str:
        """What besides the text encoders' weights decides on a text embedding."""

    @property
    def window(self) -> int:
        """How many tokens are read at once, with the start and end tokens."""

    def to(self, device: torch.device) -> None:
        """Move every part."""

    def encode_images(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Pixels [B, 3, H, W] in -1 ... 1 -> mean and standard deviation of the scaled latents, float32. From any thread."""

    def decode_images(self, latents: Tensor) -> Tensor:
        """Scaled latents -> pixels [B, 3, H, W] in -1 ... 1, float32."""

    def tokenize(self, captions: Sequence[str]) -> Tensor:
        """Token ids [B, encoders, T], T a multiple of the window; what is too long is cut off."""

    def encode_text(self, tokens: Tensor) -> Text:
        """Token ids [B, encoders, T] -> what the UNet reads: each window by itself, the pooled vector from the first."""

    def predict(self, noisy: Tensor, timesteps: Tensor, conditions: Conditions) -> Tensor:
        """The UNet's prediction for noisy latents [B, C, h, w], float32."""

    def pipeline(self, scheduler: Any) -> Any:
        """The diffusers pipeline over these very parts."""

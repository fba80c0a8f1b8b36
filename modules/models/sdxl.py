"""Stable Diffusion XL: two CLIP text encoders side by side, a pooled text vector, and conditions on size and crop.

Source: Podell et al. 2023; diffusers' `StableDiffusionXLPipeline`.
"""

from collections.abc import Sequence
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    StableDiffusionXLInpaintPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from torch import Tensor
from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from modules.models.base import Conditions, Text
from modules.models.captions import token_windows
from modules.models.latent import LatentDiffusion
from onetrainer_clone.families import Family


class StableDiffusionXL(LatentDiffusion):
    """See `models.base.Model` for what each method gives."""

    def __init__(
        self,
        source: str,
        unet: UNet2DConditionModel,
        vae: AutoencoderKL,
        text_encoder: CLIPTextModel,
        text_encoder_2: CLIPTextModelWithProjection,
        tokenizer: CLIPTokenizer,
        tokenizer_2: CLIPTokenizer,
        scheduler_config: dict[str, Any],
        clip_skip: int = 2,
        text_windows: int = 1,
    ):
        text_encoders = {"text_encoder": text_encoder, "text_encoder_2": text_encoder_2}
        super().__init__(source, unet, vae, text_encoders, scheduler_config)
        self.text_encoder, self.text_encoder_2 = text_encoder, text_encoder_2
        self.tokenizer, self.tokenizer_2 = tokenizer, tokenizer_2
        self.clip_skip, self.text_windows = clip_skip, text_windows

    @property
    def family(self) -> Family:
        return Family.SDXL_INPAINTING if self.inpaints else Family.SDXL

    @property
    def text_identity(self) -> str:
        return f"clip skip {self.clip_skip}"

    @property
    def tokenizers(self) -> dict[str, CLIPTokenizer]:
        return {"text_encoder": self.tokenizer, "text_encoder_2": self.tokenizer_2}

    @property
    def window(self) -> int:
        return int(self.text_encoder.config.max_position_embeddings)

    def tokenize(self, captions: Sequence[str]) -> Tensor:
        return token_windows([self.tokenizer, self.tokenizer_2], captions, self.window, self.text_windows)

    def encode_text(self, tokens: Tensor) -> Text:
        """The layer that clip skip names (2, the one before the last, is SDXL's own) of both encoders, without a norm.

        The pooled vector is always of the second encoder's last layer, at the end token.
        """
        windows = tokens.to(self.device).unflatten(-1, (-1, self.window)).transpose(1, 2).flatten(0, 1)
        first = self.text_encoder(windows[:, 0], output_hidden_states=True).hidden_states[-self.clip_skip]
        found = self.text_encoder_2(windows[:, 1], output_hidden_states=True)
        second = found.hidden_states[-self.clip_skip]
        states = torch.cat([first, second.to(first.dtype)], dim=-1)
        pooled = self._pooled(windows[:, 1], found.last_hidden_state)
        return Text(states.unflatten(0, (len(tokens), -1)).flatten(1, 2), pooled.unflatten(0, (len(tokens), -1))[:, 0])

    def _pooled(self, ids: Tensor, last: Tensor) -> Tensor:
        """As CLIPTextModelWithProjection gives it, but also where tokens were added behind the end token: [N, P]."""
        ends = (ids == self.tokenizer_2.eos_token_id).int().argmax(dim=-1)
        projection = self.text_encoder_2.text_projection
        pooled: Tensor = projection(last[torch.arange(len(ids), device=last.device), ends].to(projection.weight.dtype))
        return pooled

    def predict(self, noisy: Tensor, timesteps: Tensor, conditions: Conditions) -> Tensor:
        text = conditions.text.to(self._unet_dtype)
        assert conditions.sizes is not None
        added = {"text_embeds": text.pooled, "time_ids": conditions.sizes.to(self._unet_dtype)}
        found: Tensor = self.unet(
            self._unet_input(noisy, conditions), timesteps, text.states, added_cond_kwargs=added
        ).sample
        return found.float()

    def pipeline(self, scheduler: Any) -> StableDiffusionXLPipeline | StableDiffusionXLInpaintPipeline:
        kind = StableDiffusionXLInpaintPipeline if self.inpaints else StableDiffusionXLPipeline
        pipeline = kind(
            vae=self.vae,
            text_encoder=self.text_encoder,
            text_encoder_2=self.text_encoder_2,
            tokenizer=self.tokenizer,
            tokenizer_2=self.tokenizer_2,
            unet=self.unet,
            scheduler=scheduler,
            add_watermarker=False,
        )
        pipeline.set_progress_bar_config(disable=True)
        return pipeline

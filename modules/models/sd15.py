"""Stable Diffusion 1.x: one CLIP text encoder, a UNet with cross attention, a KL autoencoder."""

from collections.abc import Sequence
from typing import Any

from diffusers import AutoencoderKL, StableDiffusionInpaintPipeline, StableDiffusionPipeline, UNet2DConditionModel
from torch import Tensor
from transformers import CLIPTextModel, CLIPTokenizer

from modules.models.base import Conditions, Text
from modules.models.captions import token_windows
from modules.models.latent import LatentDiffusion
from onetrainer_clone.families import Family


class StableDiffusion15(LatentDiffusion):
    """See `models.base.Model` for what each method gives."""

    def __init__(
        self,
        source: str,
        unet: UNet2DConditionModel,
        vae: AutoencoderKL,
        text_encoder: CLIPTextModel,
        tokenizer: CLIPTokenizer,
        scheduler_config: dict[str, Any],
        clip_skip: int = 1,
        text_windows: int = 1,
    ):
        super().__init__(source, unet, vae, {"text_encoder": text_encoder}, scheduler_config)
        self.text_encoder, self.tokenizer = text_encoder, tokenizer
        self.clip_skip, self.text_windows = clip_skip, text_windows

    @property
    def family(self) -> Family:
        return Family.SD15_INPAINTING if self.inpaints else Family.SD15

    @property
    def text_identity(self) -> str:
        return f"clip skip {self.clip_skip}"

    @property
    def tokenizers(self) -> dict[str, CLIPTokenizer]:
        return {"text_encoder": self.tokenizer}

    @property
    def window(self) -> int:
        return int(self.text_encoder.config.max_position_embeddings)

    def tokenize(self, captions: Sequence[str]) -> Tensor:
        return token_windows([self.tokenizer], captions, self.window, self.text_windows)

    def encode_text(self, tokens: Tensor) -> Text:
        """Clip skip counts as A1111 does: 1 is the last layer; the final norm is applied in any case."""
        windows = self._read(tokens.reshape(-1, self.window).to(self.device))
        return Text(windows.reshape(len(tokens), -1, windows.shape[-1]))

    def _read(self, tokens: Tensor) -> Tensor:
        """Token ids [N, window] -> [N, window, D]."""
        skip = self.clip_skip
        found = self.text_encoder(tokens, output_hidden_states=skip > 1)
        if skip == 1:
            last: Tensor = found.last_hidden_state
            return last
        norm = getattr(self.text_encoder, "text_model", self.text_encoder).final_layer_norm
        normed: Tensor = norm(found.hidden_states[-skip].to(norm.weight.dtype))  # accelerate gives them as float32
        return normed

    def predict(self, noisy: Tensor, timesteps: Tensor, conditions: Conditions) -> Tensor:
        text = conditions.text.to(self._unet_dtype)
        found: Tensor = self.unet(self._unet_input(noisy, conditions), timesteps, text.states).sample
        return found.float()

    def pipeline(self, scheduler: Any) -> StableDiffusionPipeline | StableDiffusionInpaintPipeline:
        kind = StableDiffusionInpaintPipeline if self.inpaints else StableDiffusionPipeline
        pipeline = kind(
            vae=self.vae,
            text_encoder=self.text_encoder,
            tokenizer=self.tokenizer,
            unet=self.unet,
            scheduler=scheduler,
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
        )
        pipeline.set_progress_bar_config(disable=True)
        return pipeline

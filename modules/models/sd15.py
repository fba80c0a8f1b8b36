"""Stable Diffusion 1.x: one CLIP text encoder, a UNet with cross attention, a KL autoencoder."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from diffusers import AutoencoderKL, StableDiffusionPipeline, UNet2DConditionModel
from torch import Tensor, nn
from transformers import CLIPTextModel, CLIPTokenizer

from modules.diffusion import NoiseSchedule
from onetrainer_clone.layer_names import kohya, text_layers, unet_layers
from onetrainer_clone.state.adapter import Layers


class StableDiffusion15:
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
    ):
        self.source = source
        self.unet, self.vae, self.text_encoder, self.tokenizer = unet, vae, text_encoder, tokenizer
        self.scheduler_config, self.clip_skip = scheduler_config, clip_skip
        self.schedule = NoiseSchedule.from_config(scheduler_config)
        self.device = torch.device("cpu")
        self._vae_in_use = threading.Lock()  # samples decode on one thread while lost cache entries are made on another
        for part in (unet, vae, text_encoder):
            part.requires_grad_(False)
        vae.eval()

    @property
    def parts(self) -> dict[str, nn.Module]:
        return {"unet": self.unet, "text_encoder": self.text_encoder}

    @property
    def vae_factor(self) -> int:
        return int(2 ** (len(self.vae.config.block_out_channels) - 1))

    @property
    def vae_identity(self) -> str:
        return f"{self.vae.config.scaling_factor} {self.vae.config.shift_factor}"

    @property
    def text_identity(self) -> str:
        return f"clip skip {self.clip_skip}"

    def to(self, device: torch.device) -> None:
        for part in (self.unet, self.vae, self.text_encoder):
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
        scale, shift = self.vae.config.scaling_factor, self.vae.config.shift_factor or 0.0
        with self._vae_ready():
            pixels: Tensor = self.vae.decode((latents.float() / scale + shift).to(self.device, self.vae.dtype)).sample
        return pixels.float()

    def tokenize(self, captions: Sequence[str]) -> Tensor:
        window = self.text_encoder.config.max_position_embeddings
        found = self.tokenizer(
            list(captions), padding="max_length", max_length=window, truncation=True, return_tensors="pt"
        )
        ids: Tensor = found.input_ids
        return ids

    def encode_text(self, tokens: Tensor) -> Tensor:
        """Clip skip counts as A1111 does: 1 is the last layer; the final norm is applied in any case."""
        skip = self.clip_skip
        found = self.text_encoder(tokens.to(self.device), output_hidden_states=skip > 1)
        if skip == 1:
            last: Tensor = found.last_hidden_state
            return last
        norm = getattr(self.text_encoder, "text_model", self.text_encoder).final_layer_norm
        normed: Tensor = norm(found.hidden_states[-skip].to(norm.weight.dtype))  # accelerate gives them as float32
        return normed

    def predict(self, noisy: Tensor, timesteps: Tensor, text: Tensor) -> Tensor:
        dtype = self.unet.dtype
        found: Tensor = self.unet(noisy.to(dtype), timesteps, text.to(dtype)).sample
        return found.float()

    def lora_layers(self, part: str, layers: Layers) -> dict[str, str]:
        if part == "unet":
            return {path: kohya("lora_unet", path) for path in unet_layers(self.unet.config, layers)}
        nested = hasattr(self.text_encoder, "text_model")
        names = text_layers(self.text_encoder.config.num_hidden_layers, layers)
        return {name if nested else name.removeprefix("text_model."): kohya("lora_te", name) for name in names}

    def pipeline(self, scheduler: Any) -> StableDiffusionPipeline:
        pipeline = StableDiffusionPipeline(
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

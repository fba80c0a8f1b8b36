"""The table of layers against live modules: the sizes of Stable Diffusion 1.5 and SDXL on the meta device."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import UNet2DConditionModel
from diffusers.models.downsampling import Downsample2D
from diffusers.models.resnet import ResnetBlock2D
from diffusers.models.transformers.transformer_2d import Transformer2DModel
from diffusers.models.upsampling import Upsample2D
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

import onetrainer_clone
from modules.models.sd15 import StableDiffusion15
from onetrainer_clone.layer_names import Kind, layers_of, text_layers, unet_layers

CONFIGS = Path(onetrainer_clone.__file__).parent / "model_configs"
COUNTS = {"sd15": {"unet": 278, "text_encoder": 72}, "sdxl": {"unet": 788, "text_encoder": 72, "text_encoder_2": 192}}
CONVOLUTIONS = {"sd15": 86, "sdxl": 66}
UNEVEN = {
    "block_out_channels": (320, 640, 1280, 1280),
    "cross_attention_dim": 768,
    "down_block_types": ("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
    "layers_per_block": (1, 2, 3, 1),
    "transformer_layers_per_block": (1, 2, 3, 1),
    "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
}


def config_of(family: str, part: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((CONFIGS / family / part / "config.json").read_text(encoding="utf-8"))
    return found


def unet_of(config: dict[str, Any]) -> UNet2DConditionModel:
    with torch.device("meta"):
        return UNet2DConditionModel.from_config(config)


def adaptable(unet: nn.Module) -> set[str]:
    """Every linear layer and convolution under the modules that kohya's trainer adapts."""
    return {
        f"{path}.{inner}"
        for path, block in unet.named_modules()
        if isinstance(block, (Transformer2DModel, ResnetBlock2D, Downsample2D, Upsample2D))
        for inner, module in block.named_modules()
        if isinstance(module, (nn.Linear, nn.Conv2d))
    }


def same_as_live(config: dict[str, Any], unet: nn.Module) -> None:
    table = unet_layers(config)
    assert len(table) == len({layer.path for layer in table})
    assert {layer.path for layer in table} == adaptable(unet)
    for layer in table:
        kernel = (layer.kernel, layer.kernel) if layer.kernel else ()
        weight = unet.get_submodule(layer.path).weight
        assert isinstance(weight, nn.Parameter)
        assert tuple(weight.shape) == (layer.outputs, layer.inputs, *kernel)
        assert layer.fan_in == weight[0].numel()


@pytest.mark.parametrize("family", COUNTS)
def test_the_table_counts_what_kohyas_does(family: str) -> None:
    table = layers_of({part: config_of(family, part) for part in COUNTS[family]})
    assert Counter(layer.part for layer in table) == COUNTS[family]
    assert sum(layer.kind is Kind.RESNET for layer in table) == CONVOLUTIONS[family]


@pytest.mark.parametrize("family", COUNTS)
def test_the_unets_layers_are_those_of_a_live_one_with_their_sizes(family: str) -> None:
    config = config_of(family, "unet")
    same_as_live(config, unet_of(config))


@pytest.mark.parametrize("linear", [False, True])
def test_blocks_of_different_depths_are_named_too(linear: bool) -> None:
    config = {**UNEVEN, "use_linear_projection": linear}
    same_as_live(config, unet_of(config))


def test_the_demo_model_has_layers_of_its_own_size(model: StableDiffusion15) -> None:
    same_as_live(dict(model.unet.config), model.unet)


@pytest.mark.parametrize(("family", "part"), [("sd15", "text_encoder"), ("sdxl", "text_encoder_2")])
def test_text_layers_are_those_of_a_live_encoder_with_and_without_its_outer_level(family: str, part: str) -> None:
    config = config_of(family, part)
    with torch.device("meta"):
        nested, flat = (kind(CLIPTextConfig(**config)) for kind in (CLIPTextModelWithProjection, CLIPTextModel))
    table = text_layers(part, config)
    for layer in table:
        for live in (nested.get_submodule(layer.path), flat.get_submodule(layer.path.removeprefix("text_model."))):
            assert isinstance(live, nn.Linear)
            assert (live.in_features, live.out_features) == (layer.inputs, layer.outputs)
    linear = {name for name, module in nested.named_modules() if isinstance(module, nn.Linear)}
    assert {layer.path for layer in table} == linear - {"text_projection"}


def test_a_rank_has_as_many_parameters_as_kohyas() -> None:
    """Its rank 8 in fp16 is 9.4 MB for SD 1.5, its rank 32 is 228 MB for SDXL, without convolutions."""
    expected = {"sd15": 589_824, "sdxl": 3_563_008}
    for family, parts in COUNTS.items():
        table = layers_of({part: config_of(family, part) for part in parts})
        found = sum(layer.fan_in + layer.outputs for layer in table if layer.kind is not Kind.RESNET)
        assert found == expected[family]

"""The table of layer names against live modules: Stable Diffusion 1.5's sizes on the meta device."""

import pytest
import torch
from diffusers import UNet2DConditionModel
from diffusers.models.transformers.transformer_2d import Transformer2DModel
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from modules.models.sd15 import StableDiffusion15
from onetrainer_clone.layer_names import kohya, text_layers, unet_layers
from onetrainer_clone.state.adapter import Layers
from tests.modules.small import demo_model

SD15 = {
    "act_fn": "silu",
    "attention_head_dim": 8,
    "block_out_channels": (320, 640, 1280, 1280),
    "cross_attention_dim": 768,
    "down_block_types": ("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
    "layers_per_block": 2,
    "sample_size": 64,
    "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
}
UNEVEN = {**SD15, "layers_per_block": (1, 2, 3, 1), "transformer_layers_per_block": (1, 2, 3, 1)}


def unet_of(config: dict[str, object]) -> UNet2DConditionModel:
    with torch.device("meta"):
        return UNet2DConditionModel(**config)


@pytest.fixture(scope="module")
def sd15() -> UNet2DConditionModel:
    return unet_of(SD15)


def small_convolution(module: nn.Module) -> bool:
    return isinstance(module, nn.Linear) or (isinstance(module, nn.Conv2d) and module.kernel_size == (1, 1))


def below_transformers(unet: nn.Module) -> set[str]:
    """Every linear layer and 1x1 convolution under a Transformer2DModel: what kohya's trainer adapts."""
    return {
        f"{path}.{inner}"
        for path, transformer in unet.named_modules()
        if isinstance(transformer, Transformer2DModel)
        for inner, module in transformer.named_modules()
        if small_convolution(module)
    }


def test_sd15_has_192_layers_and_they_are_all_below_its_transformers(sd15: UNet2DConditionModel) -> None:
    names = unet_layers(sd15.config, Layers.TRANSFORMER)
    assert len(names) == len(set(names)) == 192
    assert set(names) == below_transformers(sd15)


def test_attention_alone_has_128(sd15: UNet2DConditionModel) -> None:
    names = unet_layers(sd15.config, Layers.ATTENTION)
    assert len(names) == len(set(names)) == 128
    assert set(names) == {name for name in below_transformers(sd15) if ".attn1." in name or ".attn2." in name}


@pytest.mark.parametrize("linear", [False, True])
def test_blocks_of_different_depths_are_named_too(linear: bool) -> None:
    unet = unet_of({**UNEVEN, "use_linear_projection": linear})
    names = unet_layers(unet.config, Layers.TRANSFORMER)
    assert len(names) == len(set(names))
    assert set(names) == below_transformers(unet)


def test_the_demo_model_has_its_own_count(model: StableDiffusion15) -> None:
    names = set(unet_layers(model.unet.config, Layers.TRANSFORMER))
    assert names == below_transformers(model.unet)


def clip(kind: type[nn.Module]) -> nn.Module:
    config = CLIPTextConfig(
        hidden_size=8,
        intermediate_size=16,
        num_attention_heads=2,
        num_hidden_layers=12,
        vocab_size=10,
        projection_dim=8,
    )
    with torch.device("meta"):
        return kind(config)


@pytest.mark.parametrize(("layers", "count"), [(Layers.TRANSFORMER, 72), (Layers.ATTENTION, 48)])
def test_text_names_are_those_of_a_live_encoder_with_and_without_its_outer_level(layers: Layers, count: int) -> None:
    names = text_layers(12, layers)
    assert len(names) == len(set(names)) == count
    nested, flat = clip(CLIPTextModelWithProjection), clip(CLIPTextModel)
    for name in names:
        assert isinstance(nested.get_submodule(name), nn.Linear)
        assert isinstance(flat.get_submodule(name.removeprefix("text_model.")), nn.Linear)
    wanted = (".self_attn.",) if layers is Layers.ATTENTION else (".self_attn.", ".mlp.")
    linear = {name for name, module in nested.named_modules() if isinstance(module, nn.Linear)}
    assert set(names) == {name for name in linear if any(level in name for level in wanted)}


def test_a_model_names_its_layers_as_files_do_whatever_the_live_nesting(model: StableDiffusion15) -> None:
    keys = model.lora_layers("text_encoder", Layers.TRANSFORMER)
    assert len(keys) == 2 * 6
    assert set(keys.values()) == {kohya("lora_te", name) for name in text_layers(2, Layers.TRANSFORMER)}
    nested = demo_model()
    nested.text_encoder = clip(CLIPTextModelWithProjection)
    again = nested.lora_layers("text_encoder", Layers.TRANSFORMER)
    assert {path.split(".")[0] for path in again} == {"text_model"}
    assert set(keys.values()) < set(again.values())


def test_the_names_are_the_ones_that_other_programs_know() -> None:
    """From kohya's sd-scripts; ComfyUI and A1111 look them up letter by letter."""
    names = {kohya("lora_unet", name) for name in unet_layers(SD15, Layers.TRANSFORMER)}
    assert {
        "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q",
        "lora_unet_down_blocks_2_attentions_1_transformer_blocks_0_attn2_to_out_0",
        "lora_unet_mid_block_attentions_0_proj_in",
        "lora_unet_up_blocks_3_attentions_2_transformer_blocks_0_ff_net_0_proj",
        "lora_unet_up_blocks_1_attentions_0_transformer_blocks_0_ff_net_2",
    } <= names
    texts = {kohya("lora_te", name) for name in text_layers(12, Layers.TRANSFORMER)}
    assert "lora_te_text_model_encoder_layers_11_self_attn_out_proj" in texts
    assert "lora_te_text_model_encoder_layers_0_mlp_fc1" in texts


def test_a_rank_has_as_many_parameters_as_kohyas(sd15: UNet2DConditionModel) -> None:
    """Its rank 8 in fp16 is 9.4 MB, UNet and text encoder together."""
    found = 12 * (4 * (768 + 768) + 2 * (768 + 3072))
    for name in unet_layers(sd15.config, Layers.TRANSFORMER):
        weight = sd15.get_submodule(name).weight
        found += weight.shape[0] + weight.shape[1]
    assert found == 589_824

"""The names of a model's layers that a LoRA can adapt, made from the model's config: an explicit table.

The names in a file must not depend on how a library happens to nest its modules today: transformers 5.6 dropped the
`text_model.` level from CLIPTextModel, and files named after that are unknown to ComfyUI and A1111.
Source of the names: kohya sd-scripts `networks/lora.py`, diffusers' UNet2DConditionModel.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from onetrainer_clone.state.adapter import Layers

ATTENTION = [f"{block}.{layer}" for block in ("attn1", "attn2") for layer in ("to_q", "to_k", "to_v", "to_out.0")]
FEED_FORWARD = ["ff.net.0.proj", "ff.net.2"]
TEXT_ATTENTION = [f"self_attn.{layer}_proj" for layer in ("q", "k", "v", "out")]
TEXT_MLP = ["mlp.fc1", "mlp.fc2"]


def unet_layers(config: Mapping[str, Any], layers: Layers) -> list[str]:
    """Module paths in diffusers' UNet2DConditionModel: for SD 1.5, 128 with ATTENTION and 192 with TRANSFORMER."""
    found = []
    for path, depth in _transformers(config):
        inner = ATTENTION if layers is Layers.ATTENTION else ATTENTION + FEED_FORWARD
        if layers is Layers.TRANSFORMER:
            found += [f"{path}.proj_in", f"{path}.proj_out"]
        found += [f"{path}.transformer_blocks.{i}.{name}" for i in range(depth) for name in inner]
    return found


def _transformers(config: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """The path and depth of every Transformer2DModel."""
    down, up = config["down_block_types"], config["up_block_types"]
    per_block, depths = _each(config["layers_per_block"], len(down)), config.get("transformer_layers_per_block", 1)
    depths = _each(depths, len(down))
    for i, kind in enumerate(down):
        if kind.startswith("CrossAttn"):
            yield from ((f"down_blocks.{i}.attentions.{j}", depths[i]) for j in range(per_block[i]))
    yield "mid_block.attentions.0", depths[-1]
    for i, kind in enumerate(up):
        if kind.startswith("CrossAttn"):
            count = per_block[len(down) - 1 - i] + 1
            yield from ((f"up_blocks.{i}.attentions.{j}", depths[len(down) - 1 - i]) for j in range(count))


def _each(value: int | list[int], count: int) -> list[int]:
    return [value] * count if isinstance(value, int) else list(value)


def text_layers(count: int, layers: Layers) -> list[str]:
    """Names as in files, with `text_model.`: for SD 1.5's 12 layers 48 with ATTENTION and 72 with TRANSFORMER."""
    inner = TEXT_ATTENTION if layers is Layers.ATTENTION else TEXT_ATTENTION + TEXT_MLP
    return [f"text_model.encoder.layers.{i}.{name}" for i in range(count) for name in inner]


def kohya(prefix: str, path: str) -> str:
    """'lora_unet' and 'mid_block.attentions.0.proj_in' -> 'lora_unet_mid_block_attentions_0_proj_in'."""
    return f"{prefix}_{path.replace('.', '_')}"

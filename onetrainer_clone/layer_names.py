"""The layers of a model that an adapter can adapt, made from the parts' configs alone: an explicit table.

The names in a file must not depend on how a library happens to nest its modules today: transformers 5.6 dropped the
`text_model.` level from CLIPTextModel, and files named after that are unknown to ComfyUI and A1111.
Source of the names: kohya sd-scripts `networks/lora.py`; of the sizes: diffusers' UNet2DConditionModel.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

Config = Mapping[str, Any]
ATTENTION = [f"{block}.{layer}" for block in ("attn1", "attn2") for layer in ("to_q", "to_k", "to_v", "to_out.0")]
FEED_FORWARD = ["ff.net.0.proj", "ff.net.2"]
TEXT_ATTENTION = [f"self_attn.{layer}_proj" for layer in ("q", "k", "v", "out")]
TEXT_MLP = ["mlp.fc1", "mlp.fc2"]


class Kind(Enum):
    """What a layer belongs to."""

    ATTENTION = "attention"
    MLP = "MLP"
    PROJECTION = "projection"  # proj_in and proj_out of a transformer
    RESNET = "resnet"  # also the convolutions between the blocks


@dataclass(frozen=True)
class Layer:
    """A linear layer or convolution."""

    part: str  # 'unet', 'text_encoder', 'text_encoder_2'
    path: str  # the module path in diffusers and transformers, with the text encoders' `text_model.` written out
    kind: Kind
    inputs: int
    outputs: int
    kernel: int = 0  # of a convolution, along a side; 0 is a linear layer

    @property
    def name(self) -> str:
        return f"{self.part}.{self.path}"

    @property
    def fan_in(self) -> int:
        """The inputs of one output: the columns of the weight as a matrix."""
        return self.inputs * max(self.kernel, 1) ** 2


_NEEDED = ("block_out_channels", "cross_attention_dim", "down_block_types", "layers_per_block", "up_block_types")
_NEEDED_OF_TEXT = ("hidden_size", "intermediate_size", "num_hidden_layers")


def says_all(part: str, config: Config) -> bool:
    """Whether a config holds what the table is made from."""
    return all(key in config for key in (_NEEDED if part == "unet" else _NEEDED_OF_TEXT))


def layers_of(configs: Mapping[str, Config]) -> list[Layer]:
    """Every layer of the parts: for SD 1.5 278 of the UNet (86 of them in resnets and between blocks) and 72 of the text
    encoder; for SDXL 788 (66) and 72 + 192."""
    found = []
    for part, config in configs.items():
        found += unet_layers(config) if part == "unet" else text_layers(part, config)
    return found


def unet_layers(config: Config) -> list[Layer]:
    """The layers in diffusers' UNet2DConditionModel."""
    widths, time = list(config["block_out_channels"]), _time_width(config)
    found: list[Layer] = []
    for path, channels, depth in _transformers(config):
        found += _transformer(path, channels, depth, config)
    for path, inputs, outputs in _resnets(config):
        shortcut = [Layer("unet", f"{path}.conv_shortcut", Kind.RESNET, inputs, outputs, 1)] * (inputs != outputs)
        found += [
            Layer("unet", f"{path}.conv1", Kind.RESNET, inputs, outputs, 3),
            Layer("unet", f"{path}.time_emb_proj", Kind.RESNET, time, outputs),
            Layer("unet", f"{path}.conv2", Kind.RESNET, outputs, outputs, 3),
            *shortcut,
        ]
    for i, width in enumerate(widths[:-1]):
        found.append(Layer("unet", f"down_blocks.{i}.downsamplers.0.conv", Kind.RESNET, width, width, 3))
    for i, width in enumerate(widths[:0:-1]):
        found.append(Layer("unet", f"up_blocks.{i}.upsamplers.0.conv", Kind.RESNET, width, width, 3))
    return found


def text_layers(part: str, config: Config) -> list[Layer]:
    """The layers of a CLIP text encoder: six in each of its layers."""
    width, inner = config["hidden_size"], config["intermediate_size"]
    found = []
    for i in range(config["num_hidden_layers"]):
        path = f"text_model.encoder.layers.{i}"
        found += [Layer(part, f"{path}.{name}", Kind.ATTENTION, width, width) for name in TEXT_ATTENTION]
        sizes = ((width, inner), (inner, width))
        found += [Layer(part, f"{path}.{name}", Kind.MLP, *size) for name, size in zip(TEXT_MLP, sizes, strict=True)]
    return found


def _transformer(path: str, channels: int, depth: int, config: Config) -> Iterator[Layer]:
    """The layers of a Transformer2DModel."""
    kernel, text = 0 if config.get("use_linear_projection") else 1, config["cross_attention_dim"]
    yield Layer("unet", f"{path}.proj_in", Kind.PROJECTION, channels, channels, kernel)
    yield Layer("unet", f"{path}.proj_out", Kind.PROJECTION, channels, channels, kernel)
    for i in range(depth):
        for name in ATTENTION:
            inputs = text if name in ("attn2.to_k", "attn2.to_v") else channels
            yield Layer("unet", f"{path}.transformer_blocks.{i}.{name}", Kind.ATTENTION, inputs, channels)
        sizes = ((channels, 8 * channels), (4 * channels, channels))  # the first half gates the second (GEGLU)
        for name, size in zip(FEED_FORWARD, sizes, strict=True):
            yield Layer("unet", f"{path}.transformer_blocks.{i}.{name}", Kind.MLP, *size)


def _transformers(config: Config) -> Iterator[tuple[str, int, int]]:
    """The path, width and depth of every Transformer2DModel."""
    down, up, widths = config["down_block_types"], config["up_block_types"], config["block_out_channels"]
    per_block, depths = _each(config["layers_per_block"], len(down)), config.get("transformer_layers_per_block") or 1
    depths = _each(depths, len(down))
    for i, kind in enumerate(down):
        if kind.startswith("CrossAttn"):
            yield from ((f"down_blocks.{i}.attentions.{j}", widths[i], depths[i]) for j in range(per_block[i]))
    yield "mid_block.attentions.0", widths[-1], depths[-1]
    for i, kind in enumerate(up):
        mirrored = len(down) - 1 - i
        if kind.startswith("CrossAttn"):
            names = (f"up_blocks.{i}.attentions.{j}" for j in range(per_block[mirrored] + 1))
            yield from ((name, widths[mirrored], depths[mirrored]) for name in names)


def _resnets(config: Config) -> Iterator[tuple[str, int, int]]:
    """The path, input and output channels of every ResnetBlock2D. Going up, each reads what its mirror image put out."""
    widths = list(config["block_out_channels"])
    per_block = _each(config["layers_per_block"], len(widths))
    skipped, before = [widths[0]], widths[0]
    for i, width in enumerate(widths):
        for j in range(per_block[i]):
            yield f"down_blocks.{i}.resnets.{j}", before, width
            before = width
            skipped.append(width)
        if i < len(widths) - 1:
            skipped.append(width)
    yield "mid_block.resnets.0", before, before
    yield "mid_block.resnets.1", before, before
    for i, width in enumerate(reversed(widths)):
        for j in range(per_block[len(widths) - 1 - i] + 1):
            yield f"up_blocks.{i}.resnets.{j}", before + skipped.pop(), width
            before = width


def _time_width(config: Config) -> int:
    """The width of the time embedding that every resnet reads."""
    return int(config.get("time_embedding_dim") or 4 * config["block_out_channels"][0])


def _each(value: int | Sequence[int], count: int) -> list[int]:
    return [value] * count if isinstance(value, int) else list(value)

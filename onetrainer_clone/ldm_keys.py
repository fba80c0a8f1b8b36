"""The original (LDM, sgm) names of a model's weights beside those of diffusers and transformers: one table, both ways.

Made from the parts' configs, so it holds for any block structure of Stable Diffusion 1.x and SDXL. `text_model.` is
written out in every name of a text encoder, also where the live module has no such level.
Sources of the names: CompVis/stable-diffusion `ldm/modules/diffusionmodules/` (openaimodel.py, model.py),
mlfoundations/open_clip `transformer.py`, diffusers' `loaders/single_file_utils.py`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any

from onetrainer_clone.families import PREFIXES, Family, Shapes

Config = Mapping[str, Any]


class Form(Enum):
    """How the original holds what the other names hold."""

    SAME = auto()
    CONV = auto()  # a 1x1 convolution [out, in, 1, 1], here a linear layer [out, in]
    TRANSPOSED = auto()
    STACKED = auto()  # several tensors one below the other: query, key, value


@dataclass(frozen=True)
class Entry:
    original: str
    names: tuple[str, ...]
    form: Form = Form.SAME


def table(family: Family, configs: Mapping[str, Config]) -> dict[str, list[Entry]]:
    """Every entry of each part that a file of this family holds. configs: of 'unet', 'vae', 'text_encoder' ..."""
    return {part: part_table(family, part, configs[part]) for part in PREFIXES[family]}


def part_table(family: Family, part: str, config: Config) -> list[Entry]:
    """Of one part."""
    makers = {"unet": unet, "vae": vae, "text_encoder": clip, "text_encoder_2": open_clip}
    prefix = PREFIXES[family][part]
    return [replace(entry, original=prefix + entry.original) for entry in makers[part](config)]


def stored_name(original: str, shapes: Shapes) -> str:
    """The name in the file: some of 2022 have no `text_model.` level."""
    short = original.replace(".transformer.text_model.", ".transformer.")
    return short if original not in shapes and short in shapes else original


_RESNET = {"in_layers.0": "norm1", "in_layers.2": "conv1", "emb_layers.1": "time_emb_proj"}
_RESNET |= {"out_layers.0": "norm2", "out_layers.3": "conv2"}
_VAE_RESNET = {name: name for name in ("norm1", "conv1", "norm2", "conv2")}
_UNET_ENDS = {"time_embed.0": "time_embedding.linear_1", "time_embed.2": "time_embedding.linear_2"}
_UNET_ENDS |= {"input_blocks.0.0": "conv_in", "out.0": "conv_norm_out", "out.2": "conv_out"}
_SIZES = {"label_emb.0.0": "add_embedding.linear_1", "label_emb.0.2": "add_embedding.linear_2"}
_WITHOUT_BIAS = ["to_q", "to_k", "to_v"]


def unet(config: Config) -> Iterator[Entry]:
    """UNet2DConditionModel: 686 entries for SD 1.5, 1680 for SDXL."""
    for original, name in (_UNET_ENDS | (_SIZES if config.get("addition_embed_type") == "text_time" else {})).items():
        yield from _layer(original, name)
    down, up, channels = config["down_block_types"], config["up_block_types"], config["block_out_channels"]
    layers = _each(config["layers_per_block"], len(down))
    depths = _each(config.get("transformer_layers_per_block") or 1, len(down))
    place, width, skips = 1, channels[0], [channels[0]]  # the place in input_blocks; channels now; and of every skip
    for i, kind in enumerate(down):
        for j in range(layers[i]):
            yield from _resnet(f"input_blocks.{place}.0", f"down_blocks.{i}.resnets.{j}", width != channels[i])
            if kind.startswith("CrossAttn"):
                yield from _transformer(f"input_blocks.{place}.1", f"down_blocks.{i}.attentions.{j}", depths[i])
            place, width = place + 1, channels[i]
            skips.append(width)
        if i + 1 < len(down):
            yield from _layer(f"input_blocks.{place}.0.op", f"down_blocks.{i}.downsamplers.0.conv")
            place += 1
            skips.append(width)
    yield from _resnet("middle_block.0", "mid_block.resnets.0", False)
    yield from _transformer("middle_block.1", "mid_block.attentions.0", depths[-1])
    yield from _resnet("middle_block.2", "mid_block.resnets.1", False)
    place = 0
    for i, kind in enumerate(up):
        mirrored = len(down) - 1 - i
        for j in range(layers[mirrored] + 1):
            joined, width = width + skips.pop(), channels[mirrored]
            yield from _resnet(f"output_blocks.{place}.0", f"up_blocks.{i}.resnets.{j}", joined != width)
            if kind.startswith("CrossAttn"):
                yield from _transformer(f"output_blocks.{place}.1", f"up_blocks.{i}.attentions.{j}", depths[mirrored])
            place += 1
        if mirrored:  # behind the last resnet, and behind its attention where there is one
            behind = 2 if kind.startswith("CrossAttn") else 1
            yield from _layer(f"output_blocks.{place - 1}.{behind}.conv", f"up_blocks.{i}.upsamplers.0.conv")


def vae(config: Config) -> Iterator[Entry]:
    """AutoencoderKL: 248 entries for SD 1.5 and SDXL. The original counts the decoder's blocks from the picture's end."""
    channels, layers = config["block_out_channels"], config["layers_per_block"]
    for side in ("encoder", "decoder"):
        for original, name in (("conv_in", "conv_in"), ("norm_out", "conv_norm_out"), ("conv_out", "conv_out")):
            yield from _layer(f"{side}.{original}", f"{side}.{name}")
        yield from _vae_middle(f"{side}.mid", f"{side}.mid_block")
    yield from _layer("quant_conv", "quant_conv")
    yield from _layer("post_quant_conv", "post_quant_conv")
    width, last = channels[0], len(channels) - 1
    for i, wanted in enumerate(channels):
        for j in range(layers):
            original, name = f"encoder.down.{i}.block.{j}", f"encoder.down_blocks.{i}.resnets.{j}"
            yield from _resnet(original, name, width != wanted, _VAE_RESNET, "nin_shortcut")
            width = wanted
        if i < last:
            yield from _layer(f"encoder.down.{i}.downsample.conv", f"encoder.down_blocks.{i}.downsamplers.0.conv")
    for i, wanted in enumerate(reversed(channels)):
        for j in range(layers + 1):
            original, name = f"decoder.up.{last - i}.block.{j}", f"decoder.up_blocks.{i}.resnets.{j}"
            yield from _resnet(original, name, width != wanted, _VAE_RESNET, "nin_shortcut")
            width = wanted
        if i < last:
            yield from _layer(f"decoder.up.{last - i}.upsample.conv", f"decoder.up_blocks.{i}.upsamplers.0.conv")


def clip(config: Config) -> Iterator[Entry]:
    """CLIPTextModel, which the original holds by the same names: 196 entries for CLIP-L."""
    for name in ("token_embedding", "position_embedding"):
        yield from _layer(f"text_model.embeddings.{name}", f"text_model.embeddings.{name}", bias=False)
    for i in range(config["num_hidden_layers"]):
        attention = [f"self_attn.{layer}_proj" for layer in ("q", "k", "v", "out")]
        for name in ("layer_norm1", *attention, "layer_norm2", "mlp.fc1", "mlp.fc2"):
            yield from _layer(f"text_model.encoder.layers.{i}.{name}", f"text_model.encoder.layers.{i}.{name}")
    yield from _layer("text_model.final_layer_norm", "text_model.final_layer_norm")


def open_clip(config: Config) -> Iterator[Entry]:
    """CLIPTextModelWithProjection, in the original OpenCLIP's: 389 entries of 517 tensors for bigG."""
    yield from _layer("token_embedding", "text_model.embeddings.token_embedding", bias=False)
    yield Entry("positional_embedding", ("text_model.embeddings.position_embedding.weight",))
    for i in range(config["num_hidden_layers"]):
        original, name = f"transformer.resblocks.{i}", f"text_model.encoder.layers.{i}"
        for kind in ("weight", "bias"):
            names = tuple(f"{name}.self_attn.{layer}_proj.{kind}" for layer in ("q", "k", "v"))
            yield Entry(f"{original}.attn.in_proj_{kind}", names, Form.STACKED)
        yield from _layer(f"{original}.attn.out_proj", f"{name}.self_attn.out_proj")
        yield from _layer(f"{original}.ln_1", f"{name}.layer_norm1")
        yield from _layer(f"{original}.ln_2", f"{name}.layer_norm2")
        yield from _layer(f"{original}.mlp.c_fc", f"{name}.mlp.fc1")
        yield from _layer(f"{original}.mlp.c_proj", f"{name}.mlp.fc2")
    yield from _layer("ln_final", "text_model.final_layer_norm")
    yield Entry("text_projection", ("text_projection.weight",), Form.TRANSPOSED)


def _layer(original: str, name: str, bias: bool = True, form: Form = Form.SAME) -> Iterator[Entry]:
    yield Entry(f"{original}.weight", (f"{name}.weight",), form)
    if bias:
        yield Entry(f"{original}.bias", (f"{name}.bias",))


def _resnet(
    original: str, name: str, shortcut: bool, parts: Mapping[str, str] = _RESNET, shortcut_name: str = "skip_connection"
) -> Iterator[Entry]:
    for part, part_name in {**parts, **({shortcut_name: "conv_shortcut"} if shortcut else {})}.items():
        yield from _layer(f"{original}.{part}", f"{name}.{part_name}")


def _transformer(original: str, name: str, depth: int) -> Iterator[Entry]:
    """A Transformer2DModel, the same names in both."""
    blocks = [f"transformer_blocks.{i}" for i in range(depth)]
    inner = ["norm1", "norm2", "norm3", "ff.net.0.proj", "ff.net.2"]
    inner += [f"{attention}.{part}" for attention in ("attn1", "attn2") for part in (*_WITHOUT_BIAS, "to_out.0")]
    for part in ("norm", "proj_in", *(f"{block}.{part}" for block in blocks for part in inner), "proj_out"):
        yield from _layer(f"{original}.{part}", f"{name}.{part}", bias=not part.endswith(tuple(_WITHOUT_BIAS)))


def _vae_middle(original: str, name: str) -> Iterator[Entry]:
    yield from _resnet(f"{original}.block_1", f"{name}.resnets.0", False, _VAE_RESNET)
    yield from _resnet(f"{original}.block_2", f"{name}.resnets.1", False, _VAE_RESNET)
    yield from _layer(f"{original}.attn_1.norm", f"{name}.attentions.0.group_norm")
    for part, part_name in (("q", "to_q"), ("k", "to_k"), ("v", "to_v"), ("proj_out", "to_out.0")):
        yield from _layer(f"{original}.attn_1.{part}", f"{name}.attentions.0.{part_name}", form=Form.CONV)


def _each(value: int | list[int], count: int) -> list[int]:
    return [value] * count if isinstance(value, int) else list(value)

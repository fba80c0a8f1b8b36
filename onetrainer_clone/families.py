"""Which kind of file a set of weights is, told from their names and shapes alone.

Sources: diffusers' `loaders/single_file_utils.py` (checkpoints), SimpleTuner `save_hooks.py` (the empty tensors `v_pred`
and `ztsnr`), kohya sd-scripts (LoRA and embedding files), StabilityAI/ModelSpec (`modelspec.prediction_type`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

Shapes = Mapping[str, Sequence[int]]


class Family(Enum):
    """The value is how a sentence calls it: 'this is ...'."""

    SD15 = "a Stable Diffusion 1.x checkpoint"
    SD15_INPAINTING = "a Stable Diffusion 1.x inpainting checkpoint"
    SD2 = "a Stable Diffusion 2 checkpoint"
    SDXL = "an SDXL checkpoint"
    SDXL_INPAINTING = "an SDXL inpainting checkpoint"
    SDXL_REFINER = "an SDXL refiner checkpoint"
    SD3_OR_FLUX = "a checkpoint of a transformer model such as SD 3 or Flux"
    EDITING = "an editing or depth checkpoint"
    CONTROLNET = "a ControlNet"
    LORA = "a LoRA"
    EMBEDDING = "an embedding"
    VAE = "a VAE alone"
    DIFFUSERS_PART = "one part out of a diffusers folder"
    UNKNOWN = "no kind of file that is known here"


UNET = "model.diffusion_model."
VAE = "first_stage_model."
_SD1 = {"unet": UNET, "vae": VAE, "text_encoder": "cond_stage_model.transformer."}
_XL = {
    "unet": UNET,
    "vae": VAE,
    "text_encoder": "conditioner.embedders.0.transformer.",
    "text_encoder_2": "conditioner.embedders.1.model.",
}
PREFIXES = {Family.SD15: _SD1, Family.SD15_INPAINTING: _SD1, Family.SDXL: _XL, Family.SDXL_INPAINTING: _XL}

# The families that can be trained -> the plain one of the same kind, which is the name of the model's type.
BASES = {
    Family.SD15: Family.SD15,
    Family.SD15_INPAINTING: Family.SD15,
    Family.SDXL: Family.SDXL,
    Family.SDXL_INPAINTING: Family.SDXL,
}
NATIVE_PIXELS = {Family.SD15: 512, Family.SDXL: 1024}  # the side of the squares that the families were trained on
INPAINTING = {Family.SD15: Family.SD15_INPAINTING, Family.SDXL: Family.SDXL_INPAINTING}
_LORA_MARKS = (
    *(".lora_down.", ".lora_up.", ".lora_A.", ".lora_B.", ".lora.down.", ".lora.up."),
    *(".hada_w1_", ".lokr_w", ".oft_blocks", ".oft_diag"),
)
_EMBEDDINGS = ({"emb_params"}, {"emp_params"}, {"string_to_param"}, {"clip_l", "clip_g"})
_TRANSFORMERS = ("double_blocks.", "joint_blocks.", "single_transformer_blocks.", "patchify_proj.")


@dataclass(frozen=True)
class Kind:
    family: Family
    v_prediction: bool  # as the file itself says; not every file says it
    zero_terminal_snr: bool


def kind_of(shapes: Shapes, metadata: Mapping[str, str] | None = None) -> Kind:
    """The kind of a file. shapes: of every tensor, by name. metadata: of a safetensors file."""
    said = (metadata or {}).get("modelspec.prediction_type", "").lower().replace("-", "_")
    marked = "v_pred" in shapes or said in ("v", "v_prediction", "v_pred")
    return Kind(family_of(shapes), marked, "ztsnr" in shapes)


def family_of(shapes: Shapes) -> Family:
    """The family that the tensors' names and shapes tell."""
    entry = shapes.get(f"{UNET}input_blocks.0.0.weight")
    if entry is None or len(entry) != 4:
        return _without_unet(shapes)
    family = _by_text(shapes)
    if entry[1] == 9:
        return INPAINTING.get(family, Family.EDITING)
    return Family.EDITING if entry[1] not in (4, 9) else family


def _by_text(shapes: Shapes) -> Family:
    """By the text encoders; for a UNet alone by the width of the text that it reads."""
    for prefix, family in (
        ("conditioner.embedders.1.model.", Family.SDXL),
        ("conditioner.embedders.0.transformer.", Family.SDXL),
        ("conditioner.embedders.0.model.", Family.SDXL_REFINER),
        ("cond_stage_model.model.", Family.SD2),
        ("cond_stage_model.transformer.", Family.SD15),
    ):
        if any(name.startswith(prefix) for name in shapes):
            return family
    widths = {768: Family.SD15, 1024: Family.SD2, 1280: Family.SDXL_REFINER, 2048: Family.SDXL}
    read = (shape[-1] for name, shape in shapes.items() if name.endswith(".attn2.to_k.weight"))
    return widths.get(next(read, 0), Family.UNKNOWN)


def _without_unet(shapes: Shapes) -> Family:
    if any(mark in name for name in shapes for mark in _LORA_MARKS):
        return Family.LORA
    if set(shapes) in _EMBEDDINGS or (any(name.startswith("string_to_param.") for name in shapes)):
        return Family.EMBEDDING
    if any(name.removeprefix(UNET).startswith(_TRANSFORMERS) for name in shapes):
        return Family.SD3_OR_FLUX
    ends = [end for end in ("encoder.conv_in.weight", "decoder.conv_in.weight") if end in shapes or VAE + end in shapes]
    if len(ends) == 2:
        return Family.VAE
    if any(name.startswith(("control_model.", "controlnet_", "input_hint_block.")) for name in shapes):
        return Family.CONTROLNET
    if any(name.startswith(("down_blocks.", "text_model.encoder.", "encoder.layers.")) for name in shapes):
        return Family.DIFFUSERS_PART
    return Family.UNKNOWN


def holds(shapes: Shapes, part: str, family: Family) -> bool:
    """Whether a checkpoint holds anything of a part: 'vae', 'text_encoder' ..."""
    return any(name.startswith(PREFIXES[family][part]) for name in shapes)

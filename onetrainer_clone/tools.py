"""What the tools for files ask of a person: each declared once, for the window's form and for the command line alike.

The work itself is in `modules/tools`, what keeps a tool from working in `tool_checks`. `TOOLS` lists them in the order in
which they are shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from onetrainer_clone.drawing import LoraFile
from onetrainer_clone.settings import Choice, Settings, setting, when
from onetrainer_clone.state.common import Dtype
from onetrainer_clone.state.saving import LoraLayout, ModelLayout


class Form(Choice):
    ORIGINAL = (
        "ORIGINAL",
        "A1111, Forge, ComfyUI",
        "A model as one file in the original layout, a LoRA with kohya's keys, an embedding as safetensors.",
    )
    DIFFUSERS = (
        "DIFFUSERS",
        "diffusers",
        "A model as a folder of parts, a LoRA with PEFT's keys, an embedding under its token's name.",
    )
    PT = "PT", "A1111 .pt", "The older file of an SD 1.5 embedding."


class StoredAs(Choice):
    KEEP = "KEEP", "as it is", "The type that the source has."
    FP32 = Dtype.FP32.value, Dtype.FP32.label, Dtype.FP32.tip
    FP16 = Dtype.FP16.value, Dtype.FP16.label, "Half the size of float32; what most files are shared in."
    BF16 = Dtype.BF16.value, Dtype.BF16.label, "Half the size of float32; full range, coarse steps."


class Measure(Choice):
    RANK = "RANK", "Fixed rank", "Every layer gets the same rank."
    ENERGY = "ENERGY", "Share kept", "Every layer gets the smallest rank that keeps this share of its change."


def _target(tip: str) -> str:
    found: str = setting("", "Target", tip, kind="save", basic=True)
    return found


def _overwrite() -> bool:
    found: bool = setting(False, "Overwrite", "Replaces the target where it is there already; never a source.")
    return found


def _dtype() -> StoredAs:
    found: StoredAs = setting(StoredAs.KEEP, "Save as", "The type of the weights in the new file.")
    return found


class Convert(Settings):
    source: str = setting(
        "", "Source", "A model (file or folder), a LoRA or an embedding.", kind="path", holds="weights", basic=True
    )
    target: str = _target("The new file; for a model in diffusers' layout the new folder.")
    form: Form = setting(Form.ORIGINAL, "For", "The programs that are to read it.", basic=True)
    dtype: StoredAs = _dtype()
    vae: str = setting(
        "", "Other VAE", "A VAE to put into the model.", kind="path", holds="model", empty="the model's own"
    )
    token: str = setting(
        "", "Token", "What an embedding is called inside the file.", empty="the file's name",
        when=when("form", Form.DIFFUSERS, Form.PT),
    )  # fmt: skip
    overwrite: bool = _overwrite()


class Merge(Settings):
    model: str = setting(
        "", "Model", "A model file or folder, which stays as it is.", kind="path", holds="model", basic=True
    )
    target: str = _target("The new model file; in diffusers' layout the new folder.")
    loras: tuple[LoraFile, ...] = setting(
        (), "LoRA files", "Merged one after the other, each at its strength.", basic=True
    )
    layout: ModelLayout = setting(ModelLayout.SINGLE_FILE, "Layout", "How the new model is kept.")
    dtype: StoredAs = _dtype()
    vae: str = setting(
        "", "Other VAE", "A VAE to put into the model.", kind="path", holds="model", empty="the model's own"
    )
    overwrite: bool = _overwrite()


class Extract(Settings):
    base: str = setting(
        "", "Base model", "The model that the LoRA is to be used with.", kind="path", holds="model", basic=True
    )
    tuned: str = setting(
        "", "Tuned model", "A model that was trained from the base model.", kind="path", holds="model", basic=True
    )
    target: str = _target("The new LoRA file.")
    measure: Measure = setting(Measure.RANK, "Size by", "What decides on the rank of a layer.", basic=True)
    rank: int = setting(32, "Rank", "Of every layer, and the most with 'Share kept'.", ge=1, le=2048, basic=True)
    energy: float = setting(
        0.9, "Share kept", "Of the squared change of each layer.", gt=0, le=1, when=when("measure", Measure.ENERGY)
    )
    convs: bool = setting(False, "Convolutions", "Also the convolutions of the UNet: a larger, more exact file.")
    conv_rank: int = setting(16, "Rank of convolutions", "Of those of 3x3.", ge=1, le=2048, when=when("convs"))
    text_encoders: bool = setting(True, "Text encoders", "Also what the text encoders have learned.")
    layout: LoraLayout = setting(LoraLayout.KOHYA, "Layout", "What the weights in the new file are called.")
    dtype: Dtype = setting(Dtype.FP16, "Save as", "The type of the weights in the file.")
    overwrite: bool = _overwrite()


class Resize(Settings):
    source: str = setting("", "Source", "A LoRA file.", kind="file", holds="lora", basic=True)
    target: str = _target("The new LoRA file.")
    measure: Measure = setting(Measure.RANK, "Size by", "What decides on the new rank of a layer.", basic=True)
    rank: int = setting(8, "Rank", "Of every layer, and the most with 'Share kept'.", ge=1, le=2048, basic=True)
    energy: float = setting(
        0.95, "Share kept", "Of the squared change of each layer.", gt=0, le=1, when=when("measure", Measure.ENERGY)
    )
    layout: LoraLayout = setting(LoraLayout.KOHYA, "Layout", "What the weights in the new file are called.")
    dtype: StoredAs = _dtype()
    overwrite: bool = _overwrite()


class Inspect(Settings):
    source: str = setting(
        "", "File", "A model, a LoRA or an embedding; nothing in it is run.", kind="path", holds="weights", basic=True
    )
    norms: bool = setting(
        True, "Look at the weights", "Reads every weight: norms per block, and whether NaN or infinity is among them."
    )


ToolSettings = Convert | Merge | Extract | Resize | Inspect


@dataclass(frozen=True)
class Tool:
    name: str
    label: str
    tip: str
    settings: type[ToolSettings]


TOOLS: Sequence[Tool] = (
    Tool("convert", "Convert", "A model, LoRA or embedding for other programs, or in another type", Convert),
    Tool("merge", "Merge LoRA", "A new model with LoRA files merged into it", Merge),
    Tool("extract", "Extract LoRA", "A LoRA from the difference of two models", Extract),
    Tool("resize", "Resize LoRA", "A LoRA of another rank that does nearly the same", Resize),
    Tool("inspect", "Inspect", "What a file is and holds", Inspect),
)
BESIDE = (Inspect,)  # need so little memory that they may work beside a run

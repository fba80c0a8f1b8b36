"""The Training tab: how long, how big, how exact."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from onetrainer_clone import model_files
from onetrainer_clone.settings import Choice, Problem, Settings, group, setting, when
from onetrainer_clone.state.common import Dtype, Every, StopAfter
from onetrainer_clone.state.method import OF_MODEL, PARTS, Method
from onetrainer_clone.state.model import ModelType

if TYPE_CHECKING:
    from onetrainer_clone.state import TrainingState


class Length(Choice):
    EPOCHS = "EPOCHS", "Epochs", "The run ends after so many epochs."
    STEPS = "STEPS", "Steps", "The run ends after so many optimizer steps, in the middle of an epoch if need be."


class Device(Choice):
    AUTO = "AUTO", "Automatic", "A GPU where there is one, else the CPU."
    CPU = "CPU", "CPU"
    CUDA = "CUDA", "NVIDIA GPU"


class PriorCopy(Choice):
    DEVICE = "DEVICE", "on the device", "Exact and fast; takes the GPU's memory."
    RAM = "RAM", "in RAM", "Exact; comes over for each step that needs it, which takes time."
    BF16_DEVICE = "BF16_DEVICE", "in bfloat16 on the device", "Half the memory; the base is coarser than it was."
    BF16_RAM = (
        "BF16_RAM",
        "in bfloat16 in RAM",
        "The least memory; coarser, and comes over for each step that needs it.",
    )


class BucketStep(Choice):
    S64 = "64", "64 px", "What Stable Diffusion models were trained with."
    S32 = "32", "32 px"
    S16 = "16", "16 px"
    S8 = "8", "8 px", "The finest that a VAE with factor 8 allows."


class Ema(Settings):
    enabled: bool = setting(False, "EMA", "Keeps a running average of the weights; it is what gets saved.", basic=True)
    decay: float = setting(
        0.999, "EMA decay", "Averages over about 1/(1-decay) steps; higher is smoother and slower. "
        "It warms up, so that short runs are not held back.", ge=0.5, lt=1, when=when("enabled"),
    )  # fmt: skip
    every: int = setting(
        1,
        "EMA every",
        "Updates every so many steps, with decay to that power.",
        unit="steps",
        ge=1,
        le=1000,
        when=when("enabled"),
    )


class TrainingSettings(Settings):
    length: Length = setting(Length.EPOCHS, "Length in", "What ends the run.", basic=True)
    epochs: int = setting(
        100,
        "Epochs",
        "Rounds through the concepts.",
        ge=1,
        le=1_000_000,
        basic=True,
        when=when("length", Length.EPOCHS),
    )
    steps: int = setting(
        1000, "Steps", "Optimizer steps.", ge=1, le=100_000_000, basic=True, when=when("length", Length.STEPS)
    )
    batch_size: int = setting(
        1, "Batch size", "Pictures per forward pass; more need more memory.", ge=1, le=4096, basic=True
    )
    accumulation: int = setting(
        1,
        "Gradient accumulation",
        "Batches per optimizer step: a larger batch for more time instead of memory.",
        ge=1,
        le=4096,
    )
    resolution: int = setting(
        512,
        "Resolution",
        "Pictures are trained at about this many pixels squared.",
        unit="px",
        ge=16,
        le=8192,
        basic=True,
    )
    bucket_step: BucketStep = setting(
        BucketStep.S64, "Bucket step", "Widths and heights of the aspect-ratio buckets are multiples of this."
    )
    background: str = setting(
        "#ffffff", "Background", "Laid under transparent pictures.", kind="colour", pattern=r"^#[0-9a-fA-F]{6}$"
    )
    unet: bool = setting(True, "Train the UNet", "The part that draws.", basic=True, when=when("/method", *OF_MODEL))
    text_encoder: bool = setting(
        True, "Train the text encoder", "The part that reads; helps a new word to be understood.", basic=True,
        when=when("/method", *OF_MODEL),
    )  # fmt: skip
    text_encoder_2: bool = setting(
        True, "Train text encoder 2", "The larger of SDXL's two text encoders.", basic=True,
        when=when("/model.type", ModelType.SDXL),
    )  # fmt: skip
    unet_stop: StopAfter = group(
        StopAfter, "Stop the UNet", "The UNet can stay as it is from then on.", when=when("unet")
    )
    text_encoder_stop: StopAfter = group(
        StopAfter, "Stop the text encoder", "It learns faster than the UNet, so it is often stopped earlier.",
        when=when("text_encoder"),
    )  # fmt: skip
    text_encoder_2_stop: StopAfter = group(
        StopAfter, "Stop text encoder 2", "As for the first text encoder.", when=when("/model.type", ModelType.SDXL)
    )
    prior_copy: PriorCopy = setting(
        PriorCopy.DEVICE, "Base model for prior prediction", "Where a fine-tune keeps the model as it was, for concepts in "
        "PRIOR_PREDICTION mode; without any there is no copy.", when=when("/method", Method.FINE_TUNE),
    )  # fmt: skip
    seed: int = setting(0, "Seed", "The same seed and settings give the same run.", ge=0, lt=2**63)
    train_dtype: Dtype = setting(Dtype.FP32, "Train in", "The type that the forward and backward passes compute in.")
    gradient_checkpointing: bool = setting(False, "Gradient checkpointing", "Less memory, about a third more time.")
    clip_norm: float = setting(
        1.0, "Clip gradient norm", "Longer gradients are shortened to this; 0 leaves them.", ge=0
    )
    ema: Ema = group(Ema, "EMA")
    validate_every: Every = group(Every, "Validation", "How often the loss of the validation concepts is measured.")
    device: Device = setting(Device.AUTO, "Device", "Where the training runs.")
    threads: int | None = setting(
        None, "CPU threads", "How many threads torch computes with on the CPU.", ge=1, le=256, empty="automatic"
    )

    def step_problem(self, factor: int) -> str:
        """Why the bucket step does not fit a VAE with so many pixels per latent; empty where it does."""
        step = int(self.bucket_step.value)
        if step % factor == 0:
            return ""
        message = f"{step} px is not a multiple of {factor}, the pixels per latent of this model's VAE"
        return f"{message}: choose {factor} px or more"

    def resolution_problem(self, resolution: int) -> str:
        """Why a resolution does not fit the bucket step; empty where it does."""
        step = int(self.bucket_step.value)
        if resolution % step == 0:
            return ""
        near = [str(value) for value in (resolution // step * step, -(-resolution // step) * step) if value > 0]
        finer = "" if step == 8 else ", or choose a finer bucket step, down to 8"
        return f"{resolution} is not a multiple of {step} (the bucket step): use {' or '.join(near)}{finer}"


def problems(state: "TrainingState") -> Iterator[Problem]:
    training = state.training
    if message := training.resolution_problem(training.resolution):
        yield Problem("training.resolution", message)
    factor = model_files.vae_factor(state.model.vae or state.model.source) if state.model.source else None
    if factor is not None and (message := training.step_problem(factor)):
        yield Problem("training.bucket_step", message)
    yield from _dtypes(state)
    yield from _fine_tuned(state)
    if state.method is not Method.EMBEDDING and not any(switched_on(state).values()):
        yield Problem("training.unet", "neither the UNet nor a text encoder would be trained: switch one on")


def switched_on(state: "TrainingState") -> dict[str, bool]:
    """Which parts of the model are to be trained, whatever their learning rate; an embedding trains none of them."""
    if state.method is Method.EMBEDDING:
        return {}
    training = state.training
    found = {"unet": training.unet, "text_encoder": training.text_encoder}
    return found | ({"text_encoder_2": training.text_encoder_2} if state.model.type is ModelType.SDXL else {})


def stop_of(state: "TrainingState", part: str) -> StopAfter:
    """When a part's training ends; the embeddings' is among their own settings."""
    return {
        "unet": state.training.unet_stop,
        "text_encoder": state.training.text_encoder_stop,
        "text_encoder_2": state.training.text_encoder_2_stop,
    }.get(part, state.embedding.stop)


def _fine_tuned(state: "TrainingState") -> Iterator[Problem]:
    """What the weights that a fine-tune changes are held in."""
    if state.method is not Method.FINE_TUNE:
        return
    coarse = False
    for part in [part for part, on in switched_on(state).items() if on]:
        dtype = getattr(state.model, f"{part}_dtype")
        coarse |= dtype is Dtype.BF16
        if dtype is Dtype.FP16:
            message = (
                f"float16 holds nothing finer than 6e-8, so a fine-tune of the {PARTS[part]} would lose its small steps: "
                "choose bfloat16 or float32"
            )
            yield Problem(f"model.{part}_dtype", message)
    if coarse and state.training.train_dtype is Dtype.FP16:
        message = "float16 cannot train weights that are held in bfloat16: choose bfloat16 here, or float32 weights"
        yield Problem("training.train_dtype", message)
    if not coarse and not state.optimizer.stochastic_rounding:
        yield Problem("optimizer.stochastic_rounding", "has no effect: no trained weights are bfloat16", "note")
    if state.training.prior_copy is not PriorCopy.DEVICE and not state.keeps_prior:
        message = "has no effect: no concept is in PRIOR_PREDICTION mode, so there is no copy"
        yield Problem("training.prior_copy", message, "note")


def _dtypes(state: "TrainingState") -> Iterator[Problem]:
    """Without autocast a part computes in its own weights' type, whatever is said about the training's."""
    if state.training.train_dtype is not Dtype.FP32:
        return
    for part, dtype in state.model.held_in.items():
        if dtype is not Dtype.FP32:
            message = f"is float32, but the {PARTS[part]}'s weights are {dtype.label} and would compute in that"
            yield Problem("training.train_dtype", f"{message}: choose {dtype.label} here, or float32 weights")

"""The Model tab: what is trained, and how its weights are held."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from onetrainer_clone import model_files
from onetrainer_clone.settings import Choice, Problem, Settings, setting, when
from onetrainer_clone.state.common import Dtype

if TYPE_CHECKING:
    from onetrainer_clone.state import TrainingState


class ModelType(Choice):
    """The names are those of `families.Family`."""

    SD15 = "SD15", "Stable Diffusion 1.5", "Also 1.4, models made from them, and their inpainting models."
    SDXL = "SDXL", "SDXL", "Also Pony, Illustrious and other models made from it, and their inpainting models."


class Prediction(Choice):
    AUTO = "AUTO", "As the model says", "Read from the file's own markers or the folder's scheduler."
    EPSILON = "EPSILON", "Noise (epsilon)", "What most models predict."
    V_PREDICTION = "V_PREDICTION", "Velocity (v)", "Models called 'v-pred'; not every file says so."


class ZeroTerminalSnr(Choice):
    AUTO = "AUTO", "As the model says"
    ON = "ON", "On", "The last timestep is pure noise; for models that were trained so."
    OFF = "OFF", "Off"


USUAL_CLIP_SKIP = {ModelType.SD15: 1, ModelType.SDXL: 2}


class ModelSettings(Settings):
    type: ModelType = setting(ModelType.SD15, "Model type", "The family that the model belongs to.", basic=True)
    source: str = setting(
        "", "Base model",
        "A .safetensors or .ckpt file, a diffusers model folder, or the name of a model on the Hugging Face hub.",
        kind="path", holds="model", basic=True,
    )  # fmt: skip
    vae: str = setting(
        "", "Other VAE", "A VAE, file or folder, to use in place of the model's own.", kind="path", holds="model",
        empty="the model's own",
    )  # fmt: skip
    unet_dtype: Dtype = setting(Dtype.FP32, "UNet weights", "How the UNet's frozen weights are held.")
    text_encoder_dtype: Dtype = setting(
        Dtype.FP32, "Text encoder weights", "How the text encoder's frozen weights are held."
    )
    text_encoder_2_dtype: Dtype = setting(
        Dtype.FP32, "Text encoder 2 weights", "How the frozen weights of the second, larger text encoder are held.",
        when=when("type", ModelType.SDXL),
    )  # fmt: skip
    vae_dtype: Dtype = setting(
        Dtype.FP32, "VAE weights", "The VAE of some models overflows in float16; float32 is always safe."
    )
    clip_skip: int | None = setting(
        None, "Clip skip",
        "Counted as A1111 and ComfyUI do: 1 uses the text encoder's last layer, 2 the one before it.", ge=1, le=12,
        empty="as the model was made (1, for SDXL 2)",
    )  # fmt: skip
    text_windows: int = setting(
        1, "Caption windows",
        "Longer captions are read in up to so many windows of 75 tokens, as A1111 does; what is longer still is cut off.",
        ge=1, le=8,
    )  # fmt: skip
    prediction: Prediction = setting(Prediction.AUTO, "Prediction", "What the model predicts.")
    zero_terminal_snr: ZeroTerminalSnr = setting(
        ZeroTerminalSnr.AUTO, "Zero terminal SNR", "Rescales the noise schedule, in training and in samples alike."
    )

    @property
    def held_in(self) -> dict[str, Dtype]:
        """The type of the weights of every part that can be trained."""
        found = {"unet": self.unet_dtype, "text_encoder": self.text_encoder_dtype}
        return found | ({"text_encoder_2": self.text_encoder_2_dtype} if self.type is ModelType.SDXL else {})

    @property
    def layer(self) -> int:
        """The text encoder's layer that is read, counted from the last, which is 1."""
        return self.clip_skip or USUAL_CLIP_SKIP[self.type]


def problems(state: "TrainingState") -> Iterator[Problem]:
    model = state.model
    if not model.source:
        yield Problem("model.source", "choose the model to start from: a file or a diffusers model folder")
    elif message := model_files.problem(model.source):
        yield Problem("model.source", message)
    elif message := model_files.type_problem(model.source, model.type):
        yield Problem("model.type", message)
    elif message := model_files.broken(model.source):
        yield Problem("model.source", message)
    else:
        layers = model_files.text_layers(model.source)
        if layers is not None and model.layer > layers:
            yield Problem("model.clip_skip", f"must be at most {layers}, the model's text layers (was {model.layer})")
        yield from schedule_problems(model)
    if model.vae and (message := model_files.vae_problem(model.vae) or model_files.vae_misfit(model.vae, model.source)):
        yield Problem("model.vae", message)
    elif not model.vae and model_files.lacks_vae(model.source):
        yield Problem("model.vae", f"'{model.source}' holds no VAE: choose one here")
    elif model.type is ModelType.SDXL and model.vae_dtype is Dtype.FP16 and not model_files.vae_bears_fp16(model.vae):
        message = "SDXL's own VAE overflows in float16 (black samples): choose bfloat16 or float32"
        yield Problem("model.vae_dtype", f"{message}, unless this model's VAE was made for float16", "warning")
    if model.vae and not model_files.vae_problem(model.vae) and (odd := model_files.vae_stranger(model.vae, model.source)):
        yield Problem("model.vae", f"'{model.vae}' {odd}: is it for another kind of model?", "warning")


def schedule_problems(model: ModelSettings) -> Iterator[Problem]:
    """What is nonsense as far as it is known: what a model on the hub predicts is seen once it is loaded."""
    said = {Prediction.EPSILON: False, Prediction.V_PREDICTION: True}.get(model.prediction)
    predicts_v = model_files.predicts_v(model.source) if said is None else said
    said_zero = {ZeroTerminalSnr.ON: True, ZeroTerminalSnr.OFF: False}.get(model.zero_terminal_snr)
    ends_in_noise = model_files.ends_in_noise(model.source) if said_zero is None else said_zero
    if ends_in_noise and predicts_v is False:
        yield Problem("model.zero_terminal_snr", ZERO_SNR_NEEDS_V)
    if said is None and predicts_v is False and model_files.is_called_v(model.source):
        message = (
            f"'{model.source}' is called v-pred, but says nothing of it inside, so it is trained to predict the noise"
        )
        yield Problem("model.prediction", f"{message}: choose what it predicts", "warning")


ZERO_SNR_NEEDS_V = (
    "a model that predicts the noise cannot learn from pure noise, its own input: switch zero terminal SNR off, or choose "
    "velocity (v) if that is what the model predicts"
)

"""The Model tab: what is trained, and how its weights are held."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from onetrainer_clone import model_files
from onetrainer_clone.settings import Choice, Problem, Settings, setting
from onetrainer_clone.state.common import Dtype

if TYPE_CHECKING:
    from onetrainer_clone.state import TrainingState


class ModelType(Choice):
    SD15 = "SD15", "Stable Diffusion 1.5", "Also 1.4 and models fine-tuned from them."


class ModelSettings(Settings):
    type: ModelType = setting(ModelType.SD15, "Model type", "The family that the model belongs to.", basic=True)
    source: str = setting(
        "", "Base model",
        "A .safetensors or .ckpt file, a diffusers model folder, or the name of a model on the Hugging Face hub.",
        kind="path", basic=True,
    )  # fmt: skip
    vae: str = setting(
        "", "Other VAE", "A VAE, file or folder, to use in place of the model's own.", kind="path",
        empty="the model's own",
    )  # fmt: skip
    unet_dtype: Dtype = setting(Dtype.FP32, "UNet weights", "How the UNet's frozen weights are held.")
    text_encoder_dtype: Dtype = setting(
        Dtype.FP32, "Text encoder weights", "How the text encoder's frozen weights are held."
    )
    vae_dtype: Dtype = setting(
        Dtype.FP32, "VAE weights", "The VAE of some models overflows in float16; float32 is always safe."
    )
    clip_skip: int = setting(
        1, "Clip skip", "Counted as A1111 does: 1 uses the text encoder's last layer, 2 the one before it.", ge=1, le=12
    )


def problems(state: "TrainingState") -> Iterator[Problem]:
    model = state.model
    if not model.source:
        yield Problem("model.source", "choose the model to start from: a file or a diffusers model folder")
    elif message := model_files.problem(model.source):
        yield Problem("model.source", message)
    else:
        layers = model_files.text_layers(model.source)
        if layers is not None and model.clip_skip > layers:
            yield Problem(
                "model.clip_skip", f"must be at most {layers}, the model's text layers (was {model.clip_skip})"
            )
    if model.vae and (message := model_files.vae_problem(model.vae)):
        yield Problem("model.vae", message)
    elif not model.vae and model_files.lacks_vae(model.source):
        yield Problem("model.vae", f"'{model.source}' holds no VAE: choose one here")

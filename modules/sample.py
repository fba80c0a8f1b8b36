"""Pictures without training: a model with any number of LoRA files, drawn prompt by prompt."""

import torch
from PIL import Image

from modules.checkpoints.load import load_model
from modules.models.base import Model
from modules.sampling import draw_all, save_picture
from onetrainer_clone.drawing import Drawing, problems
from onetrainer_clone.events import Progressed, Sampled, Saved
from onetrainer_clone.paths import resolve
from onetrainer_clone.session import Controls, Emit
from onetrainer_clone.settings import Invalid, UserError
from onetrainer_clone.state.sampling import Prompt


def sample_pictures(drawing: Drawing, emit: Emit, controls: Controls) -> None:
    """Draw every prompt into the folder. Raises `UserError` for files that cannot be used."""
    if found := problems(drawing):
        raise Invalid(found)
    emit(Progressed("loading"))
    model = load_model(drawing.model)
    model.to(torch.device("cuda" if torch.cuda.is_available() else "cpu"))
    add_loras(model, drawing)

    def keep(index: int, prompt: Prompt, image: Image.Image) -> None:
        path = drawing.target / f"{index:03d}-seed{prompt.seed}.png"
        loras = ", ".join(f"{lora.path}:{lora.strength:g}" for lora in drawing.loras)
        save_picture(image, path, prompt, model=drawing.model.source, loras=loras)
        emit(Sampled(0, index, prompt.text, prompt.seed, "live", str(path)))

    draw_all(model, list(enumerate(drawing.prompts)), 512, emit, controls, keep)
    emit(Saved(0, str(drawing.target), final=True))


def add_loras(model: Model, drawing: Drawing) -> None:
    """Load LoRA files through diffusers, which reads kohya's and its own keys. Raises `UserError` for others."""
    if not drawing.loras:
        return
    pipeline, names = model.pipeline(None), []
    for index, lora in enumerate(drawing.loras):
        names.append(f"lora{index}")
        try:
            pipeline.load_lora_weights(str(resolve(lora.path)), adapter_name=names[-1])
        except Exception as error:
            raise UserError(f"'{lora.path}' cannot be read as a LoRA for this model: {error}") from error
        if names[-1] not in {name for part in pipeline.get_list_adapters().values() for name in part}:
            raise UserError(f"'{lora.path}' has no layers that this model knows: is it a LoRA for another model?")
    pipeline.set_adapters(names, [lora.strength for lora in drawing.loras])

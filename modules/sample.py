"""Pictures without training: a model with any number of LoRA files and embeddings, drawn prompt by prompt."""

from pathlib import Path

from PIL import Image

from modules.checkpoints.load import load_model
from modules.grid import draw_grid, embeddings_in
from modules.loras import add_files, device, teach
from modules.sampling import draw_all, save_picture, usual_size
from onetrainer_clone.drawing import Drawing, problems
from onetrainer_clone.events import Progressed, Sampled, Saved
from onetrainer_clone.session import Controls, Emit
from onetrainer_clone.settings import Invalid
from onetrainer_clone.state.sampling import Prompt


def sample_pictures(drawing: Drawing, emit: Emit, controls: Controls) -> None:
    """Draw every prompt into the folder. Raises `UserError` for files that cannot be used."""
    if found := problems(drawing):
        raise Invalid(found)
    if drawing.grid.file:
        return draw_grid(drawing, emit, controls)
    emit(Progressed("loading"))
    model = load_model(drawing.model, any_type=True)
    model.to(device())
    teach(model, add_files(model, drawing.loras, drawing.embeddings))

    drawn: list[Path] = []

    def keep(index: int, prompt: Prompt, image: Image.Image) -> None:
        path = drawing.target / f"{index:03d}-seed{prompt.seed}.png"
        loras = ", ".join(f"{lora.path}:{lora.strength:g}" for lora in drawing.loras)
        save_picture(image, path, prompt, model=drawing.model.source, loras=loras, **embeddings_in(drawing))
        drawn.append(path)
        emit(Sampled(0, index, prompt.text, prompt.seed, "live", str(path)))

    try:
        draw_all(model, list(enumerate(drawing.prompts)), usual_size(model), emit, controls, keep)
    finally:  # also of a stop: what is drawn by then stays
        if drawn:
            emit(Saved(0, str(drawing.target), final=True))

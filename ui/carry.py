"""What of a person's own work goes along when another preset is loaded: concepts, prompts and the model. Knows no Tk."""

from onetrainer_clone.state import TrainingState

DEMO = "demo:"  # the demo's pictures and model are nobody's work


def work(state: TrainingState) -> list[str]:
    """What of the person's own is in a state, in words: '2 concepts', '1 prompt', 'the base model'."""
    concepts = [concept for concept in state.concepts if not concept.path.startswith(DEMO)]
    if state.concepts and not concepts:
        return []
    found = [_counted(len(concepts), "concept"), _counted(len(state.sampling.prompts), "prompt")]
    model = state.model.source
    return [*filter(None, found), *(["the base model"] if model and not model.startswith(DEMO) else [])]


def lacks(state: TrainingState) -> bool:
    """Whether a preset is a recipe: settings that wait for somebody's pictures."""
    return not state.concepts


def carried(work: TrainingState, recipe: TrainingState) -> TrainingState:
    """The recipe with the person's concepts, and with prompts and model where it names none (of the same family)."""
    sampling, model = recipe.sampling, recipe.model
    if not sampling.prompts:
        sampling = sampling.model_copy(update={"prompts": work.sampling.prompts})
    if not model.source and work.model.type == model.type:
        model = model.model_copy(update={"source": work.model.source, "vae": model.vae or work.model.vae})
    return recipe.model_copy(update={"concepts": work.concepts, "sampling": sampling, "model": model})


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}" if number else ""

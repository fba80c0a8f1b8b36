"""Numbers that rot: what of a run is not finite, and what that means; looked for where something went wrong."""

from collections.abc import Iterator, Mapping

import torch
from PIL import Image
from torch import Tensor

from modules.data.batches import Batch
from modules.run import Run
from onetrainer_clone.paths import shown
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.common import Dtype


def rotten(tensors: Mapping[str, Tensor]) -> list[str]:
    """The names of those that hold NaN or infinity."""
    return [name for name, tensor in tensors.items() if not torch.isfinite(tensor).all()]


def cause(run: Run, batch: Batch | None = None) -> str:
    """Why a number of this run is not finite, in a sentence; empty where everything that it came from is finite."""
    return next((sentence for sentence in _causes(run, batch)), "")


def _causes(run: Run, batch: Batch | None) -> Iterator[str]:
    if batch is not None:
        fine = torch.isfinite(batch.latents).flatten(1).all(1).tolist()
        if bad := [shown(sample.picture.key) for sample, good in zip(batch.samples, fine, strict=True) if not good]:
            yield f"The latents of {', '.join(dict.fromkeys(bad))} are not finite: mend or remove the picture"
    trained = {id(parameter) for parameter in run.trained.parameters}
    for part, module in {**run.model.parts, "vae": run.model.vae}.items():
        frozen = {name: p for name, p in module.named_parameters() if id(p) not in trained}
        if bad := rotten(frozen):
            yield f"The model itself is damaged: the weights '{bad[0]}' of its {part} are not finite. Use another file of it"
    live = {name: parameter for part in run.trained.parts.values() for name, parameter in part.items()}
    if bad := rotten(live):
        yield f"The trained weights '{bad[0]}' have become infinite or NaN: the learning rate is too high"
    states = ({k: v for k, v in held.items() if isinstance(v, Tensor)} for held in run.optimizer.state.values())
    if bad := next(filter(None, map(rotten, states)), []):
        yield f"The optimizer's '{bad[0]}' have become infinite or NaN: the learning rate is too high"


def is_black(image: Image.Image) -> bool:
    """Whether nothing but black is in a picture."""
    return not any(image.convert("RGB").tobytes())


def why_black(state: TrainingState, run: Run) -> str:
    """The likely reason, in words."""
    if state.model.vae_dtype is Dtype.FP16:
        return "the VAE of many models overflows in float16: set 'VAE weights' to float32"
    return cause(run) or "if its prompt does not ask for that, the learning rate may be too high"

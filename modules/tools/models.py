"""What the tools that make whole models share: a model as its source holds it, and how the new one is written."""

from collections.abc import Mapping

import torch

from modules.checkpoints.load import load_model
from modules.checkpoints.model_weights import ModelWeights
from modules.checkpoints.save import save_model
from modules.models.base import Model
from modules.precision import DTYPES
from onetrainer_clone.events import Logged, Progressed, Saved, Warned
from onetrainer_clone.families import PREFIXES
from onetrainer_clone.paths import resolve
from onetrainer_clone.session import Controls, Emit, Stopped
from onetrainer_clone.settings import Invalid, Problem, UserError
from onetrainer_clone.state.common import Dtype
from onetrainer_clone.state.model import ModelSettings
from onetrainer_clone.state.saving import ModelLayout
from onetrainer_clone.tools import StoredAs

_FIRST = {"unet": "conv_in", "vae": "decoder.conv_in"}
_FIRST_OF_TEXT = "text_model.encoder.layers.0.mlp.fc1"
_SETTINGS = {torch_dtype: dtype for dtype, torch_dtype in DTYPES.items()}


def read_model(source: str, vae: str, wanted: StoredAs, emit: Emit) -> Model:
    """A model of any family, every part in the dtype that it is stored in, so that nothing is rounded on the way.

    Raises UserError where it cannot be read, `Invalid` where it needs another VAE.
    """
    emit(Progressed("loading"))
    weights = ModelWeights(source)
    stored = {part: _stored_dtype(weights, part) for part in PREFIXES[weights.family]}
    if narrow := [part for part, dtype in stored.items() if dtype is not None and dtype not in _SETTINGS]:
        kind = str(stored[narrow[0]]).removeprefix("torch.")
        emit(Logged(f"held as {kind}, which is read as float16: {', '.join(narrow)}"))
    dtypes = {f"{p}_dtype": _SETTINGS.get(d, Dtype.FP16) if d is not None else Dtype.FP32 for p, d in stored.items()}
    try:
        return load_model(ModelSettings(source=source, vae=vae, **dtypes), lambda m: emit(Warned(m)), any_type=True)
    except Invalid as error:
        raise Invalid(
            [Problem(problem.path.removeprefix("model."), problem.message) for problem in error.problems]
        ) from None


def _stored_dtype(weights: ModelWeights, part: str) -> torch.dtype | None:
    """Of a part, by one of its weights; None for one that is missing."""
    try:
        with weights.open(part) as get:
            return get((part, _FIRST.get(part, _FIRST_OF_TEXT))).dtype
    except UserError:
        return None


def write_model(
    target: str,
    model: Model,
    layout: ModelLayout,
    wanted: StoredAs,
    metadata: Mapping[str, str],
    emit: Emit,
    controls: Controls,
) -> None:
    """The new model, whole or not at all."""
    if controls.stopping:
        raise Stopped
    emit(Progressed("saving"))
    dtype = None if wanted is StoredAs.KEEP else DTYPES[Dtype[wanted.name]]
    save_model(resolve(target), model, layout, dtype, metadata)
    emit(Saved(0, str(resolve(target)), final=True))

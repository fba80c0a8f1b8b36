"""LoRA files on a model that is only drawn with: through diffusers, which reads kohya's and its own keys."""

from typing import Any

import torch

from modules.checkpoints.load import load_model
from modules.models.base import Model
from onetrainer_clone.drawing import Drawing, LoraFile
from onetrainer_clone.grid import Column
from onetrainer_clone.paths import resolve
from onetrainer_clone.settings import UserError

CHANGING = "changing"  # the name of the adapter that differs from column to column


def device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def add_loras(model: Model, drawing: Drawing) -> None:
    """Load the drawing's LoRA files, each at its strength. Raises `UserError` for files that are none."""
    if drawing.loras:
        pipeline = model.pipeline(None)
        pipeline.set_adapters(_add(pipeline, drawing.loras), [lora.strength for lora in drawing.loras])


def _add(pipeline: Any, loras: tuple[LoraFile, ...]) -> list[str]:
    names = [f"lora{index}" for index in range(len(loras))]
    for name, lora in zip(names, loras, strict=True):
        _load(pipeline, lora.path, name)
    return names


def _load(pipeline: Any, path: str, name: str) -> None:
    try:
        pipeline.load_lora_weights(str(resolve(path)), adapter_name=name)
    except Exception as error:
        raise UserError(f"'{path}' cannot be read as a LoRA for this model: {error}") from error
    if name not in {known for part in pipeline.get_list_adapters().values() for known in part}:
        raise UserError(f"'{path}' has no layers that this model knows: is it a LoRA for another model?")


class Changing:
    """The model of a grid: loaded once for all columns that share it; between them only the LoRA or its strength changes."""

    def __init__(self, drawing: Drawing):
        self._drawing = drawing
        self._source = self._lora = ""
        self._model: Model | None = None
        self._pipeline: Any = None
        self._fixed: list[str] = []
        self.loads = 0  # of whole models

    def wear(self, column: Column) -> Model:
        """The model as this column wants it. Raises `UserError` for files that cannot be used."""
        source = column.model or self._drawing.model.source
        if self._model is None or source != self._source:
            self._take(source)
        if column.lora != self._lora:
            if self._lora:
                self._pipeline.delete_adapters(CHANGING)
            self._lora = ""
            if column.lora:
                _load(self._pipeline, column.lora, CHANGING)
                self._lora = column.lora
        names = [*self._fixed, *([CHANGING] if self._lora else [])]
        if names:
            strengths = [lora.strength for lora in self._drawing.loras]
            self._pipeline.set_adapters(names, [*strengths, *([column.strength] if self._lora else [])])
        assert self._model is not None
        return self._model

    def _take(self, source: str) -> None:
        self._model = self._pipeline = None  # the one before goes first: two may not fit into memory
        model = load_model(self._drawing.model.model_copy(update={"source": source}), any_type=True)
        model.to(device())
        self._pipeline = model.pipeline(None)
        self._fixed = _add(self._pipeline, self._drawing.loras)
        self._model, self._source, self._lora = model, source, ""
        self.loads += 1

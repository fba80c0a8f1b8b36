"""LoRA files on a model that is only drawn with: of any layout and kind, put into its weights and taken out again."""

from collections.abc import Sequence

import torch
from torch import Tensor

from modules.checkpoints.load import load_model
from modules.checkpoints.lora import Lora, read_lora
from modules.checkpoints.lora_names import Address, names_of
from modules.models.base import Model
from modules.tools.merge import live, merge_into
from onetrainer_clone.drawing import Drawing, LoraFile
from onetrainer_clone.grid import Column
from onetrainer_clone.paths import resolve
from onetrainer_clone.session import Controls


def device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def add_loras(model: Model, files: Sequence[LoraFile]) -> None:
    """Put LoRA files into the weights, each at its strength. Raises `UserError` for files that do not fit the model."""
    _put_on(model, [(file.path, _read(model, file.path), file.strength) for file in files])


def _read(model: Model, path: str) -> Lora:
    return read_lora(resolve(path), names_of(model.parts))


def _put_on(model: Model, loras: Sequence[tuple[str, Lora, float]]) -> None:
    merge_into(model, loras, None, lambda event: None, Controls())


class Changing:
    """The model of a grid: loaded once for all columns that share it; between them only the LoRA or its strength changes."""

    def __init__(self, drawing: Drawing):
        self._drawing = drawing
        self._source = ""
        self._model: Model | None = None
        self._worn: tuple[str, float] = ("", 0.0)
        self._read: tuple[str, Lora] | None = None
        self._kept: dict[Address, Tensor] = {}  # the weights as they were, in RAM
        self.loads = 0  # of whole models

    def wear(self, column: Column) -> Model:
        """The model as this column wants it. Raises `UserError` for files that cannot be used."""
        source = column.model or self._drawing.model.source
        if self._model is None or source != self._source:
            self._model = self._take(source)
        wanted = (column.lora, column.strength if column.lora else 0.0)
        if wanted != self._worn:
            self._take_off(self._model)
            if column.lora:
                self._wear_lora(self._model, *wanted)
            self._worn = wanted
        return self._model

    def _wear_lora(self, model: Model, path: str, strength: float) -> None:
        if self._read is None or self._read[0] != path:
            self._read = (path, _read(model, path))
        lora = self._read[1]
        self._kept = {address: live(model.parts[address[0]], address).weight.data.cpu() for address in lora.modules}
        _put_on(model, [(path, lora, strength)])

    def _take_off(self, model: Model) -> None:
        for address, weight in self._kept.items():
            live(model.parts[address[0]], address).weight.data = weight.to(model.device)
        self._kept = {}

    def _take(self, source: str) -> Model:
        self._model, self._kept, self._read = None, {}, None  # the one before goes first: two may not fit into memory
        model = load_model(self._drawing.model.model_copy(update={"source": source}), any_type=True)
        model.to(device())
        add_loras(model, self._drawing.loras)
        self._source, self._worn = source, ("", 0.0)
        self.loads += 1
        return model

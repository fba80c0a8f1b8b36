"""LoRA files and embeddings on a model that is only drawn with: of any layout and kind, put on and taken off again."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from modules.checkpoints.live_names import names_of
from modules.checkpoints.load import load_model
from modules.checkpoints.lora import Lora, read_lora
from modules.models.base import Model
from modules.tools.merge import live, merge_into
from modules.words import Vectors, Words, read_vectors, require_fit
from onetrainer_clone.drawing import Drawing, EmbeddingFile, LoraFile
from onetrainer_clone.grid import Called, Column, Worn
from onetrainer_clone.lora_names import Address
from onetrainer_clone.paths import resolve
from onetrainer_clone.session import Controls

NOTHING: tuple[tuple[Worn, ...], tuple[Called, ...]] = ((), ())  # LoRA files and embeddings of a column without any


def device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def add_files(model: Model, loras: Sequence[LoraFile], embeddings: Sequence[EmbeddingFile]) -> dict[str, Vectors]:
    """Put LoRA files into the weights, each at its strength, and read the words of embeddings and of these LoRA files.

    Raises `UserError` for files that do not fit the model. The words are for `teach`.
    """
    read = [(file.path, _read(model, file.path), file.strength) for file in loras]
    _put_on(model, read)
    words: dict[str, Vectors] = {}
    for path, lora, _ in read:
        words |= bundled_words(model, path, lora)
    for file in embeddings:
        words |= dict.fromkeys(file.words, read_vectors(resolve(file.path), model))
    return words


def bundled_words(model: Model, path: str, lora: Lora) -> dict[str, Vectors]:
    """The words inside a LoRA's file. Raises `UserError` where they do not fit the model."""
    for word, vectors in lora.words.items():
        require_fit(vectors, model, f"the word '{word}' in '{path}'")
    return dict(lora.words)


def teach(model: Model, words: Mapping[str, Vectors]) -> Words | None:
    """Let prompts use these words (capitals do not count; a later one of the same spelling holds)."""
    spelled = {word.lower(): vectors for word, vectors in words.items()}
    return Words(model, spelled) if spelled else None


def _read(model: Model, path: str) -> Lora:
    return read_lora(resolve(path), names_of(model.parts))


def _put_on(model: Model, loras: Sequence[tuple[str, Lora, float]]) -> None:
    merge_into(model, loras, None, lambda event: None, Controls())


class Changing:
    """The model of a grid: loaded once for all columns that share it; between them only what it wears changes."""

    def __init__(self, drawing: Drawing):
        self._drawing = drawing
        self._source = ""
        self._model: Model | None = None
        self._worn = NOTHING
        self._words: dict[str, Vectors] = {}  # that every column knows
        self._taught: Words | None = None
        self._read: dict[str, Lora] = {}  # of the column that is worn, by path
        self._kept: dict[Address, Tensor] = {}  # the weights as they were, in RAM
        self.loads = 0  # of whole models

    def wear(self, column: Column) -> Model:
        """The model as this column wants it. Raises `UserError` for files that cannot be used."""
        source = column.model or self._drawing.model.source
        if self._model is None or source != self._source:
            self._model = self._take(source)
        wanted = (column.loras, column.embeddings)
        if wanted != self._worn:
            self._take_off(self._model)
            own = self._wear_loras(self._model, column.loras)
            for file in column.embeddings:
                own |= dict.fromkeys(file.words, read_vectors(resolve(file.path), self._model))
            self._taught = teach(self._model, {**self._words, **own})
            self._worn = wanted
        return self._model

    def _wear_loras(self, model: Model, worn: Sequence[Worn]) -> dict[str, Vectors]:
        """Returns the words of their files."""
        kept, self._read = self._read, {}
        for path, _ in worn:
            self._read[path] = kept[path] if path in kept else _read(model, path)
        addresses = {address for lora in self._read.values() for address in lora.modules}
        self._kept = {address: live(model.parts[address[0]], address).weight.data.cpu() for address in addresses}
        _put_on(model, [(path, self._read[path], strength) for path, strength in worn])
        words: dict[str, Vectors] = {}
        for path, lora in self._read.items():
            words |= bundled_words(model, path, lora)
        return words

    def _take_off(self, model: Model) -> None:
        if self._taught:
            self._taught.forget()
            self._taught = None
        for address, weight in self._kept.items():
            live(model.parts[address[0]], address).weight.data = weight.to(model.device)
        self._kept = {}

    def _take(self, source: str) -> Model:
        # The one before goes first: two may not fit into memory.
        self._model, self._taught, self._kept, self._read = None, None, {}, {}
        model = load_model(self._drawing.model.model_copy(update={"source": source}), any_type=True)
        model.to(device())
        self._words = add_files(model, self._drawing.loras, self._drawing.embeddings)
        self._taught = teach(model, self._words)
        self._source, self._worn = source, NOTHING
        self.loads += 1
        return model

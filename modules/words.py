"""New words of a model: its tokenizers know them, its text encoders read their vectors beside the embedding matrix.

The matrix stays as it is, and a text encoder itself sees token ids that it knows, so what it does with them (such as
looking for the end of the text) is not disturbed.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from modules.checkpoints.embedding_file import read_embedding
from modules.models.base import Model
from onetrainer_clone.embedding_header import misfit
from onetrainer_clone.new_words import teach
from onetrainer_clone.settings import UserError

Vectors = Mapping[str, Tensor]  # text encoder -> [n, D], n the same for all


class Words:
    """The new words that a model knows, until `forget`. There is one of these for a model at a time."""

    def __init__(self, model: Model, words: Mapping[str, Vectors]):
        """words: placeholder -> its vectors, which may be trained: they are read anew for every text."""
        counts = {placeholder: len(next(iter(found.values()))) for placeholder, found in words.items()}
        self._model, self._plain = model, model.tokenizers
        self._taught = {part: deepcopy(tokenizer) for part, tokenizer in self._plain.items()}
        self._rows = []
        for part, tokenizer in self._taught.items():
            ids = teach(tokenizer.backend_tokenizer, counts)
            first = min(number for found in ids.values() for number in found)
            self._rows.append(_Rows(model.text_encoders[part], first, [found[part] for found in words.values()]))
        self.show()

    def show(self) -> None:
        """The model's tokenizers are those that know the words."""
        self._use(self._taught)

    def hide(self) -> None:
        """The tokenizers as they were."""
        self._use(self._plain)

    def forget(self) -> None:
        """The model is as it was."""
        self.hide()
        for rows in self._rows:
            rows.remove()

    def _use(self, tokenizers: Mapping[str, Any]) -> None:
        for part, tokenizer in tokenizers.items():
            setattr(self._model, part.replace("text_encoder", "tokenizer"), tokenizer)


class _Rows:
    """The rows of new token ids, from `first` on, in one text encoder."""

    def __init__(self, encoder: Any, first: int, vectors: Sequence[Tensor]):
        self._first, self._vectors = first, vectors
        self._ids = torch.empty(0)
        self._hooks = (
            encoder.register_forward_pre_hook(self._known_ids, with_kwargs=True),
            encoder.get_input_embeddings().register_forward_hook(self._put_rows),
        )

    def remove(self) -> None:
        for hook in self._hooks:
            hook.remove()

    def _known_ids(self, _module: nn.Module, args: Any, kwargs: Any) -> tuple[Any, Any]:
        self._ids = args[0] if args else kwargs["input_ids"]
        known = self._ids.where(self._ids < self._first, 0)
        return ((known, *args[1:]), kwargs) if args else (args, {**kwargs, "input_ids": known})

    def _put_rows(self, _module: nn.Module, _args: Any, found: Tensor) -> Tensor:
        """Also where a batch holds no new word, so that there is always something to derive by."""
        rows = torch.cat(list(self._vectors)).to(found)
        place = self._ids - self._first
        return torch.where((place >= 0)[..., None], rows[place.clamp(min=0)], found)


def read_vectors(path: Path, model: Model) -> Vectors:
    """An embedding file's vectors. Raises `UserError` where it is none, or for another kind of model."""
    found = read_embedding(path)
    require_fit(found, model, f"'{path}'")
    return found


def require_fit(vectors: Vectors, model: Model, what: str) -> None:
    """Raises `UserError` for vectors that are no word for the model."""
    widths = {part: matrix(model, part).shape[1] for part in model.tokenizers}
    held = {part: (found.shape[0], found.shape[1]) for part, found in vectors.items()}
    if message := misfit(held, widths):
        raise UserError(f"{what} {message}")


def matrix(model: Model, part: str) -> Tensor:
    """The embedding matrix of a text encoder: [known tokens, D]."""
    encoder: Any = model.text_encoders[part]
    weight: Tensor = encoder.get_input_embeddings().weight
    return weight.detach()

"""New words for the text encoders (textual inversion, Gal et al. 2022): a few vectors beside the embedding matrix.

Only these vectors are trained; the matrix stays as it is. The text encoder itself sees token ids that it knows, so what
it does with them (such as looking for the end of the text) is not disturbed.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

from modules.checkpoints.embedding_file import read_embedding
from modules.methods.trained import Group, Trained
from modules.models.base import Model
from onetrainer_clone.new_words import teach
from onetrainer_clone.paths import resolve
from onetrainer_clone.settings import UserError
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.embedding import NewWord, new_words
from onetrainer_clone.state.method import NEW_WORDS
from onetrainer_clone.state.optimizer import learning_rates

Vectors = dict[str, Tensor]  # text encoder -> [n, D]


class Rows:
    """The rows of new token ids, from `first` on, in one text encoder."""

    def __init__(self, encoder: Any, first: int, vectors: Sequence[nn.Parameter]):
        self._first, self._vectors = first, vectors
        self._ids = torch.empty(0)
        encoder.register_forward_pre_hook(self._known_ids, with_kwargs=True)
        encoder.get_input_embeddings().register_forward_hook(self._put_rows)

    def _known_ids(self, _module: nn.Module, args: Any, kwargs: Any) -> tuple[Any, Any]:
        self._ids = args[0] if args else kwargs["input_ids"]
        known = self._ids.where(self._ids < self._first, 0)
        return ((known, *args[1:]), kwargs) if args else (args, {**kwargs, "input_ids": known})

    def _put_rows(self, _module: nn.Module, _args: Any, found: Tensor) -> Tensor:
        """Also where a batch holds no new word, so that there is always something to derive by."""
        rows = torch.cat(list(self._vectors)).to(found)
        place = self._ids - self._first
        return torch.where((place >= 0)[..., None], rows[place.clamp(min=0)], found)


class NewWords:
    """The new words of a run. Made once: the model's tokenizers and text encoders know them from then on."""

    def __init__(self, model: Model, state: TrainingState):
        """Raises `UserError` for files that are no embeddings for this model, and for beginnings without tokens."""
        self._words = new_words(state)
        self._keep_norm = state.embedding.preserve_norm
        self._rate = learning_rates(state).get(NEW_WORDS, 0.0)
        self._start = [_beginning(model, word) for word in self._words]
        self.vectors = [
            {part: nn.Parameter(start.clone(), requires_grad=word.train) for part, start in found.items()}
            for word, found in zip(self._words, self._start, strict=True)
        ]
        counts = {
            word.placeholder: len(next(iter(found.values())))
            for word, found in zip(self._words, self._start, strict=True)
        }
        self._model, self._plain = model, model.tokenizers
        self._taught = {part: deepcopy(tokenizer) for part, tokenizer in self._plain.items()}
        for part, tokenizer in self._taught.items():
            ids = teach(tokenizer.backend_tokenizer, counts)
            first = min(number for found in ids.values() for number in found)
            Rows(model.text_encoders[part], first, [found[part] for found in self.vectors])
        self._use(self._taught)

    def _use(self, tokenizers: Mapping[str, Any]) -> None:
        for part, tokenizer in tokenizers.items():
            setattr(self._model, part.replace("text_encoder", "tokenizer"), tokenizer)

    def trained(self) -> Trained:
        """What of them is trained."""
        named = {
            f"embedding.{word.placeholder}.{part}": vectors
            for word, found in zip(self._words, self.vectors, strict=True)
            if word.train
            for part, vectors in found.items()
        }
        return Trained(
            parts={NEW_WORDS: named} if named else {},
            groups=[Group(NEW_WORDS, self._rate, list(named.values()))] if named else [],
            base=self._as_begun,
            weight_change=self._change,
            after_step=self._keep_norms if self._keep_norm else lambda: None,
            embeddings=self._result,
            as_files=self._as_files,
        )

    @contextmanager
    def _as_files(self) -> Iterator[None]:
        """The tokenizers as they were: a saved model has no place for the new words, which have files of their own."""
        self._use(self._plain)
        try:
            yield
        finally:
            self._use(self._taught)

    def _pairs(self) -> list[tuple[nn.Parameter, Tensor]]:
        """Every word's vectors, with those that it began with."""
        return [(now[part], found[part]) for now, found in zip(self.vectors, self._start, strict=True) for part in found]

    @contextmanager
    def _as_begun(self) -> Iterator[None]:
        live = [now.data for now, _ in self._pairs()]
        try:
            for now, start in self._pairs():
                now.data = start
            yield
        finally:
            for (now, _), data in zip(self._pairs(), live, strict=True):
                now.data = data

    @torch.no_grad()
    def _keep_norms(self) -> None:
        for now, start in self._pairs():
            if now.requires_grad:
                now.copy_(of_length(now, start))

    @torch.no_grad()
    def _change(self) -> float:
        apart = torch.stack([(now - start).norm() for now, start in self._pairs()]).norm()
        return float(apart / torch.stack([start.norm() for _, start in self._pairs()]).norm().clamp(min=1e-12))

    @torch.no_grad()
    def _result(self) -> Mapping[str, Vectors]:
        """Placeholder -> vectors of the trained words. An average (EMA) of vectors is shorter than they are."""
        kept = self._keep_norm
        return {
            word.placeholder: {part: of_length(p, start[part]) if kept else p.detach() for part, p in found.items()}
            for word, found, start in zip(self._words, self.vectors, self._start, strict=True)
            if word.train
        }


def of_length(vectors: Tensor, like: Tensor) -> Tensor:
    """Vectors [n, D] as long as others, row by row."""
    scaled: Tensor = vectors * (like.norm(dim=1, keepdim=True) / vectors.norm(dim=1, keepdim=True).clamp(min=1e-12))
    return scaled


def _beginning(model: Model, word: NewWord) -> Vectors:
    """What a word begins as, float32 on the model's device."""
    found = _from_file(model, word) if word.source else {part: _from_text(model, part, word) for part in model.tokenizers}
    return {part: vectors.to(model.device, torch.float32) for part, vectors in found.items()}


def _from_file(model: Model, word: NewWord) -> Vectors:
    found = read_embedding(resolve(word.source))
    widths = {part: _matrix(model, part).shape[1] for part in model.tokenizers}
    held = {part: vectors.shape[1] for part, vectors in found.items()}
    if held != widths:
        needed, had = (", ".join(str(width) for width in some.values()) for some in (widths, held))
        raise UserError(f"'{word.source}' is an embedding for another kind of model: it is {had} wide, not {needed}")
    if len({len(vectors) for vectors in found.values()}) > 1:
        raise UserError(f"'{word.source}' has not as many vectors for one text encoder as for the other")
    return found


def _from_text(model: Model, part: str, word: NewWord) -> Tensor:
    """The embeddings of the beginning's c tokens as n rows: each is the mean of its share of them. Where there are fewer
    tokens than rows, each token serves several, as in A1111 (`textual_inversion.py`)."""
    ids = model.tokenizers[part](word.initial_text, add_special_tokens=False).input_ids
    if not ids:
        raise UserError(f"the new word '{word.placeholder}' begins as '{word.initial_text}', which has no tokens: use '*'")
    rows, tokens = _matrix(model, part)[torch.tensor(ids, device=model.device)].float(), len(ids)
    count = word.vectors or tokens
    bounds = [(place * tokens // count, (place + 1) * tokens // count) for place in range(count)]
    return torch.stack([rows[low : max(high, low + 1)].mean(0) for low, high in bounds])


def _matrix(model: Model, part: str) -> Tensor:
    encoder: Any = model.text_encoders[part]
    weight: Tensor = encoder.get_input_embeddings().weight
    return weight.detach()

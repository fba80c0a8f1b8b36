"""New words for the text encoders (textual inversion, Gal et al. 2022): only their vectors are trained."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from modules.methods.trained import Group, Trained
from modules.models.base import Model
from modules.words import Vectors, Words, matrix, read_vectors
from onetrainer_clone.paths import resolve
from onetrainer_clone.settings import UserError
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.embedding import NewWord, new_words
from onetrainer_clone.state.method import NEW_WORDS
from onetrainer_clone.state.optimizer import learning_rates


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
        pairs = zip(self._words, self.vectors, strict=True)
        self._known = Words(model, {word.placeholder: found for word, found in pairs})

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
        self._known.hide()
        try:
            yield
        finally:
            self._known.show()

    def _pairs(self) -> list[tuple[nn.Parameter, Tensor]]:
        """Every word's vectors, with those that it began with."""
        return [
            (now[part], found[part]) for now, found in zip(self.vectors, self._start, strict=True) for part in found
        ]

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
    if word.source:
        found = read_vectors(resolve(word.source), model)
    else:
        found = {part: _from_text(model, part, word) for part in model.tokenizers}
    return {part: vectors.to(model.device, torch.float32) for part, vectors in found.items()}


def _from_text(model: Model, part: str, word: NewWord) -> Tensor:
    """The embeddings of the beginning's c tokens as n rows: each is the mean of its share of them. Where there are fewer
    tokens than rows, each token serves several, as in A1111 (`textual_inversion.py`)."""
    ids = model.tokenizers[part](word.initial_text, add_special_tokens=False).input_ids
    if not ids:
        raise UserError(
            f"the new word '{word.placeholder}' begins as '{word.initial_text}', which has no tokens: use '*'"
        )
    rows, tokens = matrix(model, part)[torch.tensor(ids, device=model.device)].float(), len(ids)
    count = word.vectors or tokens
    bounds = [(place * tokens // count, (place + 1) * tokens // count) for place in range(count)]
    return torch.stack([rows[low : max(high, low + 1)].mean(0) for low, high in bounds])

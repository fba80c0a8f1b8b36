"""How a model is trained: each method turns (model, state) into the parameters to train and the frozen base behind them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from modules.methods.embedding import NewWords
from modules.methods.fine_tune import fine_tune
from modules.methods.lora import lora
from modules.methods.trained import Group, Trained
from modules.models.base import Model
from onetrainer_clone.state import Method, TrainingState

__all__ = ["METHODS", "Group", "NewWords", "Trained", "make"]

METHODS: dict[Method, Callable[[Model, TrainingState], Trained]] = {Method.LORA: lora, Method.FINE_TUNE: fine_tune}


def make(model: Model, state: TrainingState, words: NewWords | None) -> Trained:
    """What the state trains: parts of the model, new words, or both."""
    if words is None:
        return METHODS[state.method](model, state)
    if state.method is Method.EMBEDDING:
        return words.trained()
    return _with_words(METHODS[state.method](model, state), words.trained())


def _with_words(model: Trained, words: Trained) -> Trained:
    """Both together; how far the weights have gone is the model's."""

    @contextmanager
    def base() -> Iterator[None]:
        with model.base(), words.base():
            yield

    return replace(
        model,
        parts={**model.parts, **words.parts},
        groups=[*model.groups, *words.groups],
        base=base,
        embeddings=words.embeddings,
        as_files=words.as_files,
        after_step=words.after_step,
    )

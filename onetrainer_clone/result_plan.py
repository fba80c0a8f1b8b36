"""What a fine-tune and new words train, and how large their results will be. Known from headers and configs alone."""

from dataclasses import dataclass

from onetrainer_clone.model_files import text_widths
from onetrainer_clone.model_size import BYTES, weights_of
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.embedding import new_words, vectors_of
from onetrainer_clone.state.method import NEW_WORDS, PARTS, Method
from onetrainer_clone.state.optimizer import learning_rates

_UNITS = ("KiB", "MiB", "GiB")


@dataclass(frozen=True)
class ModelPlan:
    """What a fine-tune trains of a model, all of which is saved."""

    parts: tuple[str, ...]
    weights: int  # that are trained
    bytes: int  # of the result's tensors

    def __str__(self) -> str:
        """'Fine-tune of the UNet and the text encoder: 982,581,124 weights, a model of 1.99 GiB'."""
        trained = " and ".join(f"the {PARTS[part]}" for part in self.parts)
        return f"Fine-tune of {trained}: {self.weights:,} weights, a model of {size_text(self.bytes)}"


@dataclass(frozen=True)
class WordsPlan:
    """The new words that are trained; each becomes a file."""

    words: int
    vectors: int
    weights: int
    bytes: int  # of all their tensors; a file's header adds some 100 bytes

    def __str__(self) -> str:
        """'1 new word of 4 vectors: 3,072 weights, a file of 6 KiB'."""
        words = "1 new word" if self.words == 1 else f"{self.words} new words"
        vectors = "1 vector" if self.vectors == 1 else f"{self.vectors} vectors"
        files = "a file" if self.words == 1 else "files"
        return f"{words} of {vectors}: {self.weights:,} weights, {files} of {size_text(self.bytes)}"


def model_plan(state: TrainingState) -> ModelPlan | None:
    """Of a fine-tune; None for other methods, and where the model's weights cannot be counted."""
    trained = tuple(part for part in learning_rates(state) if part != NEW_WORDS)
    if state.method is not Method.FINE_TUNE or not trained:
        return None
    counts = {part: weights_of(state.model.source, part) for part in (*state.model.held_in, "vae")}
    known = {part: count for part, count in counts.items() if count is not None}
    if len(known) < len(counts):
        return None
    size = sum(known.values()) * BYTES[state.saving.dtype.value]
    return ModelPlan(trained, sum(known[part] for part in trained), size)


def words_plan(state: TrainingState) -> WordsPlan | None:
    """Of a run that trains new words, alone or beside something else; None where the model's widths are not known."""
    words = [word for word in new_words(state) if word.train]
    width = sum(text_widths(state.model.source).values())
    if not words or not width:
        return None
    vectors = sum(vectors_of(state.model.source, word) for word in words)
    return WordsPlan(len(words), vectors, vectors * width, vectors * width * BYTES[state.saving.dtype.value])


def size_text(count: int) -> str:
    """6144 -> '6 KiB'."""
    size, unit = count / 2**10, _UNITS[0]
    for larger in _UNITS[1:]:
        if size < 1024:
            break
        size, unit = size / 1024, larger
    return f"{size:.3g} {unit}"

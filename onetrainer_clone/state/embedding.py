"""The Embedding tab: new words for the text encoders, trained alone or beside a LoRA or fine-tune."""

import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from onetrainer_clone import model_files
from onetrainer_clone.embedding_header import misfit, sizes
from onetrainer_clone.paths import name_problem, resolve
from onetrainer_clone.settings import Problem, Settings, UserError, group, setting
from onetrainer_clone.state.common import StopAfter
from onetrainer_clone.state.method import Method
from onetrainer_clone.state.model import ModelType
from onetrainer_clone.state.saving import EmbeddingLayout

if TYPE_CHECKING:
    from onetrainer_clone.state import TrainingState

MOST_VECTORS = 64  # of a window of 75
SUFFIXES = (".safetensors", ".pt", ".bin")


class NewWord(Settings):
    enabled: bool = setting(True, "Enabled", "Whether the new word takes part.", basic=True)
    placeholder: str = setting(
        "<word>", "Placeholder", "Stands for the new word in captions and prompts.", basic=True
    )  # fmt: skip
    vectors: int | None = setting(
        None, "Vectors", "How many of a caption's 75 places the word takes; more hold more, 1 to 8 are usual.", ge=1,
        le=MOST_VECTORS, empty="as many as its beginning has", basic=True,
    )  # fmt: skip
    initial_text: str = setting(
        "*", "Begins as", "A few words that come near; '*' where there are none. Each vector begins as one word, or as the "
        "mean of several.", basic=True
    )  # fmt: skip
    source: str = setting(
        "",
        "Continue from",
        "An embedding file (.safetensors, .pt or .bin) to begin with.",
        kind="file",
        holds="embedding",
        empty="its text",
    )
    train: bool = setting(True, "Train", "Off: the word is used as its file has it.", basic=True)


class EmbeddingSettings(Settings):
    words: tuple[NewWord, ...] = setting((), "New words", "What is taught as an embedding.", basic=True)
    preserve_norm: bool = setting(
        False,
        "Preserve the norm",
        "Every vector keeps the length that it began with, so that it does not drown the others.",
    )
    stop: StopAfter = group(
        StopAfter, "Stop the embeddings", "With a LoRA or fine-tune: the new words are left as they are."
    )


def new_words(state: "TrainingState") -> tuple[NewWord, ...]:
    """The new words that take part, in order."""
    return tuple(word for word in state.embedding.words if word.enabled)


def vectors_of(source: str, word: NewWord) -> int:
    """How many vectors a word has with the model at `source`; 1 where only torch could tell."""
    from onetrainer_clone import tokens  # here: its library takes time to import, and the window opens without it

    if not word.source:
        return word.vectors or tokens.count(source, word.initial_text) or 1
    try:
        return next(iter(sizes(resolve(word.source)).values()))[0]
    except UserError:
        return 1


def file_name(placeholder: str, otherwise: str) -> str:
    """The name of a word's file without suffix: A1111 and ComfyUI take the file's name for the word."""
    name = re.sub(r"[^\w.-]+", "_", placeholder).strip("_.")
    return otherwise if name_problem(name) else name


def problems(state: "TrainingState") -> Iterator[Problem]:
    from onetrainer_clone import tokens  # here: its library takes time to import, and the window opens without it

    words = new_words(state)
    seen: set[str] = set()
    for index, word in enumerate(state.embedding.words):
        if not word.enabled:
            continue
        path = f"embedding.words[{index}]"
        spelled = word.placeholder.casefold()
        if not word.placeholder:
            yield Problem(f"{path}.placeholder", "type what stands for the new word in captions, such as '<my-cat>'")
        elif re.search(r"\s", word.placeholder):
            message = f"{word.placeholder!r} holds a space: write it as one word, such as '<my-cat>'"
            yield Problem(f"{path}.placeholder", message)
        elif spelled in seen:
            yield Problem(f"{path}.placeholder", f"'{word.placeholder}' is there twice (capitals do not count)")
        elif tokens.is_known_word(state.model.source, word.placeholder):
            message = (
                f"'{word.placeholder}' is a word that the model knows already: wherever it stands, captions and prompts "
                "will mean the new one; an invented word such as '<my-cat>' takes nothing away"
            )
            yield Problem(f"{path}.placeholder", message, "warning")
        seen.add(spelled)
        if word.source:
            yield from _source(path, word, state.model.source)
        elif tokens.count(state.model.source, word.initial_text) == 0 and word.initial_text.strip():
            yield Problem(f"{path}.initial_text", f"'{word.initial_text}' has no tokens in this model: type a word, or '*'")
        elif not word.initial_text.strip():
            yield Problem(f"{path}.initial_text", "type a word that comes near, or '*'")
        elif not word.train:
            message = "is neither trained nor read from a file, so it would mean nothing more than its beginning"
            yield Problem(f"{path}.train", f"{message}: switch it on, or choose a file")
    yield from _files(state)
    if state.method is Method.EMBEDDING and not any(word.train for word in words):
        yield Problem("embedding.words", "there is no new word to train: add one, or choose another method")


def _files(state: "TrainingState") -> Iterator[Problem]:
    names = [file_name(word.placeholder, state.run_name) for word in new_words(state)]
    if state.method is not Method.EMBEDDING:
        names.append(state.run_name)  # of the LoRA or model beside them
    if len({name.casefold() for name in names}) < len(names):
        message = f"two results would have the same file name ({', '.join(names)}): rename a placeholder or the run"
        yield Problem("embedding.words", message)
    layout = state.saving.embedding_layout
    if layout is EmbeddingLayout.SAFETENSORS:
        return
    if not new_words(state):
        yield Problem("saving.embedding_layout", "has no effect: there is no new word", "note")
    elif state.model.type is ModelType.SDXL:
        message = f"'{layout.label}' has no place for SDXL's two text encoders"
        yield Problem("saving.embedding_layout", f"{message}: choose '{EmbeddingLayout.SAFETENSORS.label}'")


def _source(path: str, word: NewWord, model: str) -> Iterator[Problem]:
    if not word.source.lower().endswith(SUFFIXES):
        yield Problem(f"{path}.source", f"'{word.source}' is no embedding file: its name ends in {', '.join(SUFFIXES)}")
    elif not os.path.isfile(resolve(word.source)):
        yield Problem(f"{path}.source", f"there is no file '{word.source}': was it moved or renamed?")
    elif message := source_problem(word.source, model):
        yield Problem(f"{path}.source", message)
    elif word.vectors is not None:
        yield Problem(f"{path}.vectors", "has no effect: the file has its own number of vectors", "note")


def source_problem(source: str, model: str) -> str:
    """Why an embedding's file cannot be used with a model; empty where it can, or where that is not known."""
    try:
        held = sizes(resolve(source))
    except UserError as error:
        return str(error)
    widths = model_files.text_widths(model)
    message = misfit(held, widths) if widths else ""
    return f"'{source}' {message}" if message else ""

"""How many tokens a caption has, counted with the model's own tokenizer and without torch."""

import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

from onetrainer_clone import clip_vocabulary
from onetrainer_clone.json_file import read_json
from onetrainer_clone.model_files import configs
from onetrainer_clone.new_words import teach
from onetrainer_clone.paths import resolve
from onetrainer_clone.state.model import ModelSettings

WINDOW = 77  # CLIP's positions, with the start and end tokens
MARKS = 2  # the start and end tokens


def counter(source: str) -> Tokenizer | None:
    """The tokenizer of a model; None where there is none to be read (a hub id)."""
    folder = configs(source) / "tokenizer"
    for name in ("tokenizer.json", "vocab.json"):
        if os.path.isfile(folder / name):
            return _load(folder / name, (folder / name).stat().st_mtime_ns)
    return _of_clip() if os.path.isfile(resolve(source)) else None


@lru_cache(maxsize=4)
def _load(path: Path, _changed_ns: int) -> Tokenizer | None:
    try:
        tokenizer = Tokenizer.from_file(str(path)) if path.name == "tokenizer.json" else _clip(path.parent)
    except Exception:  # noqa: BLE001 - the library raises a bare Exception for a damaged file; counts are then unknown
        return None
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


@lru_cache(maxsize=1)
def _of_clip() -> Tokenizer:
    """CLIP's own tokenizer, for a model that comes as one file."""
    vocabulary, merges = dict(clip_vocabulary.vocabulary()), list(clip_vocabulary.merges())
    return _put_together(models.BPE(vocabulary, merges, end_of_word_suffix="</w>", unk_token="<|endoftext|>"))


def _clip(folder: Path) -> Tokenizer:
    files = str(folder / "vocab.json"), str(folder / "merges.txt")
    return _put_together(models.BPE.from_file(*files, end_of_word_suffix="</w>", unk_token="<|endoftext|>"))


def _put_together(pairs: models.BPE) -> Tokenizer:
    """Byte-level BPE as transformers' CLIPTokenizer puts it together."""
    tokenizer = Tokenizer(pairs)
    tokenizer.add_special_tokens(["<|startoftext|>", "<|endoftext|>"])
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    words = Regex(r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(words, behavior="removed", invert=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    return tokenizer


def too_long(model: ModelSettings, captions: Sequence[str], words: Mapping[str, int] | None = None) -> list[bool]:
    """Which captions do not fit into the text encoder's windows; all False where that cannot be known.

    words: placeholders of new words, with how many vectors each has.
    """
    tokenizer = counter(model.source)
    if tokenizer is None:
        return [False] * len(captions)
    if words:
        tokenizer = _taught(tokenizer, tuple(words.items()))
    most = room(model)
    return [count > most for count in counts(tokenizer, captions)]


@lru_cache(maxsize=4)
def _taught(tokenizer: Tokenizer, words: tuple[tuple[str, int], ...]) -> Tokenizer:
    """A copy that knows new words."""
    copy = Tokenizer.from_str(tokenizer.to_str())
    teach(copy, dict(words))
    return copy


def room(model: ModelSettings) -> int:
    """How many tokens of a caption the model's text encoder takes in."""
    config = read_json(configs(model.source) / "text_encoder" / "config.json") or {}
    positions = config.get("max_position_embeddings")
    return ((positions if isinstance(positions, int) else WINDOW) - MARKS) * model.text_windows


def counts(tokenizer: Tokenizer, captions: Sequence[str]) -> list[int]:
    """How many tokens each caption has. CLIP's tokens never reach over a space, so every word is looked up only once."""
    words = list({word for caption in captions for word in caption.split(" ")})
    encoded = tokenizer.encode_batch_fast(words, add_special_tokens=False)
    of_word = {word: len(found.ids) for word, found in zip(words, encoded, strict=True)}
    return [sum(map(of_word.__getitem__, caption.split(" "))) for caption in captions]


def count(source: str, text: str) -> int | None:
    """How many tokens a text has; None where that cannot be known."""
    tokenizer = counter(source)
    return None if tokenizer is None else counts(tokenizer, [text])[0]


def is_known_word(source: str, text: str) -> bool:
    """Whether a text is one token of the model's vocabulary; False where that cannot be known."""
    return count(source, text) == 1

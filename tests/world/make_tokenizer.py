"""The demo model's tokenizer: CLIP's byte-level BPE with a vocabulary of 705 tokens, one per word of the world.

Small, so that the text encoder's table is, and a real CLIP tokenizer, so that everything written for one works on it.
"""

import json
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from tests.world.captions import RARE_WORDS
from tests.world.drawing import BACKGROUNDS, COLOURS, SHAPES

if TYPE_CHECKING:
    import torch
    from transformers import CLIPTokenizer

log = logging.getLogger(__name__)

_MORE_WORDS = """a an the of on in at with and or by to for is photo picture image drawing background border
left right top bottom center middle small large big little one two three no not very style shape item object thing
pink orange brown teal lime navy gold silver star ring heart diamond"""
# Every word here becomes one token; anything else falls back to letters.
WORDS = sorted({*_MORE_WORDS.split(), *COLOURS, *BACKGROUNDS, *SHAPES, *RARE_WORDS})

START, END = "<|startoftext|>", "<|endoftext|>"
_SPECIAL_TOKENS = {"bos_token": START, "eos_token": END, "pad_token": END, "unk_token": END}
_WORD_END = "</w>"
MAX_TOKENS = 77


def byte_alphabet() -> list[str]:
    """A printable letter for every byte: CLIP's alphabet, in CLIP's order."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) for byte in printable] + [chr(256 + i) for i in range(len(rest))]


def learn_merges(words: Iterable[str]) -> list[tuple[str, str]]:
    """Byte-pair encoding run until every word is one token; the merges, in order of rank, reproduce exactly that."""
    pieces = {word: [*word[:-1], word[-1] + _WORD_END] for word in words}
    merges = []
    while any(len(parts) > 1 for parts in pieces.values()):
        count = Counter(pair for parts in pieces.values() for pair in pairwise(parts))
        best = min(count, key=lambda pair: (-count[pair], pair))
        merges.append(best)
        pieces = {word: _merged(parts, best) for word, parts in pieces.items()}
    return merges


def _merged(parts: Sequence[str], pair: tuple[str, str]) -> list[str]:
    merged, i = [], 0
    while i < len(parts):
        width = 2 if tuple(parts[i : i + 2]) == pair else 1
        merged.append("".join(parts[i : i + width]))
        i += width
    return merged


def make_tokenizer(out: Path) -> None:
    """Write `out`/tokenizer. Raises RuntimeError when a word is not one token."""
    from transformers import CLIPTokenizer

    folder = out / "tokenizer"
    folder.mkdir(parents=True, exist_ok=True)
    alphabet, merges = byte_alphabet(), learn_merges(WORDS)
    tokens = [*alphabet, *(letter + _WORD_END for letter in alphabet), *("".join(pair) for pair in merges), START, END]
    lines = ["#version: 0.2", *(" ".join(pair) for pair in merges)]
    config = {
        "tokenizer_class": "CLIPTokenizer",
        "model_max_length": MAX_TOKENS,
        **_SPECIAL_TOKENS,
        "add_prefix_space": False,
        "do_lower_case": True,
        "errors": "replace",
    }
    vocabulary = json.dumps({token: i for i, token in enumerate(tokens)}, ensure_ascii=False)
    (folder / "vocab.json").write_text(vocabulary, encoding="utf-8")
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "special_tokens_map.json").write_text(json.dumps(_SPECIAL_TOKENS, indent=1), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1), encoding="utf-8")

    tokenizer = CLIPTokenizer.from_pretrained(folder)
    split = [word for word in WORDS if len(tokenizer(word).input_ids) != 3]  # start, the word, end
    if split:
        raise RuntimeError(f"these words are not one token each: {', '.join(split)}")
    log.info("tokenizer: %d tokens, %d merges", len(tokens), len(merges))


def token_ids(tokenizer: "CLIPTokenizer", texts: Sequence[str]) -> "torch.Tensor":
    """int64 [n, 77], padded as Stable Diffusion's pipeline pads."""
    batch = tokenizer(list(texts), padding="max_length", max_length=MAX_TOKENS, truncation=True, return_tensors="pt")
    ids: torch.Tensor = batch.input_ids
    return ids

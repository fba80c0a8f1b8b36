"""CLIP's vocabulary, for models that come as one file: 49,408 tokens that follow from 48,894 merges.

The merges lie in `model_configs/clip`, with their licence. gzip rather than xz: not every Python is built with lzma.
Source of the order: openai/CLIP `clip/simple_tokenizer.py`.
"""

import gzip
import json
from functools import lru_cache
from pathlib import Path

_MERGES = Path(__file__).parent / "model_configs" / "clip" / "merges.txt.gz"
START, END = "<|startoftext|>", "<|endoftext|>"


@lru_cache(maxsize=1)
def merges() -> tuple[tuple[str, str], ...]:
    """Pairs of tokens that become one, the most frequent first."""
    lines = gzip.decompress(_MERGES.read_bytes()).decode().splitlines()
    return tuple((left, right) for left, right in (line.split(" ") for line in lines))


@lru_cache(maxsize=1)
def vocabulary() -> dict[str, int]:
    """Token -> id: every byte as a letter, every byte that ends a word, every merge, the two marks."""
    letters = _letters()
    merged = (left + right for left, right in merges())
    tokens = [*letters, *(f"{letter}</w>" for letter in letters), *merged, START, END]
    return {token: number for number, token in enumerate(tokens)}


def _letters() -> list[str]:
    """The 256 bytes as letters that can be seen: those that can be seen already stand for themselves and come first."""
    seen = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    return [chr(byte) for byte in seen] + [chr(256 + number) for number in range(256 - len(seen))]


def write(folder: Path) -> None:
    """vocab.json and merges.txt, as a diffusers folder holds them in 'tokenizer'."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps(vocabulary(), ensure_ascii=False), encoding="utf-8")
    lines = ["#version: 0.2", *(f"{left} {right}" for left, right in merges())]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")

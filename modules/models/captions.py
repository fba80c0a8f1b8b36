"""Captions -> token ids in windows, as A1111 makes them: each with its own start and end, padded by itself."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import CLIPTokenizer

MARKS = 2  # the start and end tokens of a window


def token_windows(tokenizers: Sequence[CLIPTokenizer], captions: Sequence[str], window: int, most: int) -> Tensor:
    """Token ids [B, tokenizers, N x window]. N is what the longest caption needs, at most `most`.

    What is longer is cut off; shorter captions get empty windows.
    Source of the windows: AUTOMATIC1111/stable-diffusion-webui `modules/sd_hijack_clip.py`, without its shift to commas.
    """
    room = window - MARKS
    words = [
        tokenizer(list(captions), add_special_tokens=False, truncation=True, max_length=room * most).input_ids
        for tokenizer in tokenizers
    ]
    count = max(1, *(math.ceil(len(ids) / room) for found in words for ids in found))
    rows = [_row(tokenizer, found, room, count) for tokenizer, found in zip(tokenizers, words, strict=True)]
    return torch.stack(rows, dim=1)


def _row(tokenizer: CLIPTokenizer, words: Sequence[list[int]], room: int, count: int) -> Tensor:
    """Of one tokenizer: [B, count x window]."""
    start, end, pad = tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id
    found = []
    for ids in words:
        row: list[int] = []
        for piece in (ids[place * room : (place + 1) * room] for place in range(count)):
            row += [start, *piece, end, *[pad] * (room - len(piece))]
        found.append(row)
    return torch.tensor(found)

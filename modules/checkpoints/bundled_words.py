"""Embeddings inside a LoRA's file: A1111, Forge and ComfyUI know their words wherever the LoRA is used.

Keys: 'bundle_emb.WORD.string_to_param.*' for SD 1.5, 'bundle_emb.WORD.clip_l' and '.clip_g' for SDXL. diffusers refuses a
file that holds them. Sources: A1111 `extensions-builtin/Lora/networks.py`, OneTrainer's LoRA files.
"""

from collections.abc import Mapping

from torch import Tensor

from onetrainer_clone.lora_keys import WORD
from onetrainer_clone.settings import UserError

_PARTS = {"string_to_param.*": "text_encoder", "clip_l": "text_encoder", "clip_g": "text_encoder_2"}

Words = dict[str, dict[str, Tensor]]  # placeholder -> text encoder -> [n, D]


def split_words(tensors: Mapping[str, Tensor], what: str) -> tuple[dict[str, Tensor], Words]:
    """A file's other tensors, and the words bundled in it. Raises UserError where one of them is no list of vectors."""
    others: dict[str, Tensor] = {}
    words: Words = {}
    for key, tensor in tensors.items():
        found = WORD.fullmatch(key)
        if not found:
            others[key] = tensor
            continue
        word, kind = found.groups()
        if tensor.ndim not in (1, 2) or not tensor.is_floating_point():
            raise UserError(f"{what} is damaged: its word '{word}' is no list of vectors, but {list(tensor.shape)}")
        words.setdefault(word, {})[_PARTS[kind]] = tensor.reshape(-1, tensor.shape[-1])
    return others, words


def bundled(words: Mapping[str, Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Words by the names that they have in a LoRA's file."""
    found: dict[str, Tensor] = {}
    for word, vectors in words.items():
        xl = "text_encoder_2" in vectors
        names = {"text_encoder": "clip_l", "text_encoder_2": "clip_g"} if xl else {"text_encoder": "string_to_param.*"}
        found |= {f"bundle_emb.{word}.{names[part]}": tensor for part, tensor in vectors.items()}
    return found

"""What a file or folder is that pictures can be drawn with, and the word that an embedding's file stands for."""

import os
import re
from enum import Enum
from pathlib import Path

from onetrainer_clone import model_files
from onetrainer_clone.families import BASES, Family, family_of
from onetrainer_clone.paths import resolve
from onetrainer_clone.safetensors_header import read_header
from onetrainer_clone.settings import UserError

_STEP = re.compile(r"-step\d+$")  # behind the name of a save in the middle of a run


class CheckpointKind(Enum):
    MODEL = "model"
    LORA = "LoRA"
    EMBEDDING = "embedding"


def checkpoint_kind(source: str) -> CheckpointKind:
    """By the header where there is one; what is not known is taken for a LoRA, whose reader then says what it is."""
    path = resolve(source)
    suffix = path.suffix.lower()
    if os.path.isdir(path) or model_files.is_hub_id(source) or suffix == ".ckpt":
        return CheckpointKind.MODEL
    if suffix in (".pt", ".bin"):
        return CheckpointKind.EMBEDDING
    try:
        shapes = read_header(path).shapes
    except UserError:
        return CheckpointKind.LORA
    family = family_of(shapes)
    single = len(shapes) == 1 and all(len(shape) in (1, 2) for shape in shapes.values())
    if family is Family.EMBEDDING or (family is Family.UNKNOWN and single):
        return CheckpointKind.EMBEDDING
    return CheckpointKind.MODEL if family in BASES else CheckpointKind.LORA


def words_of(path: str) -> tuple[str, ...]:
    """What prompts call an embedding by that nobody gave a word: its file's name, also in angle brackets."""
    name = _STEP.sub("", Path(path).stem)
    return (name, f"<{name}>")

"""Kinds of files, as the system's dialogs offer them: what they are in words, and how their names end."""

from collections.abc import Sequence
from dataclasses import dataclass

from onetrainer_clone import single_file
from onetrainer_clone.state import embedding

ANY = ("All files", "*")


@dataclass(frozen=True)
class FileKind:
    """The first suffix is what a new file gets; a kind without any is a folder."""

    name: str
    suffixes: tuple[str, ...]

    @property
    def suffix(self) -> str:
        return self.suffixes[0] if self.suffixes else ""

    @property
    def pattern(self) -> tuple[str, ...]:
        """For Tk; where names differ by capitals, '.JPG' is one, too."""
        return tuple(f"*{spelled}" for suffix in self.suffixes for spelled in (suffix, suffix.upper()))


WEIGHTS = FileKind("Weights", (".safetensors",))
FOLDER = FileKind("New folder", ())
PRESET, PNG, CSV = FileKind("Presets", (".json",)), FileKind("Pictures", (".png",)), FileKind("Tables", (".csv",))
PT = FileKind("A1111 embeddings", (".pt",))
SETTINGS = FileKind("Presets and settings", (".json", ".toml", ".yaml", ".yml"))
MODELS = FileKind("Models", single_file.SUFFIXES)
LORAS = FileKind("LoRA files", (".safetensors", ".pt", ".bin", ".ckpt"))
EMBEDDINGS = FileKind("Embeddings", embedding.SUFFIXES)
ALL_WEIGHTS = FileKind("Models, LoRA files, embeddings", (".safetensors", ".ckpt", ".pt", ".pth", ".bin"))

# What a declaration says that a file holds.
HOLDING = {
    "model": (MODELS,),
    "lora": (LORAS,),
    "embedding": (EMBEDDINGS,),
    "weights": (ALL_WEIGHTS, MODELS, LORAS, EMBEDDINGS),
    "text": (FileKind("Texts", (".txt",)),),
}


def file_types(kinds: Sequence[FileKind]) -> list[tuple[str, str | tuple[str, ...]]]:
    """What Tk's dialogs take; whatever is filtered, all files can be shown."""
    return [*((kind.name, kind.pattern) for kind in kinds if kind.suffixes), ANY]

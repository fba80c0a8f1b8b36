"""A grid of pictures: a column for every checkpoint at every strength, a row for every prompt and seed."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from onetrainer_clone import model_files
from onetrainer_clone.checkpoint_kind import CheckpointKind, checkpoint_kind
from onetrainer_clone.paths import resolve
from onetrainer_clone.settings import Problem, Settings, setting
from onetrainer_clone.state.sampling import Prompt

MOST_PICTURES = 10_000


class Checkpoint(Settings):
    path: str = setting("", "Checkpoint", "A LoRA, an embedding or a whole model.", kind="file", holds="weights")
    strength: float = setting(1.0, "Strength", "Of a LoRA, where the grid has no strengths of its own.", ge=-10, le=10)

    @property
    def kind(self) -> CheckpointKind:
        return checkpoint_kind(self.path)


class Grid(Settings):
    file: str = setting("", "Grid", "The picture file that shows all of them, labelled; empty: no grid.", kind="save")
    bare: bool = setting(True, "Without", "A first column of the model as it is, to compare with.")
    checkpoints: tuple[Checkpoint, ...] = setting((), "Checkpoints", "LoRA files, embeddings and models.")
    strengths: tuple[float, ...] = setting((), "Strengths", "Every LoRA is drawn at each of these.")

    @property
    def columns(self) -> list["Column"]:
        return [*([Column()] if self.bare or not self.checkpoints else []), *self._columns()]

    def _columns(self) -> Iterator["Column"]:
        names = short_names([checkpoint.path for checkpoint in self.checkpoints])
        for checkpoint, name in zip(self.checkpoints, names, strict=True):
            match checkpoint.kind:
                case CheckpointKind.MODEL:
                    yield Column(name, model=checkpoint.path)
                case CheckpointKind.EMBEDDING:
                    yield Column(name, embedding=checkpoint.path)
                case CheckpointKind.LORA:
                    for strength in self.strengths or (checkpoint.strength,):
                        yield Column(name, lora=checkpoint.path, strength=strength)


@dataclass(frozen=True)
class Column:
    """What its pictures are drawn with. Without a model of its own it is the drawing's."""

    name: str = ""
    lora: str = ""
    strength: float = 1.0
    model: str = ""
    embedding: str = ""

    @property
    def label(self) -> str:
        if not self.name:
            return "the model alone"
        return f"{self.name}\nstrength {self.strength:g}" if self.lora else self.name


def rows(prompts: Iterable[Prompt], seeds: Sequence[int]) -> tuple[Prompt, ...]:
    """Every prompt with every seed; without seeds, each prompt with its own."""
    if not seeds:
        return tuple(prompts)
    return tuple(prompt.model_copy(update={"seed": seed}) for prompt, seed in product(prompts, seeds))


def row_label(prompt: Prompt) -> str:
    return f"{' '.join(prompt.text.split()) or '(empty prompt)'}\nseed {prompt.seed}"


def short_names(paths: Sequence[str]) -> list[str]:
    """File names without suffix; where two are the same, with the folder before them."""
    stems = [_stem(path) for path in paths]
    return [
        f"{resolve(path).parent.name}/{stem}" if stems.count(stem) > 1 and len(set(paths)) > 1 else stem
        for path, stem in zip(paths, stems, strict=True)
    ]


def _stem(path: str) -> str:
    plain = Path(path)
    return plain.stem if plain.suffix.lower() in (".safetensors", ".pt", ".bin", ".ckpt") else plain.name


def problems(grid: Grid, rows: int) -> Iterator[Problem]:
    """What keeps the grid from being drawn."""
    for index, checkpoint in enumerate(grid.checkpoints):
        path = f"grid.checkpoints[{index}]"
        if checkpoint.kind is CheckpointKind.MODEL:
            if message := model_files.problem(checkpoint.path):
                yield Problem(path, message)
        elif not resolve(checkpoint.path).is_file():
            yield Problem(path, f"there is no file '{checkpoint.path}'")
    for strength in grid.strengths:
        if not -10 <= strength <= 10:
            yield Problem("grid.strengths", f"must be from -10 to 10 (was {strength:g})")
    if (count := rows * len(grid.columns)) > MOST_PICTURES:
        yield Problem("grid", f"{count:,} pictures are more than one picture can show: at most {MOST_PICTURES:,}")

"""A grid of pictures: a column for every checkpoint at every strength, a row for every prompt and seed."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import NamedTuple

from onetrainer_clone import model_files
from onetrainer_clone.checkpoint_kind import CheckpointKind, checkpoint_kind
from onetrainer_clone.paths import resolve
from onetrainer_clone.settings import Problem, Settings, setting
from onetrainer_clone.state.sampling import Prompt

MOST_PICTURES = 10_000


class Checkpoint(Settings):
    path: str = setting("", "Checkpoint", "A LoRA, an embedding or a whole model.", kind="file", holds="weights")
    strength: float = setting(1.0, "Strength", "Of a LoRA, where the grid has no strengths of its own.", ge=-10, le=10)
    strengths: tuple[float, ...] = setting((), "Own strengths", "Of this LoRA, whatever the grid's are.")
    beside: bool = setting(False, "With the one before", "In the same column as the checkpoint before it.")

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
        for places in together(self.checkpoints):
            name = " + ".join(names[place] for place in places)
            yield from self._drawn_with([self.checkpoints[place] for place in places], name)

    def _drawn_with(self, files: Sequence[Checkpoint], name: str) -> Iterator["Column"]:
        """A column for each strength: the grid's, which LoRA files without own ones share, with every own one."""
        of = {kind: [file for file in files if file.kind is kind] for kind in CheckpointKind}
        loras = of[CheckpointKind.LORA]
        whole = Column(
            name, next((file.path for file in of[CheckpointKind.MODEL]), ""),
            embeddings=tuple(file.path for file in of[CheckpointKind.EMBEDDING]),
        )  # fmt: skip
        shared = self.strengths if any(not file.strengths for file in loras) else ()
        for common in shared or (None,):
            for own in product(*(file.strengths for file in loras if file.strengths)):
                left = iter(own)
                strengths = (next(left) if f.strengths else f.strength if common is None else common for f in loras)
                yield replace(whole, loras=tuple(map(Worn, (file.path for file in loras), strengths)))


class Worn(NamedTuple):
    """A LoRA file at a strength."""

    path: str
    strength: float


@dataclass(frozen=True)
class Column:
    """What its pictures are drawn with. Without a model of its own it is the drawing's."""

    name: str = ""
    model: str = ""
    loras: tuple[Worn, ...] = ()
    embeddings: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        if not self.name:
            return "the model alone"
        strengths = [f"{lora.strength:g}" for lora in self.loras]
        if len(set(strengths)) == 1:
            return f"{self.name}\nstrength {strengths[0]}"
        return f"{self.name}\nstrengths {' + '.join(strengths)}" if strengths else self.name


def together(checkpoints: Sequence[Checkpoint]) -> list[list[int]]:
    """Which of them, by place, share a column."""
    found: list[list[int]] = []
    for place, checkpoint in enumerate(checkpoints):
        if checkpoint.beside and found:
            found[-1].append(place)
        else:
            found.append([place])
    return found


def rows(prompts: Iterable[Prompt], seeds: Sequence[int]) -> tuple[Prompt, ...]:
    """Every prompt with every seed; without seeds, each prompt with its own."""
    if not seeds:
        return tuple(prompts)
    return tuple(prompt.model_copy(update={"seed": seed}) for prompt, seed in product(prompts, seeds))


def row_label(prompt: Prompt) -> str:
    return f"{' '.join(prompt.text.split()) or '(empty prompt)'}\nseed {prompt.seed}"


def short_names(paths: Sequence[str]) -> list[str]:
    """File names without suffix; where two files have the same, with the folder before them."""
    stems = [_stem(path) for path in dict.fromkeys(paths)]
    return [
        f"{resolve(path).parent.name}/{stem}" if stems.count(stem := _stem(path)) > 1 else stem for path in paths
    ]


def _stem(path: str) -> str:
    plain = Path(path)
    return plain.stem if plain.suffix.lower() in (".safetensors", ".pt", ".bin", ".ckpt") else plain.name


def _wrong_strengths(strengths: Iterable[float], path: str) -> Iterator[Problem]:
    for strength in strengths:
        if not -10 <= strength <= 10:
            yield Problem(path, f"must be from -10 to 10 (was {strength:g})")


def problems(grid: Grid, rows: int) -> Iterator[Problem]:
    """What keeps the grid from being drawn."""
    for index, checkpoint in enumerate(grid.checkpoints):
        path = f"grid.checkpoints[{index}]"
        if checkpoint.kind is CheckpointKind.MODEL:
            if message := model_files.problem(checkpoint.path):
                yield Problem(path, message)
        elif not resolve(checkpoint.path).is_file():
            yield Problem(path, f"there is no file '{checkpoint.path}'")
        yield from _wrong_strengths(checkpoint.strengths, f"{path}.strengths")
    yield from _wrong_strengths(grid.strengths, "grid.strengths")
    for places in together(grid.checkpoints):
        models = [place for place in places if grid.checkpoints[place].kind is CheckpointKind.MODEL]
        for place in models[1:]:
            yield Problem(f"grid.checkpoints[{place}]", "is a second model in one column: give it a column of its own")
    if (count := rows * len(grid.columns)) > MOST_PICTURES:
        yield Problem("grid", f"{count:,} pictures are more than one picture can show: at most {MOST_PICTURES:,}")

"""A grid of pictures: a column for every checkpoint at every strength, a row for every prompt and seed."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from pathlib import Path
from typing import NamedTuple

from onetrainer_clone import model_files
from onetrainer_clone.checkpoint_kind import CheckpointKind, checkpoint_kind, words_of
from onetrainer_clone.contact_sheet import MOST_COLUMNS, MOST_ROWS
from onetrainer_clone.paths import resolve
from onetrainer_clone.settings import Problem, Settings, setting
from onetrainer_clone.state.sampling import Prompt

MOST_PICTURES = 10_000
OTHER_WORD = "give one of them another word"


class Checkpoint(Settings):
    path: str = setting("", "Checkpoint", "A LoRA, an embedding or a whole model.", kind="file", holds="weights")
    strength: float = setting(1.0, "Strength", "Of a LoRA, where the grid has no strengths of its own.", ge=-10, le=10)
    strengths: tuple[float, ...] = setting((), "Own strengths", "Of this LoRA, whatever the grid's are.")
    word: str = setting("", "Word", "What prompts call an embedding by.", empty="the file's name")
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

    @property
    def count(self) -> int:
        """How many columns there are, without making them: a few lists of strengths give more than memory has room for."""
        groups = [[self.checkpoints[place] for place in places] for places in together(self.checkpoints)]
        return int(self.bare or not groups) + sum(map(self._count_with, groups))

    def _count_with(self, files: Sequence[Checkpoint]) -> int:
        loras = [file for file in files if file.kind is CheckpointKind.LORA]
        shared = len(self.strengths) if any(not file.strengths for file in loras) else 0
        return max(shared, 1) * prod(len(file.strengths) for file in loras if file.strengths)

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
            embeddings=tuple(Called(file.path, file.word) for file in of[CheckpointKind.EMBEDDING]),
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


class Called(NamedTuple):
    """An embedding file and what prompts call it by; without a word by its file's name."""

    path: str
    word: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        return (self.word,) if self.word else words_of(self.path)


@dataclass(frozen=True)
class Column:
    """What its pictures are drawn with. Without a model of its own it is the drawing's."""

    name: str = ""
    model: str = ""
    loras: tuple[Worn, ...] = ()
    embeddings: tuple[Called, ...] = ()

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
        elif not os.path.isfile(resolve(checkpoint.path)):
            yield Problem(path, f"there is no file '{checkpoint.path}'")
        yield from _wrong_strengths(checkpoint.strengths, f"{path}.strengths")
    yield from _wrong_strengths(grid.strengths, "grid.strengths")
    for places in together(grid.checkpoints):
        models = [place for place in places if grid.checkpoints[place].kind is CheckpointKind.MODEL]
        for place in models[1:]:
            yield Problem(f"grid.checkpoints[{place}]", "is a second model in one column: give it a column of its own")
        yield from _same_words(grid.checkpoints, places)
    if message := too_large(grid.count, rows):
        yield Problem("grid", message)


def too_large(columns: int, rows: int) -> str:
    """Why a grid of so many cannot be one labelled picture; empty where it can."""
    for count, most, what in ((columns, MOST_COLUMNS, "columns"), (rows, MOST_ROWS, "rows")):
        if count > most:
            return f"{count:,} {what} are more than the labelled picture can show: at most {most:,}"
    if columns * rows > MOST_PICTURES:
        return f"{columns:,} columns of {rows:,} are {columns * rows:,} pictures: at most {MOST_PICTURES:,}"
    return ""


def _same_words(checkpoints: Sequence[Checkpoint], places: Sequence[int]) -> Iterator[Problem]:
    """Embeddings of one column that prompts could not tell apart."""
    seen: set[str] = set()
    for place in places:
        file = checkpoints[place]
        if file.kind is CheckpointKind.EMBEDDING:
            word = Called(file.path, file.word).words[0]
            if word.casefold() in seen:
                message = f"prompts call another embedding of its column '{word}', too: {OTHER_WORD}"
                yield Problem(f"grid.checkpoints[{place}]", message)
            seen.add(word.casefold())

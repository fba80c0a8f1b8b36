"""A wish for pictures without training: a model, LoRA files, embeddings, prompts."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from onetrainer_clone import grid, model_files
from onetrainer_clone.checkpoint_kind import CheckpointKind
from onetrainer_clone.grid import OTHER_WORD, Called, Column, Grid, short_names, together
from onetrainer_clone.lora_source import held_by
from onetrainer_clone.paths import resolve
from onetrainer_clone.settings import Problem, Settings, UserError, group, setting
from onetrainer_clone.state.embedding import source_problem
from onetrainer_clone.state.model import ModelSettings, schedule_problems
from onetrainer_clone.state.sampling import Prompt, size_problem


class LoraFile(Settings):
    path: str = setting("", "LoRA", "A LoRA file.", kind="file", holds="lora")
    strength: float = setting(1.0, "Strength", "1 is as trained; 0 is without.", ge=-10, le=10)


class EmbeddingFile(Settings):
    path: str = setting("", "Embedding", "An embedding file.", kind="file", holds="embedding")
    word: str = setting("", "Word", "What prompts call it by.", empty="the file's name")

    @property
    def words(self) -> tuple[str, ...]:
        return Called(self.path, self.word).words


class Drawing(Settings):
    model: ModelSettings = group(ModelSettings, "Model")
    loras: tuple[LoraFile, ...] = setting((), "LoRA files", "Added to the model, each with its strength.")
    embeddings: tuple[EmbeddingFile, ...] = setting((), "Embeddings", "Words that prompts may use, each from a file.")
    prompts: tuple[Prompt, ...] = setting((), "Prompts", "Each gives one picture.")
    folder: str = setting(".", "Folder", "Where the pictures go.", kind="folder")
    grid: Grid = group(Grid, "Grid", "Draws every prompt with every checkpoint, and one picture that shows them all.")

    @property
    def columns(self) -> list[Column]:
        """Of the grid. The bare one is named by what is in every column."""
        everywhere = short_names([*(file.path for file in self.loras), *(file.path for file in self.embeddings)])
        only = f"only {', '.join(everywhere)}" if everywhere else ""
        return [column if column.name else replace(column, name=only) for column in self.grid.columns]

    @property
    def target(self) -> Path:
        return resolve(self.folder)


def problems(drawing: Drawing) -> list[Problem]:
    """What keeps the pictures from being drawn."""
    found = []
    if message := model_files.problem(drawing.model.source) or model_files.broken(drawing.model.source):
        found.append(Problem("--model", message))
    elif not drawing.model.vae and model_files.lacks_vae(drawing.model.source):
        found.append(Problem("--vae", f"'{drawing.model.source}' holds no VAE: choose one"))
    vae, source = drawing.model.vae, drawing.model.source
    if vae and (message := model_files.vae_problem(vae) or model_files.vae_misfit(vae, source)):
        found.append(Problem("--vae", message))
    if not found:
        found += [problem for problem in schedule_problems(drawing.model) if problem.severity == "error"]
    for lora in drawing.loras:
        if not os.path.isfile(resolve(lora.path)):
            found.append(Problem("--lora", f"there is no file '{lora.path}': was it moved or renamed?"))
        elif message := _misfit_of_any(lora.path, CheckpointKind.LORA, drawing):
            found.append(Problem("--lora", message))
    found += _embedding_problems(drawing)
    found += _misfits(drawing)
    for side in {(prompt.width, prompt.height) for prompt in drawing.prompts}:
        if message := size_problem(*side):
            found.append(Problem("--size", message))
    if os.path.exists(drawing.target) and not os.path.isdir(drawing.target):
        found.append(Problem("--out", f"'{drawing.folder}' is a file: choose a folder"))
    if drawing.grid.file:
        found += grid.problems(drawing.grid, len(drawing.prompts))
    return found


def _misfits(drawing: Drawing) -> Iterator[Problem]:
    """Files of the grid that the model of their column cannot be drawn with."""
    for source, places in _columns(drawing):
        for place in places:
            file = drawing.grid.checkpoints[place]
            if os.path.isfile(resolve(file.path)) and (message := _misfit(file.path, file.kind, source)):
                yield Problem(f"grid.checkpoints[{place}]", message)


def _misfit_of_any(path: str, kind: CheckpointKind, drawing: Drawing) -> str:
    """The same for a file that is in every column."""
    models = dict.fromkeys((drawing.model.source, *(source for source, _ in _columns(drawing))))
    return next(filter(None, (_misfit(path, kind, source) for source in models)), "")


def _columns(drawing: Drawing) -> Iterator[tuple[str, list[int]]]:
    """The model of every group of files that share columns, and where they stand."""
    files = drawing.grid.checkpoints
    for places in together(files):
        models = (files[place].path for place in places if files[place].kind is CheckpointKind.MODEL)
        yield next(models, drawing.model.source), places


def _misfit(path: str, kind: CheckpointKind, model: str) -> str:
    """Why a LoRA or an embedding cannot be used with a model; empty where it can, or where that is not known."""
    if kind is CheckpointKind.EMBEDDING:
        return source_problem(path, model)
    try:
        if kind is CheckpointKind.LORA:
            held_by(path, model)
    except UserError as error:
        return str(error)
    return ""


def _embedding_problems(drawing: Drawing) -> Iterator[Problem]:
    seen: set[str] = set()
    for file in drawing.embeddings:
        word = file.words[0]
        if not os.path.isfile(resolve(file.path)):
            yield Problem("--embedding", f"there is no file '{file.path}': was it moved or renamed?")
        elif message := _misfit_of_any(file.path, CheckpointKind.EMBEDDING, drawing):
            yield Problem("--embedding", message)
        elif word.casefold() in seen:
            yield Problem("--embedding", f"two files are called '{word}': {OTHER_WORD}")
        seen.add(word.casefold())

"""The result of a run, written as files: a LoRA, a whole model, embeddings."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

from modules.checkpoints.embedding_file import SUFFIXES, embedding_metadata, save_embedding
from modules.checkpoints.live_names import names_of
from modules.checkpoints.lora import from_tensors
from modules.checkpoints.lora_file import save_lora
from modules.checkpoints.save import save_model
from modules.patience import patient
from modules.precision import DTYPES
from modules.run import Run
from onetrainer_clone.events import Progressed
from onetrainer_clone.state.embedding import file_name
from onetrainer_clone.state.method import Method
from onetrainer_clone.state.saving import ModelLayout


def write(run: Run, folder: Path, ending: str, step: int) -> list[Path]:
    """Write the result under its name with an ending ('-step0000100', or nothing) and return its files, the main one first.

    Where there is an average of the weights, it is what is written. Raises OSError, and `UserError` for weights that are
    not finite; each file is written whole or not at all.
    """
    run.emit(Progressed("saving"))
    average: AbstractContextManager[None] = run.ema.in_place() if run.ema else nullcontext()
    with average, patient(run.emit, f"Saving to {folder}"):
        written = _WRITERS[run.state.method](run, folder, ending, step) if run.state.method in _WRITERS else []
        return [*written, *_embeddings(run, folder, ending)]


def _lora(run: Run, folder: Path, ending: str, step: int) -> list[Path]:
    path = folder / f"{run.state.run_name}{ending}.safetensors"
    names = names_of(run.model.parts)
    lora = from_tensors(run.trained.tensors(), [names], {})
    if run.state.saving.bundles:
        lora = replace(lora, words=run.trained.embeddings())
    save_lora(path, lora, names, run.state, run.folders, step)
    return [path]


def _model(run: Run, folder: Path, ending: str, _step: int) -> list[Path]:
    layout = run.state.saving.model_layout
    suffix = ".safetensors" if layout is ModelLayout.SINGLE_FILE else ""
    path = folder / f"{run.state.run_name}{ending}{suffix}"
    with run.trained.as_files():
        save_model(path, run.model, layout, DTYPES[run.state.saving.dtype])
    return [path]


def _embeddings(run: Run, folder: Path, ending: str) -> list[Path]:
    """One file per trained word, named after it: that is what A1111 and ComfyUI call it by."""
    state, paths = run.state, []
    layout, about = state.saving.embedding_layout, embedding_metadata(run.model.family)
    for placeholder, vectors in run.trained.embeddings().items():
        path = folder / f"{file_name(placeholder, state.run_name)}{ending}{SUFFIXES[layout]}"
        save_embedding(path, vectors, layout, about, placeholder, DTYPES[state.saving.dtype])
        paths.append(path)
    return paths


_WRITERS: dict[Method, Callable[[Run, Path, str, int], list[Path]]] = {
    Method.LORA: _lora,
    Method.FINE_TUNE: _model,
}

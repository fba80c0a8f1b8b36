"""The Saving tab: what is written, where, and how often."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from onetrainer_clone.paths import default_workspace, name_problem, resolve
from onetrainer_clone.settings import Choice, Problem, Settings, group, setting, when
from onetrainer_clone.state.common import Dtype, Every
from onetrainer_clone.state.method import Method
from onetrainer_clone.windows import LONG_PATHS_ADVICE, longest_path

if TYPE_CHECKING:
    from onetrainer_clone.state import TrainingState

LONGEST_WITHIN = 90  # characters of a path below a run's folder, beside its name: a part of a model folder being written


class LoraLayout(Choice):
    KOHYA = "KOHYA", "kohya", "Read by A1111, Forge, ComfyUI, InvokeAI and diffusers."
    DIFFUSERS = "DIFFUSERS", "diffusers (PEFT)", "For programs built on diffusers; ComfyUI reads it, A1111 does not."


class ModelLayout(Choice):
    SINGLE_FILE = "SINGLE_FILE", "one file", "In the original layout: for A1111, Forge, ComfyUI, InvokeAI."
    DIFFUSERS = "DIFFUSERS", "diffusers folder", "A folder of parts, for programs built on diffusers."


class EmbeddingLayout(Choice):
    SAFETENSORS = "SAFETENSORS", "safetensors", "Read by A1111, Forge, ComfyUI, InvokeAI; for SDXL also by diffusers."
    DIFFUSERS = "DIFFUSERS", "diffusers", "For SD 1.5, with the token's name inside. The other programs read it, too."
    PT = "PT", "A1111 .pt", "For SD 1.5: the older file of A1111, with the token's name inside."


class SavingSettings(Settings):
    workspace: str = setting(
        "", "Workspace", "The folder that holds a folder for every run.", kind="folder", empty="Documents"
    )
    name: str = setting(
        "", "Run name", "The run's folder and its files are named after it.", basic=True, empty="the preset's name"
    )
    every: Every = group(Every, "Save every", "How often the result so far is saved during the run.")
    backup_every: Every = group(
        Every, "Back up every", "How often everything that the run needs to be resumed is written."
    )
    backups_kept: int = setting(2, "Backups kept", "Older ones are removed; the newest always stays.", ge=1, le=1000)
    dtype: Dtype = setting(Dtype.FP16, "Save as", "The type of the weights in the file.")
    lora_layout: LoraLayout = setting(
        LoraLayout.KOHYA, "LoRA layout", "What the weights in the file are called.", when=when("/method", Method.LORA)
    )
    model_layout: ModelLayout = setting(
        ModelLayout.SINGLE_FILE, "Model layout", "How a fine-tuned model is kept.", when=when("/method", Method.FINE_TUNE)
    )
    embedding_layout: EmbeddingLayout = setting(
        EmbeddingLayout.SAFETENSORS, "Embedding layout", "What the files of new words look like inside."
    )
    bundle_embeddings: bool = setting(
        False, "Embeddings in the LoRA",
        "Puts the new words also into the LoRA's file: A1111, Forge and ComfyUI then know them with it. diffusers refuses "
        "such a file.", when=when("/method", "LORA"),
    )  # fmt: skip
    tensorboard: bool = setting(True, "TensorBoard", "Also writes the figures and samples for TensorBoard.")
    cache: str = setting(
        "",
        "Cache",
        "Where encoded pictures and captions are kept, shared by all runs.",
        kind="folder",
        empty="the user's cache folder",
    )
    cache_limit_gib: float = setting(
        20.0, "Cache limit", "Beyond this size what was not used for longest is removed, never what a run needs. 0: none.",
        unit="GiB", ge=0, le=1_000_000,
    )  # fmt: skip

    @property
    def folder(self) -> Path:
        return resolve(self.workspace) if self.workspace else default_workspace()

    @property
    def bundles(self) -> bool:
        return self.bundle_embeddings and self.lora_layout is LoraLayout.KOHYA


def problems(state: "TrainingState") -> Iterator[Problem]:
    if state.saving.name and (message := name_problem(state.saving.name)):
        yield Problem("saving.name", message)
    elif not state.saving.name and state.preset and name_problem(state.preset):
        yield Problem("saving.name", f"give the run a name: the preset's, {state.preset!r}, cannot be a folder's")
    if state.saving.bundle_embeddings and state.method is Method.LORA:
        if not any(word.enabled and word.train for word in state.embedding.words):
            yield Problem("saving.bundle_embeddings", "has no effect: there is no new word that is trained", "note")
        elif not state.saving.bundles:
            yield Problem("saving.bundle_embeddings", "has no effect: only kohya's LoRA layout holds new words", "note")
    for path, folder in (("saving.workspace", state.saving.folder), ("saving.cache", state.cache_folder)):
        if message := _unwritable(folder):
            yield Problem(path, message)
    longest = len(os.path.abspath(state.run_folder)) + len(state.run_name) + LONGEST_WITHIN
    if longest > (limit := longest_path()):
        message = f"'{state.run_folder}' is too long: within it paths get {longest} characters, and Windows takes {limit}"
        yield Problem("saving.workspace", f"{message}. Choose a folder nearer to the drive, or see {LONG_PATHS_ADVICE}")


def _unwritable(folder: Path) -> str:
    """Why a folder cannot be written, without writing; the first that exists on the way up decides."""
    if "\0" in str(folder):
        return f"{str(folder)!r} cannot be a folder: it holds a character that names cannot have"
    for place in (folder, *folder.parents):
        if os.path.exists(place):
            if not os.path.isdir(place):
                return f"'{folder}' cannot be a folder: '{place}' is a file; choose another folder"
            return "" if os.access(place, os.W_OK) else f"'{folder}' cannot be written: choose another folder"
    return f"'{folder}' is on a drive that is not there: choose another folder"

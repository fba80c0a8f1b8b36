"""A model as files: the one way in which every method and tool keeps a whole model."""

from collections.abc import Mapping
from pathlib import Path

import torch

from modules.checkpoints.describe import is_unusual, place_beside, write_description
from modules.checkpoints.save_folder import save_folder
from modules.checkpoints.save_single_file import save_single_file
from modules.models.base import Model
from onetrainer_clone.state.saving import ModelLayout


def save_model(
    path: Path,
    model: Model,
    layout: ModelLayout,
    dtype: torch.dtype | None,
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write a model, whole or not at all. dtype: None keeps that of every part. A file of a model of unusual structure has
    a small folder of its name beside it that describes it: without that, nothing could read it.

    metadata: of a single file, beside what says the model's architecture and prediction. Raises UserError where a weight is
    not finite in the dtype, or the folder's name is taken by something else; OSError where the disk is full.
    """
    if layout == ModelLayout.DIFFUSERS:
        save_folder(path, model, dtype)
    else:
        beside = place_beside(path) if is_unusual(model) else None
        save_single_file(path, model, dtype, metadata)
        if beside:
            write_description(beside, model, dtype)

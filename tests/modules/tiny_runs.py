"""Small runs of tiny random models of every family, through the trainer's own entry point."""

from pathlib import Path
from typing import Any

from modules.checkpoints.save import save_model
from onetrainer_clone.families import BASES, Family
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.saving import ModelLayout
from tests.modules.checkpoints.tiny import tiny_model
from tests.modules.small import small_state


def tiny_source(family: Family, folder: Path) -> Path:
    """A tiny model as a diffusers folder."""
    path = folder / family.name.lower()
    save_model(path, tiny_model(family), ModelLayout.DIFFUSERS, None)
    return path


def tiny_state(family: Family, source: Path, folder: Path, **changes: Any) -> TrainingState:
    """As `small_state`, with a tiny model: 64 px are 8 x 8 latents."""
    own = {"model.type": BASES[family].name, "model.source": str(source), "training.resolution": 64}
    return small_state(folder, **{**own, "training.steps": 2, "training.batch_size": 2, **changes})

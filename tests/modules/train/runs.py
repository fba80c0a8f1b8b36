"""What the tests of whole runs have in common."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import Tensor

from onetrainer_clone.events import Event
from onetrainer_clone.state import TrainingState
from tests.modules.small import class_folder

PROMPT = {"text": "a sks circle", "seed": 3, "steps": 2}
EVERYTHING: dict[str, Any] = {
    "sampling.prompts": [PROMPT, {**PROMPT, "text": "a circle", "sampler": "DDIM"}],
    "sampling.every": {"unit": "STEPS", "amount": 2},
    "sampling.weights": "BOTH",
    "saving.every": {"unit": "STEPS", "amount": 1},
    "saving.backup_every": {"unit": "STEPS", "amount": 2},
    "saving.tensorboard": True,
    "training.validate_every": {"unit": "STEPS", "amount": 2},
}
EMA = {"training.ema": {"enabled": True, "decay": 0.5}}

Make = Callable[..., TrainingState]
Plain = tuple[dict[str, Tensor], list[Event]]
Whole = tuple[TrainingState, dict[str, Tensor], list[Event]]


def validation(folder: Path) -> dict[str, Any]:
    return {"name": "check", "path": str(class_folder(folder / "check", 2)), "role": "VALIDATION"}


def of(kind: type[Any], events: list[Event]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]

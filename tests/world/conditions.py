"""The trainings that show what regularization does: the demo preset, and the same with other concepts.

Each sees 2 subject pictures a step, as the demo does, but for the pathology, which has ten regularization rows to one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onetrainer_clone.events import Event, Saved
from onetrainer_clone.session import Controls
from onetrainer_clone.settings import replace
from onetrainer_clone.state import TrainingState
from presets import store
from presets.runs import claim

BIASED = Path(__file__).parent / "concepts" / "class_biased"
FOLDERS = {
    "class": "demo:concepts/class",
    "class_varied": "demo:concepts/class_varied",
    "class_biased": str(BIASED),
}


@dataclass(frozen=True)
class Condition:
    """What is trained beside the subject, and how."""

    title: str
    regularization: Sequence[str] = ()
    mode: str = "STANDARD"
    subject_share: float = 0.5
    shipped: bool = False  # the demo preset's own concepts


CONDITIONS = {
    "alone": Condition("subject alone"),
    "standard": Condition("+ class, STANDARD", ["class"]),
    "prior": Condition("+ class, PRIOR_PREDICTION", ["class"], "PRIOR_PREDICTION"),
    "demo": Condition(
        "**+ class + class_varied, PRIOR_PREDICTION, loss weight 2** (the demo)",
        ["class", "class varied"],
        shipped=True,
    ),
    "swamped": Condition("+ class, STANDARD, 10 rows to 1 (the pathology)", ["class"], "STANDARD", 1 / 11),
    "biased-standard": Condition("+ class_biased, STANDARD", ["class_biased"]),
    "biased-prior": Condition("+ class_biased, PRIOR_PREDICTION", ["class_biased"], "PRIOR_PREDICTION"),
}

SAMPLES_PER_EPOCH = 220  # divides into the demo's halves and the pathology's elevenths


def state_of(condition: Condition, seed: int, workspace: Path, steps: int = 1000) -> TrainingState:
    """The demo preset with a condition's concepts; no samples on the way."""
    state = store.find("demo").load()
    changes: dict[str, Any] = {
        "training.seed": seed,
        "training.steps": steps,
        "sampling.prompts": (),
        "sampling.every.unit": "NEVER",
        "saving.workspace": str(workspace),
        "saving.tensorboard": False,
        "saving.dtype": "FP32",
    }
    if not condition.shipped:
        changes["concepts"] = _concepts(condition)
        changes["training.batch_size"] = 4 if condition.regularization else 2
    for path, value in changes.items():
        state = replace(state, path, value)
    return state


def _concepts(condition: Condition) -> list[dict[str, Any]]:
    subject = round(SAMPLES_PER_EPOCH * (condition.subject_share if condition.regularization else 0.5))
    concepts: list[dict[str, Any]] = [
        {"name": "subject", "path": "demo:concepts/subject", "balance": "SAMPLES", "samples": subject}
    ]
    for name in condition.regularization:
        concepts.append(
            {
                "name": name,
                "path": FOLDERS[name],
                "role": "REGULARIZATION",
                "mode": condition.mode,
                "balance": "SAMPLES",
                "samples": (SAMPLES_PER_EPOCH - subject) // len(condition.regularization),
            }
        )
    return concepts


def train(state: TrainingState) -> tuple[Path, list[Event]]:
    """Train a state through the public entry point; returns the LoRA file and all events."""
    from modules.train import train as run_training

    events: list[Event] = []
    run_training(claim(state), events.append, Controls())
    saved = [event for event in events if isinstance(event, Saved) and event.final]
    return Path(saved[-1].path), events

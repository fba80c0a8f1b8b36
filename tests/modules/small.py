"""Small runs of the embedded demo model for the tests of the trainer: few pictures, 32 px, few steps."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from modules.checkpoints.load import load_model
from modules.models.sd15 import StableDiffusion15
from modules.train import train
from onetrainer_clone.events import Event, Saved, Stepped
from onetrainer_clone.paths import DEMO
from onetrainer_clone.session import Controls
from onetrainer_clone.settings import replace
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.model import ModelSettings

SIZE = 32  # pixels; 8 x 8 latents
SUBJECT = {"name": "subject", "path": "demo:concepts/subject", "balance": "SAMPLES", "samples": 4}


def demo_model(**settings: Any) -> StableDiffusion15:
    """The demo model, loaded anew."""
    model = load_model(ModelSettings(source="demo:model", **settings))
    assert isinstance(model, StableDiffusion15)
    return model


def class_folder(folder: Path, count: int = 4) -> Path:
    """Some pictures of the demo's class folder, with their captions."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        for suffix in ("png", "txt"):
            shutil.copy(DEMO / "concepts" / "class" / f"{number:03d}.{suffix}", folder)
    return folder


def small_state(folder: Path, **changes: Any) -> TrainingState:
    """A state that trains the demo's subject and four pictures of its class; changes as {'training.steps': 3}.

    The cache is in `folder`'s parent where a test module shares one (see the fixture `folder`).
    """
    found = TrainingState()
    values: dict[str, Any] = {
        "model.source": "demo:model",
        "concepts": [SUBJECT, regularization(folder)],
        "training.length": "STEPS",
        "training.steps": 4,
        "training.batch_size": 4,
        "training.resolution": SIZE,
        "training.bucket_step": "16",
        "training.seed": 7,
        "training.device": "CPU",
        "training.threads": 1,
        "learning_rate.unet": 1e-3,
        "learning_rate.text_encoder": 1e-3,
        "adapter.rank": 4,
        "adapter.alpha": 2.0,
        "saving.workspace": str(folder / "workspace"),
        "saving.name": "run",
        "saving.dtype": "FP32",
        "saving.tensorboard": False,
        **changes,
    }
    for path, value in values.items():
        found = replace(found, path, value)
    return found


def regularization(folder: Path, **changes: Any) -> dict[str, Any]:
    return {
        "name": "class",
        "path": str(class_folder(folder / "class")),
        "role": "REGULARIZATION",
        "mode": "PRIOR_PREDICTION",
        "balance": "SAMPLES",
        "samples": 4,
        **changes,
    }


def run(
    state: TrainingState, watch: Callable[[Event, Controls], None] = lambda event, controls: None
) -> tuple[dict[str, Tensor], list[Event]]:
    """Train through the public entry point; returns the final file's tensors (none where none was saved), and the events.

    watch: hears every event, and may wish something.
    """
    events: list[Event] = []
    controls = Controls()

    def emit(event: Event) -> None:
        events.append(event)
        watch(event, controls)

    train(state, emit, controls)
    final = [event.path for event in events if isinstance(event, Saved) and event.final]
    return (tensors(Path(final[-1])) if final else {}), events


def tensors(path: Path) -> dict[str, Tensor]:
    """What a file holds; not mapped into memory, so that another run may write it anew on Windows, too."""
    from safetensors.torch import load

    found: dict[str, Tensor] = load(path.read_bytes())
    return found


def stepped(events: Sequence[Event]) -> list[Stepped]:
    return [event for event in events if isinstance(event, Stepped)]


def same(a: dict[str, Tensor], b: dict[str, Tensor]) -> bool:
    """Equal bit for bit, and not empty."""
    return bool(a) and a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def apart(a: dict[str, Tensor], b: dict[str, Tensor]) -> float:
    """The largest difference between two files of the same layers."""
    assert a
    assert a.keys() == b.keys()
    return max(float((a[name].double() - b[name].double()).abs().max()) for name in a)

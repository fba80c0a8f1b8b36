"""What goes wrong in a run: it ends in words, and what was learned is kept."""

import threading
from pathlib import Path
from typing import Any

import pytest
import torch

from modules.step import NotFinite
from modules.train import train
from onetrainer_clone.events import Event, Saved
from onetrainer_clone.session import Controls
from tests.modules.small import run, same, stepped, tensors
from tests.modules.train.runs import Make, of


def test_a_loss_that_is_not_finite_stops_the_run_before_the_weights_are_touched(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One poisoned picture: named with its step, the weights of the step before are saved, an earlier result stays."""
    from modules.data import batches

    good, _ = run(make(**{"training.steps": 2}))
    state = make()
    earlier = state.run_folder / "saves" / "run.safetensors"
    earlier.parent.mkdir(parents=True)
    earlier.write_bytes(b"an earlier result")
    made = batches.make_batch
    poisoned: list[str] = []

    def poison(*arguments: Any) -> Any:
        batch = made(*arguments)
        if any(sample.repeat for sample in batch.samples) and not poisoned:
            row = next(i for i, sample in enumerate(batch.samples) if sample.repeat)
            batch.latents[row] = float("nan")
            poisoned.append(batch.samples[row].picture.key)
        return batch

    monkeypatch.setattr("modules.train.make_batch", poison)
    events: list[Event] = []
    with pytest.raises(NotFinite) as caught:
        train(state, events.append, Controls())
    last = stepped(events)[-1].step
    message = str(caught.value)
    assert f"step {last + 1}: the loss is not finite" in message
    assert poisoned[0] in message
    assert earlier.read_bytes() == b"an earlier result"
    [saved] = of(Saved, events)
    assert saved.path in message
    assert (saved.step, saved.final) == (last, False) == (2, False)
    assert same(tensors(Path(saved.path)), good)


def test_a_learning_rate_that_blows_up_ends_in_words(make: Make) -> None:
    huge = {"learning_rate.unet": 100, "learning_rate.text_encoder": 100, "training.clip_norm": 0}
    events: list[Event] = []
    with pytest.raises(NotFinite, match="Lower the learning rate"):
        train(make(**huge, **{"training.steps": 60}), events.append, Controls())
    for event in of(Saved, events):
        assert all(torch.isfinite(tensor).all() for tensor in tensors(Path(event.path)).values())


def test_an_error_in_the_middle_saves_what_was_learned(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    from modules.step import take_step

    def failing(run: Any, step: Any, skipped: int) -> Any:
        if step.number == 3:
            raise RuntimeError("the GPU fell off the bus")
        return take_step(run, step, skipped)

    monkeypatch.setattr("modules.train.take_step", failing)
    events: list[Event] = []
    with pytest.raises(RuntimeError, match="fell off"):
        train(make(), events.append, Controls())
    [saved] = of(Saved, events)
    assert saved.step == 2
    assert tensors(Path(saved.path))
    assert not [thread for thread in threading.enumerate() if thread.name == "batches"]

"""What goes wrong in a run: it ends in words, and what was learned is kept."""

import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from modules.step import NotFinite
from modules.train import train
from onetrainer_clone.events import BackedUp, Event, Saved, Warned
from onetrainer_clone.session import Controls
from onetrainer_clone.settings import UserError, replace
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


def after_every_step(act: Callable[[Any], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Have something done to the run behind every step."""
    from modules.step import take_step

    def both(run: Any, step: Any, skipped: int) -> Any:
        result = take_step(run, step, skipped)
        act(run)
        return result

    monkeypatch.setattr("modules.train.take_step", both)


def test_weights_that_the_files_type_cannot_hold_are_saved_as_float32(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """float16 ends at 65,504. A save in the middle is said not to have been written, and the run goes on."""

    @torch.no_grad()
    def enlarge(run: Any) -> None:
        run.trained.parameters[0].view(-1)[0] = 1e6

    after_every_step(enlarge, monkeypatch)
    every = {"saving.every": {"unit": "STEPS", "amount": 2}, "saving.dtype": "FP16", "learning_rate.unet": 1e-9}
    found, events = run(make(**every))
    said = [event.message for event in of(Warned, events)]
    assert any("could not be saved" in one and "not finite in float16" in one and "goes on" in one for one in said)
    assert any("not finite in float16" in one and "saved as float32 instead" in one for one in said)
    assert [event.step for event in of(Saved, events)] == [4]
    assert max(float(tensor.abs().max()) for tensor in found.values()) == pytest.approx(1e6)
    assert {tensor.dtype for tensor in found.values()} == {torch.float32}


def test_a_result_that_cannot_be_saved_is_kept_in_a_backup_that_is_named(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: Any) -> list[Path]:
        raise UserError("this layout has no place for it")

    monkeypatch.setattr("modules.occasions.write", full)
    monkeypatch.setattr("modules.last_save.PAUSE_SECONDS", 0.01)
    monkeypatch.setattr("modules.last_save.GIVE_UP_SECONDS", -1.0)
    monkeypatch.setattr("modules.last_save.AGAIN_SECONDS", 0.01)
    state, events = make(), list[Event]()
    with pytest.raises(UserError, match=r"this layout has no place for it.*The newest backup is .*step0000004"):
        train(state, events.append, Controls())
    assert [event.step for event in of(BackedUp, events)] == [4]


def test_an_average_that_is_switched_on_at_resuming_begins_at_the_weights_of_the_backup(make: Make) -> None:
    state = make(**{"saving.backup_every": {"unit": "STEPS", "amount": 2}})
    result, _ = run(state)
    more = {"resume": str(state.run_folder / "backups"), "training.ema": {"enabled": True, "decay": 0.999}}
    for path, value in more.items():
        state = replace(state, path, value)
    averaged, _ = run(state)
    assert same(averaged, result)


def test_what_the_frames_of_an_error_hold_makes_room_for_what_comes_after() -> None:
    from modules.memory import let_go

    held: list[weakref.ref[torch.Tensor]] = []

    def fill() -> None:
        activations = torch.ones(1000)
        held.append(weakref.ref(activations))
        raise RuntimeError("out of memory")

    try:
        fill()
    except RuntimeError as error:
        assert held[0]() is not None
        let_go(error)
        assert held[0]() is None

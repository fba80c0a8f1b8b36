"""Numbers that rot and memories that are full: each is said in words with its cause, and costs no good file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from modules.memory import is_full
from modules.rot import is_black
from modules.step import NotFinite
from modules.train import train
from onetrainer_clone.backups import backups
from onetrainer_clone.events import BackedUp, Event, Sampled, Saved, Stepped, Warned
from onetrainer_clone.session import Controls
from onetrainer_clone.settings import Invalid, UserError
from onetrainer_clone.state import TrainingState
from tests.modules.small import run, same, small_state, stepped, tensors

PROMPT = {"text": "a sks circle", "seed": 3, "steps": 2}
Make = Callable[..., TrainingState]


@pytest.fixture
def make(tmp_path: Path, cache: Path) -> Make:
    return lambda **changes: small_state(tmp_path, **{"saving.cache": str(cache), **changes})


def refused(state: TrainingState, kind: type[UserError] = UserError) -> tuple[str, list[Event]]:
    """What a run that cannot go on says, and what it told until then."""
    events: list[Event] = []
    with pytest.raises(kind) as caught:
        train(state, events.append, Controls())
    return str(caught.value), events


def warnings(events: list[Event]) -> str:
    return "\n".join(event.message for event in events if isinstance(event, Warned))


def after_loading(monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Any], object]) -> None:
    """Have a model spoiled as soon as it is loaded."""
    from modules.checkpoints.load import load_model

    def load(*arguments: Any) -> Any:
        model = load_model(*arguments)
        with torch.no_grad():
            spoil(model)
        return model

    monkeypatch.setattr("modules.run.load_model", load)


def test_latents_that_are_not_finite_name_their_picture(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    from modules.data.batches import make_batch

    spoiled: list[str] = []

    def spoil(*arguments: Any) -> Any:
        batch = make_batch(*arguments)
        if not spoiled:
            batch.latents[1] = float("inf")
            spoiled.append(batch.samples[1].picture.key)
        return batch

    monkeypatch.setattr("modules.train.make_batch", spoil)
    message, _ = refused(make(), NotFinite)
    assert f"The latents of {spoiled[0]} are not finite" in message
    assert "learning rate" not in message


@pytest.mark.parametrize("part", ["unet", "text_encoder"])
def test_a_damaged_model_is_said_to_be_one(make: Make, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    after_loading(monkeypatch, lambda model: next(model.parts[part].parameters()).fill_(float("nan")))
    message, events = refused(make(), NotFinite)
    assert "step 1: the loss is not finite" in message
    assert "The model itself is damaged" in message
    assert f"of its {part} are not finite" in message
    assert not [event for event in events if isinstance(event, Saved)]


def test_a_damaged_vae_stops_the_run_before_it_starts(make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    after_loading(monkeypatch, lambda model: model.vae.quant_conv.weight.fill_(float("nan")))
    message, events = refused(make(**{"saving.cache": str(tmp_path / "own")}), Invalid)
    assert ".png: use float32 for the VAE" in message
    assert not stepped(events)


def test_rotten_weights_are_never_backed_up_and_the_last_good_backup_stays(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An update that overshoots after a step whose loss and gradient were fine."""
    from modules.step import take_step

    def rot(run: Any, step: Any, skipped: int) -> Any:
        result = take_step(run, step, skipped)
        if step.number == 3:
            run.trained.parameters[5].data.view(-1)[0] = float("inf")
        return result

    monkeypatch.setattr("modules.train.take_step", rot)
    state = make(**{"saving.backup_every": {"unit": "STEPS", "amount": 1}, "saving.backups_kept": 1})
    message, events = refused(state)
    assert "become infinite or NaN at step 3" in message
    assert "the backups before stay" in message
    assert [path.name for path in backups(state.run_folder / "backups")] == ["step0000002"]
    assert [event.step for event in events if isinstance(event, BackedUp)] == [1, 2]
    assert not [event for event in events if isinstance(event, Saved)]


def test_a_rotten_optimizer_is_the_cause(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    from modules.step import take_step

    def rot(run: Any, step: Any, skipped: int) -> Any:
        if step.number == 3:
            for held in run.optimizer.state.values():
                held["exp_avg"].fill_(float("nan"))
        return take_step(run, step, skipped)

    monkeypatch.setattr("modules.train.take_step", rot)
    message, _ = refused(make(), NotFinite)
    assert "step 4" in message
    assert "have become infinite or NaN" in message


@pytest.mark.parametrize("dtype", ["FP32", "FP16"])
def test_black_samples_are_said_with_the_likely_reason_and_the_run_goes_on(
    make: Make, monkeypatch: pytest.MonkeyPatch, dtype: str
) -> None:
    after_loading(monkeypatch, lambda model: model.vae.decoder.conv_out.bias.fill_(float("nan")))
    changes = {"sampling.prompts": [PROMPT], "sampling.at_start": False, "model.vae_dtype": dtype}
    found, events = run(make(**changes))
    assert found
    assert len([event for event in events if isinstance(event, Sampled)]) == 1
    said = warnings(events)
    assert "The sample 'a sks circle' of step 4 is all black" in said
    assert ("set 'VAE weights' to float32" if dtype == "FP16" else "of its vae are not finite") in said


def test_a_picture_is_black_only_where_nothing_else_is_in_it() -> None:
    assert is_black(Image.new("RGB", (4, 4)))
    image = Image.new("RGB", (4, 4))
    image.putpixel((3, 3), (0, 0, 1))
    assert not is_black(image)


# Full memories

FULL = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
    MemoryError(),
    RuntimeError("[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate memory: you tried to allocate"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    OSError(12, "Cannot allocate memory"),
]


@pytest.mark.parametrize("error", FULL)
def test_a_full_memory_is_known_by_its_error(error: Exception) -> None:
    assert is_full(error)


@pytest.mark.parametrize("error", [RuntimeError("shapes do not match"), OSError(28, "No space left"), ValueError("memory")])
def test_other_errors_are_no_full_memory(error: Exception) -> None:
    assert not is_full(error)


def test_torch_s_own_error_for_a_full_ram_is_one() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**55)
    assert is_full(caught.value)


PLACES = {
    "modules.run.load_model": ("loading the model: the memory is full", "closing other programs"),
    "modules.data.cache.Latents.fill": ("encoding the pictures: the memory is full", "a lower resolution"),
    "modules.run.make_optimizer": ("setting up the training: the memory is full", "batch size 2 instead of 4"),
    "modules.train.take_step": ("step 1: the memory is full", "batch size 2 instead of 4"),
}


@pytest.mark.parametrize("error", FULL[:3], ids=["device", "RAM", "torch"])
@pytest.mark.parametrize("place", PLACES)
def test_a_full_memory_is_said_in_words_wherever_it_happens(
    make: Make, monkeypatch: pytest.MonkeyPatch, place: str, error: Exception
) -> None:
    def full(*_arguments: Any, **_named: Any) -> Any:
        raise error

    monkeypatch.setattr(place, full)
    message, _ = refused(make())
    said, helps = PLACES[place]
    assert said in message
    assert helps in message


def test_a_full_memory_at_a_step_keeps_the_last_weights_and_the_backup(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    from modules.step import take_step

    def full(run: Any, step: Any, skipped: int) -> Any:
        if step.number == 3:
            raise FULL[0]
        return take_step(run, step, skipped)

    expected, _ = run(make(**{"training.steps": 2, "saving.name": "short"}))
    monkeypatch.setattr("modules.train.take_step", full)
    state = make(**{"saving.backup_every": {"unit": "STEPS", "amount": 1}})
    message, events = refused(state)
    assert message.startswith("step 3: the memory is full")
    [saved] = [event for event in events if isinstance(event, Saved)]
    assert same(tensors(Path(saved.path)), expected)
    assert [path.name for path in backups(state.run_folder / "backups")] == ["step0000001", "step0000002"]


@pytest.mark.parametrize("error", FULL[:3], ids=["device", "RAM", "torch"])
def test_a_sample_that_does_not_fit_costs_the_sample_alone(
    make: Make, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def full(*_arguments: Any, **_named: Any) -> Any:
        raise error

    monkeypatch.setattr("modules.sampling.draw", full)
    found, events = run(make(**{"sampling.prompts": [PROMPT]}))
    assert found
    assert warnings(events).count("A sample does not fit into the memory: draw smaller ones. The run goes on") == 2
    assert len([event for event in events if isinstance(event, Stepped)]) == 4

"""Whole runs through the public entry point: what must hold whatever else is switched on."""

import shutil
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers.models.resnet import ResnetBlock2D
from PIL import Image
from torch import Tensor
from transformers.models.clip.modeling_clip import CLIPAttention

from modules.step import NotFinite
from modules.train import train
from onetrainer_clone.events import (
    Cached,
    Ended,
    Event,
    Logged,
    Progressed,
    Sampled,
    Saved,
    Started,
    Stepped,
    Validated,
    Warned,
)
from onetrainer_clone.paths import DEMO
from onetrainer_clone.session import Controls, Stopped, run_to_end
from onetrainer_clone.settings import UserError, load
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.sampling import Prompt
from tests.modules.small import (
    SUBJECT,
    apart,
    class_folder,
    regularization,
    run,
    same,
    small_state,
    stepped,
    tensors,
)

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


@pytest.fixture
def make(tmp_path: Path, cache: Path) -> Make:
    """A small state with changes; every run of a test has a workspace of its own."""
    count = iter(range(100))

    def state(**changes: Any) -> TrainingState:
        own = tmp_path / f"run {next(count)}"
        base: dict[str, Any] = {"saving.cache": str(cache), "saving.workspace": str(own)}
        return small_state(tmp_path, **base, **changes)

    return state


@pytest.fixture
def with_validation(tmp_path: Path) -> dict[str, Any]:
    return {"concepts": [SUBJECT, regularization(tmp_path), validation(tmp_path)]}


def validation(folder: Path) -> dict[str, Any]:
    return {"name": "check", "path": str(class_folder(folder / "check", 2)), "role": "VALIDATION"}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> tuple[dict[str, Tensor], list[Event]]:
    """The result and the events of the small state as it is: what others are compared with."""
    return run(small_state(tmp_path_factory.mktemp("plain"), **{"saving.cache": str(cache)}))


def of(kind: type[Any], events: list[Event]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


# --- the same again ---


def test_a_run_repeats_bit_for_bit_and_another_seed_does_not(make: Make, plain: Plain) -> None:
    first, events = plain
    second, again = run(make())
    assert same(first, second)
    assert [step.loss for step in stepped(events)] == [step.loss for step in stepped(again)]
    other, _ = run(make(**{"training.seed": 8}))
    assert apart(first, other) > 1e-3


def test_dropout_repeats_and_has_an_effect(make: Make, plain: Plain) -> None:
    first, _ = run(make(**{"adapter.dropout": 0.5}))
    second, _ = run(make(**{"adapter.dropout": 0.5}))
    assert same(first, second)
    assert apart(first, plain[0]) > 1e-5


def in_file(name: str) -> str:
    """'live/unet.mid_block.attentions.0.proj_in.lora_up.weight', in a backup, as kohya's files call it."""
    part, _, rest = name.removeprefix("live/").partition(".")
    path, _, end = rest.partition(".lora_")
    return f"{ {'unet': 'lora_unet', 'text_encoder': 'lora_te'}[part]}_{path.replace('.', '_')}.lora_{end}"


def test_looking_does_not_change_what_is_learned(make: Make, plain: Plain, with_validation: dict[str, Any]) -> None:
    """Samples, saves, backups, validation and the average in between leave the live weights as they are."""
    state = make(**EVERYTHING, **EMA, **with_validation)
    averaged, events = run(state)
    backup = sorted((state.run_folder / "backups").iterdir())[-1]
    held = tensors(next(backup.glob("*.safetensors")))
    live = {in_file(name): tensor for name, tensor in held.items() if name.startswith("live/")}
    assert same(live, {name: tensor for name, tensor in plain[0].items() if not name.endswith(".alpha")})
    assert apart(averaged, plain[0]) > 1e-6, "what is saved is the average"
    assert len(of(Sampled, events)) == 3 * 2 * 2  # before the first step and after the second and fourth
    assert not of(Warned, events)


# --- the step ---


def test_accumulated_batches_give_the_step_of_one_large_batch(make: Make) -> None:
    large, events = run(make(**{"training.batch_size": 8, "training.steps": 1, "training.clip_norm": 0}))
    small, parts = run(
        make(**{"training.batch_size": 2, "training.accumulation": 4, "training.steps": 1, "training.clip_norm": 0})
    )
    assert stepped(parts)[0].gradient_norm == pytest.approx(stepped(events)[0].gradient_norm, rel=1e-4)
    assert stepped(parts)[0].loss == pytest.approx(stepped(events)[0].loss, rel=1e-5)
    down = {name: tensor for name, tensor in large.items() if "lora_down" in name}
    assert apart(down, {name: small[name] for name in down}) < 1e-5


def counted(forward: Callable[..., Any], name: str, calls: Counter[str]) -> Callable[..., Any]:
    def counting(*arguments: Any, **named: Any) -> Any:
        calls[name] += 1
        return forward(*arguments, **named)

    return counting


def test_gradient_checkpointing_gives_the_same_gradients_and_computes_twice(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = Counter[str]()
    for kind in (ResnetBlock2D, CLIPAttention):
        monkeypatch.setattr(kind, "forward", counted(kind.forward, kind.__name__, calls))
    changes = {"adapter.dropout": 0.3, "model.clip_skip": 2}
    plain, events = run(make(**changes))
    once = dict(calls)
    calls.clear()
    checked, again = run(make(**changes, **{"training.gradient_checkpointing": True}))
    assert all(calls[name] > 1.2 * once[name] for name in once), (calls, once)
    norms = [[step.gradient_norm for step in stepped(found)] for found in (events, again)]
    assert norms[1] == pytest.approx(norms[0], rel=1e-3)
    assert [s.loss for s in stepped(again)] == pytest.approx([s.loss for s in stepped(events)], rel=1e-4)
    assert apart(plain, checked) < 1e-3


def test_gradients_are_clipped_to_the_norm(make: Make) -> None:
    """With plain Adam a smaller gradient gives the same first step, so eps is made to matter."""
    changes = {"training.steps": 1, "optimizer.adamw": {"eps": 1.0, "weight_decay": 0}, "learning_rate.unet": 1.0}
    free, events = run(make(**changes, **{"training.clip_norm": 0}))
    clipped, shown = run(make(**changes, **{"training.clip_norm": 1e-3}))
    assert stepped(shown)[0].gradient_norm == stepped(events)[0].gradient_norm > 1e-2
    ups = [name for name in free if "lora_unet" in name and "lora_up" in name]
    ratio = max(float(clipped[name].abs().max() / free[name].abs().max()) for name in ups)
    assert ratio < 0.2


@pytest.mark.parametrize("change", [{"noise.offset": 0.3}, {"noise.min_snr_gamma": 1}, {"model.clip_skip": 2}])
def test_noise_and_loss_settings_have_an_effect(make: Make, plain: Plain, change: dict[str, Any]) -> None:
    assert apart(plain[0], run(make(**change))[0]) > 1e-5


def test_a_loss_weight_weighs(make: Make, tmp_path: Path) -> None:
    heavy = {"concepts": [SUBJECT, regularization(tmp_path, loss_weight=10.0)], "training.steps": 2}
    light = {"concepts": [SUBJECT, regularization(tmp_path, loss_weight=0.0)], "training.steps": 2}
    first, second = (stepped(run(make(**change))[1]) for change in (heavy, light))
    for found, weight in ((first, 10.0), (second, 0.0)):
        for step in found:
            subject, other = step.concept_loss["subject"], step.concept_loss["class"]
            assert step.loss == pytest.approx((subject + weight * other) / 2, rel=1e-4)


@pytest.mark.parametrize("optimizer", ["ADAMW", "ADAMW_8BIT", "PRODIGY"])
def test_every_optimizer_trains_and_shows_its_rate(make: Make, optimizer: str) -> None:
    rate = 1.0 if optimizer == "PRODIGY" else 0.003
    changes = {"optimizer.optimizer": optimizer, "learning_rate.unet": rate, "learning_rate.text_encoder": rate}
    state = make(**changes, **{"learning_rate.warmup": 2, "learning_rate.schedule": "LINEAR"})
    found, events = run(state)
    shown = [step.learning_rate for step in stepped(events)]
    assert [set(rates) for rates in shown] == [{"unet", "text_encoder"}] * 4
    if optimizer == "PRODIGY":
        assert shown[0]["unet"] == pytest.approx(0.5e-6)
    else:
        assert [rates["unet"] for rates in shown] == pytest.approx([0.0015, 0.003, 0.003, 0.0015])
    assert any(float(tensor.abs().max()) > 0 for name, tensor in found.items() if "lora_up" in name)


def test_it_learns(make: Make) -> None:
    """The loss of the subject's own pictures, at noise that was not trained with, goes down."""
    same_pictures = {"name": "check", "path": "demo:concepts/subject", "role": "VALIDATION"}
    changes = {"concepts": [SUBJECT, same_pictures], "training.steps": 40}
    _, events = run(make(**changes, **{"learning_rate.unet": 3e-3, "learning_rate.text_encoder": 3e-3}))
    before, after = (event.concept_loss["check"] for event in of(Validated, events))
    assert after < 0.85 * before


@pytest.mark.parametrize(("part", "other"), [("unet", "text_encoder"), ("text_encoder", "unet")])
def test_a_part_that_is_not_trained_is_not_in_the_file(make: Make, part: str, other: str) -> None:
    found, events = run(make(**{f"training.{other}": False}))
    prefix = {"unet": "lora_unet", "text_encoder": "lora_te"}[part]
    assert found
    assert all(name.startswith(prefix) for name in found)
    assert set(stepped(events)[0].learning_rate) == {part}


def test_a_frozen_text_encoder_gives_the_same_from_the_cache_as_computed(make: Make) -> None:
    """A rate so small that the text encoder stays as it is, against one that is frozen and cached."""
    cached, events = run(make(**{"training.text_encoder": False}))
    computed, live = run(make(**{"learning_rate.text_encoder": 1e-30}))
    assert [s.loss for s in stepped(events)] == pytest.approx([s.loss for s in stepped(live)], rel=1e-4)
    assert apart(cached, {name: computed[name] for name in cached}) < 1e-3


@pytest.mark.parametrize("text_encoder", [True, False])
def test_dropped_captions_are_the_encoded_empty_prompt(make: Make, text_encoder: bool) -> None:
    dropped = [{**SUBJECT, "caption_dropout": 1.0}]
    empty = [{**SUBJECT, "caption_source": "TEXT", "caption_text": ""}]
    changes = {"training.text_encoder": text_encoder, "training.steps": 2}
    first, second = (run(make(concepts=found, **changes)) for found in (dropped, empty))
    assert same(first[0], second[0])
    _, full = run(make(concepts=[SUBJECT], **changes))
    assert stepped(full)[0].loss != pytest.approx(stepped(first[1])[0].loss, rel=1e-4)


@pytest.mark.parametrize("weights", ["FP32", "BF16"])
def test_bf16_runs_on_the_cpu(make: Make, weights: str) -> None:
    changes = {f"model.{part}_dtype": weights for part in ("unet", "text_encoder", "vae")}
    state = make(**changes, **{"training.train_dtype": "BF16", "sampling.prompts": [PROMPT], "model.clip_skip": 2})
    found, events = run(state)
    _, exact = run(make(**{"model.clip_skip": 2}))
    assert [s.loss for s in stepped(events)] == pytest.approx([s.loss for s in stepped(exact)], rel=0.1, abs=0.02)
    assert {tensor.dtype for tensor in found.values()} == {torch.float32}
    assert len(of(Sampled, events)) == 2


# --- the figures ---


def test_figures_are_finite_and_add_up(make: Make) -> None:
    _, events = run(make(**EMA, **{"training.steps": 10}))
    found = stepped(events)
    assert [step.step for step in found] == list(range(1, 11))
    assert [step.epoch for step in found] == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    for step in found:
        assert set(step.concept_loss) <= {"subject", "class"}
        assert step.gradient_norm > 0
        assert step.samples_per_second > 0
        assert step.steps_per_second > 0
        assert step.memory_mib > 50
    seen = [loss for step in found for loss in [step.loss]]
    assert found[-1].smoothed_loss == pytest.approx(sum(seen) / len(seen))
    assert found[0].weight_change is not None
    assert found[9].weight_change is not None
    assert found[9].weight_change > found[0].weight_change > 0
    assert found[9].ema_distance is not None
    assert found[9].ema_distance > 0
    assert found[-1].seconds_left == pytest.approx(0)
    [started] = of(Started, events)
    assert (started.steps, started.epochs, started.concepts) == (10, 5, ("subject", "class"))


def test_the_loss_per_concept_adds_up_to_the_loss(make: Make) -> None:
    _, events = run(make(**{"training.batch_size": 8}))
    for step in stepped(events):
        assert step.loss == pytest.approx((step.concept_loss["subject"] + step.concept_loss["class"]) / 2, rel=1e-5)


def test_the_regularization_begins_at_a_loss_of_zero(make: Make) -> None:
    _, events = run(make(**{"training.batch_size": 8, "training.steps": 1}))
    assert stepped(events)[0].concept_loss["class"] < 1e-10
    assert stepped(events)[0].concept_loss["subject"] > 1e-2


def test_validation_gives_the_same_twice_and_sees_what_changes(make: Make, with_validation: dict[str, Any]) -> None:
    tiny = {"learning_rate.unet": 1e-30, "learning_rate.text_encoder": 1e-30, "optimizer.adamw": {"weight_decay": 0}}
    validate = {"training.validate_every": {"unit": "STEPS", "amount": 2}}
    _, events = run(make(**with_validation, **tiny, **validate))
    still = [event.concept_loss["check"] for event in of(Validated, events)]
    assert [event.step for event in of(Validated, events)] == [0, 2, 4]
    assert len(set(still)) == 1
    _, events = run(make(**with_validation, **validate, **EMA))
    found = [(event.step, event.weights) for event in of(Validated, events)]
    assert found == [(0, "live"), (0, "ema"), (2, "live"), (2, "ema"), (4, "live"), (4, "ema")]
    moved = [event.concept_loss["check"] for event in of(Validated, events)]
    assert moved[0] == moved[1] == pytest.approx(still[0])
    assert moved[-2] != moved[0]


def test_without_validation_concepts_nothing_is_measured(make: Make) -> None:
    _, events = run(make(**{"training.validate_every": {"unit": "STEPS", "amount": 1}}))
    assert not of(Validated, events)


# --- files ---


def test_a_run_leaves_its_files(make: Make, with_validation: dict[str, Any]) -> None:
    state = make(**EVERYTHING, **EMA, **with_validation)
    _, events = run(state)
    folder = state.run_folder
    names = sorted(path.name for path in (folder / "samples").iterdir())
    assert names == [f"{step:07d}-{i:02d}-{w}.png" for step in (0, 2, 4) for i in (0, 1) for w in ("ema", "live")]
    assert sorted(path.name for path in (folder / "saves").iterdir()) == sorted(
        ["run.safetensors", *(f"run-step{step:07d}.safetensors" for step in (1, 2, 3))]
    )
    assert any((folder / "tensorboard").iterdir())
    assert [(event.step, event.final) for event in of(Saved, events)] == [(1, False), (2, False), (3, False), (4, True)]
    with Image.open(folder / "samples" / "0000002-01-live.png") as image:
        assert image.size == (32, 32)
        about = image.info
    assert about["prompt"] == "a circle"
    assert (about["seed"], about["step"], about["weights"]) == ("3", "2", "live")
    assert about["parameters"] == "a circle\nSteps: 2, Sampler: DDIM, CFG scale: 7, Seed: 3, Size: 32x32"
    assert not list(folder.rglob("*.part"))


def test_tensorboard_holds_the_figures(make: Make, with_validation: dict[str, Any]) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    state = make(**with_validation, **EMA, **{"saving.tensorboard": True, "sampling.prompts": [PROMPT]})
    _, events = run(state)
    found = EventAccumulator(str(state.run_folder / "tensorboard"))
    found.Reload()
    written = {event.step: event.value for event in found.Scalars("loss/subject")}
    assert written == pytest.approx({s.step: s.smoothed_concept_loss["subject"] for s in stepped(events)}, rel=1e-5)
    assert {"learning_rate/unet", "gradient_norm", "validation/ema/check", "ema_distance"} <= set(
        found.Tags()["scalars"]
    )
    assert found.Tags()["images"] == ["0 ema"]


def test_a_second_start_encodes_nothing(make: Make, tmp_path: Path) -> None:
    own = {"saving.cache": str(tmp_path / "own cache"), "training.text_encoder": False}
    state = small_state(tmp_path, **own)
    before = of(Cached, run(state)[1])
    files = {path: path.stat().st_ino for path in (tmp_path / "own cache").rglob("*.safetensors")}
    after = of(Cached, run(state)[1])
    assert (before[0].encoded, before[0].pictures) == (10, 10)
    assert (after[0].encoded, after[0].pictures) == (0, 10)
    assert files == {path: path.stat().st_ino for path in (tmp_path / "own cache").rglob("*.safetensors")}


def test_the_average_is_what_is_saved(make: Make) -> None:
    slow = {"training.ema": {"enabled": True, "decay": 0.9, "every": 1000}}
    never_updated, _ = run(make(**slow))
    ups = [tensor for name, tensor in never_updated.items() if "lora_up" in name]
    assert all(float(tensor.abs().max()) == 0 for tensor in ups)


def damaged_class(tmp_path: Path, count: int) -> Path:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(count):
        shutil.copy(DEMO / "concepts" / "class" / f"{number:03d}.png", folder)
    (folder / "003.png").write_bytes((folder / "003.png").read_bytes()[:150])
    return folder


def test_a_damaged_picture_is_named_and_everything_else_is_cached_before_the_first_step(tmp_path: Path) -> None:
    """Without the picture a fixed number of samples goes further through the folder: other variants are seen."""
    path = str(damaged_class(tmp_path, 12))
    concept = {"name": "class", "path": path, "balance": "SAMPLES", "samples": 12, "crop_jitter": 0.4}
    own = tmp_path / "own cache"
    length = {"training.length": "EPOCHS", "training.epochs": 2}
    counts: list[int] = []

    def watch(event: Event, controls: Controls) -> None:
        if isinstance(event, Cached):
            counts.append(len(list(own.rglob("latents/*/*.safetensors"))))
            assert (event.encoded, event.pictures) == (counts[0], 11)

    _, events = run(small_state(tmp_path, concepts=[concept], **length, **{"saving.cache": str(own)}), watch)
    assert any("003.png" in event.message for event in of(Warned, events))
    assert counts == [len(list(own.rglob("latents/*/*.safetensors")))]
    assert counts[0] > 22, "otherwise this test shows nothing"


def test_too_many_damaged_pictures_stop_the_run_before_it_starts(make: Make, tmp_path: Path) -> None:
    concept = {"name": "class", "path": str(damaged_class(tmp_path, 5))}
    with pytest.raises(UserError, match="more than a tenth"):
        run(make(concepts=[concept]))


# --- what goes wrong ---


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


# --- wishes ---


def ended(state: TrainingState, watch: Callable[[Event, Controls], None]) -> tuple[Ended, list[Event]]:
    """A run as the session runs it."""
    events: list[Event] = []
    controls = Controls()

    def emit(event: Event) -> None:
        events.append(event)
        watch(event, controls)

    saved = lambda: next((e.path for e in reversed(events) if isinstance(e, Saved)), "")  # noqa: E731
    return run_to_end(lambda emit, controls: train(state, emit, controls), emit, controls, saved), events


@pytest.mark.parametrize("activity", ["scanning", "loading", "caching"])
def test_a_stop_before_the_first_step_ends_at_once_and_saves_nothing(make: Make, activity: str, tmp_path: Path) -> None:
    def watch(event: Event, controls: Controls) -> None:
        if isinstance(event, Progressed) and event.activity == activity:
            controls.stop()

    state = make(**{"sampling.prompts": [PROMPT]})
    end, events = ended(state, watch)
    assert end.outcome == "stopped"
    assert not of(Stepped, events)
    assert not of(Saved, events)
    assert not of(Sampled, events)


@pytest.mark.parametrize("save", [True, False])
def test_a_stop_while_sampling_ends_it_within_a_denoising_step(make: Make, save: bool) -> None:
    drawn: list[int] = []

    def watch(event: Event, controls: Controls) -> None:
        if isinstance(event, Progressed) and event.activity == "sampling":
            drawn.append(event.done)
            if event.done == 1:
                controls.stop(save)

    changes = {"sampling.at_start": False, "sampling.every": {"unit": "STEPS", "amount": 2}}
    state = make(**changes, **{"sampling.prompts": [{**PROMPT, "steps": 40}]})
    end, events = ended(state, watch)
    assert drawn == [0, 1]
    assert end.outcome == "stopped"
    assert stepped(events)[-1].step == 2
    assert [event.step for event in of(Saved, events)] == ([2] if save else [])
    assert not of(Sampled, events)


@pytest.mark.parametrize("save", [True, False])
def test_a_stop_at_a_step_ends_after_it(make: Make, save: bool) -> None:
    def watch(event: Event, controls: Controls) -> None:
        if isinstance(event, Stepped) and event.step == 2:
            controls.stop(save)
            controls.stop(not save)

    state = make(**{"sampling.prompts": [PROMPT], "sampling.at_start": False})
    end, events = ended(state, watch)
    assert end.outcome == "stopped"
    assert len(stepped(events)) == 2
    assert not of(Sampled, events)
    saves = of(Saved, events)
    assert [(event.step, event.final) for event in saves] == ([(2, True)] if save else [])
    if save:
        assert same(tensors(Path(saves[0].path)), run(make(**{"training.steps": 2}))[0])


def test_a_pause_waits_and_goes_on_as_if_nothing_had_been(make: Make, plain: Plain) -> None:
    waited: list[bool] = []

    def watch(event: Event, controls: Controls) -> None:
        if isinstance(event, Stepped) and event.step == 2:
            controls.pause()
        if isinstance(event, Progressed) and event.activity == "paused":
            waited.append(controls.paused)
            threading.Timer(0.2, controls.resume).start()

    paused, events = run(make(), watch)
    assert waited == [True]
    assert len(stepped(events)) == 4
    assert same(paused, plain[0])


def test_in_a_pause_pictures_are_drawn_and_the_result_is_saved(make: Make, plain: Plain) -> None:
    """From the weights as they are; the run goes on as if nothing had been."""
    told: list[str] = []

    def watch(event: Event, controls: Controls) -> None:
        if isinstance(event, Stepped) and event.step == 2:
            controls.pause()
        if isinstance(event, Progressed) and event.activity == "paused" and not told:
            told.append("paused")
            controls.ask(load(Prompt, {**PROMPT, "text": "asked in a pause"}))
            controls.wish("save")
        if isinstance(event, Sampled) and event.index == -1:
            told.append(f"{event.prompt} at {event.step}, paused {controls.paused}")
        if isinstance(event, Saved) and not event.final:
            told.append(f"saved at {event.step}")
            controls.resume()

    paused, events = run(make(), watch)
    assert told == ["paused", "asked in a pause at 2, paused True", "saved at 2"]
    assert len(stepped(events)) == 4
    assert same(paused, plain[0])


def test_a_stop_ends_a_pause(make: Make) -> None:
    def watch(event: Event, controls: Controls) -> None:
        if isinstance(event, Stepped) and event.step == 1:
            controls.pause()
        if isinstance(event, Progressed) and event.activity == "paused":
            threading.Timer(0.1, controls.stop).start()

    end, events = ended(make(), watch)
    assert end.outcome == "stopped"
    assert len(stepped(events)) == 1
    assert [event.final for event in of(Saved, events)] == [True]


def test_samples_and_saves_come_when_they_are_wished(make: Make) -> None:
    def watch(event: Event, controls: Controls) -> None:
        if isinstance(event, Stepped) and event.step == 2:
            controls.wish("sample")
            controls.wish("save")

    changes = {"sampling.prompts": [PROMPT], "sampling.at_start": False, "sampling.at_end": False}
    found, events = run(make(**changes), watch)
    assert [event.step for event in of(Sampled, events)] == [2]
    assert [(event.step, event.final) for event in of(Saved, events)] == [(2, False), (4, True)]
    assert not same(tensors(Path(of(Saved, events)[0].path)), found)


def test_a_full_disk_costs_the_samples_and_not_the_result(make: Make) -> None:
    state = make(**{"sampling.prompts": [PROMPT]})
    state.run_folder.mkdir(parents=True)
    (state.run_folder / "samples").write_text("a file in the way")
    found, events = run(state)
    assert found
    assert len(of(Warned, events)) == 2
    assert not of(Sampled, events)


def test_a_saves_folder_that_cannot_be_written_is_not_the_end(make: Make) -> None:
    state = make(**{"saving.every": {"unit": "STEPS", "amount": 2}})
    state.run_folder.mkdir(parents=True)
    (state.run_folder / "saves").write_text("a file in the way")
    found, events = run(state)
    assert found
    [saved] = of(Saved, events)
    assert not saved.path.startswith(str(state.run_folder))
    assert len(of(Warned, events)) == 3  # of the save in between, and of two tries at the end


# --- the process ---


def test_ten_runs_leave_no_thread_and_little_memory_behind(make: Make) -> None:
    import gc

    import psutil

    run(make(**EVERYTHING))
    gc.collect()
    threads, memory = set(threading.enumerate()), psutil.Process().memory_info().rss
    for _ in range(9):
        run(make(**{"training.steps": 1, "saving.tensorboard": True}))
    gc.collect()
    assert set(threading.enumerate()) <= threads
    assert psutil.Process().memory_info().rss - memory < 120 * 2**20


def test_the_log_says_what_is_trained(make: Make) -> None:
    _, events = run(make(**{"training.steps": 1}))
    [line] = of(Logged, events)
    assert "Training a LoRA on 84 layers of the UNet and 12 layers of the text encoder: 72,448 weights" in line.message


def test_a_stop_raises_stopped_while_caching(make: Make) -> None:
    controls = Controls()
    controls.stop()
    with pytest.raises(Stopped):
        train(make(), lambda event: None, controls)


def test_what_a_setting_costs_or_does_in_vain_is_a_note_at_the_start_and_no_warning(make: Make) -> None:
    _, events = run(make(**{"noise.masked": True}))
    assert not of(Warned, events)
    [note] = [event.message for event in of(Logged, events) if event.note]
    assert note.startswith("noise.masked: has no effect")

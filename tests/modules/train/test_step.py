"""What a step of a run does, and that it does the same again: whole runs through the public entry point."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers.models.resnet import ResnetBlock2D
from transformers.models.clip.modeling_clip import CLIPAttention

from onetrainer_clone.events import Sampled, Validated, Warned
from tests.modules.small import SUBJECT, apart, regularization, run, same, stepped, tensors
from tests.modules.train.runs import PROMPT, Make, Plain, Whole, of


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
    return f"{ {'unet': 'lora_unet', 'text_encoder': 'lora_te'}[part] }_{path.replace('.', '_')}.lora_{end}"


def test_looking_does_not_change_what_is_learned(plain: Plain, whole: Whole) -> None:
    """Samples, saves, backups, validation and the average in between leave the live weights as they are."""
    state, averaged, events = whole
    backup = sorted((state.run_folder / "backups").iterdir())[-1]
    held = tensors(next(backup.glob("*.safetensors")))
    live = {in_file(name): tensor for name, tensor in held.items() if name.startswith("live/")}
    assert same(live, {name: tensor for name, tensor in plain[0].items() if not name.endswith(".alpha")})
    assert apart(averaged, plain[0]) > 1e-6, "what is saved is the average"
    assert len(of(Sampled, events)) == 3 * 2 * 2  # before the first step and after the second and fourth
    assert not of(Warned, events)


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

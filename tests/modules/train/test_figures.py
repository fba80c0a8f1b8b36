"""What a run tells of itself: losses, norms, validation, and what is trained."""

from typing import Any

import pytest

from onetrainer_clone.events import Logged, Started, Validated, Warned
from tests.modules.small import run, stepped
from tests.modules.train.runs import EMA, Make, of


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


def test_the_log_says_what_is_trained(make: Make) -> None:
    _, events = run(make(**{"training.steps": 1}))
    [line] = of(Logged, events)
    assert "Training a LoRA on 84 layers of the UNet and 12 layers of the text encoder: 72,448 weights" in line.message


def test_what_a_setting_costs_or_does_in_vain_is_a_note_at_the_start_and_no_warning(make: Make) -> None:
    _, events = run(make(**{"noise.masked": True}))
    assert not of(Warned, events)
    [note] = [event for event in of(Logged, events) if event.note]
    assert note.path == "noise.masked"
    assert note.message.startswith("has no effect")

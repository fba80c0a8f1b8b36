"""The figures come from runs of the demo: learned, swamped by ten regularization rows to one, and made to stand still."""

from typing import Any

import pytest

from onetrainer_clone.events import Stepped
from onetrainer_clone.plan import Plan, make_plan
from onetrainer_clone.settings import replace
from onetrainer_clone.state import TrainingState
from onetrainer_clone.watch import Watch
from presets import store


def state_of(**changes: Any) -> TrainingState:
    state = store.find("demo").load()
    for path, value in changes.items():
        state = replace(state, path.replace("__", "."), value)
    return state


def plan_of(state: TrainingState, share: float) -> Plan:
    """The demo's plan with another share for the subject."""
    from dataclasses import replace as with_field

    plan = make_plan(state)
    first, *others = plan.concepts
    return with_field(plan, concepts=(with_field(first, share_of_loss_weight=share), *others))


def stepped(step: int, loss: float, smoothed: float, **more: Any) -> Stepped:
    figures: dict[str, Any] = {"learning_rate": {"unet": 1e-3}, "gradient_norm": 0.1, **more}
    return Stepped(
        step=step,
        epoch=1,
        loss=loss,
        smoothed_loss=smoothed,
        concept_loss={"subject": loss},
        smoothed_concept_loss={"subject": smoothed},
        **figures,
    )


def heard(watch: Watch, losses: list[float], **more: Any) -> list[str]:
    said = []
    for step, loss in enumerate(losses, start=1):
        recent = losses[max(0, step - 100) : step]
        said += watch.after(stepped(step, loss, sum(recent) / len(recent), **more))
    return said


SWAMPED = [0.062] * 30 + [0.069] * 370
LEARNED = [0.083] * 30 + [0.033] * 370


@pytest.mark.parametrize(
    ("losses", "share", "warned"),
    [(SWAMPED, 1 / 11, True), (LEARNED, 1 / 11, False), (SWAMPED, 0.5, False), (SWAMPED[:120], 1 / 11, False)],
)
def test_a_swamped_subject_is_named_with_what_to_do(losses: list[float], share: float, warned: bool) -> None:
    state = state_of()
    said = heard(Watch(state, plan_of(state, share)), losses)
    assert len(said) == warned
    if warned:
        assert said[0].startswith("'subject' is not being learned: its loss is 0.069, it was 0.062 at the beginning.")
        assert "9% of the loss weight" in said[0]


def prodigy() -> TrainingState:
    rates = {"learning_rate__unet": None, "learning_rate__text_encoder": None}
    return state_of(optimizer__optimizer="PRODIGY", **rates)


@pytest.mark.parametrize(("rate", "warned"), [(1e-6, True), (3e-4, False)])
def test_prodigy_that_finds_nothing_is_said(rate: float, warned: bool) -> None:
    state = prodigy()
    said = heard(Watch(state, plan_of(state, 0.5)), LEARNED, learning_rate={"unet": rate, "text_encoder": rate})
    assert [sentence.startswith("Prodigy has not found a step size in 200 steps") for sentence in said] == [
        True
    ] * warned


def test_the_same_rate_says_nothing_of_adamw() -> None:
    state = state_of()
    assert heard(Watch(state, plan_of(state, 0.5)), LEARNED, learning_rate={"unet": 1e-6}) == []


@pytest.mark.parametrize(("change", "warned"), [(1e-8, True), (0.003, False), (None, False)])
def test_weights_that_stand_still_are_said(change: float | None, warned: bool) -> None:
    state = state_of()
    said = heard(Watch(state, plan_of(state, 0.5)), LEARNED, weight_change=change)
    assert [sentence.endswith("raise the learning rate") for sentence in said] == [True] * warned


@pytest.mark.parametrize(("distance", "warned"), [(0.6, True), (0.05, False)])
def test_an_average_that_hides_the_change_is_said_from_half_of_the_run_on(distance: float, warned: bool) -> None:
    state = state_of(training__steps=400)
    watch = Watch(state, plan_of(state, 0.5))
    assert heard(watch, LEARNED[:199], ema_distance=distance) == []
    said = watch.after(stepped(200, 0.03, 0.03, ema_distance=distance))
    assert [sentence.startswith(f"The average (EMA) is {distance:.0%} away") for sentence in said] == [True] * warned


# Weights that stay as they are


@pytest.mark.parametrize(("lost", "stochastic", "warned"), [(0.9, False, True), (0.9, True, False), (0.1, False, False)])
def test_steps_that_are_rounded_away_are_said(lost: float, stochastic: bool, warned: bool) -> None:
    state = state_of(method="FINE_TUNE", optimizer__stochastic_rounding=stochastic)
    said = Watch(state, plan_of(state, 1)).after(stepped(10, 0.1, 0.1, rounded_away=lost))
    assert any("90% of the weights are as they were" in sentence for sentence in said) is warned


def test_many_skipped_steps_are_said_once_and_a_scale_that_finds_its_place_is_not() -> None:
    state = state_of()
    watch = Watch(state, plan_of(state, 1))
    assert watch.after(stepped(100, 0.1, 0.1, skipped_steps=4)) == []
    [said] = watch.after(stepped(101, 0.1, 0.1, skipped_steps=6))
    assert said.startswith("6 of 101 steps were skipped and changed nothing")
    assert watch.after(stepped(102, 0.1, 0.1, skipped_steps=7)) == []


def test_skipped_steps_are_no_progress() -> None:
    """The weights stand still since nothing was done yet, which is no reason to raise the rate."""
    state = state_of()
    watch = Watch(state, plan_of(state, 1))
    said = watch.after(stepped(120, 0.1, 0.1, skipped_steps=100, weight_change=0.0))
    assert not any("raise the learning rate" in sentence for sentence in said)


def test_a_part_that_stops_is_said_when_it_does() -> None:
    state = state_of(training__text_encoder_stop={"unit": "STEPS", "amount": 5})
    watch = Watch(state, plan_of(state, 1))
    assert watch.after(stepped(5, 0.1, 0.1)) == []
    assert watch.after(stepped(6, 0.1, 0.1)) == [
        "From step 6 on the text encoder stays as it is (set to stop after 5 steps)."
    ]
    assert watch.after(stepped(7, 0.1, 0.1)) == []

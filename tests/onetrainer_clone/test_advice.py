"""The rules that say what to change before a run starts."""

from typing import Any

import pytest

from onetrainer_clone.plan import make_plan
from onetrainer_clone.settings import load
from onetrainer_clone.state.training import Ema
from tests.onetrainer_clone.making import imagined, make_state


def said(counts: tuple[int, ...], concepts: list[dict[str, Any]], **groups: Any) -> dict[str, str]:
    """path -> message of what is advised for concepts with so many pictures each."""
    state = make_state(concepts, **groups)
    folders = [imagined(concept, count) for concept, count in zip(state.active, counts, strict=True)]
    return {problem.path: f"{problem.severity}: {problem.message}" for problem in make_plan(state, folders).problems}


SUBJECT = {"name": "subject"}
CLASS = {"name": "class", "role": "REGULARIZATION", "mode": "PRIOR_PREDICTION"}


def test_a_swamped_subject_is_told_with_its_share() -> None:
    assert said((10, 100), [SUBJECT, CLASS])["concepts"].startswith(
        "warning: the subject has only 9% of the loss weight"
    )


@pytest.mark.parametrize(
    ("counts", "concepts"),
    [
        ((10, 100), [{**SUBJECT, "repeats": 10}, CLASS]),
        ((10, 100), [SUBJECT, {**CLASS, "loss_weight": 0.1}]),
        ((10, 100), [SUBJECT, {**CLASS, "balance": "SAMPLES", "samples": 10}]),
        ((10, 40), [SUBJECT, CLASS]),
        ((10, 1000), [SUBJECT, {**CLASS, "role": "VALIDATION"}]),
        ((10, 1000), [SUBJECT, {**SUBJECT, "name": "second"}]),
        ((100,), [CLASS]),
    ],
)
def test_a_subject_that_holds_its_own_is_left_alone(counts: tuple[int, ...], concepts: list[dict[str, Any]]) -> None:
    assert "concepts" not in said(counts, concepts)


def test_regularization_in_standard_mode_gets_a_note() -> None:
    assert said((5, 5), [SUBJECT, {**CLASS, "mode": "STANDARD"}])["concepts[1].mode"].startswith("note: ")
    assert "concepts[1].mode" not in said((5, 5), [SUBJECT, CLASS])


def ema(decay: float, steps: int) -> str:
    training = {"length": "STEPS", "steps": steps, "ema": {"enabled": True, "decay": decay}}
    return said((10,), [SUBJECT], training=training).get("training.ema.decay", "")


@pytest.mark.parametrize(("decay", "steps"), [(0.999, 500), (0.9999, 9_999), (0.999999, 100_000), (0.9, 2)])
def test_an_average_longer_than_the_run_is_told_with_a_decay_that_helps(decay: float, steps: int) -> None:
    message = ema(decay, steps)
    assert "the run has only" in message
    better = float(message.split("use at most ")[1].split(",")[0])
    assert load(Ema, {"decay": better}).decay == better, "a value that the setting takes"
    assert 1 / (1 - better) <= max(steps, 4)
    assert ema(better, max(steps, 4)) == ""


def test_an_average_that_fits_is_left_alone() -> None:
    assert ema(0.99, 1000) == ""
    assert "training.ema.decay" not in said((10,), [SUBJECT], training={"ema": {"decay": 0.99999}})


def prodigy(steps: int) -> dict[str, str]:
    training = {"length": "STEPS", "steps": steps}
    return said((10,), [SUBJECT], training=training, optimizer={"optimizer": "PRODIGY"})


def test_prodigy_needs_some_steps() -> None:
    assert "the run has 99" in prodigy(99)["optimizer.optimizer"]
    assert prodigy(100) == {}

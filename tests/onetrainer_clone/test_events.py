"""Events as JSON and back."""

import json
import math
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onetrainer_clone.events import Event, Stepped, Validated, from_json, to_json

KINDS = get_args(Event)
STEP: dict[str, Any] = {
    "step": 1, "epoch": 0, "loss": 0.5, "smoothed_loss": 0.5, "concept_loss": {"cat": 0.5},
    "smoothed_concept_loss": {"cat": 0.5}, "learning_rate": {"unet": 1e-4}, "gradient_norm": 1.0,
}  # fmt: skip


@given(st.one_of([st.from_type(kind) for kind in KINDS]))
def test_every_event_comes_back_from_strict_json(event: Event) -> None:
    text = json.dumps(to_json(event), allow_nan=False)
    found = from_json(json.loads(text))
    assert type(found) is type(event)
    assert repr(found) == repr(event), "repr, since NaN is not equal to itself"


@pytest.mark.parametrize("norm", [math.inf, -math.inf, math.nan])
def test_an_infinite_gradient_norm_as_float16_has_it_survives(norm: float) -> None:
    found = from_json(json.loads(json.dumps(to_json(Stepped(**{**STEP, "gradient_norm": norm})), allow_nan=False)))
    assert isinstance(found, Stepped)
    assert str(found.gradient_norm) == str(norm)


def test_numbers_in_tables_survive_too() -> None:
    found = from_json(json.loads(json.dumps(to_json(Validated(1, "ema", {"cat": math.nan})), allow_nan=False)))
    assert isinstance(found, Validated)
    assert math.isnan(found.concept_loss["cat"])


@pytest.mark.parametrize("data", [{}, {"event": "Teleported"}, {"event": ["Saved"]}, [], 5, None, "Saved"])
def test_what_this_version_does_not_know_is_none(data: object) -> None:
    assert from_json(data) is None


def test_what_a_later_version_adds_is_left_out() -> None:
    assert from_json({"event": "Stepped", **STEP, "mood": "good", "time": 3}) == Stepped(**STEP)


@pytest.mark.parametrize("data", [{"event": "Saved"}, {"event": "Saved", "step": "one", "path": "x"}])
def test_wrong_values_are_a_value_error(data: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="Saved"):
        from_json(data)

"""What a plan says about the method: what prior prediction costs, when parts stop, where new words occur."""

from typing import Any

import pytest

from onetrainer_clone.model_size import weights_of
from onetrainer_clone.plan import make_plan
from onetrainer_clone.state import errors
from tests.onetrainer_clone.making import imagined, make_state

SUBJECT = {"name": "subject"}
CLASS = {"name": "class", "role": "REGULARIZATION", "mode": "PRIOR_PREDICTION"}
UNET, TEXT = 3_194_948, 298_944  # weights of the demo's parts


def said(concepts: list[dict[str, Any]], **groups: Any) -> dict[str, str]:
    """Of twelve pictures per concept, captioned 'a cat, number 3': twelve steps an epoch and concept."""
    state = make_state(concepts, **groups)
    plan = make_plan(state, [imagined(concept, 12) for concept in state.active])
    return {problem.path: f"{problem.severity}: {problem.message}" for problem in plan.problems}


def test_the_weights_are_counted_from_the_headers() -> None:
    assert (weights_of("demo:model", "unet"), weights_of("demo:model", "text_encoder")) == (UNET, TEXT)
    assert weights_of("owner/model", "unet") is None
    assert weights_of("demo:nothing", "unet") is None


@pytest.mark.parametrize(
    ("copy", "dtype", "size"),
    [("DEVICE", "FP32", 4), ("RAM", "FP32", 4), ("BF16_RAM", "FP32", 2), ("DEVICE", "BF16", 2)],
)
def test_the_frozen_copy_is_told_with_its_size(copy: str, dtype: str, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onetrainer_clone.method_plan.weights_of", lambda source, part: 2**29)
    model = {"source": "demo:model", "unet_dtype": dtype, "text_encoder_dtype": dtype}
    found = said([SUBJECT, CLASS], method="FINE_TUNE", model=model, training={"prior_copy": copy, "train_dtype": "BF16"})
    assert f"takes {size / 2 * 2:.2f} GiB" in found["training.prior_copy"]
    assert ("in RAM" if "RAM" in copy else "on the device") in found["training.prior_copy"]
    assert "training.prior_copy" not in said([SUBJECT], method="FINE_TUNE")
    assert "training.prior_copy" not in said([SUBJECT, CLASS])


@pytest.mark.parametrize(
    ("stop", "words"),
    [
        ({"unit": "STEPS", "amount": 30}, "note: the text encoder learns until step 30 of 120, then stays as it is"),
        ({"unit": "EPOCHS", "amount": 2}, "note: the text encoder learns until step 24 of 120, then stays as it is"),
        ({"unit": "EPOCHS", "amount": 10}, "note: has no effect: the text encoder would stop at step 120"),
        ({"unit": "STEPS", "amount": 999}, "note: has no effect: the text encoder would stop at step 999"),
    ],
)
def test_when_a_part_stops_is_said(stop: dict[str, Any], words: str) -> None:
    found = said([SUBJECT], training={"epochs": 10, "text_encoder_stop": stop})
    assert found["training.text_encoder_stop.amount"].startswith(words)
    assert "training" not in found


def test_a_run_that_trains_nothing_at_its_end_is_refused() -> None:
    stop = {"unit": "EPOCHS", "amount": 3}
    state = make_state([SUBJECT], training={"epochs": 10, "text_encoder_stop": stop, "unet_stop": stop})
    [wrong] = errors(list(make_plan(state, [imagined(state.active[0], 12)]).problems))
    assert "after step 36 of 120 nothing would be trained any more" in wrong.message


@pytest.mark.parametrize(
    ("word", "concept", "warned"),
    [("<cat>", {}, True), ("cat", {}, False), ("<cat>", {"trigger_words": "a <CAT>"}, False), ("ca", {}, True)],
)
def test_a_word_that_no_caption_holds_is_warned_of(word: str, concept: dict[str, Any], warned: bool) -> None:
    found = said([{**SUBJECT, **concept}], method="EMBEDDING", embedding={"words": [{"placeholder": word}]})
    assert ("no caption holds" in found.get("embedding.words[0].placeholder", "")) is warned


@pytest.mark.parametrize(
    ("groups", "path", "words"),
    [
        ({"method": "FINE_TUNE", "learning_rate": {"unet": 1e-4}}, "learning_rate.unet", "0.0001 is a LoRA's rate"),
        ({"learning_rate": {"unet": 1e-6}}, "learning_rate.unet", "1e-06 is a fine-tune's rate: a weight moves by at most"),
        ({"learning_rate": {"unet": 2e-2}}, "learning_rate.unet", "0.02 is 200 times the usual 0.0001"),
    ],
)
def test_a_rate_of_another_method_is_warned_of_with_numbers(groups: dict[str, Any], path: str, words: str) -> None:
    found = said([SUBJECT], training={"epochs": 10}, **groups)[path]
    assert found.startswith("warning: ")
    assert words in found
    assert "over the 120 steps" in found or "times" in found


@pytest.mark.parametrize("method", ["LORA", "FINE_TUNE", "EMBEDDING"])
@pytest.mark.parametrize("optimizer", ["ADAMW", "PRODIGY"])
def test_the_usual_rates_are_not_warned_of(method: str, optimizer: str) -> None:
    words = [{"placeholder": "<cat>"}]
    found = said([SUBJECT], method=method, optimizer={"optimizer": optimizer}, embedding={"words": words})
    assert not [path for path in found if path.startswith("learning_rate")]

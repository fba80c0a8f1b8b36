"""What a fine-tune and new words will be, before the start and without torch."""

from typing import Any

import pytest

from modules.checkpoints.load import load_model
from onetrainer_clone.plan import make_plan
from onetrainer_clone.result_plan import model_plan, size_text, words_plan
from onetrainer_clone.state import TrainingState
from onetrainer_clone.terminal import plan_text
from tests.onetrainer_clone.making import imagined, make_state

WORDS = {"words": [{"vectors": 3}, {"placeholder": "<b>", "vectors": 1}, {"placeholder": "<c>", "enabled": False}]}


def state_of(method: str, **groups: Any) -> TrainingState:
    return make_state([{"name": "cat"}], method=method, **groups)


def test_a_fine_tune_is_counted_as_the_loaded_model_is() -> None:
    state = state_of("FINE_TUNE", saving={"dtype": "FP16"}, training={"text_encoder": False})
    plan, model = model_plan(state), load_model(state.model)
    assert plan is not None
    counts = {part: sum(p.numel() for p in module.parameters()) for part, module in model.parts.items()}
    whole = sum(counts.values()) + sum(p.numel() for p in model.vae.parameters())
    assert (plan.parts, plan.weights) == (("unet",), counts["unet"])
    assert plan.bytes == pytest.approx(2 * whole, rel=1e-3)
    assert str(plan).startswith(f"Fine-tune of the UNet: {counts['unet']:,} weights, a model of ")
    assert model_plan(state_of("FINE_TUNE", model={"source": "owner/unknown"})) is None
    assert model_plan(state_of("LORA")) is None


def test_new_words_are_counted_by_their_vectors() -> None:
    state = state_of("EMBEDDING", embedding=WORDS, saving={"dtype": "FP32"})
    plan, model = words_plan(state), load_model(state.model)
    assert plan is not None
    [encoder] = model.text_encoders.values()
    width = next(p.shape[1] for name, p in encoder.named_parameters() if "token_embedding" in name)
    assert (plan.words, plan.vectors, plan.weights, plan.bytes) == (2, 4, 4 * width, 16 * width)
    assert str(plan).startswith(f"2 new words of 4 vectors: {4 * width:,} weights, files of ")
    assert words_plan(state_of("EMBEDDING", model={"source": "gone"}, embedding=WORDS)) is None
    assert words_plan(state_of("LORA")) is None


@pytest.mark.parametrize(
    ("method", "words", "lines"),
    [("LORA", {}, ["LoRA on "]), ("FINE_TUNE", {}, ["Fine-tune of "]), ("EMBEDDING", WORDS, ["2 new words"]),
     ("LORA", WORDS, ["LoRA on ", "2 new words"])],
)  # fmt: skip
def test_the_plan_says_what_is_trained(method: str, words: dict[str, Any], lines: list[str]) -> None:
    state = state_of(method, embedding=words, training={"epochs": 1})
    said = plan_text(make_plan(state, [imagined(state.active[0], 3)])).splitlines()
    length = next(index for index, line in enumerate(said) if "in total" in line)
    assert "3 samples and 3 steps per epoch, 1 epoch, 3 steps in total" in said[length]
    assert len(said[length + 1 :]) == len(lines)
    assert all(line.startswith(begin) for line, begin in zip(said[length + 1 :], lines, strict=True))


@pytest.mark.parametrize(
    ("count", "text"), [(512, "0.5 KiB"), (6144, "6 KiB"), (3 * 2**20, "3 MiB"), (2**31, "2 GiB"), (7 * 2**30, "7 GiB")]
)
def test_sizes_in_words(count: int, text: str) -> None:
    assert size_text(count) == text

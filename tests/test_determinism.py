"""The same state and pictures give the same weights, bit for bit on the CPU, whatever else is done or was done before."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from torch import Tensor

from modules.data import batches, cache
from modules.data.store import Store
from onetrainer_clone.events import Cached, Event, Saved, Stepped
from onetrainer_clone.isolation import isolated
from onetrainer_clone.session import Controls
from onetrainer_clone.state import TrainingState
from tests.modules.small import SUBJECT, class_folder, regularization, run, same, small_state, stepped, tensors

Result = tuple[dict[str, Tensor], list[float]]
PROMPT = {"text": "a sks circle", "seed": 3, "steps": 2}
EVERY = {"unit": "STEPS", "amount": 1}


def state_of(folder: Path, **changes: Any) -> TrainingState:
    """Augmentation, drop-out of captions and of the LoRA, accumulation, and a frozen text encoder that is cached."""
    busy = {**SUBJECT, "crop_jitter": 0.3, "flip": True, "image_variants": 3, "caption_dropout": 0.3}
    base: dict[str, Any] = {
        "concepts": [busy, regularization(folder)],
        "training.text_encoder": False,
        "training.batch_size": 2,
        "training.accumulation": 2,
        "training.steps": 3,
        "adapter.dropout": 0.2,
    }
    return small_state(folder, **{**base, **changes})


def result(state: TrainingState) -> Result:
    found, events = run(state)
    return found, [step.loss for step in stepped(events)]


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return result(state_of(tmp_path_factory.mktemp("expected")))


def agrees(found: Result, expected: Result) -> bool:
    return same(found[0], expected[0]) and found[1] == expected[1]


def test_twice_in_a_row_with_and_without_what_is_in_the_cache(tmp_path: Path, expected: Result) -> None:
    state = state_of(tmp_path)
    assert agrees(result(state), expected)
    warm, events = run(state)
    assert [event.encoded for event in events if isinstance(event, Cached)] == [0]
    assert agrees((warm, [step.loss for step in stepped(events)]), expected)


def reverse_views(patch: pytest.MonkeyPatch) -> None:
    real = cache.views_of
    patch.setattr("modules.run.views_of", lambda *arguments: real(*arguments)[::-1])


def other_batches(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(cache, "MOST_AT_ONCE", 3)


def nothing_kept(patch: pytest.MonkeyPatch) -> None:
    """Neither memory nor disk keeps an entry: everything is encoded when it is needed."""
    patch.setattr(Store, "put", lambda *_: None)


SETTINGS: dict[str, Callable[[pytest.MonkeyPatch], object]] = {
    "one reader": lambda patch: patch.setattr(cache, "READERS", 1),
    "sixteen readers": lambda patch: patch.setattr(cache, "READERS", 16),
    "one step ahead": lambda patch: patch.setattr(batches, "AHEAD", 1),
    "fifty steps ahead": lambda patch: patch.setattr(batches, "AHEAD", 50),
    "cached from the end": reverse_views,
    "cached in other batches": other_batches,
    "nothing kept in memory": lambda patch: patch.setattr(Store, "_remember", lambda *_: None),
    "nothing cached": nothing_kept,
}


@pytest.mark.parametrize("name", SETTINGS)
def test_whatever_the_machinery(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expected: Result) -> None:
    SETTINGS[name](monkeypatch)
    assert agrees(result(state_of(tmp_path)), expected)


LOOKS: dict[str, dict[str, Any]] = {
    "samples": {"sampling.prompts": [PROMPT], "sampling.every": EVERY},
    "saves": {"saving.every": EVERY},
    "backups": {"saving.backup_every": EVERY},
    "TensorBoard": {"saving.tensorboard": True},
    "another name": {"saving.name": "another"},
}


@pytest.mark.parametrize("name", LOOKS)
def test_whatever_is_looked_at(name: str, tmp_path: Path, expected: Result) -> None:
    assert agrees(result(state_of(tmp_path, **LOOKS[name])), expected)


def test_whatever_is_validated(tmp_path: Path, expected: Result) -> None:
    state = state_of(tmp_path)
    check = {"name": "check", "path": str(class_folder(tmp_path / "check", 2)), "role": "VALIDATION"}
    concepts = [*(concept.model_dump(mode="json") for concept in state.concepts), check]
    assert agrees(result(state_of(tmp_path, concepts=concepts, **{"training.validate_every": EVERY})), expected)


def test_samples_from_the_average_leave_the_average_and_the_weights_alone(tmp_path: Path, expected: Result) -> None:
    ema = {"training.ema": {"enabled": True, "decay": 0.9}}
    look = {"sampling.prompts": [PROMPT], "sampling.every": EVERY, "sampling.weights": "BOTH", "saving.every": EVERY}
    first = result(state_of(tmp_path / "a", **ema))
    second = result(state_of(tmp_path / "b", **ema, **look))
    assert agrees(second, first)
    assert first[1] == expected[1], "the live weights are those without an average"


@pytest.mark.timeout(600)
def test_in_a_process_of_its_own_as_under_the_window(tmp_path: Path, expected: Result) -> None:
    events: list[Event] = []
    isolated("modules.train:train")(state_of(tmp_path), events.append, Controls())
    [path] = [event.path for event in events if isinstance(event, Saved) and event.final]
    losses = [event.loss for event in events if isinstance(event, Stepped)]
    assert agrees((tensors(Path(path)), losses), expected)

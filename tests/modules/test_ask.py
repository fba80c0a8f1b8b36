"""A prompt that a person asks for while the run goes on is drawn from the weights as they are then, and changes nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from onetrainer_clone.events import Event, Sampled, Stepped
from onetrainer_clone.session import Controls
from onetrainer_clone.state.sampling import Prompt
from tests.modules.small import SIZE, run, same, small_state

ASKED = Prompt(text="a sks circle", seed=5, steps=2, cfg_scale=3)
NO_SAMPLES = {"sampling.prompts": (), "training.steps": 4}


def sampled(events: list[Event]) -> list[Sampled]:
    return [event for event in events if isinstance(event, Sampled)]


def ask_at(*steps: int, prompts: tuple[Prompt, ...] = (ASKED,)) -> Callable[[Event, Controls], None]:
    def watch(event: Event, controls: Controls) -> None:
        if isinstance(event, Stepped) and event.step in steps:
            for prompt in prompts:
                controls.ask(prompt)

    return watch


def test_what_is_asked_for_is_drawn_once_after_the_step(tmp_path: Path) -> None:
    _, events = run(small_state(tmp_path, **NO_SAMPLES), ask_at(1, 3))
    found = sampled(events)
    assert [(sample.step, sample.index, sample.prompt, sample.seed) for sample in found] == [
        (1, -1, "a sks circle", 5),
        (3, -1, "a sks circle", 5),
    ]
    first, second = (Image.open(sample.path) for sample in found)
    assert first.size == (SIZE, SIZE)
    assert first.tobytes() != second.tobytes(), "drawn from the weights of two different steps"


def test_two_at_once_both_stay(tmp_path: Path) -> None:
    _, events = run(
        small_state(tmp_path, **NO_SAMPLES), ask_at(2, prompts=(ASKED, ASKED.model_copy(update={"seed": 6})))
    )
    paths = [sample.path for sample in sampled(events)]
    assert len(set(paths)) == 2
    assert all(Path(path).is_file() for path in paths)


@pytest.mark.parametrize("ema", [False, True])
def test_asking_changes_nothing_of_what_is_learned(tmp_path: Path, ema: bool) -> None:
    state = small_state(tmp_path, **NO_SAMPLES, **{"training.ema.enabled": ema, "training.ema.decay": 0.9})
    asked, events = run(state, ask_at(1, 2))
    assert {sample.weights for sample in sampled(events)} == {"ema" if ema else "live"}
    plain, _ = run(state)
    assert same(asked, plain)

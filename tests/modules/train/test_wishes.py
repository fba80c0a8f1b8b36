"""Stop, pause, sample and save while a run goes on."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from modules.train import train
from onetrainer_clone.events import Ended, Event, Progressed, Sampled, Saved, Stepped, Warned
from onetrainer_clone.session import Controls, Stopped, run_to_end
from onetrainer_clone.settings import load
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.sampling import Prompt
from tests.modules.small import run, same, stepped, tensors
from tests.modules.train.runs import PROMPT, Make, Plain, of


def ended(state: TrainingState, watch: Callable[[Event, Controls], None]) -> tuple[Ended, list[Event]]:
    """A run as the session runs it."""
    events: list[Event] = []
    controls = Controls()

    def emit(event: Event) -> None:
        events.append(event)
        watch(event, controls)

    saved = lambda: next((e.path for e in reversed(events) if isinstance(e, Saved)), "")  # noqa: E731
    return run_to_end(lambda emit, controls: train(state, emit, controls), emit, controls, saved), events


@pytest.mark.parametrize("activity", ["scanning", "loading", "caching", "preparing"])
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


def test_a_stop_raises_stopped_while_caching(make: Make) -> None:
    controls = Controls()
    controls.stop()
    with pytest.raises(Stopped):
        train(make(), lambda event: None, controls)

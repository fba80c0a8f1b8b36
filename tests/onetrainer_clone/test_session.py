"""The session: whatever happens in a run, its front end hears of exactly one end, and no wish is lost."""

import threading
import time
from collections.abc import Callable

import pytest

from onetrainer_clone.events import Ended, Event, Logged, Saved, Warned, from_json, to_json
from onetrainer_clone.session import Controls, Emit, Session, Stopped, Train
from onetrainer_clone.settings import Invalid, Problem, UserError
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.sampling import Prompt
from tests.waiting import LIMIT, until

DONE = Saved(9, "cat.safetensors", final=True)


def run_all(train: Train, *listeners: Emit) -> list[Event]:
    session = Session(train)
    session.start(TrainingState(), *listeners)
    return finish(session)


def finish(session: Session) -> list[Event]:
    """Everything that a run tells until it has ended, and what it might still say afterwards."""
    session.join(LIMIT)
    assert not session.running
    return session.events(limit=100_000)


def doing(*events: Event, error: BaseException | None = None, stop: bool | None = None) -> Train:
    def train(state: TrainingState, emit: Emit, controls: Controls) -> None:
        for event in events:
            emit(event)
        if stop is not None:
            controls.stop(save=stop)
        if error is not None:
            raise error

    return train


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise ValueError("no words")


@pytest.mark.parametrize(
    ("train", "outcome", "message"),
    [
        (doing(), "done", "Done."),
        (doing(DONE), "done", "Done. The result is in cat.safetensors."),
        (doing(DONE, stop=True), "stopped", "Stopped. The result so far is in cat.safetensors."),
        (
            doing(DONE, stop=False),
            "stopped",
            "Stopped. The result was not saved; the last save is cat.safetensors.",
        ),
        (doing(stop=True), "stopped", "Stopped. Nothing was saved."),
        (doing(error=Stopped()), "stopped", "Stopped. There was nothing to save yet."),
        (doing(DONE, error=Stopped()), "stopped", "Stopped. The result so far is in cat.safetensors."),
        (doing(error=UserError("use 512")), "refused", "use 512"),
        (doing(error=Invalid([Problem("a.b", "is wrong"), Problem("", "all")])), "refused", "a.b: is wrong\nall"),
        (doing(error=ZeroDivisionError("by zero")), "failed", "ZeroDivisionError: by zero"),
        (doing(error=SystemExit(3)), "failed", "SystemExit: 3"),
        (doing(error=KeyboardInterrupt()), "failed", "KeyboardInterrupt"),
        (doing(error=GeneratorExit()), "failed", "GeneratorExit"),
        (doing(error=RecursionError("deep")), "failed", "RecursionError: deep"),
        (doing(error=Unspeakable()), "failed", "Unspeakable"),
    ],
)
def test_every_run_ends_once_and_says_how(train: Train, outcome: str, message: str) -> None:
    *before, ended = run_all(train)
    assert not any(isinstance(event, Ended) for event in before)
    assert isinstance(ended, Ended)
    assert ended.outcome == outcome
    assert message in ended.message
    assert bool(ended.trace) == (outcome == "failed")


def test_a_full_disk_is_said_in_words_with_the_file() -> None:
    (ended,) = run_all(doing(error=OSError(28, "No space left on device", "/x/cat.safetensors")))
    assert isinstance(ended, Ended)
    assert ended.outcome == "refused"
    assert "No space left on device" in ended.message
    assert "/x/cat.safetensors" in ended.message


def test_the_problems_of_a_refusal_are_listed() -> None:
    found = (Problem("a.b", "is wrong"), Problem("c", "too"))
    (ended,) = run_all(doing(error=Invalid(found)))
    assert isinstance(ended, Ended)
    assert ended.problems == found
    assert from_json(to_json(ended)) == ended, "also from a journal"


def test_a_result_is_remembered_through_a_fault() -> None:
    *_, ended = run_all(doing(DONE, error=ZeroDivisionError()))
    assert isinstance(ended, Ended)
    assert ended.path == "cat.safetensors"


def test_a_trainer_that_says_itself_that_it_ended_is_not_believed() -> None:
    found = run_all(doing(Ended("done"), Logged("more"), error=UserError("no")))
    assert [type(event).__name__ for event in found] == ["Logged", "Ended"]
    assert isinstance(found[-1], Ended)
    assert found[-1].outcome == "refused"


def test_a_listener_whose_disk_is_full_for_a_while_is_asked_again_and_it_is_said_once() -> None:
    heard: list[str] = []

    def failing(event: Event) -> None:
        heard.append(type(event).__name__)
        if isinstance(event, Logged) and event.message in "23":
            raise OSError(28, "No space left on device")

    found = run_all(doing(*(Logged(str(number)) for number in range(6))), failing)
    assert heard == ["Logged"] * 6 + ["Ended"]
    first, second = (event.message for event in found if isinstance(event, Warned))
    assert "No space left on device" in first
    assert "is written again" in second


@pytest.mark.parametrize("error", [OSError("disk full"), ZeroDivisionError(), SystemExit(), KeyboardInterrupt()])
def test_a_listener_that_fails_is_let_go_and_the_run_goes_on(error: BaseException) -> None:
    heard: list[Event] = []

    def failing(event: Event) -> None:
        if isinstance(event, Logged) and event.message == "2":
            raise error

    lines = [Logged(str(number)) for number in range(4)]
    found = run_all(doing(*lines, DONE), failing, heard.append)
    assert [event for event in found if not isinstance(event, Warned)] == heard
    warnings = [event.message for event in found if isinstance(event, Warned)]
    assert len(warnings) == (2 if isinstance(error, OSError) else 1)
    assert warnings[0].startswith("The journal of this run c")
    assert isinstance(found[-1], Ended)
    assert found[-1].outcome == "done"


def test_a_listener_that_fails_at_the_very_end_does_not_swallow_it() -> None:
    def failing(event: Event) -> None:
        raise SystemExit

    assert isinstance(run_all(doing(), failing)[-1], Ended)


def test_listeners_hear_on_the_thread_of_the_run_and_in_order() -> None:
    heard: list[tuple[str, Event]] = []
    run_all(doing(Logged("1"), Logged("2")), lambda event: heard.append((threading.current_thread().name, event)))
    assert [event for _, event in heard[:2]] == [Logged("1"), Logged("2")]
    assert {name for name, _ in heard} == {"training"}


def test_only_one_run_at_a_time() -> None:
    session = Session(lambda state, emit, controls: pause_until_stopped(controls))
    session.start(TrainingState())
    with pytest.raises(Exception, match="going on"):
        session.start(TrainingState())
    session.controls.stop()
    finish(session)


def pause_until_stopped(controls: Controls) -> None:
    until(lambda: controls.stopping)


def test_a_session_can_run_again_and_an_old_stop_is_forgotten() -> None:
    session = Session(lambda state, emit, controls: emit(Logged(str(controls.stopping))))
    for _ in range(2):
        session.start(TrainingState())
        assert finish(session)[0] == Logged("False")
        session.controls.stop()


def test_a_run_gets_the_state_that_it_was_started_with() -> None:
    seen: list[TrainingState] = []
    session = Session(lambda state, emit, controls: seen.append(state))
    state = TrainingState(preset="mine")
    session.start(state)
    finish(session)
    assert seen == [state]


def test_events_are_handed_out_in_bounded_batches_and_in_order() -> None:
    session = Session(doing(*(Logged(str(number)) for number in range(450))))
    session.start(TrainingState())
    session.join(LIMIT)
    batches = [session.events() for _ in range(4)]
    assert [len(batch) for batch in batches] == [200, 200, 51, 0]
    numbers = [int(event.message) for batch in batches for event in batch if isinstance(event, Logged)]
    assert numbers == list(range(450))


def test_events_wait_for_the_first_one_only() -> None:
    session = Session(doing())
    begun = time.monotonic()
    assert session.events(timeout=0.05) == []
    assert time.monotonic() - begun > 0.04


# Controls


def test_the_first_word_about_saving_counts() -> None:
    controls = Controls()
    controls.stop(save=False)
    controls.stop(save=True)
    assert controls.stopping
    assert not controls.save_on_stop


def test_wishes_are_granted_once_and_do_not_pile_up() -> None:
    controls = Controls()
    controls.wish("sample")
    controls.wish("sample")
    controls.wish("save")
    assert [controls.take("sample"), controls.take("sample"), controls.take("save"), controls.take("save")] == [
        True, False, True, False,
    ]  # fmt: skip


def test_a_paused_trainer_sleeps_until_it_is_resumed() -> None:
    steps: list[float] = []

    def train(state: TrainingState, emit: Emit, controls: Controls) -> None:
        for _ in range(3):
            controls.wait_while_paused()
            steps.append(time.monotonic())

    controls = Controls()
    controls.pause()
    thread = threading.Thread(target=train, args=(TrainingState(), print, controls), daemon=True)
    thread.start()
    thread.join(0.05)
    assert (steps, controls.paused) == ([], True)
    controls.resume()
    thread.join(LIMIT)
    assert (len(steps), controls.paused) == (3, False)


def test_what_is_asked_for_in_a_pause_wakes_the_trainer() -> None:
    controls = Controls()
    controls.pause()
    done: list[object] = []

    def train() -> None:
        while controls.wait_while_paused():
            done.extend(prompt.text for prompt in controls.asked())
            if controls.take("save"):
                done.append("save")

    thread = threading.Thread(target=train, daemon=True)
    thread.start()
    controls.ask(Prompt(text="a cat"))
    controls.wish("save")
    until(lambda: len(done) == 2)
    assert sorted(map(str, done)) == ["a cat", "save"]
    assert thread.is_alive()
    controls.resume()
    thread.join(LIMIT)
    assert not thread.is_alive()


def test_a_stop_wakes_a_paused_trainer_and_cannot_be_paused() -> None:
    controls = Controls()
    controls.pause()
    controls.stop()
    assert not controls.paused
    controls.pause()
    assert not controls.paused


def test_a_pause_at_the_moment_of_a_stop_never_puts_the_trainer_to_sleep() -> None:
    for _ in range(300):
        controls = Controls()
        together(controls.pause, controls.stop)
        assert not controls.paused


def together(*calls: Callable[[], None]) -> None:
    barrier = threading.Barrier(len(calls))

    def go(call: Callable[[], None]) -> None:
        barrier.wait()
        call()

    threads = [threading.Thread(target=go, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_no_wish_is_lost_between_threads() -> None:
    controls, granted = Controls(), 0

    def wish() -> None:
        for _ in range(50):
            controls.wish("sample")
            while controls._wishes:
                time.sleep(0)

    thread = threading.Thread(target=wish, daemon=True)
    thread.start()
    while thread.is_alive():
        granted += controls.take("sample")
    assert granted + controls.take("sample") == 50

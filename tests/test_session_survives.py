"""Whatever goes wrong at whatever point of a training: one end is told, nothing is left behind, and the next run starts."""

import gc
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from modules.train import train
from onetrainer_clone.events import Ended, Event, Progressed
from onetrainer_clone.session import Controls, Emit, Session, Train
from onetrainer_clone.state import TrainingState
from presets import runs
from tests.modules.small import SUBJECT, class_folder, small_state

PROMPT = {"text": "a sks circle", "seed": 3, "steps": 1}
EVERY = {"unit": "STEPS", "amount": 1}
EVERYTHING: dict[str, Any] = {
    "training.steps": 2,
    "sampling.prompts": [PROMPT],
    "sampling.every": EVERY,
    "saving.every": EVERY,
    "saving.backup_every": EVERY,
    "saving.tensorboard": True,
    "training.validate_every": EVERY,
    "training.text_encoder": False,
}


@pytest.fixture
def make(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., TrainingState]:
    check = {"name": "check", "path": str(class_folder(tmp_path / "check", 1)), "role": "VALIDATION"}
    cache = {"saving.cache": str(tmp_path_factory.getbasetemp() / "survivors' cache")}
    return lambda **changes: small_state(tmp_path, concepts=[SUBJECT, check], **cache, **{**EVERYTHING, **changes})


def run(session: Session, state: TrainingState) -> Ended:
    """A run as a front end has it; returns its only end."""
    runs.begin(session, state)
    session.join(240)
    assert not session.running
    events = session.events(limit=1_000_000)
    assert [type(event) for event in events].count(Ended) == 1
    ended = events[-1]
    assert isinstance(ended, Ended)
    return ended


def threads() -> set[str]:
    gc.collect()
    return {thread.name for thread in threading.enumerate()} - {"tqdm_monitor"}  # one of a library, for the process


class Fault(Exception):
    """A mistake in the program."""


def failing_at(wanted: str, error: BaseException) -> Train:
    """The trainer, whose callback raises at the first event of a kind ('Stepped', 'Progressed sampling')."""

    def failing(state: TrainingState, emit: Emit, controls: Controls) -> None:
        over: list[int] = []

        def raising(event: Event) -> None:
            name = type(event).__name__ + (f" {event.activity}" if isinstance(event, Progressed) else "")
            if name == wanted and not over:
                over.append(1)
                raise error
            emit(event)

        train(state, raising, controls)

    return failing


EVENTS = [
    *(f"Progressed {activity}" for activity in ("scanning", "loading", "caching", "preparing", "training")),
    *("Progressed sampling", "Progressed validating", "Progressed saving", "Cached", "Started", "Stepped"),
    *("Sampled", "Validated", "Saved", "BackedUp", "Logged"),
]


@pytest.mark.parametrize("wanted", EVENTS)
def test_a_callback_that_raises_at_any_event(wanted: str, make: Callable[..., TrainingState]) -> None:
    before = threads()
    session = Session(failing_at(wanted, Fault("in a callback")))
    ended = run(session, make())
    assert ended.outcome == "failed"
    assert "Fault: in a callback" in ended.message
    assert threads() <= before


POINTS = [
    "modules.run.plan.find", "modules.run.load_model", "modules.data.cache.Latents.fill", "modules.data.cache.Texts.fill",
    "modules.run.make_room", "modules.run.make_optimizer", "modules.train.make_batch", "modules.train.take_step",
    "modules.occasions.measure", "modules.sampling.draw", "modules.occasions.save_picture", "modules.occasions.write",
    "modules.occasions.back_up", "modules.figures.Figures.stepped", "modules.occasions.Occasions.end",
    "onetrainer_clone.session.Controls.take", "onetrainer_clone.session.Controls.asked",
    "onetrainer_clone.session.Controls.wait_while_paused",
]  # fmt: skip


@pytest.mark.parametrize("point", POINTS)
def test_an_exception_at_any_point_and_the_same_session_trains_again(
    point: str, make: Callable[..., TrainingState], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = threads()
    reached: list[str] = []

    def wrong(*_arguments: Any, **_named: Any) -> Any:
        reached.append(point)
        raise Fault("a mistake")

    session = Session(train)
    with monkeypatch.context() as patch:
        patch.setattr(point, wrong)
        if point.endswith("wait_while_paused"):
            patch.setattr(Controls, "paused", True)
        ended = run(session, make())
    assert reached
    assert ended.outcome == "failed"
    assert "Fault: a mistake" in ended.message
    assert threads() <= before
    if point == POINTS[-1]:  # one is enough: the others leave the same session
        assert run(session, make()).outcome == "done"


def test_after_a_fault_the_next_run_is_as_if_nothing_had_been(make: Callable[..., TrainingState]) -> None:
    session = Session(failing_at("Stepped", MemoryError()))
    assert run(session, make()).outcome == "refused"
    session = Session(train)
    assert run(session, make()).outcome == "done"
    assert run(session, make()).outcome == "done"


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("count", [5, pytest.param(100, marks=pytest.mark.slow)])
def test_many_runs_in_a_row_leave_no_thread_and_no_memory(count: int, make: Callable[..., TrainingState]) -> None:
    session = Session(train)
    for _ in range(4):
        assert run(session, make()).outcome == "done"
    before, process = threads(), psutil.Process()
    memory, files = process.memory_info().rss, process.num_fds() if hasattr(process, "num_fds") else 0
    for _ in range(count):
        assert run(session, make()).outcome == "done"
    assert threads() <= before
    growth = process.memory_info().rss / memory - 1
    assert growth < 0.05, f"{growth:.1%} in {count} runs"
    if files:
        assert process.num_fds() <= files

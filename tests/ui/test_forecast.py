"""How long what waits will take: from what runs like it have told, and from nothing else."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from onetrainer_clone import settings
from onetrainer_clone.events import Event
from onetrainer_clone.journal import JOURNAL, STATE
from onetrainer_clone.progress import Progress
from onetrainer_clone.state import TrainingState
from presets import store
from presets.codec import encode
from presets.queue import Queue
from tests.onetrainer_clone.test_past_runs import make_run, started, step
from tests.waiting import until
from ui.background import Background
from ui.queue.forecast import Forecast
from ui.queue.speeds import FEW_STEPS, PAUSED, kind_of, past_speed, seconds_per_sample


def demo(workspace: Path, **values: object) -> TrainingState:
    state = settings.replace(store.find("demo").load(), "saving.workspace", str(workspace))
    for path, value in {"training.batch_size": 2, "training.accumulation": 1, **values}.items():
        state = settings.replace(state, path, value)
    return state


def run(state: TrainingState, name: str, elapsed: float, steps: int = 100, pace: float = 0.0) -> Path:
    """A past run that took so many seconds."""
    last = replace(step(steps), elapsed_seconds=elapsed, samples_per_second=pace)
    told: list[tuple[float, Event]] = [(1.0, started(steps=steps)), (2.0, last)]
    folder = make_run(state.saving.folder / name, told)
    (folder / STATE).write_text(encode(state, of_run=True), encoding="utf-8")
    later = len(list(state.saving.folder.iterdir()))  # than those before
    os.utime(folder / JOURNAL, (later, later))
    return folder


def test_the_newest_past_run_of_the_same_kind_tells(tmp_path: Path) -> None:
    state = demo(tmp_path)
    run(state, "old", elapsed=100)
    assert past_speed(kind_of(state), [tmp_path]) == 0.5
    for path, value in (("training.resolution", 128), ("model.type", "SDXL"), ("method", "FINE_TUNE")):
        other = demo(tmp_path, **{path: value})
        assert past_speed(kind_of(other), [tmp_path]) is None
        run(other, path, elapsed=9000)
    assert past_speed(kind_of(state), [tmp_path]) == 0.5, "of another resolution, family and method nothing is learned"
    run(demo(tmp_path, **{"training.batch_size": 4}), "larger batch", elapsed=800)
    assert past_speed(kind_of(state), [tmp_path, tmp_path / "gone"]) == 2.0, "per picture"


def test_what_tells_nothing_is_passed_over(tmp_path: Path) -> None:
    state = demo(tmp_path)
    run(state, "old", elapsed=100)
    run(state, "too short", elapsed=100, steps=FEW_STEPS - 1)
    (run(state, "of a newer version", elapsed=7) / STATE).write_text('{"format": 99}')
    (run(state, "without a journal", elapsed=7) / JOURNAL).unlink()
    assert past_speed(kind_of(state), [tmp_path]) == 0.5


@pytest.mark.parametrize(
    ("elapsed", "pace", "wanted"),
    [(100.0, 0.0, 0.5), (0.0, 4.0, 0.25), (100.0, 2.5, 0.5), (2000.0, 2.0, 0.5), (0.0, 0.0, None)],
)
def test_a_pause_of_hours_is_not_foretold(tmp_path: Path, elapsed: float, pace: float, wanted: float | None) -> None:
    assert PAUSED < 2000 / 200 * 2
    last = replace(step(100), elapsed_seconds=elapsed, samples_per_second=pace)
    assert seconds_per_sample(demo(tmp_path), last) == wanted


def test_a_queue_of_which_one_kind_is_known(tmp_path: Path) -> None:
    known, other = demo(tmp_path), demo(tmp_path, **{"training.resolution": 128})
    run(known, "old", elapsed=100)
    queue = Queue(tmp_path / "queue")
    entries = [queue.add(known, "a"), queue.add(other, "b")]
    worker = Background("forecast")
    forecast = Forecast(worker)
    forecast.changed.connect(lambda: forecast.look(entries))
    forecast.look(entries)
    until(lambda: forecast.steps(entries[1]) and worker.idle, worker.deliver)
    assert forecast.seconds(entries[0]) == forecast.steps(entries[0]) * 2 * 0.5
    assert forecast.seconds(entries[1]) is None
    assert forecast.total(entries).startswith("at least ")
    progress = Progress()
    progress.on(replace(step(FEW_STEPS), elapsed_seconds=40.0))
    forecast.learn(other, progress)
    assert forecast.seconds(entries[1]) == forecast.steps(entries[1]) * 2 * 2.0
    assert forecast.total(entries).startswith("about ")
    worker.close(5)

"""Disks that are full, read-only or gone: the run goes on, says so, tries again, and its result is somewhere it names."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from onetrainer_clone.events import WAITING_FOR_ROOM, Event, Logged, Progressed, Saved, Warned
from onetrainer_clone.paths import default_workspace
from onetrainer_clone.session import Controls
from onetrainer_clone.settings import UserError
from tests.modules.small import run, small_state, stepped
from tests.waiting import LIMIT, until

NAMESPACE = ["unshare", "--map-root-user", "--mount"]


def can_mount() -> bool:
    trial = [*NAMESPACE, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    try:
        return subprocess.run(trial, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What came of every case of `tests.tiny_disk`: one process runs them all."""
    if not can_mount():
        pytest.skip("no disk can be mounted in a namespace of our own here")
    folder = tmp_path_factory.mktemp("disks")
    environment = {**os.environ, "ONETRAINER_HOME": str(folder / "home"), "PYTHONWARNINGS": "ignore"}
    command = [*NAMESPACE, sys.executable, "-m", "tests.tiny_disk", str(folder)]
    told = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert told.returncode == 0, told.stderr
    cases = [json.loads(line) for line in told.stdout.splitlines()]
    return {case["case"]: case for case in cases}


ALL = ["full_from_the_third_step", "full_for_a_while", "half_room", "full_cache", "read_only", "read_only_cache", "gone",
       "deleted"]  # fmt: skip
MISSED = {  # the steps at which nothing could be written, and whether the result had to go elsewhere
    "full_from_the_third_step": ({3, 4, 5, 6}, True),
    "full_for_a_while": ({2, 3}, False),
    "half_room": ({3, 4, 5, 6}, True),
    "full_cache": (set[int](), False),
    "read_only": ({3, 4, 5, 6}, True),
    "read_only_cache": (set[int](), False),
    "gone": ({3, 4, 5, 6}, True),
    "deleted": (set[int](), False),
}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", ALL)
def test_the_run_goes_on_and_its_result_is_where_it_says(name: str, found: dict[str, Any]) -> None:
    case, (missed, elsewhere) = found[name], MISSED[name]
    assert (case["outcome"], case["steps"]) == ("done", 6), case["said"]
    assert case["result_tensors"] > 100
    assert case["result"] in case["said"]
    assert bool(case["wanted"]) == elsewhere
    assert case["damaged"] == []
    assert {1, 2, 3, 4, 5, 6} - set(case["backups"]) == missed
    said = "\n".join(case["warnings"])
    for step in missed:
        assert f"The backup of step {step} could not be written: " in said
    if missed and name != "half_room":
        assert {0, 1, 2, 3, 4, 5, 6} - set(case["samples"]) == missed
        assert all(f"The samples of step {step} could not be written: " in said for step in missed)


@pytest.mark.timeout(900)
def test_a_journal_that_found_room_again_has_every_step(found: dict[str, Any]) -> None:
    assert found["full_for_a_while"]["journal_steps"] == [1, 2, 3, 4, 5, 6]
    assert sum("is written again" in line for line in found["full_for_a_while"]["warnings"]) == 1
    full = found["full_from_the_third_step"]
    assert full["journal_steps"][:2] == [1, 2]
    assert sum("cannot be written at present" in line for line in full["warnings"]) == 1


@pytest.mark.timeout(900)
def test_a_cache_that_cannot_be_written_is_said(found: dict[str, Any]) -> None:
    for name in ("full_cache", "read_only_cache"):
        assert any("pictures are encoded anew in the next run" in line for line in found[name]["warnings"])


# Anywhere else


def test_where_nothing_can_be_written_it_is_tried_until_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from modules import last_save

    monkeypatch.setattr(last_save, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(last_save, "AGAIN_SECONDS", 0.01)
    tries: list[Path] = []

    def write(folder: Path) -> list[Path]:
        tries.append(folder)
        if len(tries) < 20:
            raise OSError(28, "No space left on device")
        return [folder / "run.safetensors"]

    state, events = small_state(tmp_path), list[Any]()
    saved = last_save.save_somewhere(state, 4, write, events.append, Controls())
    assert saved == tries[-1] / "run.safetensors"
    assert Saved(4, str(saved), True, "" if tries[-1] == tries[0] else str(tries[0])) == events[-1]
    assert tries[0] == tries[1] == state.run_folder / "saves"
    assert sum("it is tried again for ten minutes" in getattr(event, "message", "") for event in events) == 1


@pytest.mark.parametrize("stopped_before", [False, True])
def test_who_is_asked_for_room_can_give_it_up(
    stopped_before: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from modules import last_save

    monkeypatch.setattr(last_save, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(last_save, "AGAIN_SECONDS", 1000.0)
    controls = Controls()
    if stopped_before:
        controls.stop()  # that one asked for the save

    def emit(event: Event) -> None:
        if isinstance(event, Progressed) and event.detail == WAITING_FOR_ROOM:
            controls.stop()

    def write(folder: Path) -> list[Path]:
        raise OSError(28, "No space left on device")

    with pytest.raises(UserError, match=r"could not be saved anywhere, given up as you wished: .*No space left"):
        last_save.save_somewhere(small_state(tmp_path), 4, write, emit, controls)


def test_elsewhere_no_other_result_is_overwritten(tmp_path: Path) -> None:
    other = default_workspace() / "run" / "run.safetensors"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"another run's")
    state = small_state(tmp_path, **{"training.steps": 1})
    state.run_folder.mkdir(parents=True)
    (state.run_folder / "saves").write_text("a file in the way")
    _, events = run(state)
    assert other.read_bytes() == b"another run's"
    assert (default_workspace() / "run-2" / "run.safetensors").exists()
    assert len(stepped(events)) == 1


def test_a_drive_that_stalls_under_a_save_is_said_and_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    from modules import patience
    from modules.checkpoints.lora_file import save_lora

    monkeypatch.setattr(patience, "SECONDS", 0.1)
    threads, told = threading.active_count(), threading.Event()

    def slow(*arguments: Any) -> None:
        told.wait(LIMIT)
        save_lora(*arguments)

    def watch(event: Any, _controls: Any) -> None:
        if "does the drive answer" in getattr(event, "message", ""):
            told.set()

    monkeypatch.setattr("modules.results.save_lora", slow)
    found, events = run(small_state(tmp_path, **{"training.steps": 1}), watch)
    assert found
    said = [event.message for event in events if isinstance(event, Logged | Warned) and "Saving to" in event.message]
    assert len(said) == 2
    assert "does the drive answer? The run waits for it" in said[0]
    assert "has come to an end" in said[1]
    until(lambda: threading.active_count() == threads)


def test_pictures_that_do_not_come_are_said_and_a_stop_does_not_wait_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step's pictures come from a drive that stalls for good."""
    import threading

    from modules import patience
    from modules.data import batches

    monkeypatch.setattr(patience, "SECONDS", 0.1)
    monkeypatch.setattr(batches, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(batches, "GONE_SECONDS", 0.2)
    asleep, awake, real = threading.Event(), threading.Event(), batches.make_batch

    def make(*arguments: Any) -> Any:
        batch = real(*arguments)
        if any(sample.repeat for sample in batch.samples):
            asleep.set()
            awake.wait(LIMIT)
        return batch

    monkeypatch.setattr("modules.train.make_batch", make)

    def watch(event: Any, controls: Any) -> None:
        if asleep.is_set() and "have not come for" in getattr(event, "message", ""):
            controls.stop()

    found, events = run(small_state(tmp_path), watch)
    assert found, "what was learned is saved"
    assert 0 < len(stepped(events)) < 4
    awake.set()

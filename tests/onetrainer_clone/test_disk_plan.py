"""What a run will write is known before it starts, and so is a drive that is too small for it."""

from pathlib import Path
from typing import Any

import pytest

from onetrainer_clone import disk_plan
from onetrainer_clone.plan import make_plan
from onetrainer_clone.settings import Problem
from onetrainer_clone.state import TrainingState
from tests.onetrainer_clone.making import imagined, make_state

MIB = 2**20


def state_of(folder: Path, **saving: Any) -> TrainingState:
    concept = {"name": "a", "path": "demo:concepts/subject"}
    own = {"workspace": str(folder / "not there yet"), "name": "run", **saving}
    return make_state([concept], training={"length": "STEPS", "steps": 100}, saving=own, adapter={"rank": 16})


def said(state: TrainingState, free: int, monkeypatch: pytest.MonkeyPatch) -> list[Problem]:
    monkeypatch.setattr(disk_plan, "free_bytes", lambda folder: free)
    problems = make_plan(state, [imagined(state.active[0], 3)]).problems
    return [problem for problem in problems if problem.path == "saving.workspace"]


@pytest.mark.parametrize(
    ("saving", "results", "backups"),
    [
        ({}, 1, 0),
        ({"every": {"unit": "STEPS", "amount": 10}}, 10, 0),
        ({"every": {"unit": "EPOCHS", "amount": 1}}, 34, 0),
        ({"every": {"unit": "MINUTES", "amount": 1}}, 1, 0),
        ({"backup_every": {"unit": "STEPS", "amount": 10}, "backups_kept": 2}, 1, 3),
        ({"backup_every": {"unit": "STEPS", "amount": 60}, "backups_kept": 5}, 1, 1),
    ],
)
def test_what_is_written_is_counted(
    saving: dict[str, Any], results: int, backups: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = state_of(tmp_path, **saving)
    plan = make_plan(state, [imagined(state.active[0], 3)])
    assert plan.adapter
    result, backup = disk_plan.result_bytes(plan), disk_plan.backup_bytes(state, plan)
    assert (result, backup) == (round(plan.adapter.file_mib * MIB), plan.adapter.weights * 12)
    needed = results * result + backups * backup
    assert said(state, needed, monkeypatch) == []
    [problem] = said(state, needed - 1, monkeypatch)
    assert problem.severity == "warning"
    assert ("backups of about" in problem.message) == bool(backups)
    assert (f"{results:,} saves of" in problem.message) == (results > 1)


def test_room_is_looked_for_on_the_drive_of_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    free = disk_plan.free_bytes(tmp_path / "a" / "b")
    assert free
    assert free > MIB


@pytest.mark.parametrize(("optimizer", "ema", "expected"), [("ADAMW_8BIT", False, 6), ("PRODIGY", True, 24)])
def test_a_backup_holds_the_optimizer_and_the_average(optimizer: str, ema: bool, expected: int) -> None:
    state = make_state(
        [{"name": "a", "path": "demo:concepts/subject"}],
        training={"ema": {"enabled": ema}}, optimizer={"optimizer": optimizer},
    )  # fmt: skip
    plan = make_plan(state, [imagined(state.active[0], 3)])
    assert plan.adapter
    assert disk_plan.backup_bytes(state, plan) == plan.adapter.weights * expected

"""Runs as their folders tell of them: quickly whatever their length, and whatever is broken in them."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from onetrainer_clone.events import BackedUp, Ended, Event, Logged, Sampled, Saved, Started, Stepped, to_json
from onetrainer_clone.journal import JOURNAL, STATE
from onetrainer_clone.journal_reader import events
from onetrainer_clone.past_runs import PastRun, run_folders, saves_in, summarize
from onetrainer_clone.running import announce
from onetrainer_clone.settings import UserError


def step(number: int, loss: float = 0.5) -> Stepped:
    return Stepped(number, 0, loss, loss, {"cat": loss}, {"cat": loss, "class": loss / 2}, {"unet": 1e-4}, 0.1)


def make_run(folder: Path, told: list[tuple[float, Event]], rest: str = "") -> Path:
    """A run's folder with a journal of (time, event)."""
    folder.mkdir(parents=True)
    lines = [json.dumps({"time": at, **to_json(event)}) for at, event in told]
    (folder / JOURNAL).write_text("\n".join(lines) + "\n" + rest)
    (folder / STATE).write_text("{}")
    return folder


def started(first_step: int = 0, steps: int = 10) -> Started:
    return Started("cat", "/x", steps, 1, ("cat", "class"), first_step)


def test_a_run_that_ended(tmp_path: Path) -> None:
    told: list[tuple[float, Event]] = [
        (100.0, Logged("hello")),
        (105.0, started()),
        *((110.0 + n, step(n, 1 / n)) for n in range(1, 11)),
    ]
    folder = make_run(tmp_path / "cat", [*told, (130.0, Ended("done", "Done."))])
    for name, file in (("samples", "a.png"), ("samples", "b.png"), ("saves", "cat.safetensors"), ("saves", "x.part")):
        (folder / name).mkdir(exist_ok=True)
        (folder / name / file).touch()
    (folder / "backups" / "step0000010").mkdir(parents=True)
    run = summarize(PastRun(folder))
    assert (run.name, run.outcome, run.step, run.steps, run.seconds, run.began) == ("cat", "done", 10, 10, 30.0, 100.0)
    assert run.losses == {"cat": 0.1, "class": 0.05}
    assert (run.samples, run.saves, run.backups) == (2, 1, 0), "a backup without its files is none"
    for file in ("backup.json", "tensors.safetensors"):
        (folder / "backups" / "step0000010" / file).touch()
    assert summarize(PastRun(folder)).can_resume


def test_every_kind_of_result_is_a_save(tmp_path: Path) -> None:
    for file in ("run.safetensors", "sks.pt", ".sks.pt", "notes.txt", "model/model_index.json", "empty/a.txt"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "model_index.json").touch()  # describes run.safetensors
    assert {path.name for path in saves_in(tmp_path)} == {"run.safetensors", "sks.pt", "model"}
    os.utime(tmp_path / "sks.pt", (1, 1))
    assert saves_in(tmp_path)[0].name == "sks.pt"
    assert saves_in(tmp_path / "gone") == []


def test_the_time_between_a_stop_and_its_resumption_does_not_count(tmp_path: Path) -> None:
    told: list[tuple[float, Event]] = [
        (100.0, started()),
        (110.0, step(1)),
        (112.0, BackedUp(1, "/x")),
        (9000.0, started(1)),
        (9010.0, step(2)),
    ]
    run = summarize(PastRun(make_run(tmp_path / "cat", told)))
    assert run.seconds == 20.0
    assert run.outcome == "interrupted"
    lock = announce(run.folder)
    again = summarize(run)
    assert (again.outcome, again.can_resume) == ("running", False)
    lock.release()
    assert summarize(run).outcome == "interrupted"


@pytest.mark.parametrize(
    "rest",
    [
        '{"time": 3, "event": "Step', "\n\nnonsense\n", '{"event": "FromTheFuture"}\n', "[]\n",
        '{"time": 3, "event": "Stepped", "step": 8, "smoothed_concept_loss": {"cat": {"mean": 1}}}\n',
        '{"time": "noon", "event": "FromTheFuture"}\n', '{"time": 1e30, "event": "FromTheFuture"}\n',
    ],
)  # fmt: skip
def test_a_journal_cut_off_or_of_a_later_version(tmp_path: Path, rest: str) -> None:
    run = summarize(PastRun(make_run(tmp_path / "cat", [(1.0, started()), (2.0, step(7))], rest)))
    assert (run.steps, run.problem) == (10, "")
    assert run.when
    assert (run.step, run.losses) == ((0, {}) if '"mean"' in rest else (7, {"cat": 0.5, "class": 0.25}))
    assert [(at, type(event)) for at, event in events(run.folder)] == [(1.0, Started), (2.0, Stepped)]


def test_no_journal_an_empty_one_and_one_that_cannot_be_read(tmp_path: Path) -> None:
    for name, journal in (("none", None), ("empty", b""), ("zeros", bytes(1000))):
        (tmp_path / name).mkdir()
        (tmp_path / name / STATE).write_text("{}")
        if journal is not None:
            (tmp_path / name / JOURNAL).write_bytes(journal)
    found = {run.name: summarize(run) for run in run_folders(tmp_path)}
    assert "no journal" in found["none"].problem
    assert "empty" in found["empty"].problem
    assert found["zeros"].outcome == "interrupted"
    lock = announce(tmp_path / "empty")
    assert summarize(found["empty"]).problem == "it begins"
    assert summarize(found["empty"]).outcome == "running"
    lock.release()
    with pytest.raises(UserError, match="journal of 'none'"):
        list(events(tmp_path / "none"))


def test_many_samples_at_the_end_hide_no_step(tmp_path: Path) -> None:
    drawn = [(3.0, Sampled(7, number, "a cat", 0, "live", "/x/a.png")) for number in range(1000)]
    run = summarize(PastRun(make_run(tmp_path / "cat", [(1.0, started()), (2.0, step(7)), *drawn])))
    assert (run.step, run.losses["cat"]) == (7, 0.5)


def test_a_journal_that_may_not_be_read_says_nothing_of_an_interruption(tmp_path: Path) -> None:
    (tmp_path / "cat" / JOURNAL).mkdir(parents=True)
    run = summarize(PastRun(tmp_path / "cat"))
    assert run.outcome == "unknown"
    assert run.problem.startswith("its journal cannot be read: ")


def test_files_of_a_run_that_was_moved_or_renamed_are_found_where_they_lie_now(tmp_path: Path) -> None:
    was = "/x"  # as `started` tells it
    told: list[tuple[float, Event]] = [
        (1.0, started()),
        (2.0, Sampled(0, 0, "a cat", 0, "live", f"{was}/samples/a.png")),
        (3.0, Saved(0, "/xy/elsewhere.safetensors", wanted=f"{was}/saves")),
    ]
    folder = make_run(tmp_path / "cat", told)
    paths = [event.path for _, event in events(folder) if isinstance(event, Sampled | Saved)]
    assert paths == [str(folder / "samples" / "a.png"), "/xy/elsewhere.safetensors"]


def test_newest_first_and_only_runs(tmp_path: Path) -> None:
    import os

    for number, name in enumerate(("old", "new", "middle")):
        folder = make_run(tmp_path / name, [(1.0, started())])
        os.utime(folder / JOURNAL, (1000 * (1, 3, 2)[number],) * 2)
    (tmp_path / "pictures").mkdir()
    (tmp_path / "a file").touch()
    make_run(tmp_path / ".hidden", [(1.0, started())])
    assert [run.name for run in run_folders(tmp_path)] == ["new", "middle", "old"]
    assert run_folders(tmp_path / "nowhere") == []
    with pytest.raises(UserError, match="a file"):
        run_folders(tmp_path / "a file")


def test_a_long_journal_is_summed_up_at_once_and_shown_with_as_many_points_as_a_screen_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_run(tmp_path / "long", [(0.0, started(steps=100_000))])
    line = json.dumps({"time": 5.0, **to_json(step(123456789))})
    with (folder / JOURNAL).open("a") as file:
        file.writelines(line.replace("123456789", str(n)) + "\n" for n in range(1, 100_001))
        file.write(json.dumps({"time": 9.0, **to_json(Ended("done", "Done."))}) + "\n")
    parsed: list[str | bytes] = []
    loads = json.loads

    def counted(line: str | bytes) -> Any:
        parsed.append(line)
        return loads(line)

    with monkeypatch.context() as patch:
        patch.setattr(json, "loads", counted)
        run = summarize(PastRun(folder))
    assert len(parsed) < 20, "what stands in between is not taken apart"
    assert (run.step, run.seconds, run.outcome) == (100_000, 9.0, "done")
    found = list(events(folder, most_steps=1000))
    steps = [event.step for _, event in found if isinstance(event, Stepped)]
    assert (steps[0], steps[-1]) == (1, 100_000)
    assert 900 < len(steps) <= 1001
    assert isinstance(found[-1][1], Ended)

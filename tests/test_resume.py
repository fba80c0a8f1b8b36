"""A run that was killed and resumed ends exactly where the same run ends that was never stopped: bit for bit."""

import dataclasses
import json
import os
import shutil
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from modules.train import train
from onetrainer_clone import journal, plan
from onetrainer_clone.backups import TENSORS, backups
from onetrainer_clone.events import Ended, Event, Sampled, Started, Stepped, Warned
from onetrainer_clone.families import Family
from onetrainer_clone.paths import DEMO
from onetrainer_clone.progress import Progress
from onetrainer_clone.session import Controls, Emit, Session
from onetrainer_clone.settings import UserError, replace
from onetrainer_clone.state import TrainingState
from presets import runs, store
from tests.modules.tiny_runs import tiny_source
from tests.waiting import LIMIT

RATES = ("learning_rate.unet", "learning_rate.text_encoder")
STEPS, KILLED_AT, BACKUP_EVERY = 7, 5, 3
CHANGES: dict[str, Any] = {
    "training.steps": STEPS,
    "training.resolution": 32,
    "training.bucket_step": "16",
    "training.ema.enabled": True,
    "training.ema.decay": 0.9,
    "training.batch_size": 2,
    "adapter.dropout": 0.1,
    "concepts[0].crop_jitter": 0.2,
    "concepts[0].flip": True,
    "concepts[0].image_variants": 3,
    "concepts[0].caption_dropout": 0.2,
    "sampling.prompts": (),
    "saving.tensorboard": False,
    "saving.dtype": "FP32",
    "saving.backup_every": {"unit": "STEPS", "amount": BACKUP_EVERY},
}


class Killed(BaseException):
    """Stands for the end of the process at any moment."""


@pytest.fixture(scope="module", autouse=True)
def one_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """So that the demo's pictures are encoded once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(CHANGES, "saving.cache", str(tmp_path_factory.mktemp("cache")))
        yield


def state_of(name: str, folder: Path, **more: Any) -> TrainingState:
    state = store.find("demo").load()
    for path, value in {**CHANGES, "saving.name": name, "saving.workspace": str(folder), **more}.items():
        state = replace(state, path, value)
    return state


def run(start: Callable[[Session], TrainingState], kill_at: int = 0) -> tuple[TrainingState, list[Event]]:
    def killed(state: TrainingState, emit: Emit, controls: Controls) -> None:
        def watched(event: Event) -> None:
            emit(event)
            if isinstance(event, Stepped) and event.step == kill_at:
                raise Killed

        train(state, watched, controls)

    session = Session(killed)
    state, events = start(session), list[Event]()
    while not events or not isinstance(events[-1], Ended):
        events += session.events(timeout=LIMIT)
    session.join()
    return state, events


def results(state: TrainingState, name: str) -> dict[str, torch.Tensor]:
    """Every tensor of every file that a run of this name saved."""
    files = (state.run_folder / "saves").glob("*.safetensors")
    return {
        f"{path.stem.removeprefix(name)} {key}": tensor for path in files for key, tensor in load_file(path).items()
    }


def figures(folder: Path) -> list[Any]:
    return [
        (
            e.step,
            e.loss,
            e.smoothed_loss,
            e.smoothed_concept_loss,
            e.learning_rate,
            e.gradient_norm,
            e.ema_distance,
            e.weight_change,
            e.rounded_away,
        )
        for e in journal.read(folder)
        if isinstance(e, Stepped)
    ]


METHODS: dict[str, dict[str, Any]] = {
    "LORA": {},
    "FINE_TUNE": {  # one part stops between backup and kill
        "training.text_encoder_stop": {"unit": "STEPS", "amount": 4},
    },
    "FINE_TUNE in bfloat16": {  # so that the rounding by chance is resumed, too
        "model.unet_dtype": "BF16",
        "model.text_encoder_dtype": "BF16",
        "training.train_dtype": "BF16",
    },
    "EMBEDDING": {"embedding.words": [{"placeholder": "sks", "vectors": 3}], "embedding.preserve_norm": True},
}
OPTIMIZERS = ("ADAMW", "ADAMW_8BIT", "PRODIGY")
USUAL = {  # every method and every optimizer; the other pairs take as long again
    ("LORA", "ADAMW"), ("LORA", "ADAMW_8BIT"), ("LORA", "PRODIGY"), ("FINE_TUNE", "ADAMW_8BIT"),
    ("FINE_TUNE in bfloat16", "PRODIGY"), ("EMBEDDING", "ADAMW"),
}  # fmt: skip
PAIRS = [
    pytest.param(*pair, marks=[] if pair in USUAL else pytest.mark.slow) for pair in product(METHODS, OPTIMIZERS)
]
WORDS = {"embedding.words": [{"placeholder": "sks", "initial_text": "red circle"}]}


@pytest.mark.parametrize(("method", "optimizer"), PAIRS)
def test_a_killed_run_resumes_bit_for_bit(method: str, optimizer: str, tmp_path: Path) -> None:
    rates = {} if method.startswith("LORA") and optimizer != "PRODIGY" else dict.fromkeys(RATES)
    more = {"method": method.split()[0], "optimizer.optimizer": optimizer, **rates, **METHODS[method]}
    a_killed_run_resumes({"training.accumulation": 2, **more}, tmp_path)


@pytest.mark.windows
def test_the_backup_that_a_run_went_on_from_is_removed_in_its_turn(tmp_path: Path) -> None:
    """It is not mapped into memory any more: nobody could remove it on Windows then."""
    more = {"saving.backups_kept": 1}
    broken, _ = run(lambda session: runs.begin(session, state_of("broken", tmp_path, **more)), KILLED_AT)
    again, _ = run(lambda session: runs.resume(session, broken.run_folder))
    assert [backup.name for backup in backups(again.run_folder / "backups")] == ["step0000006"]


def test_a_lora_and_words_resume_together(tmp_path: Path) -> None:
    a_killed_run_resumes(WORDS, tmp_path)


def test_a_killed_sdxl_run_resumes_bit_for_bit(tmp_path: Path) -> None:
    """Both text encoders' rows of a new word; a LoRA's resumption is in tests/modules/test_sdxl_runs.py."""
    model = {"model.type": "SDXL", "model.source": str(tiny_source(Family.SDXL, tmp_path)), "training.resolution": 64}
    a_killed_run_resumes(
        {"method": "EMBEDDING", **dict.fromkeys(RATES), **model, **WORDS}, tmp_path
    )


def a_killed_run_resumes(more: dict[str, Any], tmp_path: Path) -> None:
    whole, events = run(lambda session: runs.begin(session, state_of("whole", tmp_path, **more)))
    assert isinstance(events[-1], Ended)
    assert events[-1].outcome == "done"
    broken, _ = run(lambda session: runs.begin(session, state_of("broken", tmp_path, **more)), KILLED_AT)
    again, events = run(lambda session: runs.resume(session, broken.run_folder))
    assert isinstance(events[-1], Ended)
    assert events[-1].outcome == "done"
    assert [e.step for e in events if isinstance(e, Stepped)] == list(range(BACKUP_EVERY + 1, STEPS + 1))
    expected, found = results(whole, "whole"), results(again, "broken")
    assert expected.keys() == found.keys()
    assert expected
    assert all(torch.equal(expected[key], found[key]) for key in expected)
    assert figures(whole.run_folder) == figures(again.run_folder)
    assert len(figures(whole.run_folder)) == STEPS


def test_a_stopped_run_leaves_a_backup_and_goes_on(tmp_path: Path) -> None:
    def stop_at_three(state: TrainingState, emit: Emit, controls: Controls) -> None:
        def watched(event: Event) -> None:
            emit(event)
            if isinstance(event, Stepped) and event.step == 3:
                controls.stop()

        train(state, watched, controls)

    session = Session(stop_at_three)
    state = runs.begin(session, state_of("a", tmp_path, **{"saving.backup_every": {"unit": "NEVER"}}))
    session.join()
    assert [path.name for path in backups(state.run_folder / "backups")] == ["step0000003"]
    _, events = run(lambda s: runs.resume(s, state.run_folder, lambda x: replace(x, "training.steps", 6)))
    assert [e.step for e in events if isinstance(e, Stepped)] == [4, 5, 6]
    said = " ".join(e.message for e in events if isinstance(e, Warned))
    assert "training.steps was 7 and is 6" in said
    assert "schedule of the new length, 6 steps" in said
    assert "The plan is not the same as before: 7 steps are now 6" in said


def test_time_and_preset_go_on_where_the_run_was_backed_up(tmp_path: Path) -> None:
    drawn = {"sampling.prompts": [{"text": "a sks circle", "steps": 1}], "sampling.at_end": True}
    state, before = run(lambda session: runs.begin(session, state_of("a", tmp_path, **drawn)), KILLED_AT)
    resumed, events = run(lambda session: runs.resume(session, state.run_folder))
    took = {e.step: e.elapsed_seconds for e in before if isinstance(e, Stepped)}
    started = next(e for e in events if isinstance(e, Started))
    assert 0 < took[BACKUP_EVERY] <= started.elapsed_seconds <= took[BACKUP_EVERY + 1]
    times = [e.elapsed_seconds for e in events if isinstance(e, Stepped)]
    assert times == sorted(times)
    assert times[0] > started.elapsed_seconds
    progress = Progress()
    for event in events:
        progress.on(event)
    assert progress.elapsed_seconds == times[-1]
    assert state.preset == resumed.preset == "demo"
    last = [e for e in events if isinstance(e, Sampled)][-1]
    assert Image.open(last.path).info["preset"] == "demo"


def test_a_plan_that_became_another_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after an update of the program that counts or cuts pictures in another way."""
    state, _ = run(lambda session: runs.begin(session, state_of("a", tmp_path)), KILLED_AT)
    real = plan.make_plan

    def other(state: TrainingState, folders: Any = None) -> plan.Plan:
        found = real(state, folders)
        first, *rest = found.concepts
        return dataclasses.replace(
            found, concepts=(dataclasses.replace(first, buckets=((32, 48, 7),)), *rest), epochs=99
        )

    monkeypatch.setattr(plan, "make_plan", other)
    _, events = run(lambda session: runs.resume(session, state.run_folder))
    [said] = [e.message for e in events if isinstance(e, Warned) and "plan" in e.message]
    assert "epochs are now 99" in said
    assert "subject: other samples, sizes or files left out" in said


def test_what_a_run_is_resumed_with_stays_for_the_next_time(tmp_path: Path) -> None:
    state, _ = run(lambda session: runs.begin(session, state_of("a", tmp_path)), 4)
    run(lambda s: runs.resume(s, state.run_folder, lambda x: replace(x, "training.steps", 8)), 7)
    _, events = run(lambda s: runs.resume(s, state.run_folder))
    assert [e.step for e in events if isinstance(e, Stepped)] == [7, 8]
    assert not [e.message for e in events if isinstance(e, Warned) and "other settings" in e.message]
    assert json.loads((state.run_folder / journal.STATE).read_text())["training"]["steps"] == 8


def test_other_pictures_are_said(tmp_path: Path) -> None:
    shutil.copytree(DEMO / "concepts" / "subject", tmp_path / "pictures")
    own = {"concepts": [{"name": "subject", "path": str(tmp_path / "pictures")}], "training.batch_size": 1}
    changed = {path: value for path, value in CHANGES.items() if not path.startswith("concepts")}
    start = store.find("demo").load()
    for path, value in {**changed, **own, "saving.name": "a", "saving.workspace": str(tmp_path)}.items():
        start = replace(start, path, value)
    state, _ = run(lambda session: runs.begin(session, start), 4)
    next(iter((tmp_path / "pictures").glob("*.txt"))).write_text("another caption")
    _, events = run(lambda s: runs.resume(s, state.run_folder))
    said = [e.message for e in events if isinstance(e, Warned)]
    assert any("captions of subject are not the same as before: other samples follow" in line for line in said)


def test_a_damaged_backup_is_passed_over_for_the_one_before(tmp_path: Path) -> None:
    state, _ = run(lambda session: runs.begin(session, state_of("a", tmp_path)), 7)
    found = backups(state.run_folder / "backups")
    assert [path.name for path in found] == ["step0000003", "step0000006"]
    tensors = found[-1] / TENSORS
    tensors.write_bytes(tensors.read_bytes()[:1000])
    _, events = run(lambda session: runs.resume(session, state.run_folder))
    assert next(e.step for e in events if isinstance(e, Stepped)) == 4
    assert any("cannot be read" in e.message for e in events if isinstance(e, Warned))


def test_a_backup_that_cannot_be_written_leaves_the_one_before_and_the_run_going(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.replace

    def full(source: Any, target: Any) -> None:
        if str(target).endswith("step0000006"):
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(os, "replace", full)
    state, events = run(lambda session: runs.begin(session, state_of("a", tmp_path)))
    assert isinstance(events[-1], Ended)
    assert events[-1].outcome == "done"
    assert any("backup of step 6" in e.message for e in events if isinstance(e, Warned))
    folder = state.run_folder / "backups"
    assert [path.name for path in folder.iterdir()] == ["step0000003"]


def test_resuming_without_a_backup_or_with_another_rank_is_refused(tmp_path: Path) -> None:
    state, _ = run(lambda session: runs.begin(session, state_of("a", tmp_path)), 4)
    _, events = run(lambda s: runs.resume(s, state.run_folder, lambda x: replace(x, "adapter.rank", 4)))
    assert isinstance(events[-1], Ended)
    assert events[-1].outcome == "refused"
    assert "another rank" in events[-1].message
    shutil.rmtree(state.run_folder / "backups")
    with pytest.raises(UserError, match="there is no backup"):
        runs.resume(Session(train), state.run_folder)

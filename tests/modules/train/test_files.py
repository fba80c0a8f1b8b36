"""What a run leaves on the disk, and what it takes from there."""

import shutil
from pathlib import Path

import pytest
from PIL import Image

from onetrainer_clone.events import Cached, Event, Saved, Warned
from onetrainer_clone.paths import DEMO
from onetrainer_clone.session import Controls
from onetrainer_clone.settings import UserError
from tests.modules.small import run, small_state, stepped
from tests.modules.train.runs import Make, Whole, of


def test_a_run_leaves_its_files(whole: Whole) -> None:
    state, _, events = whole
    folder = state.run_folder
    names = sorted(path.name for path in (folder / "samples").iterdir())
    assert names == [f"{step:07d}-{i:02d}-{w}.png" for step in (0, 2, 4) for i in (0, 1) for w in ("ema", "live")]
    assert sorted(path.name for path in (folder / "saves").iterdir()) == sorted(
        ["run.safetensors", *(f"run-step{step:07d}.safetensors" for step in (1, 2, 3))]
    )
    assert any((folder / "tensorboard").iterdir())
    assert [(event.step, event.final) for event in of(Saved, events)] == [(1, False), (2, False), (3, False), (4, True)]
    with Image.open(folder / "samples" / "0000002-01-live.png") as image:
        assert image.size == (32, 32)
        about = image.info
    assert about["prompt"] == "a circle"
    assert (about["seed"], about["step"], about["weights"]) == ("3", "2", "live")
    assert about["parameters"] == "a circle\nSteps: 2, Sampler: DDIM, CFG scale: 7, Seed: 3, Size: 32x32"
    assert not list(folder.rglob("*.part"))


def test_tensorboard_holds_the_figures(whole: Whole) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    state, _, events = whole
    found = EventAccumulator(str(state.run_folder / "tensorboard"))
    found.Reload()
    written = {event.step: event.value for event in found.Scalars("loss/subject")}
    assert written == pytest.approx({s.step: s.smoothed_concept_loss["subject"] for s in stepped(events)}, rel=1e-5)
    assert {"learning_rate/unet", "gradient_norm", "validation/ema/check", "ema_distance"} <= set(
        found.Tags()["scalars"]
    )
    assert sorted(found.Tags()["images"]) == ["0 ema", "0 live", "1 ema", "1 live"]


def test_a_second_start_encodes_nothing(make: Make, tmp_path: Path) -> None:
    own = {"saving.cache": str(tmp_path / "own cache"), "training.text_encoder": False}
    state = small_state(tmp_path, **own)
    before = of(Cached, run(state)[1])
    files = {path: path.stat().st_ino for path in (tmp_path / "own cache").rglob("*.safetensors")}
    after = of(Cached, run(state)[1])
    assert (before[0].encoded, before[0].pictures) == (10, 10)
    assert (after[0].encoded, after[0].pictures) == (0, 10)
    assert files == {path: path.stat().st_ino for path in (tmp_path / "own cache").rglob("*.safetensors")}


def test_the_average_is_what_is_saved(make: Make) -> None:
    slow = {"training.ema": {"enabled": True, "decay": 0.9, "every": 1000}}
    never_updated, _ = run(make(**slow))
    ups = [tensor for name, tensor in never_updated.items() if "lora_up" in name]
    assert all(float(tensor.abs().max()) == 0 for tensor in ups)


def damaged_class(tmp_path: Path, count: int) -> Path:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(count):
        shutil.copy(DEMO / "concepts" / "class" / f"{number:03d}.png", folder)
    (folder / "003.png").write_bytes((folder / "003.png").read_bytes()[:150])
    return folder


def test_a_damaged_picture_is_named_and_everything_else_is_cached_before_the_first_step(tmp_path: Path) -> None:
    """Without the picture a fixed number of samples goes further through the folder: other variants are seen."""
    path = str(damaged_class(tmp_path, 12))
    concept = {"name": "class", "path": path, "balance": "SAMPLES", "samples": 12, "crop_jitter": 0.4}
    own = tmp_path / "own cache"
    length = {"training.length": "EPOCHS", "training.epochs": 2}
    counts: list[int] = []

    def watch(event: Event, controls: Controls) -> None:
        if isinstance(event, Cached):
            counts.append(len(list(own.rglob("latents/*/*.safetensors"))))
            assert (event.encoded, event.pictures) == (counts[0], 11)

    _, events = run(small_state(tmp_path, concepts=[concept], **length, **{"saving.cache": str(own)}), watch)
    assert any("003.png" in event.message for event in of(Warned, events))
    assert counts == [len(list(own.rglob("latents/*/*.safetensors")))]
    assert counts[0] > 22, "otherwise this test shows nothing"


def test_too_many_damaged_pictures_stop_the_run_before_it_starts(make: Make, tmp_path: Path) -> None:
    concept = {"name": "class", "path": str(damaged_class(tmp_path, 5))}
    with pytest.raises(UserError, match="more than a tenth"):
        run(make(concepts=[concept]))

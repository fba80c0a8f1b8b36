"""The window with the trainer that it ships with, in a process of its own, to the end of its runs."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from safetensors.numpy import load_file

from onetrainer_clone.isolation import isolated
from onetrainer_clone.paths import DEMO
from onetrainer_clone.session import Train
from onetrainer_clone.settings import replace
from onetrainer_clone.state.concepts import Concept, Role
from tests.ui.conftest import Window
from ui.queue.page import QueuePage
from ui.run.record import EMA, Record
from ui.runs.page import RunsPage
from ui.tabs.run import RunPage

pytestmark = pytest.mark.timeout(3600)

LONG = 600.0  # seconds: a process that imports torch on a busy machine
ENDLESS = 1_000_000  # steps
VALIDATED = {"check", "check" + EMA}  # the curves of the validation concept
CHANGES: dict[str, Any] = {
    "concepts[1].enabled": False,
    "concepts[2].enabled": False,
    "training.resolution": 32,
    "training.ema.enabled": True,
    "training.ema.decay": 0.9,
    "training.validate_every": {"unit": "STEPS", "amount": 2},
    "sampling.prompts": ({"text": "a sks circle", "seed": 3, "steps": 2},),
    "sampling.weights": "BOTH",
    "sampling.every": {"unit": "NEVER"},
    "sampling.at_start": False,
    "saving.tensorboard": False,
}


@pytest.fixture
def trainer() -> Train:
    """In place of the pretended one."""
    return isolated("modules.train:train")


@pytest.fixture
def small(make_window: Callable[..., Window], pictures: Path) -> Window:
    """The demo's subject at 32 px, with an average of the weights and three pictures to validate with."""
    window = make_window()
    state = window.app.store.state
    check = Concept(name="check", path=str(pictures), role=Role.VALIDATION)
    state = state.model_copy(update={"concepts": (*state.concepts, check)})
    for path, value in CHANGES.items():
        state = replace(state, path, value)
    window.app.store.load(state)
    return window


def set_up(window: Window, name: str, **changes: Any) -> None:
    for path, value in {"saving.name": name, **changes}.items():
        window.app.store.replace(path, value)


def start(window: Window, name: str, **changes: Any) -> RunPage:
    """Start a run with its button; returns when it trains."""
    set_up(window, name, **changes)
    run = window.app.shell.show("run")
    assert isinstance(run, RunPage)
    window.turn()
    run.buttons["start"].invoke()
    window.until(lambda: record(window).progress.step > 0, LONG)
    return run


def stop(window: Window, run: RunPage, how: str) -> Path:
    """Stop a run with its button; returns its folder when it has ended."""
    window.ask.choices = [how]
    run.buttons["stop"].invoke()
    window.until(lambda: not window.app.runner.going, LONG)
    window.turn()
    assert window.app.runner.state is not None
    return window.app.runner.state.run_folder


def record(window: Window) -> Record:
    return window.app.runner.record


def drawn(window: Window) -> list[tuple[int, int, str, int, str]]:
    """Place, step, prompt, seed and weights of every sample; of each the picture is there."""
    found = [sample for row in record(window).samples.values() for sample in row.values()]
    assert all(Image.open(sample.path).size == (32, 32) for sample in found)
    return [(sample.index, sample.step, sample.prompt, sample.seed, sample.weights) for sample in found]


def weights(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = load_file(path)
    return found


def listed(window: Window) -> RunsPage:
    """The Runs tab, when it knows all of them."""
    page = window.app.shell.show("runs")
    assert isinstance(page, RunsPage)
    window.turn()
    window.until(lambda: page.listing.loaded and window.app.desk.reader.idle, LONG)
    window.turn(0.1)
    return page


def _filled(run: RunPage, names: set[str]) -> bool:
    """Whether the chart shows these curves, each with several points: some are measured only every so many steps."""
    lines = run.chart.lines
    return set(lines) == names and all(len(curve.series.steps) > 1 for curve in lines.values())


def test_pause_look_stop_and_reopen(small: Window) -> None:
    run = start(small, "kept", **{"training.steps": ENDLESS})
    first, progress = record(small), record(small).progress

    run.buttons["pause"].invoke()
    small.until(lambda: progress.activity == "paused", LONG)
    held = progress.step
    run.buttons["sample"].invoke()
    run.asking.prompt.insert(0, "a circle")
    run.asking.seed.delete(0, "end")
    run.asking.seed.insert(0, "11")
    run.asking.button.invoke()
    small.until(lambda: len(drawn(small)) == 4, LONG)
    assert sorted(drawn(small)) == [
        (-1, held, "a circle", 11, "ema"),
        (-1, held, "a circle", 11, "live"),
        (0, held, "a sks circle", 3, "ema"),
        (0, held, "a sks circle", 3, "live"),
    ]
    small.turn(0.5)
    assert progress.step == held, "a pause holds, also while it is drawn"
    assert run.status.words.cget("text").startswith(f"Paused at step {held:,}")

    run.buttons["pause"].invoke()
    small.until(lambda: progress.step >= held + 4, LONG)
    for title, curves in (("Validation loss", VALIDATED), ("Weight change", {"weight change", "EMA distance"})):
        run.chart.choose(title)
        small.until(partial(_filled, run, curves), LONG)

    kept = stop(small, run, "save")
    assert run.banner.cget("text").startswith("Stopped. The result so far is in")
    assert weights(kept / "saves" / "kept.safetensors")
    assert list((kept / "backups").iterdir()), "so that it can go on another day"
    assert progress.step < ENDLESS

    dropped = stop(small, start(small, "dropped"), "discard")
    assert not list(dropped.glob("saves/*"))
    assert not small.ask.told

    page = listed(small)
    rows = {page.table.row(index).cells[0]: page.table.row(index).cells for index in range(page.table.count)}
    assert {name: row[2] for name, row in rows.items()} == {"kept": "stopped", "dropped": "stopped"}
    page.table.select([run.folder for run in page.listing.runs].index(kept))
    small.until(lambda: page.detail.record.folder == kept, LONG)
    assert page.detail.record.sample_steps == [held]
    assert page.detail.record.rows() == first.rows()
    assert set(page.detail.record.validation) == VALIDATED
    assert page.detail.record.progress.step == progress.step
    assert page.detail.chart.view.title == "Weight change", "as it was left in the Run tab"
    page.detail.chart.choose("Loss per concept")
    small.until(lambda: page.detail.samples.drawn > 0 and "subject" in page.detail.chart.lines, LONG)
    assert page.toolbar.buttons["resume"].cget("state") == "normal"


def test_a_queue_of_two_of_which_the_first_fails(small: Window, tmp_path: Path) -> None:
    """The first has a model whose weights are not numbers, which only the trainer can see."""
    shutil.copytree(DEMO / "model", tmp_path / "rotten")
    unet = next((tmp_path / "rotten" / "unet").glob("*.safetensors"))
    content = unet.read_bytes()
    header = 8 + int.from_bytes(content[:8], "little")
    unet.write_bytes(content[:header] + b"\xff" * (len(content) - header))

    page = small.app.shell.show("queue")
    assert isinstance(page, QueuePage)
    for name, source in (("rotten", str(tmp_path / "rotten")), ("sound", "demo:model")):
        set_up(small, name, **{"model.source": source, "training.steps": 4})
        page.toolbar.buttons["add"].invoke()
        small.until(lambda wanted=name: wanted in [entry.name for entry in small.app.desk.queue.entries])  # type: ignore[misc]
    page.toolbar.buttons["start"].invoke()
    queue = small.app.desk.queue
    small.until(lambda: not queue.going and not small.app.runner.going and small.app.desk.keeper.idle, LONG)
    small.turn(0.1)

    first, second = queue.entries
    assert (first.name, first.status, second.name, second.status) == ("rotten", "failed", "sound", "done")
    assert "not finite" in first.said
    assert not small.ask.told, "nobody is there to close a dialog"
    found = record(small)
    assert found.progress.step == 4
    assert {name: series.steps for name, series in found.validation.items()} == {key: [0, 2, 4] for key in VALIDATED}
    assert sorted(drawn(small)) == [(0, 4, "a sks circle", 3, "ema"), (0, 4, "a sks circle", 3, "live")]
    assert weights(Path(second.folder) / "saves" / "sound.safetensors")
    run_states = {run.folder.name: run.outcome for run in listed(small).listing.runs}
    assert run_states == {"rotten": "refused", "sound": "done"}

"""Pictures without training in the window: filled in, drawn in the background, followed, stopped."""

import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from onetrainer_clone.drawing import Drawing
from onetrainer_clone.events import Progressed, Sampled, Saved
from onetrainer_clone.session import Controls, Emit, Stopped
from onetrainer_clone.settings import Invalid, UserError
from tests.ui.conftest import Window
from ui.run.places import Place
from ui.run.viewer import Viewer
from ui.tools.page import ToolsPage
from ui.tools.tabs import ToolTabs


class FakeDraw:
    """Draws grey squares, one every so many seconds."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.fail: Exception | None = None
        self.wanted: list[Drawing] = []

    def __call__(self, drawing: Drawing, emit: Emit, controls: Controls) -> None:
        self.wanted.append(drawing)
        emit(Progressed("loading"))
        if self.fail:
            raise self.fail
        total = len(drawing.grid.columns) * len(drawing.prompts)
        drawing.target.mkdir(parents=True, exist_ok=True)  # two drawings within a second share their folder
        for column in range(len(drawing.grid.columns)):
            for row, prompt in enumerate(drawing.prompts):
                time.sleep(self.seconds)
                if controls.stopping:
                    raise Stopped
                path = drawing.target / f"{column}-{row}.png"
                Image.new("RGB", (64, 64), (40 * column, 40 * row, 128)).save(path)
                emit(Progressed("sampling", column * len(drawing.prompts) + row, total))
                emit(Sampled(column, row, prompt.text, prompt.seed, "live", str(path)))
        Image.new("RGB", (8, 8)).save(drawing.grid.file)
        emit(Saved(0, drawing.grid.file, final=True))


@pytest.fixture
def draw() -> FakeDraw:
    return FakeDraw()


@pytest.fixture
def page(window: Window, draw: FakeDraw) -> ToolsPage:
    window.app.desk.drawer.draw = draw
    found = window.app.shell.show("tools")
    window.turn()
    assert isinstance(found, ToolTabs)
    return found.pictures


def write(entry: Any, text: str) -> None:
    entry.delete(0, "end")
    entry.insert(0, text)


def files(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"a LoRA")
    return folder


def press(window: Window, page: ToolsPage) -> None:
    page.toolbar.buttons["draw"].invoke()
    window.until(lambda: not page.drawer.going)
    window.turn(0.05)


def drawn(page: ToolsPage) -> int:
    return sum(map(len, page.drawer.record.samples.values()))


def test_it_begins_with_the_model_of_the_settings_and_says_what_to_do(page: ToolsPage) -> None:
    assert page.form.model.variable.get() == "demo:model"
    assert "a column for every checkpoint" in page.pictures.view._empty
    with pytest.raises(UserError, match="at least one prompt"):
        page.toolbar.buttons["draw"].invoke()


def test_every_checkpoint_at_every_strength_with_every_prompt_and_seed(
    window: Window, page: ToolsPage, draw: FakeDraw, tmp_path: Path
) -> None:
    folder = files(tmp_path / "run" / "saves", "a.safetensors")
    time.sleep(0.02)
    files(folder, "b.safetensors")
    window.ask.folders = [str(tmp_path / "run"), str(folder / "a.safetensors")]
    page.form.add_folder()
    page.form.add_file()
    assert [Path(path).name for path in page.form.checkpoints] == ["a.safetensors", "b.safetensors"]
    page.form.take_prompts()
    write(page.form.strengths, "0.5, 1")
    write(page.form.seeds, "3 4")
    page.form.facts["steps"].variable.set("7")
    press(window, page)
    (wanted,) = draw.wanted
    assert len(wanted.grid.columns) == 1 + 2 * 2
    assert [(prompt.seed, prompt.steps, prompt.width) for prompt in wanted.prompts] == [(3, 7, 64), (4, 7, 64)] * 4
    assert drawn(page) == 5 * 8
    window.until(lambda: page.pictures.drawn >= 8)
    assert page.words.cget("text").startswith("Done. The result is in")
    assert page.toolbar.buttons["sheet"].cget("state") == "normal"


def test_a_stop_keeps_what_is_drawn(window: Window, page: ToolsPage, draw: FakeDraw) -> None:
    draw.seconds = 0.03
    page.form.take_prompts()
    write(page.form.seeds, " ".join(map(str, range(50))))
    page.toolbar.buttons["draw"].invoke()
    window.until(lambda: drawn(page) > 2)
    assert page.bar.winfo_manager()
    assert page.toolbar.buttons["draw"].cget("state") == "disabled"
    page.toolbar.buttons["stop"].invoke()
    window.until(lambda: not page.drawer.going)
    window.turn(0.05)
    assert page.words.cget("text").startswith("Stopped.")
    assert 2 < drawn(page) < 50
    assert not page.bar.winfo_manager()


def test_a_second_start_and_a_run_beside_it_are_refused_with_a_sentence(
    window: Window, page: ToolsPage, draw: FakeDraw
) -> None:
    draw.seconds = 0.05
    page.form.take_prompts()
    page.toolbar.buttons["draw"].invoke()
    with pytest.raises(UserError, match="a run is going on: wait for its end"):
        page.draw()
    with pytest.raises(Invalid, match="the pictures of the Tools tab are drawn"):
        window.app.runner.start()
    window.until(lambda: not page.drawer.going)
    window.trainer.steps, window.trainer.step_seconds = 10_000, 0.01
    window.app.runner.start()
    with pytest.raises(UserError, match="a run is going on"):
        page.draw()
    assert len(draw.wanted) == 1


def test_what_went_wrong_stands_above_the_pictures(window: Window, page: ToolsPage, draw: FakeDraw) -> None:
    page.form.take_prompts()
    for error, words in (
        (UserError("'x' cannot be read as a LoRA"), "'x' cannot be read as a LoRA"),
        (ZeroDivisionError("ours"), "ZeroDivisionError: ours"),
    ):
        draw.fail = error
        press(window, page)
        assert page.words.cget("text") == words
    draw.fail = None
    press(window, page)
    assert page.words.cget("text").startswith("Done.")


@pytest.mark.parametrize(("field", "text", "says"), [("strengths", "much", "numbers"), ("seeds", "-1", "0 or more")])
def test_what_is_no_number_is_told(page: ToolsPage, field: str, text: str, says: str) -> None:
    page.form.take_prompts()
    write(getattr(page.form, field), text)
    with pytest.raises(UserError, match=f"the {field} must be .*{says}"):
        page.draw()


def test_an_empty_folder_is_refused_and_a_model_taken_whole(window: Window, page: ToolsPage, tmp_path: Path) -> None:
    window.ask.folders = [str(files(tmp_path / "empty"))]
    with pytest.raises(UserError, match="holds no LoRA, embedding or model"):
        page.form.add_folder()
    model = files(tmp_path / "model", "model_index.json", "extra.safetensors")
    window.ask.folders = [str(model)]
    page.form.add_folder()
    assert page.form.checkpoints == [str(model)]
    page.form.table.select(0)
    page.form.remove()
    assert page.form.checkpoints == []


def test_the_pictures_are_a_timeline_of_columns(window: Window, page: ToolsPage, tmp_path: Path) -> None:
    """The same view as a run's samples: gone through with a slider, shown large, compared."""
    window.ask.folders = [str(files(tmp_path, "first.safetensors") / "first.safetensors")]
    page.form.add_file()
    page.form.take_prompts()
    write(page.form.strengths, "0.5, 1")
    press(window, page)
    samples = page.pictures
    assert samples.words.cget("text") == "first, strength 1  (3 of 3)"
    samples.go(0)
    assert samples.words.cget("text") == "the model alone  (1 of 3)"
    one, two = samples.view.rows[:2]
    viewer = Viewer(window.app.root, page.drawer.record, one, 0)
    for rows, columns, place in ((1, 0, (two, 0)), (0, 1, (two, 1)), (0, 9, (two, 2)), (-9, 0, (one, 2))):
        viewer.go(rows, columns)
        assert viewer.place == Place(*place)
    assert viewer._words.cget("text").endswith(f"first, strength 1, seed {one.seed}")
    window.until(lambda: viewer._shown is not None)
    viewer.destroy()
    samples.pick(Place(one, 0))
    samples.pick(Place(one, 2))
    assert samples.comparison is not None
    assert "the model alone" in samples.comparison.captions[0].cget("text")
    samples.comparison.destroy()


def test_another_drawing_begins_anew(window: Window, page: ToolsPage) -> None:
    page.form.take_prompts()
    press(window, page)
    page.drawer.record.columns = ("an old one",)
    write(page.form.seeds, "5")
    press(window, page)
    assert page.pictures.words.cget("text") == "the model alone  (1 of 1)"
    assert {key.seed for key in page.pictures.view.rows} == {5}

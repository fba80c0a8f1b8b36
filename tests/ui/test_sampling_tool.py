"""Pictures without training in the window: filled in, drawn in the background, followed, stopped."""

import json
import re
import time
import tkinter
from collections.abc import Callable
from pathlib import Path

import customtkinter as ctk
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from onetrainer_clone.drawing import Drawing
from onetrainer_clone.events import Progressed, Sampled, Saved
from onetrainer_clone.families import Family
from onetrainer_clone.session import Controls, Emit, Stopped
from onetrainer_clone.settings import UserError, changed
from tests.onetrainer_clone.making import header_file
from tests.onetrainer_clone.test_refused_before_start import lora_file
from tests.ui.conftest import Window
from ui import colours, memory
from ui.filekinds import HOLDING
from ui.run.places import Place
from ui.run.viewer import Viewer
from ui.tools.page import PICTURES, ToolsPage
from ui.tools.tabs import ToolTabs
from ui.tooltip import Tooltip


class FakeDraw:
    """Draws grey squares. At `hold_at` of them it waits, until that is None or it is stopped."""

    def __init__(self) -> None:
        self.hold_at: int | None = None
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
                place = column * len(drawing.prompts) + row
                while self.hold_at == place and not controls.stopping:
                    time.sleep(0.002)
                if controls.stopping:
                    raise Stopped
                path = drawing.target / f"{column}-{row}.png"
                Image.new("RGB", (64, 64), (40 * column, 40 * row, 128)).save(path)
                emit(Progressed("sampling", place * prompt.steps, total * prompt.steps, prompt.text, place + 1, total))
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


def fill(page: ToolsPage, path: str, value: object) -> None:
    row = page.form.row(path)
    assert row is not None
    assert row.control is not None
    row.control.variable.set(value)


def files(folder: Path, *names: str) -> Path:
    """LoRA files for the demo's model; what is called 'word' is an embedding for it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        if name.startswith("word"):
            header_file(folder / name, {"emb_params": (1, 96)})
        else:
            lora_file(folder / name, Family.SD15, "demo:model")
    return folder


def press(window: Window, page: ToolsPage) -> None:
    page.toolbar.buttons["draw"].invoke()
    window.until(lambda: not page.drawer.going)
    window.whole_turns(1)


def drawn(page: ToolsPage) -> int:
    return sum(map(len, page.drawer.record.samples.values()))


def test_it_begins_with_the_model_of_the_settings_and_says_what_to_do(window: Window, page: ToolsPage) -> None:
    window.turn()
    row = page.form.row("model.source")
    assert row is not None
    assert row.control is not None
    assert row.control.variable.get() == "demo:model"
    assert "a column for every file" in page.pictures.view._empty
    page.toolbar.buttons["draw"].invoke()
    assert window.ask.listed == [("prompts",)]
    window.turn()
    prompts = page.form.row("prompts")
    assert prompts is not None
    assert prompts.message_text == "Write at least one prompt"


def test_every_checkpoint_at_every_strength_with_every_prompt_and_seed(
    window: Window, page: ToolsPage, draw: FakeDraw, tmp_path: Path
) -> None:
    folder = files(tmp_path / "run" / "saves", "a.safetensors")
    time.sleep(0.02)
    files(folder, "b.safetensors")
    window.ask.folders = [str(tmp_path / "run")] * 2
    page.form.files.add_folder()
    page.form.files.add_folder()  # what is there already is not added again
    assert [Path(file.path).name for file in page.form.files.files] == ["a.safetensors", "b.safetensors"]
    page.form.take_prompts()
    fill(page, "strengths", "0.5, 1")
    fill(page, "seeds", "3 4")
    fill(page, "facts.steps", "7")
    press(window, page)
    (wanted,) = draw.wanted
    assert len(wanted.grid.columns) == 1 + 2 * 2
    assert [(prompt.seed, prompt.steps, prompt.width) for prompt in wanted.prompts] == [(3, 7, 64), (4, 7, 64)] * 4
    assert drawn(page) == 5 * 8
    window.until(lambda: page.pictures.drawn >= 8)
    assert page.status.words.cget("text").startswith("Done. The result is in")
    assert page.toolbar.buttons["sheet"].cget("state") == "normal"


def test_a_stop_keeps_what_is_drawn(window: Window, page: ToolsPage, draw: FakeDraw) -> None:
    draw.hold_at = 3
    page.form.take_prompts()
    fill(page, "seeds", " ".join(map(str, range(50))))
    page.toolbar.buttons["draw"].invoke()
    window.until(lambda: drawn(page) == 3)
    window.whole_turns(1)
    assert page.status.bar.winfo_manager()
    assert re.match(r"Sampling picture \d+ of \d+: ", page.status.words.cget("text"))
    assert page.toolbar.buttons["draw"].cget("state") == "disabled"
    page.toolbar.buttons["stop"].invoke()
    window.until(lambda: not page.drawer.going)
    window.whole_turns(1)
    assert page.status.words.cget("text").startswith("Stopped.")
    assert drawn(page) == 3
    assert not page.status.bar.winfo_manager()


def test_a_stop_before_the_first_picture_speaks_of_no_training(window: Window, page: ToolsPage, draw: FakeDraw) -> None:
    draw.hold_at = 0
    page.form.take_prompts()
    page.toolbar.buttons["draw"].invoke()
    page.toolbar.buttons["stop"].invoke()
    window.until(lambda: not page.drawer.going)
    window.whole_turns(1)
    assert page.status.words.cget("text") == "Stopped. There was nothing to save yet."
    assert page.status.words.cget("text_color") == colours.WARNING


def test_a_second_start_and_a_run_beside_it_are_refused_with_a_sentence(
    window: Window, page: ToolsPage, draw: FakeDraw
) -> None:
    draw.hold_at = 0
    page.form.take_prompts()
    page.toolbar.buttons["draw"].invoke()
    with pytest.raises(UserError, match="a run is going on: wait for its end"):
        page.draw()
    window.app.actions.start()
    assert not window.app.runner.going
    (problem,) = window.ask.listed
    assert problem == ("",)
    draw.hold_at = None
    window.until(lambda: not page.drawer.going)
    window.trainer.hold_at = 5
    window.run()
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
        assert page.status.words.cget("text") == words
    draw.fail = None
    press(window, page)
    assert page.status.words.cget("text").startswith("Done.")


@pytest.mark.parametrize(
    ("field", "text", "says"),
    [("strengths", "much", "must be numbers"), ("strengths", "11", "from -10 to 10"), ("seeds", "-1", "0 or more"),
     ("seeds", "1.5", "whole numbers"), ("facts.width", "500", "not a multiple of 8"), ("facts.steps", "many", "number"),
     ("model.source", "/gone.ckpt", "there is no file"), ("model.vae", "/gone.ckpt", "no")],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_the_field_and_in_a_list(
    window: Window, page: ToolsPage, draw: FakeDraw, field: str, text: str, says: str
) -> None:
    page.form.take_prompts()
    fill(page, field, text)
    page.draw()
    assert window.ask.listed == [(field,)]
    window.turn()
    row = page.form.row(field)
    assert row is not None
    assert says.lower() in row.message_text.lower()
    assert not draw.wanted


def test_an_empty_folder_is_refused_and_a_model_taken_whole(window: Window, page: ToolsPage, tmp_path: Path) -> None:
    window.ask.folders = [str(files(tmp_path / "empty"))]
    with pytest.raises(UserError, match="holds no LoRA, embedding or model"):
        page.form.files.add_folder()
    model = files(tmp_path / "model", "model_index.json", "extra.safetensors")
    window.ask.folders = [str(model)]
    page.form.files.add_folder()
    assert [file.path for file in page.form.files.files] == [str(model)]
    page.form.files.table.select(0)
    page.form.files.toolbar.buttons["remove"].invoke()
    assert page.form.files.files == ()


def test_the_pictures_are_a_timeline_of_columns(window: Window, page: ToolsPage, tmp_path: Path) -> None:
    """The same view as a run's samples: gone through with a slider, shown large, compared."""
    window.ask.folders = [str(files(tmp_path, "first.safetensors") / "first.safetensors")]
    page.form.files.add_files()
    page.form.take_prompts()
    fill(page, "strengths", "0.5, 1")
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
    fill(page, "seeds", "5")
    press(window, page)
    assert page.pictures.words.cget("text") == "the model alone  (1 of 1)"
    assert {key.seed for key in page.pictures.view.rows} == {5}


def test_files_together_and_in_every_column(window: Window, page: ToolsPage, draw: FakeDraw, tmp_path: Path) -> None:
    folder = files(tmp_path, "a.safetensors", "b.safetensors", "word.safetensors")
    window.ask.folders = ["|".join(str(folder / name) for name in ("a.safetensors", "b.safetensors", "word.safetensors"))]
    page.form.take_prompts()
    listed = page.form.files
    listed.toolbar.buttons["files"].invoke()
    assert window.ask.kinds[-1] == HOLDING["weights"]
    listed.table.select(0, 1)
    listed.toolbar.buttons["join"].invoke()
    listed.table.select(2)
    listed.toolbar.buttons["everywhere"].invoke()
    listed.table.select(0)
    listed.own.variable.set("0.5, 2")
    fill(page, "bare", False)
    press(window, page)
    (wanted,) = draw.wanted
    assert [column.label for column in wanted.columns] == ["a + b\nstrengths 0.5 + 1", "a + b\nstrengths 2 + 1"]
    assert [file.path for file in wanted.embeddings] == [str(folder / "word.safetensors")]
    listed.table.select(1)
    listed.toolbar.buttons["alone"].invoke()
    assert [listed.table.row(place).cells[1] for place in range(3)] == ["1", "2", "every"]


def test_an_embedding_has_a_word_of_its_own_and_another_than_its_neighbours(
    window: Window, page: ToolsPage, draw: FakeDraw, tmp_path: Path
) -> None:
    one, two = (files(tmp_path / step, "word.safetensors") / "word.safetensors" for step in ("early", "late"))
    lora = files(tmp_path, "a.safetensors") / "a.safetensors"
    page.form.take_prompts()
    listed = page.form.files
    listed.add([str(lora), str(one), str(two)])
    listed.table.select(0, 1, 2)
    listed.toolbar.buttons["join"].invoke()
    page.draw()
    assert "Prompts call another embedding of its column 'word', too" in listed.wrong.cget("text")
    listed.table.select(2)
    assert listed._own_label.cget("text") == "What prompts call the selected"
    listed.own.variable.set("late")
    assert listed.table.row(2).cells[2] == "late"
    listed.table.select(0, 2)
    assert listed._own_label.cget("text") == "Own strengths of the selected"
    listed.own.variable.set("0,5; 1")
    press(window, page)
    (wanted,) = draw.wanted
    assert [[file.words[0] for file in column.embeddings] for column in wanted.columns] == [[], *[["word", "late"]] * 2]
    page.toolbar.buttons["again"].invoke()
    assert [file.word for file in listed.files] == ["", "", "late"]


def test_a_file_that_is_gone_is_marked_in_the_list(window: Window, page: ToolsPage) -> None:
    page.form.take_prompts()
    page.form.files.add(["demo:model", "/gone/a.safetensors"])
    window.ask.go_to = ["files[1].path"]
    page.draw()
    assert "There is no file '/gone/a.safetensors'" in page.form.files.wrong.cget("text")
    assert [bool(page.form.files.table.row(place).colours[0]) for place in (0, 1)] == [False, True]
    assert page.form.files.table.selection == [1]
    page.form.files.remove()
    assert not page.form.files.wrong.winfo_manager()


def test_the_form_is_there_again_after_a_restart_and_after_a_crash(
    window: Window, page: ToolsPage, make_window: Callable[..., Window]
) -> None:
    fill(page, "prompts", "a cat\na dog")
    fill(page, "seeds", "5")
    file = memory.folder() / "tools" / "pictures.json"
    window.until(file.is_file)  # a crash now costs nothing
    fill(page, "model.vae", "/some/vae.safetensors")
    page.form.files.add(["/x/a.safetensors"])
    window.app.close()
    again = make_window().app.shell.show("tools")
    assert isinstance(again, ToolTabs)
    form = again.pictures.form.settings
    assert (form.prompts, form.seeds, form.model.vae) == ("a cat\na dog", "5", "/some/vae.safetensors")
    assert [file.path for file in form.files] == ["/x/a.safetensors"]
    row = again.pictures.form.row("seeds")
    assert row is not None
    assert row.control is not None
    assert row.control.variable.get() == "5"


def test_what_was_kept_and_cannot_be_read_begins_anew(window: Window, draw: FakeDraw) -> None:
    file = memory.folder() / "tools" / "pictures.json"
    file.parent.mkdir(parents=True)
    file.write_text('{"of_another_version": 1}', encoding="utf-8")
    page = window.app.shell.show("tools")
    assert isinstance(page, ToolTabs)
    assert page.pictures.form.settings.seeds == "0"


def sheet_of(page: ToolsPage) -> Path:
    """The pictures of the fake, with what the real one keeps in the sheet and their names."""
    drawing = page.drawer.drawing
    for column, row in ((column, row) for column in range(len(drawing.columns)) for row in range(len(drawing.prompts))):
        name = f"{column:02d}-{row:03d}-seed{drawing.prompts[row].seed}.png"
        (drawing.target / f"{column}-{row}.png").rename(drawing.target / name)
    about = PngInfo()
    columns = [column.label for column in drawing.columns]
    about.add_itxt("onetrainer-clone", json.dumps({**changed(drawing), "columns": columns}))
    Image.new("RGB", (300, 200)).save(drawing.grid.file, pnginfo=about)
    return Path(drawing.grid.file)


def test_an_earlier_grid_is_shown_again_and_its_settings_taken(
    window: Window, page: ToolsPage, make_window: Callable[..., Window], draw: FakeDraw
) -> None:
    page.form.take_prompts()
    fill(page, "seeds", "3, 4")
    press(window, page)
    count, sheet = drawn(page), sheet_of(page)
    fill(page, "seeds", "9")
    press(window, page)
    assert sheet in page.earlier()
    assert len(page.earlier()) == 2
    window.ask.folders = [str(sheet)]
    page.choose_earlier()
    window.turn(0.05)
    assert drawn(page) == count
    assert page.pictures.words.cget("text") == "the model alone  (1 of 1)"
    assert page.status.words.cget("text").startswith("Drawn earlier: ")
    assert page.form.settings.seeds == "9"  # until it is asked for
    page.toolbar.buttons["again"].invoke()
    assert page.form.settings.seeds == "3, 4"
    page.toolbar.buttons["back"].invoke()
    assert page.form.settings.seeds == "9"
    draw.hold_at = 0
    page.toolbar.buttons["draw"].invoke()
    with pytest.raises(UserError):
        page.drawer.open(sheet)
    draw.hold_at = None
    window.until(lambda: not page.drawer.going)


def test_the_labelled_picture_is_shown_in_the_window(window: Window, page: ToolsPage) -> None:
    page.form.take_prompts()
    press(window, page)
    viewer = page.show_sheet()
    assert viewer is not None
    window.until(lambda: viewer._shown is not None)
    assert f"1 column, {len(page.drawer.drawing.prompts)} rows" in viewer._words.cget("text")
    viewer.destroy()
    Path(page.drawer.sheet).unlink()
    with pytest.raises(UserError, match="is gone"):
        page.show_sheet()


def test_an_empty_size_is_said_and_is_that_of_the_run_or_the_model(
    window: Window, page: ToolsPage, draw: FakeDraw
) -> None:
    """The model's own size of the demo is 64 px; drawn at 512 a step takes seconds."""
    size = page.form.row("facts.width")
    assert size is not None
    fill(page, "prompts", "a cat")
    for resolution, says in ((128, "px  empty: 128, as in Training"), (192, "px  empty: 192, as in Training")):
        window.app.store.replace("training.resolution", resolution)
        assert size._extra.cget("text") == says
        press(window, page)
        assert (draw.wanted[-1].prompts[0].width, draw.wanted[-1].prompts[0].height) == (resolution, resolution)
    window.app.store.replace("model.source", "/another/model.safetensors")
    page.refresh()
    assert size._extra.cget("text") == "px  empty: 64, the model's own"
    fill(page, "facts.height", "96")
    press(window, page)
    assert (draw.wanted[-1].prompts[0].width, draw.wanted[-1].prompts[0].height) == (None, 96)
    fill(page, "model.source", "someone/on-the-hub")
    assert size._extra.cget("text") == "px  empty: the model's own"


def test_every_field_and_button_says_what_it_is_for(page: ToolsPage, monkeypatch: pytest.MonkeyPatch) -> None:
    for form in page.form.forms:
        for row in form.rows:
            assert row.tip(), row.path
    assert "A VAE" in page.form.row("model.vae").tip()  # type: ignore[union-attr]
    said: list[str] = []
    monkeypatch.setattr(Tooltip, "_soon", lambda _self, _widget, text, _beside: said.append(text()))
    buttons = [*page.toolbar.buttons.values(), *page.form.files.toolbar.buttons.values()]
    buttons += [page.form.from_model, page.form.from_sampling]
    for button in buttons:
        button._canvas.event_generate("<Enter>")
    assert len(said) == len(buttons)
    assert all(said)


@pytest.mark.parametrize(("width", "scaling", "stacked"), [(1100, 1.0, False), (1100, 1.5, True), (1100, 2.0, True)])
def test_the_pictures_lie_under_the_form_where_there_is_no_room_beside_it(
    window: Window, page: ToolsPage, width: int, scaling: float, stacked: bool
) -> None:
    tabs = window.app.shell.show("tools")
    assert isinstance(tabs, ToolTabs)
    ctk.set_widget_scaling(scaling)
    try:
        tkinter.Wm.geometry(window.app.root, f"{width}x740")
        window.until(lambda: page.stacked is stacked)
        window.turn(0.3)
        form, pictures = page.form._parent_frame, page.pictures
        assert (pictures.winfo_y() >= form.winfo_y() + form.winfo_height()) is stacked
        assert window.app.shell.room.scrolls is stacked
        if stacked:  # all of the form is there, to be scrolled with the page
            assert form.winfo_height() >= page.form.winfo_reqheight()
            assert pictures.winfo_height() >= 0.9 * PICTURES * scaling
        for card in page.form.forms:
            assert card.winfo_width() <= page.form._parent_canvas.winfo_width()
        fits = tabs.choice.winfo_reqwidth() <= tabs.winfo_width()
        assert tabs.shown is (tabs.choice if fits else tabs.menu)
        assert fits is (scaling < 2)
    finally:
        ctk.set_widget_scaling(1.0)


def test_a_field_that_is_in_view_stays_where_it_is_when_the_cursor_comes_to_it(window: Window, page: ToolsPage) -> None:
    """Every frame around it hears of it as well; one that is higher than the view would be brought to its top."""
    tkinter.Wm.geometry(window.app.root, "1100x480")
    page.form.files.table.configure(height=300)
    window.app.root.focus_force()
    window.turn(0.3)
    page.form.bring(page.form.files.winfo_rooty() + 40)
    window.turn(0.1)
    canvas = page.form._parent_canvas
    assert page.form.files.winfo_height() > canvas.winfo_height()
    top = canvas.yview()
    page.form.files.table.canvas.focus_force()
    window.turn(0.2)
    assert canvas.yview() == top
    steps = page.form.row("facts.steps")
    assert steps is not None
    steps.focus()
    window.until(lambda: canvas.yview() != top)

"""Past runs in the window: listed, shown again, compared, resumed, loaded, deleted and brought back."""

import json
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from onetrainer_clone.events import Ended, Event, Started, to_json
from onetrainer_clone.journal import JOURNAL
from onetrainer_clone.run_notes import NOTE
from onetrainer_clone.running import announce
from onetrainer_clone.session import Controls, Emit
from onetrainer_clone.settings import UserError
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.sampling import Prompt, Sampler
from onetrainer_clone.trash import TRASH
from tests.onetrainer_clone.test_past_runs import step
from tests.ui.conftest import Window, close
from ui import memory
from ui.memory import View, keep_view
from ui.run.record import Record
from ui.run.series import POINTS
from ui.runs import run_toolbar
from ui.runs.page import RunsPage
from ui.runs.reopen import labels_of
from ui.runs.table_rows import CONTROL
from ui.tabs.run import RunPage


def train(window: Window, name: str = "", **changes: object) -> Path:
    """A run from start to end; returns its folder."""
    for path, value in {"saving.name": name, **changes}.items():
        window.app.store.replace(path, value)
    window.run()
    window.until(lambda: not window.app.runner.going)
    assert window.app.runner.state is not None
    return window.app.runner.state.run_folder


def runs(window: Window) -> RunsPage:
    found = window.app.shell.show("runs")
    assert isinstance(found, RunsPage)
    window.turn()
    settle(window, found)
    return found


def settle(window: Window, page: RunsPage) -> None:
    """Until all is read and shown."""
    window.until(lambda: page.listing.loaded)
    window.rest()


def cells(page: RunsPage) -> list[tuple[str, ...]]:
    return [page.table.row(index).cells for index in range(page.table.count)]


def back_up(folder: Path, at: int) -> None:
    made = folder / "backups" / f"step{at:07d}"
    made.mkdir(parents=True)
    for name in ("backup.json", "tensors.safetensors"):
        (made / name).touch()


def test_an_empty_workspace_says_what_belongs_there(window: Window) -> None:
    page = runs(window)
    assert page.table.count == 0
    assert "No runs yet in" in page.table.canvas.empty
    assert page.toolbar.buttons["resume"].cget("state") == "disabled"


def test_runs_are_listed_newest_first_and_one_is_shown_again(window: Window) -> None:
    train(window, "first")
    time.sleep(0.02)
    train(window, "second")
    page = runs(window)
    rows = cells(page)
    assert [row[0] for row in rows] == ["second", "first"]
    assert rows[0][2:4] == ("done", "20 of 20")
    assert rows[0][5].startswith("subject 0.1")
    assert rows[0][6:10] == ("", "demo", "12", "1")
    page.table.select(1)
    window.until(lambda: page.detail.title.cget("text") == "first")
    window.until(lambda: len(page.detail.chart.lines) == 3)
    window.until(lambda: page.detail.samples.drawn >= 4)
    assert page.detail.record.sample_steps == [0, 10, 20]
    assert "Warning: one picture was left out" in page.detail.log.get("1.0", "end")
    assert page.detail.title.cget("text") == "first"
    assert page.detail.said.cget("text") == "", "what went well needs no line of its own"
    page.toolbar.buttons["open"].invoke()
    assert page.enlarged
    page.toolbar.buttons["open"].invoke()
    window.turn()
    assert page.table.winfo_viewable()


def test_long_names_are_short_in_the_legend_and_still_told_apart() -> None:
    folders = [Path(f"a style of my own, with a long name, {end}") for end in ("rank 8", "rank 16")]
    short = labels_of(folders)
    assert len(set(short)) == 2
    assert all(len(label) <= 19 for label in short)
    assert labels_of(folders[:1]) == [folders[0].name]
    same_ends = [Path(f"a style of my own {middle} with a long name") for middle in "xy"]
    assert len(set(labels_of(same_ends))) == 2


def test_two_runs_are_compared(window: Window) -> None:
    train(window, "slow")
    train(window, "fast", **{"learning_rate.unet": 0.01})
    page = runs(window)
    page.table.click(0)
    page.table.click(1, CONTROL)
    assert page.toolbar.buttons["compare"].cget("state") == "normal"
    page.toolbar.buttons["compare"].invoke()
    window.until(lambda: len(page.detail.chart.lines) == 6)
    styles = {label: line.style for label, line in page.detail.chart.lines.items()}
    assert styles["subject · fast"] != styles["subject · slow"]
    colours = {label: line.colour for label, line in page.detail.chart.lines.items()}
    assert colours["subject · fast"] == colours["subject · slow"] != colours["class · slow"]
    prompts = [key.prompt for key in page.detail.record.rows()]
    assert prompts[:2] == ["fast: a sks circle", "slow: a sks circle"], (
        "the same prompt of both runs, one under the other"
    )
    page.detail.show_part("Settings")
    found = [page.detail.settings.row(index).cells for index in range(page.detail.settings.count)]
    assert ("Learning rate: UNet", "0.01", "0.003") in found


def test_its_settings_are_loaded_in_one_step_of_undo(window: Window) -> None:
    train(window, "old", **{"training.batch_size": 3})
    window.app.store.replace("training.batch_size", 8)
    page = runs(window)
    page.table.select(0)
    page.toolbar.buttons["load"].invoke()
    assert window.app.store.state.training.batch_size == 3
    assert window.app.shell.current == "model"
    assert "Load the settings of the run 'old'" in window.app.store.undo()
    assert window.app.store.state.training.batch_size == 8


def test_a_run_is_deleted_after_asking_and_brought_back(window: Window) -> None:
    folder = train(window, "old")
    page = runs(window)
    page.table.select(0)
    settle(window, page)
    window.ask.choices = ["no"]
    page.toolbar.buttons["delete"].invoke()
    assert folder.is_dir()
    window.ask.choices = ["delete"]
    page.toolbar.buttons["delete"].invoke()
    window.until(lambda: page.table.count == 0)
    assert not folder.exists()
    page.toolbar.buttons["back"].invoke()
    window.until(lambda: page.table.count == 1)
    assert (folder / JOURNAL).is_file()


def test_a_click_on_a_heading_sorts_and_another_turns_it_round(window: Window) -> None:
    for name, steps in (("b", 30), ("a", 10), ("c", 20)):
        window.trainer.steps = steps
        train(window, name)
        time.sleep(0.02)
    page = runs(window)
    canvas = page.table.canvas
    assert (page.table.sorted_by, page.table.falling) == ("Began", True)

    def click(title: str) -> list[str]:
        place = [column.title for column in page.table.columns].index(title)
        canvas.event_generate("<Button-1>", x=canvas._edges[place][0] + 5, y=5)
        canvas.event_generate("<ButtonRelease-1>", x=canvas._edges[place][0] + 5, y=5)
        window.turn()
        return [row[0] for row in cells(page)]

    chosen = page.selected[0].name
    assert click("Run") == ["a", "b", "c"]
    assert click("Run") == ["c", "b", "a"]
    assert click("Steps") == ["b", "c", "a"], "the most first"
    assert click("Steps") == ["a", "c", "b"]
    assert [run.name for run in page.selected] == [chosen], "the same run is still selected"


def test_a_note_is_kept_in_the_run_s_folder_found_by_the_search_and_never_lost(window: Window) -> None:
    folder = train(window, "first")
    train(window, "second")
    page = runs(window)
    page.table.select([run.name for run in page.listing.runs].index("first"))
    settle(window, page)
    note = page.detail.note
    assert note.folder == folder
    note.box.insert("1.0", "Too red,\nless loss weight")
    page.table.select([run.name for run in page.listing.runs].index("second"))
    settle(window, page)
    window.until(lambda: window.app.desk.keeper.idle)
    assert (folder / NOTE).read_text() == "Too red,\nless loss weight\n"
    assert note.text == ""
    page.list.finder.variable.set("WEIGHT red")
    assert [row[0] for row in cells(page)] == ["first"]
    page.list.finder.variable.set("demo")
    assert page.table.count == 2, "the preset's name"
    page.list.finder.variable.set("nothing of the kind")
    assert page.table.count == 0
    window.turn()
    assert "None of the 2 runs" in page.table.canvas.empty
    page.list.finder.variable.set("")
    page.table.select([run.name for run in page.listing.runs].index("first"))
    settle(window, page)
    assert note.text == "Too red,\nless loss weight"
    note.box.insert("end", "!")
    close(window)
    assert (folder / NOTE).read_text().endswith("weight!\n"), "also where the window is closed at once"


def test_runs_of_an_earlier_workspace_are_still_there(window: Window, tmp_path: Path) -> None:
    first = window.app.store.state.saving.folder
    train(window, "old")
    train(window, "new", **{"saving.workspace": str(tmp_path / "other")})
    page = runs(window)
    assert [row[0] for row in cells(page)] == ["new"]
    assert set(page.list.finder.known) == {first, tmp_path / "other"}
    page.list.finder.choose(first)
    settle(window, page)
    assert [row[0] for row in cells(page)] == ["old"]
    page.list.finder.choose(None, everywhere=True)
    settle(window, page)
    assert [row[:2] for row in cells(page)] == [("new", "other"), ("old", first.name)]
    assert page.table.columns[1].title == "Workspace"
    window.ask.folders = [str(tmp_path)]
    page.list.finder.choose_folder()
    settle(window, page)
    assert page.table.count == 0
    assert str(tmp_path) in page.table.canvas.empty


def test_the_run_that_goes_on_is_seen_live_alone_and_beside_an_earlier_one(window: Window) -> None:
    train(window, "earlier")
    window.trainer.steps, window.trainer.step_seconds = 10_000, 0.01
    window.app.store.replace("saving.name", "now")
    window.run()
    window.until(lambda: window.app.runner.record.progress.step > 3)
    page = runs(window)
    assert page.selected[0].name == "now"
    window.until(lambda: page.detail.record is window.app.runner.record)
    window.until(lambda: "…" not in cells(page)[0][2])
    before = cells(page)[0][3]
    window.until(lambda: cells(page)[0][3] != before)
    page.table.click(1, CONTROL)
    page.toolbar.buttons["compare"].invoke()
    window.until(lambda: len(page.detail.records) == 2)
    both = page.detail.record
    window.until(lambda: bool(both.curves["loss"]))
    live = next(name for name in both.curves["loss"] if "now" in name)
    at = both.curves["loss"][live].points[0][-1]
    samples = both.samples_version
    window.until(lambda: both.curves["loss"][live].points[0][-1] > at + 20 and both.samples_version > samples)
    assert page.detail.record is both, "zoom and place in the samples stay"
    window.app.runner.stop(save=True)
    window.until(lambda: not window.app.runner.going)
    window.until(lambda: "now: " in page.detail.log.text)
    assert page.detail.record is both


def test_every_deletion_is_taken_back_the_last_one_first(window: Window) -> None:
    for name in ("a", "b", "c"):
        train(window, name)
        time.sleep(0.02)
    page = runs(window)
    page.table.select_all()
    page.table.click(0, CONTROL)
    window.ask.choices = ["delete", "delete"]
    page.toolbar.buttons["delete"].invoke()
    window.until(lambda: page.table.count == 1)
    assert "'b', 'a' are in the trash" in page.hint.cget("text")
    page.table.select(0)
    page.toolbar.buttons["delete"].invoke()
    window.until(lambda: page.table.count == 0)
    assert "'c'" in page.deeds.words()
    page.toolbar.buttons["back"].invoke()
    window.until(lambda: page.table.count == 1)
    assert "'b', 'a'" in page.deeds.words()
    page.toolbar.buttons["back"].invoke()
    window.until(lambda: page.table.count == 3)
    window.until(lambda: page.toolbar.buttons["back"].cget("state") == "disabled")


def test_what_cannot_be_brought_back_yet_is_not_forgotten_and_what_is_gone_is(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(window, "old")
    folder = train(window, "new")
    page = runs(window)
    page.table.select_all()
    window.ask.choices = ["delete"]
    page.toolbar.buttons["delete"].invoke()
    window.until(lambda: page.table.count == 0)

    def busy(_trashed: Path, _folder: Path) -> Path:
        raise UserError("it could not be moved back")

    with monkeypatch.context() as patch:
        patch.setattr("ui.runs.deeds.bring_back", busy)
        page.toolbar.buttons["back"].invoke()
        window.until(lambda: bool(window.ask.told))
    assert "could not be moved back" in window.ask.told.pop()[1]
    shutil.rmtree(folder.parent / TRASH / "new")
    page.toolbar.buttons["back"].invoke()
    window.until(lambda: page.table.count == 1)
    assert "'new': not in the trash any more" in window.ask.told.pop()[1]
    assert page.toolbar.buttons["back"].cget("state") == "disabled"


def test_what_was_deleted_is_in_the_trash_after_a_restart_and_only_there_it_is_deleted_for_good(
    make_window: Callable[..., Window],
) -> None:
    window = make_window()
    for name in ("a", "b", "c", "d"):
        folder = train(window, name)
    page = runs(window)
    page.table.select_all()
    window.ask.choices = ["delete"]
    page.toolbar.buttons["delete"].invoke()
    window.until(lambda: page.table.count == 0)
    close(window)
    window = make_window(None)
    workspace = folder.parent
    assert window.app.store.state.saving.folder == workspace
    train(window, "e")
    page = runs(window)
    assert page.toolbar.buttons["back"].cget("text") == "Trash"
    page.toolbar.buttons["back"].invoke()
    window.until(lambda: page.table.count == 4)
    settle(window, page)
    assert page.list.finder.menu.cget("text") == "Trash ▾"

    def select(*names: str) -> None:
        listed = [run.name for run in page.listing.runs]
        page.table.select(*(listed.index(name) for name in names))
        settle(window, page)

    select("b")
    assert page.detail.title.cget("text") == "b"
    assert page.detail.record.sample_steps == [0, 10, 20]
    assert all(Path(one.path).is_file() for row in page.detail.record.samples.values() for one in row.values())
    assert page.toolbar.buttons["resume"].cget("state") == "disabled"
    assert page.toolbar.buttons["back"].cget("text") == "Bring back"
    page.toolbar.buttons["back"].invoke()
    window.until(lambda: page.table.count == 3)
    assert (workspace / "b" / JOURNAL).is_file()
    select("a")
    assert page.toolbar.buttons["delete"].cget("text") == "Empty trash…"
    window.ask.choices = ["no", "some", "all"]
    page.toolbar.buttons["delete"].invoke()
    window.until(lambda: len(window.ask.asked) == 2)
    settle(window, page)
    assert page.table.count == 3
    page.toolbar.buttons["delete"].invoke()
    window.until(lambda: page.table.count == 2)
    assert "1 run deleted for good." in page.hint.cget("text")
    page.toolbar.buttons["delete"].invoke()
    window.until(lambda: {run.name for run in page.listing.runs} == {"b", "e"})
    assert list((workspace / TRASH).iterdir()) == []
    settle(window, page)
    assert page.toolbar.buttons["delete"].cget("text") == "Delete…"
    assert page.toolbar.buttons["back"].cget("state") == "disabled"


def test_at_the_largest_scaling_in_a_small_window_everything_is_reached(
    make_window: Callable[..., Window],
) -> None:
    keep_view(View("1100x740", "light", 200, basic=False))
    window = make_window()
    window.turn(0.3)
    train(window, "a")
    page = runs(window)
    window.until(lambda: bool(page.detail.winfo_manager()))
    window.turn(0.5)
    room, scale = window.app.shell.room, 2
    assert room.scrolls
    assert page.table.winfo_height() >= 150 * scale - 2
    for part in (page.detail.chart, page.detail.samples):
        assert part.winfo_height() >= 160 * scale
        assert part.winfo_width() >= page.winfo_width() - 4 * scale
        room.scroll_to(part.winfo_rooty() - room.inner.winfo_rooty())
        window.turn(0.05)
        assert room.winfo_rooty() - 2 <= part.winfo_rooty() <= room.winfo_rooty() + room.winfo_height() - 100
    page.enlarge(True)
    window.turn(0.3)
    assert page.detail.winfo_height() >= page.detail.needs(page.winfo_width() / scale) * scale - 4
    window.app.topbar.larger(-3)
    window.turn(0.3)


def test_a_run_goes_on_from_its_backup_and_its_earlier_curve_stays(window: Window) -> None:
    window.trainer.steps = 10
    folder = train(window, "old")
    back_up(folder, 4)
    page = runs(window)
    page.table.select(0)
    settle(window, page)
    window.trainer.steps, window.trainer.runs = 20, []
    window.ask.texts = ["20"]
    page.toolbar.buttons["resume"].invoke()
    assert window.app.shell.current == "run"
    window.until(lambda: bool(window.trainer.runs) and not window.app.runner.going)
    (resumed,) = window.trainer.runs
    assert resumed.resume == str(folder.resolve() / "backups")
    assert (resumed.training.length, resumed.training.steps) == ("STEPS", 20)
    assert resumed.run_folder.resolve() == folder.resolve()
    assert window.ask.told == []


def test_a_run_that_goes_on_is_neither_deleted_nor_another_resumed(window: Window) -> None:
    folder = train(window, "old")
    back_up(folder, 4)
    window.trainer.hold_at = 5
    window.app.store.replace("saving.name", "new")
    window.run()
    page = runs(window)
    assert cells(page)[0][2] == "running"
    page.table.select(0)
    assert page.toolbar.buttons["delete"].cget("state") == "disabled"
    assert "Stop it first" in page.toolbar._delete_tip()
    with pytest.raises(UserError, match="this run goes on: stop it first"):
        page.delete()  # the Delete key
    page.table.select(1)
    assert page.toolbar.buttons["resume"].cget("state") == "disabled"
    window.app.runner.stop(save=False)
    window.until(lambda: not window.app.runner.going)


def test_a_prompt_is_handed_to_the_run(window: Window) -> None:
    asked = []

    def trainer(state: TrainingState, emit: Emit, controls: Controls) -> None:
        emit(Started("x", "/x", 1, 1, ()))
        while not (found := controls.asked()):
            assert not controls.stopping
            time.sleep(0.01)
        asked.extend(found)

    window.app.runner._session._train = trainer
    page = window.app.shell.show("run")
    assert isinstance(page, RunPage)
    assert page.asking.button.cget("state") == "disabled"
    window.run()
    window.until(lambda: page.asking.button.cget("state") == "normal")
    with pytest.raises(UserError, match="write what to draw"):
        page.asking.button.invoke()
    page.asking.prompt.insert(0, "a green circle")
    page.asking.seed.delete(0, "end")
    page.asking.seed.insert(0, "7")
    page.asking.button.invoke()
    window.until(lambda: not window.app.runner.going)
    (prompt,) = asked
    assert (prompt.text, prompt.seed, prompt.cfg_scale) == ("a green circle", 7, 4.0)


def test_an_asked_prompt_may_have_its_own_size_and_steps_and_comes_back(window: Window) -> None:
    asked: list[Prompt] = []

    def trainer(state: TrainingState, emit: Emit, controls: Controls) -> None:
        while not controls.stopping:
            asked.extend(controls.asked())
            time.sleep(0.01)

    first = Prompt(text="a cat", negative="blur", steps=9, cfg_scale=4.0, width=512, sampler=Sampler.UNIPC)
    window.app.store.replace("sampling.prompts", (first,))
    window.app.runner._session._train = trainer
    page = window.app.shell.show("run")
    assert isinstance(page, RunPage)
    box = page.asking
    window.run()
    window.until(lambda: box.button.cget("state") == "normal")
    box.more.invoke()
    window.until(lambda: bool(box.negative.winfo_ismapped()))
    assert box.fields["steps"].cget("placeholder_text") == "9"
    assert "blur" in box.negative.cget("placeholder_text")
    assert box.sampler.get() == "as set: UniPC"
    assert box.sampler.cget("values")[1:] == [sampler.label for sampler in Sampler]
    box.fill({"text": "a dog", "width": "100"})
    with pytest.raises(UserError, match="100 is not a multiple of 8: use 96 or 104"):
        box.button.invoke()
    box.fill({"text": "a dog", "steps": "many", "cfg_scale": "0,5"})
    with pytest.raises(UserError, match=r"Steps must be a whole number \(was 'many'\)\nCFG scale must be at least 1 \("):
        box.button.invoke()
    more = {"negative": "fog", "width": "128", "height": "64", "steps": "5", "cfg_scale": "2,5", "sampler": "DDIM"}
    box.fill({"text": "a dog", "seed": "3", **more})
    box.button.invoke()
    box.more.invoke()
    assert box.more.cget("text") == "More (6)", "what is folded away counts, and says so"
    box.fill({"text": "a bird"})
    box.button.invoke()
    window.until(lambda: len(asked) == 2)
    size = {"width": 128, "height": 64}
    assert asked[0] == Prompt(
        text="a dog", negative="fog", seed=3, steps=5, cfg_scale=2.5, sampler=Sampler.DDIM, **size
    )
    assert asked[1] == first.model_copy(update={"text": "a bird"})
    box.fill({"text": "half a wo"})
    box.prompt.focus_force()
    for key, text in (("Up", "a bird"), ("Up", "a dog"), ("Up", "a dog"), ("Down", "a bird"), ("Down", "half a wo")):
        box.prompt._entry.event_generate(f"<{key}>")
        window.turn()
        assert box.prompt.get() == text
    box.fill(memory.last_asked()[0])
    assert (box.sampler.get(), box.sampler.value) == ("DDIM", "DDIM")
    box.fill({"text": "of another version", "sampler": "GONE"})
    assert box.sampler.value == ""
    assert [one["text"] for one in memory.last_asked()] == ["a dog", "a bird"]


def test_a_long_run_is_read_off_the_main_thread_and_drawn_with_few_points(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps, readers, hear = 20_000, set[threading.Thread](), Record.on

    def on(record: Record, event: Event, when: float | None = None) -> None:
        readers.add(threading.current_thread())
        hear(record, event, when)

    monkeypatch.setattr(Record, "on", on)
    folder = window.app.store.state.saving.folder / "long"
    folder.mkdir(parents=True)
    line = json.dumps({"time": 5.0, **to_json(step(123456789))})
    with (folder / JOURNAL).open("w") as file:
        file.write(json.dumps({"time": 1.0, **to_json(Started("long", "", steps, 1, ("cat", "class")))}) + "\n")
        file.writelines(line.replace("123456789", str(n)) + "\n" for n in range(1, steps + 1))
        file.write(json.dumps({"time": 9.0, **to_json(Ended("done", "Done."))}) + "\n")
    page = runs(window)
    assert cells(page)[0][3] == "20,000 of 20,000"
    page.table.select(0)
    window.until(lambda: page.detail.record.progress.step == steps)
    assert readers
    assert threading.main_thread() not in readers
    assert len(page.detail.record.concept_loss["cat"].points[0]) <= POINTS + 1


def test_many_runs_are_listed_at_once(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = window.app.store.state.saving.folder
    for number in range(300):
        folder = workspace / f"run {number:03d}"
        folder.mkdir(parents=True)
        lines: list[Event] = [Started(folder.name, "", 5, 1, ("cat",)), step(5), Ended("done", "Done.")]
        (folder / JOURNAL).write_text("".join(json.dumps({"time": 1.0, **to_json(line)}) + "\n" for line in lines))
    page = runs(window)
    window.until(lambda: all(row[2] == "done" for row in cells(page)))
    assert page.table.count == 300
    revealed: list[Path] = []
    monkeypatch.setattr(run_toolbar, "reveal", revealed.append)
    assert page.table.selection == [0], "the newest is selected when the page is first seen"
    page.table.step(1)
    page.toolbar.buttons["reveal"].invoke()
    assert revealed == [page.listing.runs[1].folder]


def test_a_run_of_another_window_and_one_that_was_interrupted(window: Window) -> None:
    folder = train(window, "old")
    lines = (folder / JOURNAL).read_text().splitlines()
    (folder / JOURNAL).write_text("\n".join(lines[:-1]) + "\n")  # it was killed before it could say how it ended
    page = runs(window)
    assert cells(page)[0][2] == "interrupted"
    page.table.select(0)
    window.until(lambda: "was interrupted" in page.detail.said.cget("text"))
    other = announce(folder)
    page.list.look()
    settle(window, page)
    assert cells(page)[0][2] == "elsewhere"
    with pytest.raises(UserError, match="another window"):
        page.delete()
    other.release()
    page.list.look()
    settle(window, page)
    assert cells(page)[0][2] == "interrupted"

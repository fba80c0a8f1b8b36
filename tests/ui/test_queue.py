"""The queue in the window: added, reordered, run one after the other whatever happens to one, and there after a restart."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from onetrainer_clone.session import Controls, Emit, Session
from onetrainer_clone.settings import UserError
from onetrainer_clone.state import TrainingState
from presets.queue import Queue, queue_folder
from presets.runs import begin
from tests.ui.conftest import Window, close
from tests.waiting import LIMIT, until
from ui.queue.page import QueuePage
from ui.queue.rows import UNKNOWN
from ui.runs.page import RunsPage
from ui.runs.table_rows import CONTROL, HEAD, ROW, SHIFT
from ui.tabs.run import RunPage


def queue_page(window: Window) -> QueuePage:
    found = window.app.shell.show("queue")
    window.turn()
    assert isinstance(found, QueuePage)
    settle(window)
    return found


def settle(window: Window) -> None:
    window.rest()


def add(window: Window, *names: str) -> QueuePage:
    page = queue_page(window)
    for name in names:
        window.app.store.replace("saving.name", name)
        page.toolbar.buttons["add"].invoke()
        settle(window)
    return page


def cells(page: QueuePage) -> list[tuple[str, ...]]:
    return [page.table.row(index).cells for index in range(page.table.count)]


def names(page: QueuePage) -> list[str]:
    return [row[0] for row in cells(page)]


def states(page: QueuePage) -> list[str]:
    return [row[1] for row in cells(page)]


def finish(window: Window) -> None:
    window.until(lambda: not window.app.desk.queue.going and not window.app.runner.going)
    settle(window)


def test_empty_it_says_what_belongs_there(window: Window) -> None:
    page = queue_page(window)
    assert "The queue is empty" in page.table.canvas.empty
    assert page.toolbar.buttons["start"].cget("state") == "disabled"


def test_added_reordered_renamed_removed(window: Window) -> None:
    page = add(window, "a", "b", "b")
    assert names(page) == ["a", "b", "b-2"]
    assert [row[1:3] for row in cells(page)] == [("waiting", "demo")] * 3
    page.table.select(2)
    page.toolbar.buttons["up"].invoke()
    settle(window)
    page.toolbar.buttons["up"].invoke()
    settle(window)
    assert names(page) == ["b-2", "a", "b"]
    assert page.toolbar.buttons["up"].cget("state") == "disabled"
    window.ask.texts = ["best"]
    page.toolbar.buttons["rename"].invoke()
    settle(window)
    page.table.select(1)
    page.toolbar.buttons["remove"].invoke()
    settle(window)
    assert names(page) == ["best", "b"]


def test_several_are_selected_moved_dragged_and_removed_together(window: Window) -> None:
    page = add(window, "a", "b", "c", "d", "e")
    page.table.click(1)
    page.table.click(3, CONTROL)
    page.toolbar.buttons["up"].invoke()
    settle(window)
    assert names(page) == ["b", "d", "a", "c", "e"]
    assert page.table.selection == [0, 1]
    assert page.toolbar.buttons["up"].cget("state") == "disabled"
    assert page.toolbar.buttons["rename"].cget("state") == "disabled", "which of them?"
    canvas = page.table.canvas
    row, head = canvas.px(ROW), canvas.px(HEAD)
    canvas.event_generate("<Button-1>", x=20, y=head + row // 2)
    for y in (head + 2 * row, head + 4 * row):
        canvas.event_generate("<B1-Motion>", x=20, y=y, state=0x100)
    assert canvas.drop_at == 4
    canvas.event_generate("<ButtonRelease-1>", x=20, y=head + 4 * row, state=0x100)
    settle(window)
    assert names(page) == ["a", "c", "b", "d", "e"]
    assert page.table.selection == [2, 3]
    canvas.focus_force()
    window.turn()
    canvas.event_generate("<Delete>")
    settle(window)
    assert names(page) == ["a", "c", "e"]
    assert page.table.selection == [2], "what came after them"
    canvas.event_generate("<Control-a>")
    assert page.table.selection == [0, 1, 2]


def test_what_was_removed_is_brought_back_by_button_and_by_key(window: Window) -> None:
    page = add(window, "a", "b", "c")
    assert page.toolbar.buttons["back"].cget("state") == "disabled"
    before = window.app.store.state
    page.table.click(0)
    page.table.click(1, SHIFT)
    page.toolbar.buttons["remove"].invoke()
    settle(window)
    assert names(page) == ["c"]
    assert "'a', 'b'" in page.toolbar._back_in_words()
    page.toolbar.buttons["back"].invoke()
    settle(window)
    assert names(page) == ["a", "b", "c"]
    assert page.table.selection == [0, 1]
    page.table.select(2)
    page.toolbar.buttons["remove"].invoke()
    settle(window)
    page.table.canvas.focus_force()
    window.turn()
    page.table.canvas.event_generate("<Control-z>")
    settle(window)
    assert names(page) == ["a", "b", "c"]
    assert window.app.store.state == before, "a setting was not taken back"
    page.table.canvas.event_generate("<Control-z>")
    settle(window)
    assert window.app.store.state != before, "now it is the settings' turn"


def test_an_entry_is_given_the_settings_of_now(window: Window) -> None:
    page = add(window, "a", "b")
    page.table.select(0)
    page.toolbar.buttons["load"].invoke()
    window.app.store.replace("training.batch_size", 7)
    page.toolbar.buttons["replace"].invoke()
    settle(window)
    assert [entry.state().training.batch_size for entry in page.queue.entries] == [7, 4]
    assert names(page) == ["a", "b"]
    page.toolbar.buttons["back"].invoke()
    settle(window)
    assert [entry.state().training.batch_size for entry in page.queue.entries] == [4, 4]


def test_a_failed_entry_is_mended_by_other_settings_and_runs(window: Window) -> None:
    window.app.store.replace("model.source", "/gone")
    page = add(window, "broken")
    window.app.store.replace("model.source", "demo:model")
    page.table.select(0)
    page.toolbar.buttons["replace"].invoke()
    settle(window)
    assert page.said.winfo_manager() == ""
    page.toolbar.buttons["start"].invoke()
    finish(window)
    assert states(page) == ["done"]


def test_it_is_there_after_a_restart(make_window: Callable[..., Window]) -> None:
    first = make_window()
    add(first, "a", "b")
    close(first)
    assert names(queue_page(make_window())) == ["a", "b"]


def test_one_failed_run_does_not_stop_the_next_and_each_says_how_it_ended(window: Window) -> None:
    page = add(window, "good", "faulty", "mistaken", "last")
    trainer = window.trainer

    def train(state: TrainingState, emit: Emit, controls: Controls) -> None:
        trainer.fail_at = 3 if state.run_name in ("faulty", "mistaken") else None
        trainer.fail = {"mistaken": lambda: UserError("choose another model")}.get(
            state.run_name, lambda: ZeroDivisionError("a fault of ours")
        )
        trainer(state, emit, controls)

    window.app.runner._session._train = train
    page.toolbar.buttons["start"].invoke()
    finish(window)
    assert states(page) == ["done", "failed", "failed", "done"]
    said = [row[3] for row in cells(page)]
    assert said[0].startswith("Done. The result is in")
    assert said[1:3] == ["ZeroDivisionError: a fault of ours", "choose another model"]
    assert window.ask.told == [], "nobody is there to close a dialog"
    assert page.status.next.cget("text") == "The queue is done."
    assert [state.run_folder.name for state in trainer.runs] == ["good", "faulty", "mistaken", "last"]
    page.table.select(1)
    assert "a fault of ours" in page.said.get("1.0", "end")
    page.toolbar.buttons["again"].invoke()
    settle(window)
    assert states(page)[1] == "waiting"


def test_what_is_wrong_is_said_when_it_is_added_and_again_when_its_turn_comes(window: Window) -> None:
    window.app.store.replace("model.source", "/gone")
    page = add(window, "broken")
    assert window.ask.listed == [("model.source",)]
    assert "there is no folder '/gone'" in cells(page)[0][3]
    window.app.store.replace("model.source", "demo:model")
    add(window, "sound")
    page.toolbar.buttons["start"].invoke()
    finish(window)
    assert states(page) == ["failed", "done"]
    assert "there is no folder '/gone'" in cells(page)[0][3]
    assert [state.run_name for state in window.trainer.runs] == ["sound"]


def test_stop_after_this_run(window: Window) -> None:
    page = add(window, "a", "b")
    window.trainer.hold_at = 5
    page.toolbar.buttons["start"].invoke()
    window.until(lambda: states(page)[0] == "running")
    assert page.toolbar.buttons["start"].cget("text") == "Stop after this run"
    assert page.toolbar.buttons["add"].cget("state") == "normal"
    page.toolbar.buttons["start"].invoke()
    window.trainer.hold_at = None
    finish(window)
    assert states(page) == ["done", "waiting"]


def test_a_run_that_is_stopped_by_hand_halts_the_queue(window: Window) -> None:
    page = add(window, "a", "b")
    window.trainer.hold_at = 5
    page.toolbar.buttons["start"].invoke()
    window.until(lambda: window.app.runner.record.progress.step > 2)
    window.app.runner.stop(save=True)
    finish(window)
    assert states(page) == ["stopped", "waiting"]
    assert "stopped by hand" in page.status.next.cget("text")


def test_after_the_last_one_is_stopped_by_hand_there_is_nothing_to_go_on_with(window: Window) -> None:
    page = add(window, "a")
    window.trainer.hold_at = 5
    page.toolbar.buttons["start"].invoke()
    window.until(lambda: window.app.runner.record.progress.step > 2)
    window.app.runner.stop(save=True)
    finish(window)
    assert page.status.next.cget("text") == "The run was stopped by hand. Nothing else waits."
    assert page.toolbar.buttons["start"].cget("state") == "disabled"


def test_it_waits_for_the_run_that_goes_on(window: Window) -> None:
    page = add(window, "queued")
    window.app.store.replace("saving.name", "by hand")
    window.trainer.hold_at = 5
    window.run()
    page.toolbar.buttons["start"].invoke()
    window.until(lambda: window.app.runner.record.progress.step == 5)
    window.rest()
    assert "when the run that goes on now has ended" in page.status.next.cget("text")
    assert [state.run_name for state in window.trainer.runs] == ["by hand"]
    window.trainer.hold_at = None
    window.until(lambda: len(window.trainer.runs) == 2)
    finish(window)
    assert states(page) == ["done"]


def test_the_run_tab_adds_too(window: Window) -> None:
    run = window.app.shell.show("run")
    assert isinstance(run, RunPage)
    run.buttons["queue"].invoke()
    settle(window)
    assert window.app.shell.current == "queue"
    assert names(queue_page(window)) == ["demo"]


def test_closing_ends_the_queue_and_what_ran_is_told(make_window: Callable[..., Window]) -> None:
    window = make_window()
    page = add(window, "a", "b")
    window.trainer.hold_at = 5
    page.toolbar.buttons["start"].invoke()
    window.until(lambda: window.app.runner.record.progress.step > 2)
    window.ask.choices = ["save"]
    window.app.close()
    window.until(lambda: window.app.closed)
    assert states(queue_page(make_window())) == ["stopped", "waiting"]
    assert len(window.trainer.runs) == 1


def test_its_settings_come_back_into_the_window(window: Window, tmp_path: Path) -> None:
    window.app.store.replace("training.batch_size", 3)
    page = add(window, "three")
    window.app.store.replace("training.batch_size", 8)
    page.table.select(0)
    page.toolbar.buttons["load"].invoke()
    assert window.app.store.state.training.batch_size == 3
    assert "from the queue" in window.app.store.undo_sentence


def test_it_says_which_entry_runs_how_far_it_is_and_what_comes_next(window: Window) -> None:
    page = add(window, "a", "b", "c")
    window.until(lambda: all(f"steps, {UNKNOWN}" in row[3] for row in cells(page)))
    assert page.status.next.cget("text") == "'Start the queue' begins with 'a', then 2 more."
    window.trainer.steps, window.trainer.hold_at, window.trainer.step_seconds = 100, 25, 0.01
    page.toolbar.buttons["start"].invoke()
    window.until(lambda: page.status.now.cget("text").startswith("'a': Step 25 of 100"))
    window.rest()
    assert " left" in page.status.now.cget("text")
    assert page.status.next.cget("text").startswith("Next: 'b' and 1 more. All is done in about ")
    assert cells(page)[0][3] == "step 25 of 100"
    assert page.table.row(0).done == 0.25
    assert "about" in cells(page)[1][3], "as fast as the one that runs"
    page.toolbar.buttons["start"].invoke()
    window.rest()
    assert "The queue ends after the run that goes on now." in page.status.next.cget("text")
    window.app.runner.stop(save=False)
    finish(window)
    assert not page.status.now.winfo_manager()


def test_of_another_kind_it_does_not_foretell(window: Window) -> None:
    page = add(window, "known")
    window.app.store.replace("training.resolution", 128)
    add(window, "other")
    window.trainer.steps, window.trainer.hold_at, window.trainer.step_seconds = 100, 25, 0.01
    page.toolbar.buttons["start"].invoke()
    window.until(lambda: f"steps, {UNKNOWN}" in cells(page)[1][3])
    window.until(lambda: "All is done in at least " in page.status.next.cget("text"))
    window.app.runner.stop(save=False)
    finish(window)


def test_a_result_that_lies_elsewhere_is_told_and_holds_up_no_run(
    window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = add(window, "a", "b")
    window.trainer.wanted = "/full/saves"
    runs_at_question: list[int] = []
    choose = window.ask.choose

    def slow(*args: Any) -> str | None:
        """A person who is not there: the dialog is open until the queue is done."""
        window.until(lambda: not window.app.desk.queue.going)
        runs_at_question.append(len(window.trainer.runs))
        return choose(*args)

    monkeypatch.setattr(window.ask, "choose", slow)
    window.ask.choices = ["choose", "choose"]
    window.ask.folders = [str(tmp_path / "mine")] * 2
    page.toolbar.buttons["start"].invoke()
    window.until(lambda: len(window.ask.told) == 2)
    assert runs_at_question == [2, 2], "the second run did not wait for the answer"
    assert window.ask.asked == ["The result is in another folder"] * 2, "one after the other"
    assert sorted(path.name for path in (tmp_path / "mine").iterdir()) == ["a-20.safetensors", "b-20.safetensors"]
    settle(window)
    assert states(page) == ["done", "done"]
    assert "The folder /full/saves could not be written: the result is in " in cells(page)[0][3]


def test_a_run_is_listed_by_the_name_that_it_got_and_no_other_has(window: Window) -> None:
    page = add(window, "a")
    window.run()
    window.until(lambda: not window.app.runner.going)
    page.toolbar.buttons["start"].invoke()
    finish(window)
    assert names(page) == ["a-2"], "the run that was started by hand is 'a'"
    add(window, "a")
    assert names(page) == ["a-2", "a-3"]
    page.table.select(0)
    page.toolbar.buttons["again"].invoke()
    settle(window)
    assert names(page)[0] == "a", "as it is to be called; its next run gets a name that is free then"


@pytest.mark.parametrize("by_key", [True, False])
def test_opened_it_shows_its_run(window: Window, tmp_path: Path, by_key: bool) -> None:
    window.app.store.replace("saving.workspace", str(tmp_path / "elsewhere"))
    page = add(window, "far")
    window.app.store.replace("saving.workspace", str(tmp_path / "here"))
    add(window, "near").toolbar.buttons["start"].invoke()
    finish(window)
    for row, (name, workspace) in enumerate((("far", "elsewhere"), ("near", "here"))):
        queue_page(window)
        canvas = page.table.canvas
        if by_key:
            page.table.select(row)
            canvas.focus_force()
            window.turn()
            canvas.event_generate("<Return>")
        else:
            for press in ("<Button-1>", "<ButtonRelease-1>", "<Button-1>", "<ButtonRelease-1>"):
                canvas.event_generate(press, x=20, y=canvas.px(HEAD) + row * canvas.px(ROW) + 5)
        assert window.app.shell.current == "runs"
        runs = window.app.shell.pages["runs"]
        assert isinstance(runs, RunsPage)
        window.rest()
        assert runs.enlarged
        assert runs.detail.title.cget("text") == name
        assert [run.folder for run in runs.selected] == [tmp_path / workspace / name]


def test_the_run_of_an_entry_may_be_gone(window: Window) -> None:
    page = add(window, "a")
    page.toolbar.buttons["start"].invoke()
    finish(window)
    shutil.rmtree(page.queue.entries[0].folder)
    page.table.select(0)
    page.table.open()
    runs = window.app.shell.pages["runs"]
    assert isinstance(runs, RunsPage)
    window.rest()
    assert not runs.enlarged
    assert "'a'" in runs.hint.cget("text")
    assert runs.hint.winfo_viewable()


def test_opened_one_that_runs_is_the_run_view_and_one_that_waits_is_renamed(window: Window) -> None:
    page = add(window, "a", "b")
    window.trainer.hold_at = 5
    page.toolbar.buttons["start"].invoke()
    window.until(lambda: states(page)[0] == "running")
    window.ask.texts = ["bee"]
    page.table.select(1)
    page.table.open()
    settle(window)
    assert names(page) == ["a", "bee"]
    page.table.select(0)
    page.table.open()
    assert window.app.shell.current == "run"
    window.app.runner.stop(save=False)
    finish(window)


def test_no_button_moves_when_the_queue_starts(window: Window) -> None:
    page = add(window, "a")
    toolbar = page.toolbar
    window.rest()

    def places() -> list[int]:
        return [button.winfo_x() for button in toolbar.buttons.values()]

    before = places()
    window.trainer.hold_at = 5
    page.toolbar.buttons["start"].invoke()
    window.until(lambda: states(page) == ["running"])
    window.rest()
    assert toolbar.buttons["start"].cget("text") == "Stop after this run"
    assert places() == before
    window.app.runner.stop(save=False)
    finish(window)


def test_while_the_next_run_is_launched_the_last_one_is_not_running(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    begins, go_on = Event(), Event()

    def slow(session: Session, state: TrainingState) -> TrainingState:
        if state.run_name == "b":
            begins.set()
            go_on.wait(LIMIT)
        return begin(session, state)

    def running() -> str:
        folder = window.app.desk.running_folder
        return folder.name if folder else ""

    monkeypatch.setattr("ui.queue.controller.begin", slow)
    page = add(window, "a", "b")
    page.toolbar.buttons["start"].invoke()
    window.until(begins.is_set)
    assert running() == ""
    window.trainer.hold_at = 5
    go_on.set()
    window.until(lambda: running() == "b")
    window.app.runner.stop(save=False)
    finish(window)


def test_an_entry_of_a_newer_version_fails_alone_with_its_sentence(window: Window) -> None:
    page = add(window, "newer", "b")
    path = queue_folder() / f"{page.queue.entries[0].key}.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**told, "state": {**told["state"], "format": 99}}), encoding="utf-8")
    window.app.shell.show("model")
    page = queue_page(window)
    window.until(lambda: "newer version" in cells(page)[0][3])
    page.toolbar.buttons["start"].invoke()
    finish(window)
    assert states(page) == ["failed", "done"]
    assert "newer version" in cells(page)[0][3]
    assert window.ask.told == []


def test_what_vanished_since_is_said_when_the_queue_is_shown_and_fails_alone_at_its_turn(
    window: Window, pictures: Path
) -> None:
    sound = window.app.store.state.concepts
    window.app.store.replace("concepts", (sound[0].model_copy(update={"path": str(pictures)}),))
    page = add(window, "cat")
    window.app.store.replace("concepts", sound)
    add(window, "b")
    window.until(lambda: " steps" in cells(page)[0][3])
    away = pictures.rename(pictures.with_name("on another drive"))
    window.app.shell.show("model")
    queue_page(window)
    window.until(lambda: "there is no folder" in cells(page)[0][3])
    page.table.select(0)
    assert "there is no folder" in page.said.get("1.0", "end")
    away.rename(pictures)
    window.app.shell.show("model")
    queue_page(window)
    window.until(lambda: " steps" in cells(page)[0][3])
    assert page.said.winfo_manager() == "", "it can run again"
    shutil.rmtree(pictures)
    page.toolbar.buttons["start"].invoke()
    finish(window)
    assert states(page) == ["failed", "done"]
    assert f"there is no folder '{pictures}'" in cells(page)[0][3]


def test_what_is_typed_and_is_no_value_is_not_queued(window: Window) -> None:
    """Its run would have had what stood there before."""
    page = add(window, "a")
    window.app.store.reject("training.batch_size", "must be a whole number (was 'many')")
    for button in ("add", "replace"):
        page.table.select(0)
        page.toolbar.buttons[button].invoke()
        settle(window)
    assert window.ask.listed == [("training.batch_size",)] * 2
    assert names(page) == ["a"]
    assert not page.queue.removed


def test_where_the_end_of_a_run_cannot_be_written_down_the_queue_halts(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its entry would have its turn again, and again."""
    page = add(window, "a", "b")
    mark = Queue.mark

    def full(queue: Queue, key: str, status: Any, said: str = "", folder: str = "") -> None:
        if status == "done":
            before = window._turns
            until(lambda: window._turns > before + 3)  # a slow disk: the next run is not begun meanwhile
            raise UserError("the queue cannot be written: no space left")
        mark(queue, key, status, said, folder)

    monkeypatch.setattr(Queue, "mark", full)
    page.toolbar.buttons["start"].invoke()
    window.until(lambda: bool(window.ask.told))
    finish(window)
    assert len(window.trainer.runs) == 1
    assert "The queue waits: the queue cannot be written" in page.status.next.cget("text")
    assert names(page) == ["a", "b"], "it is listed all the same"


def test_what_another_window_has_taken_is_not_run_twice(window: Window) -> None:
    page = add(window, "a", "b")
    Queue().mark(page.queue.entries[0].key, "running")
    page.toolbar.buttons["start"].invoke()
    window.until(lambda: bool(window.trainer.runs))
    finish(window)
    assert [state.run_name for state in window.trainer.runs] == ["b"]


def test_long_names_are_told_apart_by_their_ends(window: Window) -> None:
    name = "ein sehr langer Name, der sagt, was dieses Mal anders ist als beim letzten Mal, 猫 und mehr, Rang 1"
    page = add(window, f"{name}6", f"{name}28")
    canvas = page.table.canvas
    window.turn()
    drawn = [str(canvas.itemcget(item, "text")) for item in canvas.find_all() if str(canvas.type(item)) == "text"]
    cut = [text for text in drawn if text.startswith("ein sehr") and "…" in text]
    assert [text.partition("…")[2] for text in cut] == [" Rang 16", "Rang 128"]

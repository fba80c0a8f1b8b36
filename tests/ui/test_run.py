"""The run view with a trainer that only pretends: start, pause, sample, stop, failure, and closing in the middle."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import customtkinter as ctk
import pytest

from onetrainer_clone.events import BackedUp, Event, Logged, Progressed, Saved, Share, Started, Warned
from onetrainer_clone.progress import Progress
from onetrainer_clone.session import Session
from onetrainer_clone.settings import Invalid, Problem, UserError, declaration_at
from onetrainer_clone.state import TrainingState
from presets.runs import begin
from tests.ui.conftest import Window
from tests.ui.fake_trainer import FakeTrainer
from tests.waiting import LIMIT
from ui.run.comparison import Comparison
from ui.run.places import Place
from ui.run.record import LINES, Record
from ui.run.runner import BATCH
from ui.run.series import POINTS
from ui.run.status import ago, files, memory, pace, sentence
from ui.run.viewer import Viewer
from ui.runs.reopen import new_record
from ui.tabs.run import RunPage
from ui.tabs.welcome import WelcomePage
from ui.tooltip import Tooltip


def page(window: Window) -> RunPage:
    found = window.app.shell.show("run")
    window.turn()
    assert isinstance(found, RunPage)
    return found


def start(window: Window) -> RunPage:
    run = page(window)
    run.buttons["start"].invoke()
    assert window.app.runner.going
    return run


def finish(window: Window) -> None:
    window.until(lambda: not window.app.runner.going)
    window.rest()


def saves(window: Window) -> list[Path]:
    state = window.app.runner.state
    assert state is not None
    return sorted((state.run_folder / "saves").glob("*"))


def test_a_run_from_start_to_end(window: Window) -> None:
    run = start(window)
    finish(window)
    record = window.app.runner.record
    assert record.progress.step == 20
    assert list(record.concept_loss) == ["subject", "class", "class varied"]
    assert len(record.rows()) == 4
    assert record.sample_steps == [0, 10, 20]
    window.until(lambda: len(run.chart.lines) == 3 or bool(window.ask.told))
    assert not window.ask.told
    window.until(lambda: run.samples.drawn >= 6)
    assert run.status.words.cget("text") == "Done"
    assert "Warning: one picture was left out" in run.log.text
    assert run.log.box.tag_ranges("warning")
    assert run.banner.cget("text").startswith("Done. The result is in")
    assert len(saves(window)) == 1
    assert not window.ask.told


def test_the_start_argument_starts(make_window: Callable[..., Window], trainer: FakeTrainer) -> None:
    window = make_window("demo", start=True)
    assert window.app.shell.current == "run"
    window.until(lambda: bool(trainer.runs))
    finish(window)
    assert window.app.runner.record.ended is not None
    assert window.app.runner.record.ended.outcome == "done"


def test_the_run_owns_its_state(window: Window, trainer: FakeTrainer) -> None:
    trainer.hold_at = 3
    start(window)
    window.until(lambda: window.app.runner.record.progress.step > 2)
    window.app.store.replace("training.batch_size", 99)
    trainer.hold_at = None
    finish(window)
    assert trainer.runs[0].training.batch_size == 4


def test_pause_and_resume(window: Window, trainer: FakeTrainer) -> None:
    trainer.steps, trainer.step_seconds = 10_000, 0.01
    run = start(window)
    window.until(lambda: window.app.runner.record.progress.step > 2)
    progress = window.app.runner.record.progress
    run.buttons["pause"].invoke()
    window.until(lambda: progress.activity == "paused")
    window.rest()
    assert run.buttons["pause"].cget("text") == "Resume"
    assert run.status.words.cget("text") == f"Paused at step {progress.step:,} of 10,000"
    step = progress.step
    window.turn(0.15)
    assert progress.step == step
    run.buttons["pause"].invoke()
    assert run.buttons["pause"].cget("text") == "Pause"
    window.until(lambda: progress.step > step)
    window.app.runner.stop(save=False)
    finish(window)


def test_buttons_that_no_run_would_hear_are_off_while_it_is_launched(window: Window, trainer: FakeTrainer) -> None:
    """What was asked for then went to the run before, or nowhere."""
    trainer.hold_at = 5
    run, gate, state = page(window), threading.Event(), window.app.store.state

    def slowly(session: Session) -> TrainingState:
        gate.wait(LIMIT)
        return begin(session, state)

    def possible() -> set[str]:
        return {key for key, button in run.buttons.items() if button.cget("state") == "normal"}

    window.app.runner.launch(window.app.desk.keeper, slowly)
    assert possible() == {"stop", "queue"}
    assert "only being prepared" in run._tip("pause", "")
    assert "a run goes on" in run._tip("start", "")
    assert run.asking.button.cget("state") == "disabled"
    window.ask.choices = ["discard"]
    run.buttons["stop"].invoke()
    assert possible() == {"queue"}
    assert "the run stops" in run._tip("stop", "")
    assert run.status.words.cget("text") == "Stopping …"
    gate.set()
    finish(window)
    assert window.app.runner.record.ended is not None
    assert window.app.runner.record.ended.outcome == "stopped"
    assert not saves(window)
    assert "no run goes on here" in run._tip("save", "")
    assert "steps in" in run._tip("start", "")


def test_what_the_last_run_showed_comes_back_where_the_next_does_not_start(window: Window) -> None:
    start(window)
    finish(window)
    record = window.app.runner.record

    def refused(session: Session) -> TrainingState:
        raise UserError("there is no backup")

    window.app.runner.launch(window.app.desk.keeper, refused)
    window.until(lambda: not window.app.runner.going)
    window.until(lambda: bool(window.ask.told))
    assert window.ask.told[-1][1] == "There is no backup"
    assert window.app.runner.record is record
    assert page(window).status.words.cget("text") == "Done"


def test_what_only_the_trainer_can_know_is_named_as_in_the_form_and_leads_there(
    window: Window, trainer: FakeTrainer
) -> None:
    problem = Problem("training.train_dtype", "float16 training needs a GPU: choose float32 or bfloat16")
    trainer.fail_at, trainer.fail = 1, lambda: Invalid([problem])
    window.ask.go_to = [problem.path]
    run = start(window)
    finish(window)
    assert window.ask.listed == [(problem.path,)]
    assert window.app.shell.current == "training"
    page(window)
    label = declaration_at(window.app.store.state, problem.path).label
    assert label in run.banner.cget("text")
    assert label in run.log.box.get("1.0", "end")
    assert problem.path not in run.banner.cget("text") + run.log.box.get("1.0", "end")


@pytest.mark.parametrize(("answer", "files"), [("save", 1), ("discard", 0)])
def test_stop(window: Window, trainer: FakeTrainer, answer: str, files: int) -> None:
    trainer.hold_at = 3
    run = start(window)
    window.until(lambda: window.app.runner.record.progress.step > 2)
    window.ask.choices = ["on"]
    run.buttons["stop"].invoke()
    assert not window.app.runner.stopping
    window.ask.choices = [answer]
    run.buttons["stop"].invoke()
    finish(window)
    assert len(saves(window)) == files
    assert run.status.words.cget("text") == "Stopped"
    assert run.buttons["start"].cget("state") == "normal"
    assert run.buttons["stop"].cget("state") == "disabled"


def test_who_is_asked_for_room_can_give_the_result_up(window: Window, trainer: FakeTrainer) -> None:
    trainer.no_room = True
    run = start(window)
    window.until(lambda: window.app.runner.waiting_for_room)
    assert run.buttons["stop"].cget("state") == "normal"
    window.ask.choices = ["on"]
    run.buttons["stop"].invoke()
    assert window.app.runner.waiting_for_room
    window.ask.choices = ["give up"]
    run.buttons["stop"].invoke()
    finish(window)
    assert window.ask.told[-1][:2] == ("The run ended early", "The result could not be saved anywhere")


def test_sample_and_save_now(window: Window, trainer: FakeTrainer) -> None:
    trainer.hold_at = 3
    run = start(window)
    window.until(lambda: window.app.runner.record.progress.step > 2)
    run.buttons["sample"].invoke()
    run.buttons["save"].invoke()
    window.until(lambda: len(window.app.runner.record.sample_steps) == 2)
    window.until(lambda: len(saves(window)) == 1)
    window.app.runner.stop(save=False)
    finish(window)


def test_an_error_is_told_and_the_window_starts_again(window: Window, trainer: FakeTrainer) -> None:
    trainer.fail_at = 5
    run = start(window)
    finish(window)
    title, message, trace = window.ask.told[0]
    assert title == "The run failed"
    assert "ZeroDivisionError: a fault of ours" in message
    assert "Traceback" in trace
    assert run.status.words.cget("text") == "Failed"
    assert run.log.box.tag_ranges("error")
    trainer.fail_at = None
    run.buttons["start"].invoke()
    finish(window)
    assert run.status.words.cget("text") == "Done"
    assert trainer.runs[0].run_folder != trainer.runs[1].run_folder


def test_a_mistake_of_the_person_is_told_in_its_own_words(window: Window, trainer: FakeTrainer) -> None:
    trainer.fail_at, trainer.fail = 1, lambda: UserError("the model is an SDXL model: choose SD 1.5")
    run = start(window)
    finish(window)
    assert window.ask.told == [("The run did not start", "The model is an SDXL model: choose SD 1.5", "")]
    assert run.status.words.cget("text") == "Not started"


@pytest.mark.parametrize(("answer", "files"), [("save", 1), ("discard", 0)])
def test_closing_while_training(window: Window, trainer: FakeTrainer, answer: str, files: int) -> None:
    trainer.hold_at = 3
    start(window)
    window.until(lambda: window.app.runner.record.progress.step > 2)
    window.ask.choices = ["on"]
    window.app.close()
    window.turn(0.1)
    assert window.app.runner.going
    window.ask.choices = [answer]
    window.app.close()
    window.until(lambda: window.app.closed)
    assert len(saves(window)) == files


def test_a_run_in_another_tab_is_shown_when_coming_back(window: Window) -> None:
    start(window)
    window.app.shell.show("model")
    finish(window)
    run = page(window)
    assert run.status.words.cget("text") == "Done"
    window.until(lambda: run.samples.drawn > 0)


def test_a_sample_large_with_its_neighbours(window: Window) -> None:
    start(window)
    finish(window)
    record = window.app.runner.record
    viewer = Viewer(window.app.root, record, record.rows()[0], 10)
    window.turn(0.05)
    for rows, steps, prompt, step in ((0, 1, 0, 20), (0, 1, 0, 20), (1, 0, 1, 20), (0, -1, 1, 10), (-1, 0, 0, 10)):
        viewer.go(rows, steps)
        assert (viewer.key, viewer.step) == (record.rows()[prompt], step)
    viewer.destroy()


def test_a_trainer_faster_than_the_window_is_heard_in_bounded_batches(
    window: Window, trainer: FakeTrainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every event arrives, and no turn of the window's loop takes more than a batch: none holds it for long."""
    trainer.steps, trainer.sample_every = 3000, 100_000
    session = window.app.runner._session
    events, taken = session.events, list[int]()

    def counted(limit: int) -> list[Event]:
        found = events(limit)
        taken.append(len(found))
        return found

    monkeypatch.setattr(session, "events", counted)
    run = start(window)
    window.until(lambda: not window.app.runner.going)
    window.turn()
    assert window.app.runner.record.progress.step == 3000
    assert max(taken) <= BATCH
    assert sum(map(bool, taken)) >= trainer.steps / BATCH
    steps, _ = window.app.runner.record.concept_loss["subject"].points
    assert len(steps) <= POINTS + 1
    assert (steps[0], steps[-1]) == (1, 3000)
    assert run.status.words.cget("text") == "Done"


def test_the_status_in_words() -> None:
    progress = Progress()
    assert sentence(progress, False, False, False).startswith("No run yet. Start")
    assert sentence(progress, True, False, False) == "Starting …"
    assert sentence(progress, True, False, True) == "Stopping …"
    progress.on(Progressed("starting"))
    assert sentence(progress, True, False, False) == "Starting: loading the trainer's libraries"
    progress.on(Progressed("preparing"))
    assert sentence(progress, True, False, False) == "Setting up the training"
    progress.on(Started("run", "/x", 2000, 4, ("a",)))
    progress.on(Progressed("caching", 1240, 5000))
    assert sentence(progress, True, False, False) == "Caching 1,240 of 5,000"
    progress.step = 310
    progress.on(Progressed("sampling", 3, 80, "a cat", 1, 4))
    assert sentence(progress, True, False, False) == "Sampling picture 1 of 4: a cat, at step 310 of 2,000"
    assert sentence(progress, True, True, False) == "Sampling picture 1 of 4: a cat, at step 310 of 2,000, then paused"
    progress.on(Progressed("paused"))
    assert sentence(progress, True, True, False) == "Paused at step 310 of 2,000"
    assert sentence(progress, True, True, True) == "Stopping after this step …"
    progress.memory_mib, progress.device_memory_mib = 900.0, 7168.0
    assert memory(progress) == ["900 MiB RAM", "7.0 GiB VRAM"]
    progress.device_memory_total_mib, progress.device_memory_peak_mib = 24_576.0, 9318.4
    assert memory(progress)[1] == "7.0 GiB of 24.0 GiB VRAM (at most 9.1 GiB)"
    progress.steps_per_second, progress.samples_per_second = 1.84, 7.36
    assert pace(progress)[:2] == ["1.84 it/s", "7.36 pictures/s"]
    progress.steps_per_second = 0.4
    assert pace(progress)[0] == "2.5 s/it"


def test_how_long_ago_it_was_saved() -> None:
    now = [100.0]
    record = Record(clock=lambda: now[0])
    assert files(record) == []
    record.on(Started("run", "/x", 2000, 4, ("a",)))
    assert files(record) == ["Not saved yet", "Not backed up yet"]
    record.on(Saved(1200, "x.safetensors"))
    now[0] += 200
    record.on(BackedUp(1210, "b"))
    assert files(record) == ["Saved 3 min ago, at step 1,200", "Backed up just now, at step 1,210"]
    record.on(Started("run", "/x", 2000, 4, ("a",), first_step=1210))
    assert files(record)[0].startswith("Saved 3 min ago"), "who resumes a run wants to know when it was saved"
    record.on(Started("run", "/x", 2000, 4, ("a",)))
    assert files(record) == ["Not saved yet", "Not backed up yet"]
    assert [ago(seconds) for seconds in (0, 34, 60, 7300)] == ["just now", "30 s ago", "1 min ago", "2 h ago"]


def test_the_log_shows_only_warnings_and_copies_them(window: Window) -> None:
    run = start(window)
    finish(window)
    assert "finished" in run.log.text
    assert run.log.title.cget("text") == "Log: 1 warning"
    run.log.filter_button.invoke()
    assert run.log.text == "Warning: one picture was left out"
    window.app.runner.record.on(Warned("another one"))
    window.app.runner.record.on(Logged("the frozen copy takes 0.01 GiB", note=True))
    run.log.show(window.app.runner.record)
    assert run.log.text.endswith("Warning: another one")
    run.log.copy_button.invoke()
    assert run.log.clipboard_get() == "Warning: one picture was left out\nWarning: another one"
    run.log.filter_button.invoke()
    assert "finished" in run.log.text
    assert "Note: the frozen copy takes 0.01 GiB" in run.log.text
    assert run.log.title.cget("text") == "Log: 2 warnings"


def test_the_log_names_settings_as_the_form_does_also_of_a_run_that_is_reopened(window: Window) -> None:
    run = start(window)
    finish(window)
    state = window.app.runner.state
    assert state is not None
    path = f"concepts[{len(state.concepts) - 1}].loss_weight"
    warned = Warned("is far above that of the subject", path)
    window.app.runner.record.on(warned)
    run.log.show(window.app.runner.record)
    said = f'Concepts, "{state.concepts[-1].name}": Loss weight: is far above that of the subject'
    assert f"Warning: {said}" in run.log.text
    reopened = new_record(state.run_folder)
    reopened.on(warned)
    assert reopened.log[-1].text == said


def test_a_log_of_a_hundred_thousand_lines_shows_the_last_and_where_the_others_are(window: Window) -> None:
    run, record = page(window), Record()
    run.log.show(record)
    assert "is written here" in run.log.text
    run.log.toggle_filter()
    for number in range(100_000):
        record.on(Logged(f"line {number}"))
        if number in (3, 2500, 99_000):
            run.log.show(record)
    run.log.show(record)
    assert run.log.text.endswith("No warnings.")
    record.on(Warned("careful " * 10_000))
    run.log.show(record)
    assert "No warnings" not in run.log.text
    assert len(run.log.text) < 11_000
    run.log.toggle_filter()
    lines = run.log.text.split("\n")
    assert lines[0] == "The lines before these are in journal.jsonl, in the run's folder."
    assert len(lines) <= LINES + 1
    assert lines[-2] == "line 99999"
    for number in range(5000):
        record.on(Logged(f"more {number}"))
    run.log.show(record)
    assert run.log.text.count("The lines before these") == 1
    assert run.log.text.endswith("more 4999")
    run.log.copy_button.invoke()
    assert run.log.clipboard_get().endswith("more 4999")


def test_the_trace_of_an_error_is_shown_on_demand(window: Window, trainer: FakeTrainer) -> None:
    trainer.fail_at = 5
    run = start(window)
    finish(window)
    assert "Error: ZeroDivisionError: a fault of ours" in run.log.text
    box = run.log.box
    assert box.tag_cget("trace1", "elide") in (1, "1", True)
    start_of_link = box.tag_ranges("link1")[0]
    window.turn(0.1)  # the page is laid out anew at the end of a run, by timers of its own
    box.see(start_of_link)
    window.turn()
    x, y, *_ = box.bbox(start_of_link)
    box._textbox.event_generate("<Motion>", x=x + 4, y=y + 4)
    box._textbox.event_generate("<Button-1>", x=x + 4, y=y + 4)
    window.turn()
    assert box.tag_cget("trace1", "elide") in (0, "0", False)
    assert "Hide the trace" in run.log.text


def test_an_empty_run_view_says_what_comes_and_what_to_press(window: Window) -> None:
    run = page(window)
    window.turn(0.05)
    assert "Start" in run.status.words.cget("text")
    assert "Charts are drawn here" in run.chart.screen.itemcget("words", "text")
    assert "Samples appear here" in run.samples.view.itemcget(run.samples.view.find_all()[0], "text")
    assert "is written here" in run.log.text


def test_what_the_first_run_would_do_is_in_view_before_it_starts(
    make_window: Callable[..., Window], trainer: FakeTrainer
) -> None:
    """Who presses 'Try the demo' sees what it will do, and what to press."""
    window = make_window(None)
    welcome = window.app.shell.show("welcome")
    assert isinstance(welcome, WelcomePage)
    welcome.demo.invoke()
    run = page(window)
    window.until(lambda: "steps in" in run.plan.sentence and bool(run.plan.winfo_ismapped()))
    window.until(lambda: [share.name for share in run.plan.shares] == ["subject", "class", "class varied"])
    assert "Start begins one" in run.status.words.cget("text")
    window.app.root.geometry("1100x500")
    window.until(lambda: not run.plan.shares)
    trainer.hold_at = 3
    run.buttons["start"].invoke()
    window.until(lambda: not run.plan.winfo_manager())
    trainer.hold_at = None
    finish(window)
    assert not run.plan.winfo_manager()


def test_a_click_on_the_heading_of_the_log_unfolds_it(window: Window) -> None:
    run = page(window)
    window.until(lambda: run.panes.shared)
    window.turn()
    run.log.title._label.event_generate("<Button-1>")
    window.until(lambda: run.log.winfo_height() < 50)
    run.log.title._label.event_generate("<Button-1>")
    window.until(lambda: run.log.winfo_height() > 100)


def test_which_concept_is_winning_stands_above_the_chart(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    window.app.root.geometry("900x800")
    run = start(window)
    finish(window)
    window.until(lambda: bool(run.balance.sentence and run.balance.winfo_ismapped()))
    assert [(name, round(share, 2)) for name, _, share in run.balance.parts] == [
        ("subject", 0.33), ("class", 0.33), ("class varied", 0.33)
    ]  # fmt: skip
    assert run.balance.sentence == "Too few steps to tell what is learned."
    with monkeypatch.context() as low:
        low.setattr("ui.run.balance.MIDDLE", 5000)
        window.until(lambda: not run.balance.winfo_ismapped())
    window.until(lambda: bool(run.balance.parts))
    record = Record()
    record.on(Started("run", "/x", 10, 1, ("cat",), 0, (Share("cat", "SUBJECT", 1.0, 1.0),)))
    run.balance.show(record)
    assert not run.balance.parts, "one concept has nobody to win against"


def test_every_control_of_the_run_view_has_a_tooltip(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[Any, str] = {}
    attach = Tooltip.attach

    def attached(self: Tooltip, widget: Any, text: Callable[[], str]) -> None:
        told[widget] = text()
        attach(self, widget, text)

    monkeypatch.setattr(Tooltip, "attach", attached)
    run = start(window)
    finish(window)
    run.charts.toggle()
    record = window.app.runner.record
    viewer = Viewer(window.app.root, record, record.rows()[0], 10)
    comparison = Comparison(window.app.root, record, *(Place(record.rows()[0], step) for step in (0, 20)))
    kinds = (ctk.CTkButton, ctk.CTkOptionMenu, ctk.CTkSlider)
    controls = [widget for top in (run, viewer, comparison) for widget in below(top) if isinstance(widget, kinds)]
    bare = [widget for widget in controls if not told.get(widget) and not isinstance(widget.master, ctk.CTkSegmentedButton)]
    assert len(controls) > 30
    assert not bare
    viewer.destroy()
    comparison.destroy()


def below(widget: Any) -> list[Any]:
    return [widget, *(found for child in widget.winfo_children() for found in below(child))]

"""What every tab tells of the run: in the navigation, the window's title and at the foot."""

from tests.ui.conftest import Window
from tests.ui.fake_trainer import FakeTrainer
from ui.tabs.run import RunPage


def told(window: Window) -> tuple[str, str, str]:
    """The Run tab, the title and the foot."""
    sign = window.app.run_sign
    return window.app.shell.tabs["run"].cget("text"), window.app.root.title(), sign.words.cget("text")


def test_a_run_is_seen_from_every_tab_until_it_was_looked_at(window: Window, trainer: FakeTrainer) -> None:
    trainer.steps, trainer.hold_at = 200, 15
    assert told(window) == ("Run", "OneTrainer Clone", "")
    window.app.actions.start()
    window.until(lambda: window.app.shell.current == "run")
    window.app.shell.show("model")
    window.until(lambda: window.app.runner.record.progress.step == 15)
    window.app.actions.pause_or_resume()
    window.until(lambda: told(window)[0] == "Run · paused")
    assert told(window)[2].startswith("Paused at step ")
    trainer.hold_at = 30
    window.app.actions.pause_or_resume()
    window.until(lambda: "%" in told(window)[0])
    percent = told(window)[0].removeprefix("Run · ")
    assert told(window)[1] == f"{percent} · OneTrainer Clone"
    assert int(percent.removesuffix(" %")) >= 5
    trainer.hold_at = None
    window.until(lambda: not window.app.runner.going)
    assert told(window) == ("Run · done", "done · OneTrainer Clone", "The run 'demo' is done")
    window.app.root.focus_force()
    window.app.run_sign.words._label.event_generate("<Button-1>")
    window.turn()
    assert window.app.shell.current == "run"
    assert told(window) == ("Run", "OneTrainer Clone", "")


def test_a_run_that_fails_out_of_sight_says_so(window: Window, trainer: FakeTrainer) -> None:
    trainer.hold_at, trainer.fail_at = 5, 6
    window.app.actions.start()
    window.until(lambda: window.app.shell.current == "run")
    window.app.shell.show("model")
    trainer.hold_at = None
    window.until(lambda: not window.app.runner.going)
    assert told(window) == ("Run · failed", "failed · OneTrainer Clone", "The run 'demo' failed")
    assert window.app.run_sign.words.winfo_manager()


def test_who_edits_settings_during_a_run_is_told_what_they_count_for(window: Window, trainer: FakeTrainer) -> None:
    trainer.hold_at = 5
    window.app.actions.start()
    window.until(lambda: window.app.shell.current == "run")
    window.app.actions.pause_or_resume()
    window.app.shell.show("training")
    window.until(lambda: told(window)[2].startswith("Paused"))
    assert "next run" not in told(window)[2]
    window.app.store.replace("training.batch_size", 7)
    window.until(lambda: "changes count for the next run" in told(window)[2].lower())
    run = window.app.shell.show("run")
    assert isinstance(run, RunPage)
    window.until(lambda: "count for the next run" in run.banner.cget("text"))
    window.app.store.undo()
    window.until(lambda: not run.banner.cget("text"))
    window.app.runner.stop(save=False)
    window.until(lambda: not window.app.runner.going)
    window.app.store.replace("training.batch_size", 7)
    window.turn(0.3)
    assert "next run" not in run.banner.cget("text")


def test_what_is_said_at_the_foot_is_never_cut(window: Window) -> None:
    """Long words go on in a second line; what Ctrl+Z would take back is shortened, since it changes with every edit."""
    said = window.app.topbar.said
    window.app.root.geometry("900x600")
    window.turn(0.1)
    window.app.topbar.say("a word " * 60)
    window.until(lambda: said.winfo_height() > 30)
    assert said.winfo_reqwidth() <= said.master.winfo_width()
    window.app.topbar._clear()
    window.app.store.set(window.app.store.state.model_copy(update={"preset": "x"}), "a word " * 60)
    window.until(lambda: said.winfo_height() < 30)
    assert said.cget("text").startswith("Undo: a word")
    assert said.cget("text").endswith("…")
    assert said.winfo_reqwidth() <= said.master.winfo_width()

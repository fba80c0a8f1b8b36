"""A mistake anywhere in the window: told once in words with its trace, and the window, and a run that goes on, go on."""

from collections.abc import Callable
from typing import Any

import pytest

from onetrainer_clone.events import Ended, Stepped
from onetrainer_clone.settings import UserError
from tests.ui.conftest import Window
from tests.ui.fake_trainer import FakeTrainer
from tests.ui.test_run import finish, start
from ui import memory
from ui.errors import Errors
from ui.run.record import Record
from ui.seat import Seat
from ui.signals import Signal, each


class Fault(Exception):
    """A mistake in the program."""


@pytest.fixture
def window(window: Window, monkeypatch: pytest.MonkeyPatch) -> Window:
    """Its time stands still where errors that come soon after each other are told once: soon is no matter of speed."""
    monkeypatch.setattr(window.app.errors, "_clock", lambda: 0.0)
    return window


def wrong(*_arguments: Any, **_named: Any) -> Any:
    raise Fault("a mistake")


def faults(window: Window) -> list[str]:
    """The traces that were told."""
    assert all(title == "A fault of ours" for title, _, _ in window.ask.told)
    assert all("Fault: a mistake" in message and "stays usable" in message for _, message, _ in window.ask.told)
    return [trace for _, _, trace in window.ask.told]


def ends(window: Window) -> list[Ended]:
    found: list[Ended] = []
    window.app.runner.ended.connect(found.append)
    return found


def by_handler(window: Window) -> None:
    window.app.root.bind("<<Wrong>>", wrong)
    window.app.root.event_generate("<<Wrong>>")


def by_after(window: Window) -> None:
    window.app.root.after(1, wrong)


def by_job(window: Window) -> None:
    window.app.checks.submit("wrong", wrong, lambda _found: None)


def by_result(window: Window) -> None:
    window.app.writer.submit("wrong", lambda: 1, wrong)


def by_change(window: Window) -> None:
    end = window.app.store.changed.connect(wrong)
    window.app.root.after(1, lambda: each([lambda: window.app.store.replace("training.batch_size", 3), end]))


@pytest.mark.parametrize("happens", [by_handler, by_after, by_job, by_result, by_change])
def test_a_mistake_while_a_run_goes_on(happens: Callable[[Window], None], window: Window, trainer: FakeTrainer) -> None:
    trainer.hold_at = 3
    ended = ends(window)
    start(window)
    window.until(lambda: window.app.runner.record.progress.step > 2)
    happens(window)
    window.until(lambda: bool(window.ask.told))
    trainer.hold_at = None
    finish(window)
    [trace] = faults(window)
    assert "in wrong" in trace
    assert [one.outcome for one in ended] == ["done"]
    assert window.app.runner.record.progress.step == trainer.steps
    again(window, ended)


def again(window: Window, ended: list[Ended]) -> None:
    """The window is usable: a tab, a setting, and another run."""
    window.app.go("training.batch_size")
    window.app.store.replace("training.batch_size", 2)
    window.turn()
    start(window)
    finish(window)
    assert [one.outcome for one in ended] == ["done", "done"]
    assert len(window.ask.told) == 1


@pytest.mark.parametrize("kind", [Stepped, Ended])
def test_an_event_whose_showing_fails_costs_neither_the_others_nor_the_end(
    kind: type[object], window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended, shown = ends(window), Record.on

    def failing(record: Record, event: Any, when: float | None = None) -> None:
        shown(record, event, when)
        if isinstance(event, kind):
            wrong()

    with monkeypatch.context() as patch:
        patch.setattr(Record, "on", failing)
        start(window)
        finish(window)
    assert len(faults(window)) == 1
    assert window.app.runner.record.progress.step == window.trainer.steps
    again(window, ended)


@pytest.mark.parametrize("signal", ["moved", "ended"])
def test_a_listener_that_fails_keeps_no_other_from_hearing_of_the_run(signal: str, window: Window) -> None:
    run = start(window)
    listened: Signal[...] = getattr(window.app.runner, signal)
    end = listened.connect(wrong)
    ended = ends(window)
    finish(window)
    end()
    assert len(faults(window)) == 1
    assert run.status.words.cget("text") == "Done"
    again(window, ended)


def test_a_page_that_fails_at_every_turn_is_told_once(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = ends(window)
    run = start(window)
    with monkeypatch.context() as patch:
        patch.setattr(run, "tick", wrong)
        finish(window)
        window.turn(0.3)
    assert len(faults(window)) == 1
    assert memory.log_file().read_text(encoding="utf-8").count("Fault: a mistake") == 1
    again(window, ended)


def test_a_run_whose_launch_fails_leaves_the_window_ready(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = ends(window)
    with monkeypatch.context() as patch:
        patch.setattr("ui.actions.begin", wrong)
        start(window)
        finish(window)
    window.until(lambda: bool(window.ask.told))
    assert len(faults(window)) == 1
    assert not ended
    start(window)
    finish(window)
    assert [one.outcome for one in ended] == ["done"]


def test_a_panic_in_a_job_is_told_and_the_next_job_is_done(window: Window) -> None:
    class PanicException(BaseException):
        """As pyo3's, which tokenizers raises."""

    def panic() -> None:
        raise PanicException("index out of bounds")

    done: list[int] = []
    window.app.checks.submit("panic", panic, lambda _nothing: None)
    window.app.checks.submit("next", lambda: 1, done.append)
    window.until(lambda: bool(done and window.ask.told))
    assert "PanicException: index out of bounds" in window.ask.told[0][1]


def test_the_window_closes_whatever_fails_on_the_way(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    window.app.store.replace("training.batch_size", 7)
    monkeypatch.setattr(window.app.desk, "close", wrong)
    window.app.close()
    assert window.app.closed
    assert len(faults(window)) == 1
    seat = Seat()
    kept = seat.last_state()
    assert kept is not None
    assert kept[0].training.batch_size == 7
    assert seat.left_open() is None
    seat.leave()


def test_a_dialog_that_cannot_be_shown_does_not_end_the_loop(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    turned: list[int] = []
    with monkeypatch.context() as patch:
        patch.setattr(window.ask, "tell", wrong)
        window.app.root.after(1, lambda: 1 / 0)
        window.app.root.after(50, lambda: turned.append(1))
        window.app.root.after(100, window.app.root.quit)
        window.app.root.mainloop()
    assert turned
    log = memory.log_file().read_text(encoding="utf-8")
    assert "ZeroDivisionError" in log
    assert "Fault: a mistake" in log


def test_the_same_error_later_is_told_again(window: Window) -> None:
    now = [0.0]
    errors = Errors(window.ask, lambda: now[0])

    def at(seconds: float, error: Exception) -> int:
        now[0] = seconds
        errors.report(error)
        return len(window.ask.told)

    assert at(0.0, UserError("the disk is full")) == 1
    assert at(0.4, UserError("the disk is full")) == 1
    assert at(0.8, UserError("the disk is full")) == 1
    assert at(0.9, UserError("the drive is gone")) == 2
    assert at(9.0, UserError("the disk is full")) == 3
    assert at(9.9, ExceptionGroup("two", [UserError("one"), UserError("another")])) == 5


def test_every_listener_is_called_and_every_error_raised() -> None:
    heard: list[int] = []
    signal: Signal[[int]] = Signal()
    for listener in (wrong, heard.append, wrong, heard.append):
        signal.connect(listener)
    with pytest.raises(ExceptionGroup) as caught:
        signal.emit(3)
    assert [type(error) for error in caught.value.exceptions] == [Fault, Fault]
    assert heard == [3, 3]

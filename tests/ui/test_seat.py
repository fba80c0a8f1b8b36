"""What windows leave for the next start: two at once, broken files, folders that cannot be written, presets by name."""

import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onetrainer_clone import paths
from onetrainer_clone.settings import replace
from onetrainer_clone.state import TrainingState
from presets import store as preset_store
from presets.codec import read_file
from tests.ui.conftest import Window, close
from ui import memory
from ui.seat import Seat, read_state

Make = Callable[..., Window]
FILES = ("state.json", "open.json", "view.json", "colours.json", "asked.json", "charts.json", "sizes.json")
BROKEN = (
    "", "{", "[]", "null", "3", '"text"', '{"a": 1}', '{"state": 1, "preset": 2}', '{"a": NaN}', '{"a": 1e999}',
    "[1, 2]", '{"run": {}}', "[" * 100_000, '{"theme": 5}', '{"theme": "purple"}', '{"scaling_percent": "100"}',
    '{"geometry": []}', '{"state": {"format": 99}, "preset": "x"}',
)  # fmt: skip


def batch_size(window: Window) -> int:
    return window.app.store.state.training.batch_size


def said(window: Window) -> str:
    return str(window.app.topbar.said.cget("text"))


def kept(name: str = "state.json") -> int:
    file = memory.folder() / name
    return read_state(file)[0].training.batch_size if file.exists() else 0


def read_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, _data: Any) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr(paths, "write_whole", refuse)


def test_two_windows_do_not_write_over_each_other(make_window: Make) -> None:
    first = make_window("demo")
    first.app.store.replace("training.batch_size", 7)
    first.until(lambda: kept() == 7)
    second = make_window(None)
    assert (first.app.seat.number, second.app.seat.number) == (1, 2)
    assert batch_size(second) == 7
    assert said(second) == ""
    second.app.store.replace("training.batch_size", 9)
    second.until(lambda: kept("state-2.json") == 9)
    second.ask.choices = ["stay", "lose"]
    for closed in (False, True):
        second.app.close()
        assert second.app.closed is closed
    assert second.ask.asked == ["Unsaved changes"] * 2
    assert kept() == 7
    assert not list(memory.folder().glob("*-2.json"))


def test_a_second_window_with_nothing_unsaved_closes_without_a_question(make_window: Make) -> None:
    make_window("demo")
    second = make_window("demo")
    second.app.close()
    assert second.app.closed
    assert not second.ask.asked


def test_a_second_window_that_was_killed_comes_back_at_its_seat(make_window: Make) -> None:
    make_window("demo")
    killed = Seat()
    killed.keep_state(replace(TrainingState(), "training.batch_size", 5))
    killed.mark_open("cat")
    killed.leave()
    second = make_window(None)
    assert batch_size(second) == 5
    assert "'cat' was going on" in said(second)
    second.ask.choices = ["lose"]


@pytest.mark.parametrize("text", BROKEN)
def test_no_broken_file_keeps_the_window_from_opening(make_window: Make, text: str) -> None:
    memory.folder().mkdir(parents=True)
    for name in FILES:
        (memory.folder() / name).write_text(text, encoding="utf-8")
    window = make_window(None)
    assert window.app.store.state == TrainingState()
    assert [type(read()) for read in (memory.last_asked, memory.last_charts)] == [list, list]
    assert memory.last_size("samples") is None
    assert "cannot be read" in said(window) or "not closed" in said(window)
    assert [file.read_text() for file in memory.folder().glob("state-unreadable-*.json")] == [text]


def test_what_cannot_be_read_any_more_is_not_written_over(make_window: Make) -> None:
    memory.folder().mkdir(parents=True)
    for number in (1, 2):
        (memory.folder() / "state.json").write_text(json.dumps({"preset": "", "state": {"format": 99}}), "utf-8")
        window = make_window(None)
        assert f"state-unreadable-{number}.json" in said(window)
        close(window)
    assert len(list(memory.folder().glob("state-unreadable-*.json"))) == 2


def test_settings_that_cannot_be_kept_are_asked_about(
    window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_only(monkeypatch)
    window.app.store.replace("training.batch_size", 7)
    window.until(lambda: "Read-only file system" in said(window))
    target = tmp_path / "mine.json"
    window.ask.choices, window.ask.folders = ["stay", "file", "file"], ["", str(target)]
    for closed in (False, False, True):  # stays, the dialog for the file is closed, the file is written
        window.app.close()
        assert window.app.closed is closed
    assert read_file(target).training.batch_size == 7
    assert not window.ask.told


def test_a_read_only_folder_costs_nothing_where_nothing_is_unsaved(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_only(monkeypatch)
    window.app.close()
    assert window.app.closed
    assert not window.ask.asked


def test_who_types_on_and_on_is_kept_meanwhile(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.app.KEEP_MS", 300)
    typed = iter(range(2, 10**6))

    def after_another_letter() -> bool:
        window.app.store.replace("training.batch_size", next(typed) % 4000 + 1)
        return kept() > 0

    window.until(after_another_letter)


def test_a_preset_by_its_name_does_not_take_the_place_of_what_is_unsaved(make_window: Make) -> None:
    window = make_window("demo")
    window.app.store.replace("training.batch_size", 7)
    close(window)
    window.ask.choices = ["cancel"]
    again = make_window("demo", start=True)
    again.until(lambda: again.ask.asked == ["Unsaved changes"])
    again.turn()
    assert batch_size(again) == 7
    assert not again.app.runner.going
    close(again)
    again.ask.choices = ["discard"]
    last = make_window("demo", start=True)
    last.until(lambda: last.app.runner.record.ended is not None)
    assert batch_size(last) == 4


def test_a_preset_that_another_window_saved_is_not_replaced_without_a_question(window: Window) -> None:
    window.ask.texts = ["mine"]
    assert window.app.presets.save_as()
    elsewhere = replace(preset_store.find("mine").load(), "training.batch_size", 9)
    preset_store.save("mine", elsewhere)
    window.app.store.replace("training.batch_size", 7)
    window.ask.choices = ["no", "replace"]
    assert not window.app.presets.save()
    assert preset_store.find("mine").load().training.batch_size == 9
    assert window.app.store.unsaved
    assert window.app.presets.save()
    assert preset_store.find("mine").load().training.batch_size == 7
    window.app.store.replace("training.batch_size", 8)
    assert window.app.presets.save(), "its own saving is not another's"


def test_settings_without_a_preset_can_be_exported(make_window: Make, tmp_path: Path) -> None:
    window = make_window(None)
    window.app.store.replace("training.batch_size", 7)
    window.ask.folders = [str(tmp_path / "now.json")]
    window.app.presets.export()
    assert read_file(tmp_path / "now.json").training.batch_size == 7

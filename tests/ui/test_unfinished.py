"""A change of many captions that the window's end cuts short: the next start says how far it came, and what can be done."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from onetrainer_clone import caption_changes
from onetrainer_clone.caption_changes import Edit
from tests.ui.conftest import Answers, Window
from tests.ui.test_pictures import browse
from ui.background import Background
from ui.pictures.many_captions import Writing, notes

BEFORE, AFTER = ["", "a green cat", "a blue cat"], ["dog"] * 3


def texts(pictures: Path) -> list[str]:
    files = [pictures / f"{number}.txt" for number in range(3)]
    return [file.read_text() if file.exists() else "" for file in files]


@pytest.fixture
def cut_short(make_window: Callable[..., Window], pictures: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """All captions become 'dog', and 'Close now' comes after the second."""
    window = make_window()
    browser = browse(window, pictures)
    with monkeypatch.context() as patched:
        real = caption_changes.apply

        def slow(edits: Any) -> Any:
            for number, result in enumerate(real(edits)):
                while number and not window.app.writer.closing:
                    time.sleep(0.001)
                yield result

        patched.setattr(caption_changes, "apply", slow)
        edits = [Edit(pictures / f"{number}.txt", before, "dog") for number, before in enumerate(BEFORE)]
        browser.deeds.change(edits, "all of them dogs", lambda _results: None)
        window.until(lambda: texts(pictures)[1] == "dog")
        window.app.close()
        window.until(lambda: window.app.closing.note is not None)
        assert window.app.closing.note is not None
        window.app.closing.note.end.invoke()
    assert window.app.closed
    assert texts(pictures) == ["dog", "dog", "a blue cat"]
    return pictures


@pytest.mark.parametrize(("way", "wanted"), [("finish", AFTER), ("back", BEFORE), ("leave", ["dog", "dog", "a blue cat"])])
def test_the_next_start_finishes_it_or_takes_it_back(
    cut_short: Path, make_window: Callable[..., Window], ask: Answers, way: str, wanted: list[str]
) -> None:
    """Or asks again, where no answer was given."""
    ask.choices = [None, way]
    window = make_window(None)
    window.until(lambda: ask.asked == ["Captions are half changed"])
    window.turn()
    window.app.close()
    window.until(lambda: window.app.closed)
    again = make_window(None)
    again.until(lambda: len(ask.asked) == 2)
    again.until(lambda: texts(cut_short) == wanted and again.app.writer.idle)
    again.turn()
    assert not notes()


def test_it_is_said_exactly_how_far_it_came(
    cut_short: Path, make_window: Callable[..., Window], ask: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    (cut_short / "0.txt").write_text("theirs")
    said: list[str] = []
    monkeypatch.setattr(ask, "choose", lambda _title, message, _ways: said.append(message))
    window = make_window(None)
    window.until(lambda: bool(said))
    assert "all of them dogs" in said[0]
    assert "Captions that are changed: 1. Not yet: 1.\nChanged otherwise since, and left as they are: 1." in said[0]


def test_nothing_is_asked_where_nothing_is_left_or_another_window_is_at_it(
    cut_short: Path, make_window: Callable[..., Window], monkeypatch: pytest.MonkeyPatch
) -> None:
    (note,) = notes()
    other = note.rename(note.with_name(f"{os.getppid()}.json"))
    assert notes() == []
    monkeypatch.setattr(psutil, "pid_exists", lambda _process: False)
    assert notes() == [other]
    (cut_short / "2.txt").write_text("dog")
    window = make_window(None)
    window.until(lambda: not other.exists())
    assert window.ask.asked == []


def test_what_cannot_be_noted_is_not_begun(
    pictures: Path, tmp_path: Path, make_window: Callable[..., Window], monkeypatch: pytest.MonkeyPatch
) -> None:
    window = make_window()
    browser = browse(window, pictures)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ONETRAINER_HOME", str(tmp_path / "file"))
    browser.deeds.change([Edit(pictures / "1.txt", "a green cat", "dog")], "dogs", lambda _results: None)
    window.until(lambda: bool(window.ask.told))
    assert "No caption was changed, since this could not be noted" in window.ask.told[0][1]
    assert texts(pictures) == BEFORE
    assert browser.undoes == ("", "")
    assert not browser.deeds.working
    monkeypatch.undo()


def test_a_change_that_is_whole_leaves_no_note(pictures: Path) -> None:
    Writing([Edit(pictures / "1.txt", "a green cat", "dog")], "dogs", Background("writer"))()
    assert texts(pictures)[1] == "dog"
    assert notes() == []

"""What other programs do to a concept's files is there when the window is come back to, without a word or a click."""

import os
import tkinter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from onetrainer_clone import browse as core
from onetrainer_clone.state.concepts import Concept
from tests.ui.conftest import Window
from tests.ui.test_pictures import browse, names, type_in
from ui.concept.page import ConceptPage
from ui.pictures.sieve import UNREADABLE


@pytest.fixture
def elsewhere(window: Window) -> Iterator[Callable[[Callable[[], object]], None]]:
    """Do something while another program's window has the focus."""
    other = tkinter.Tk()

    def focused() -> bool:
        return bool(window.app.root.tk.call("focus"))

    def noticed(there: bool) -> None:
        """The page knows it, and has looked."""
        page: Any = window.app.shell.pages["concept"]
        window.until(lambda: page._elsewhere._focused is there and page._elsewhere._background.idle)

    def do(work: Callable[[], object]) -> None:
        window.app.root.focus_force()
        window.until(focused)
        noticed(True)
        other.focus_force()
        window.until(lambda: (other.update(), not focused())[1])  # type: ignore[func-returns-value]
        noticed(False)
        work()
        window.app.root.focus_force()
        window.until(focused)
        noticed(True)

    yield do
    other.destroy()


def test_pictures_and_captions_that_came_and_went(window: Window, pictures: Path, elsewhere: Any) -> None:
    browser = browse(window, pictures)
    browser.step(1)

    def work() -> None:
        Image.new("RGB", (64, 64)).save(pictures / "3.png")
        (pictures / "2.png").unlink()
        (pictures / "1.txt").write_text("theirs")

    elsewhere(work)
    window.until(lambda: names(browser) == ["0.png", "1.png", "3.png"])
    window.until(lambda: browser.box.content == "theirs")


def test_a_picture_that_is_another_now(window: Window, pictures: Path, elsewhere: Any) -> None:
    browser = browse(window, pictures)
    elsewhere(lambda: Image.new("RGB", (40, 90), "white").save(pictures / "0.png"))
    window.until(lambda: browser.view.loaded is not None and browser.view.loaded.size == (40, 90))


def test_what_is_typed_here_stays(window: Window, pictures: Path, elsewhere: Any) -> None:
    browser = browse(window, pictures)
    browser.step(1)
    type_in(window, browser, "ours")
    elsewhere(lambda: Image.new("RGB", (64, 64)).save(pictures / "3.png"))
    window.until(lambda: len(names(browser)) == 4)
    assert browser.box.content == "ours"


def test_the_filter_for_faults_looks_again(window: Window, pictures: Path, elsewhere: Any) -> None:
    browser = browse(window, pictures)
    browser.filters.choose(UNREADABLE)
    window.until(lambda: "No picture" in browser.grid_.hint)
    elsewhere(lambda: (pictures / "1.png").write_bytes(b"no picture"))
    window.until(lambda: names(browser) == ["1.png"])


def test_statistics_are_computed_again(window: Window, pictures: Path, elsewhere: Any) -> None:
    browse(window, pictures)
    window.app.go("concept[0].numbers")
    page = window.app.shell.pages["concept"]
    assert isinstance(page, ConceptPage)
    numbers = page.views["numbers"]
    window.until(lambda: numbers.found is not None and numbers.found.pictures == 3)
    elsewhere(lambda: Image.new("RGB", (64, 64)).save(pictures / "3.png"))
    window.until(lambda: numbers.found.pictures == 4)


def test_the_previews_follow(window: Window, pictures: Path, elsewhere: Any) -> None:
    browse(window, pictures)
    for view in ("image", "text"):
        window.app.go(f"concept[0].{view}")
        page = window.app.shell.pages["concept"]
        assert isinstance(page, ConceptPage)
        shown, there = page.views[view], len(list(pictures.glob("?.png")))
        window.until(lambda shown=shown, there=there: len(shown.entries) == there)  # type: ignore[misc]
        elsewhere(lambda there=there: Image.new("RGB", (64, 64)).save(pictures / f"{there}.png"))
        window.until(lambda shown=shown, there=there: len(shown.entries) == there + 1)  # type: ignore[misc]


def test_where_nothing_has_changed_nothing_is_read_again(
    window: Window, pictures: Path, elsewhere: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also not after what was done here itself."""
    browser = browse(window, pictures)
    type_in(window, browser, "typed here")
    browser.leave()
    window.until(lambda: not browser.drafts.drafts)
    listed: list[Any] = []
    monkeypatch.setattr(browser.gallery, "load", listed.append)
    elsewhere(lambda: None)
    window.rest()
    assert listed == []
    elsewhere((pictures / "1.png").unlink)
    window.until(lambda: len(listed) == 1)


def test_stamps_are_of_what_belongs_to_the_concept(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("a.png", "a.txt", "a-masklabel.png", "notes.md", "deep/b.jpg"):
        (tmp_path / name).write_text(name)
    shallow = core.stamps(Concept(path=str(tmp_path)))
    assert sorted(os.path.basename(path) for path in shallow) == ["a-masklabel.png", "a.png", "a.txt"]
    assert len(core.stamps(Concept(path=str(tmp_path), include_subfolders=True))) == 4
    os.utime(tmp_path / "a.txt", (1, 1))
    again = core.stamps(Concept(path=str(tmp_path)))
    assert [path for path in again if again[path] != shallow[path]] == [str(tmp_path / "a.txt")]
    assert core.stamps(Concept(path=str(tmp_path / "nowhere"))) == {}

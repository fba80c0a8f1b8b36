"""Undo on the page of pictures: one order over pictures, captions and masks, and nothing that is not in view."""

from pathlib import Path

import pytest
from PIL import Image

from onetrainer_clone.masks import mask_path
from onetrainer_clone.state.concepts import Concept
from tests.ui.conftest import Window
from tests.ui.test_keys import letters, press
from tests.ui.test_pictures import browse, drag, names
from ui.pictures.browser import Browser
from ui.pictures.brush import BRUSH
from ui.pictures.steps import NOTHING, NOTHING_AGAIN


@pytest.fixture
def browser(window: Window, pictures: Path) -> Browser:
    """After a change of a setting that is on another page."""
    found = browse(window, pictures)
    window.app.store.replace("training.batch_size", 7)
    window.turn()
    return found


def said(window: Window) -> str:
    return str(window.app.topbar.said.cget("text"))


def content(browser: Browser) -> str:
    return browser.box.content


def undo(window: Window) -> None:
    """With the keys, wherever the cursor is."""
    (window.app.root.focus_get() or window.app.root).event_generate("<Control-z>")
    window.turn()


def settle(window: Window, browser: Browser, count: int = 3) -> None:
    window.until(lambda: len(names(browser)) == count and not browser.gallery.reading and not browser.deeds.working)
    window.until(lambda: browser.view.loaded is not None and browser.view.loaded.path == browser.view.path)


@pytest.mark.parametrize("where", ["page", "grid", "view", "caption"])
def test_a_deleted_picture_comes_back_and_no_setting_changes(
    window: Window, browser: Browser, pictures: Path, where: str
) -> None:
    browser.bar["delete"].invoke()
    window.turn()
    widget = {
        "page": window.app.root, "grid": browser.grid_.canvas, "view": browser.view, "caption": browser.box.text._textbox,
    }[where]  # fmt: skip
    assert "0.png moved to the trash" in window.app.topbar._steps[0]
    press(window, widget, "<Control-z>")
    settle(window, browser)
    assert (pictures / "0.png").is_file()
    assert "Undone: 0.png" in said(window)
    press(window, widget, "<Control-z>")
    assert said(window) == NOTHING
    assert window.app.topbar.undo.cget("state") == "disabled"
    press(window, widget, "<Control-y>")
    assert said(window) == NOTHING_AGAIN
    assert window.app.store.state.training.batch_size == 7
    window.app.go("training")
    window.turn()
    assert window.app.topbar.undo.cget("state") == "normal"
    press(window, window.app.root, "<Control-z>")
    assert window.app.store.state.training.batch_size == 4


def test_pictures_captions_and_masks_are_taken_back_in_one_order(
    window: Window, browser: Browser, pictures: Path
) -> None:
    text = browser.box.text._textbox
    browser.step(1)
    settle(window, browser)
    press(window, text, "<Control-End>", *letters("xyz"))
    assert browser.box.content == "a green catxyz"
    browser.view.tool = BRUSH
    drag(window, browser, (-20, 0), (20, 0))
    browser.step(1)
    settle(window, browser)
    press(window, text, *letters("q"))
    browser.bulk.turn_to("Add a tag")
    browser.bulk.find.insert(0, "sks")
    browser.bulk.look()
    window.until(lambda: len(browser.bulk.edits) == 3)
    browser.bulk.go.invoke()
    window.until(lambda: not browser.bulk.working)
    assert (pictures / "2.txt").read_text() == "qa blue cat, sks"
    browser.delete()
    window.turn()
    assert names(browser) == ["0.png", "1.png"]

    undo(window)
    settle(window, browser)
    undo(window)
    settle(window, browser)
    assert (pictures / "2.txt").read_text() == "qa blue cat"
    assert (pictures / "1.txt").read_text() == "a green catxyz"
    undo(window)
    window.until(lambda: (pictures / "2.txt").read_text() == "a blue cat")
    assert browser.view.path == pictures / "2.png"
    assert browser.box.content == "a blue cat"
    undo(window)
    window.until(lambda: browser.view.path == pictures / "1.png")
    painting = browser.view.painting
    assert painting is not None
    assert not painting.can_undo
    window.until(lambda: Image.open(mask_path(pictures / "1.png")).getextrema() == (255, 255))
    undo(window)
    window.until(lambda: (pictures / "1.txt").read_text() == "a green cat")
    assert browser.box.content == "a green cat"
    undo(window)
    assert said(window) == NOTHING
    assert window.app.store.state.training.batch_size == 7


def test_in_a_caption_its_own_typing_goes_first_and_comes_again(window: Window, browser: Browser) -> None:
    browser.step(1)
    settle(window, browser)
    text = browser.box.text._textbox
    press(window, text, "<Control-End>", *letters("dog"))
    press(window, text, "<Control-z>")
    assert content(browser) == "a green cat"
    assert window.app.topbar._steps[0] == ""
    press(window, text, "<Control-y>")
    assert content(browser) == "a green catdog"
    browser.view.tool = BRUSH
    drag(window, browser, (-20, 0), (20, 0))
    press(window, text, "<Control-z>")
    assert content(browser) == "a green catdog", "the stroke came later"
    assert browser.view.painting is not None
    assert browser.view.painting.can_redo
    press(window, text, "<Control-z>")
    assert content(browser) == "a green cat"


def test_the_mask_tools_own_undo_counts(window: Window, browser: Browser) -> None:
    browser.view.tool = BRUSH
    drag(window, browser, (-20, 0), (20, 0))
    browser.tools.buttons["undo"].invoke()
    assert window.app.topbar._steps[0] == ""
    assert window.app.topbar.undo.cget("state") == "disabled"
    window.app.topbar.redo.invoke()
    assert browser.deeds.sentence == "what was painted in 0.png"
    browser.tools.buttons["invert"].invoke()
    assert browser.view.painting is not None
    undo(window)
    undo(window)
    assert not browser.view.painting.can_undo
    undo(window)
    assert said(window) == NOTHING


def test_what_was_done_to_another_concept_waits_until_it_is_looked_at(
    window: Window, browser: Browser, pictures: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    Image.new("RGB", (64, 64)).save(other / "a.png")
    browser.delete()
    window.turn()
    window.app.store.insert("concepts", 1, Concept(name="other", path=str(other)), "added")
    window.app.go("concept[1].pictures")
    window.until(lambda: names(browser) == ["a.png"] and not browser.gallery.reading)
    press(window, window.app.root, "<Control-z>")
    assert said(window) == NOTHING
    assert not (pictures / "0.png").exists()
    window.app.go("concept[0].pictures")
    settle(window, browser, 2)
    press(window, window.app.root, "<Control-z>")
    settle(window, browser)
    assert (pictures / "0.png").is_file()

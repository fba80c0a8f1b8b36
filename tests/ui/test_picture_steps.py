"""Undo on the page of pictures: one order over pictures, captions and masks, and nothing that is not in view."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from onetrainer_clone import caption_changes
from onetrainer_clone.caption_changes import Edit
from onetrainer_clone.masks import mask_path
from onetrainer_clone.state.concepts import Concept
from tests.ui.conftest import Window
from tests.ui.test_keys import letters, press
from tests.ui.test_pictures import browse, drag, names
from ui.pictures import deeds
from ui.pictures.browser import Browser
from ui.pictures.brush import BRUSH
from ui.pictures.history import AGAIN, BACK
from ui.pictures.steps import NOTHING


@pytest.fixture
def browser(window: Window, pictures: Path, monkeypatch: pytest.MonkeyPatch) -> Browser:
    """After a change of a setting that is on another page. Nobody types so slowly that one step becomes two."""
    monkeypatch.setattr(deeds, "PAUSE_SECONDS", 1e9)
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
    assert said(window) == NOTHING[BACK]
    assert window.app.topbar.undo.cget("state") == "disabled"
    press(window, widget, "<Control-y>")
    assert said(window) == "Done again: 0.png moved to the trash"
    settle(window, browser, 2)
    assert not (pictures / "0.png").exists()
    press(window, widget, "<Control-y>")
    assert said(window) == NOTHING[AGAIN]
    press(window, widget, "<Control-z>")
    settle(window, browser)
    assert (pictures / "0.png").is_file()
    assert window.app.store.state.training.batch_size == 7
    window.app.go("training")
    window.turn()
    assert window.app.topbar.undo.cget("state") == "normal"
    press(window, window.app.root, "<Control-z>")
    assert window.app.store.state.training.batch_size == 4


def seen(pictures: Path) -> list[str]:
    """What lies in the folder: captions, whether a mask has anything black, which pictures there are."""
    found = [f"{path.name}: {path.read_text()}" for path in sorted(pictures.glob("*.txt")) if path.read_text()]
    masks = [f"{path.name}: {Image.open(path).getextrema()}" for path in sorted(pictures.glob("*-masklabel.png"))]
    return [*found, *masks, *(path.name for path in sorted(pictures.glob("?.png")))]


def test_all_that_was_done_is_taken_back_and_done_again_in_one_order(
    window: Window, browser: Browser, pictures: Path
) -> None:
    """Typing, a stroke, a tag everywhere, a mask and pictures that went to the trash: twice there and back."""
    text = browser.box.text._textbox
    states, sentences = [seen(pictures)], []

    def done() -> None:
        browser.leave()
        window.until(lambda: not browser.deeds.working and window.app.writer.idle)
        window.turn()
        states.append(seen(pictures))
        sentences.append(browser.undoes[0])

    browser.step(1)
    settle(window, browser)
    press(window, text, "<Control-End>", *letters("xyz"))
    done()
    browser.view.tool = BRUSH
    drag(window, browser, (-20, 0), (20, 0))
    done()
    browser.deeds.change([Edit(pictures / f"{n}.txt", "", "sks") for n in (0,)], "tag 'sks' added", lambda _: None)
    done()
    browser.tools.buttons["remove"].invoke()
    done()
    browser.step(1)
    settle(window, browser)
    browser.delete()
    done()
    assert len({str(state) for state in states}) == 6

    def comes(wanted: list[str], count: int) -> None:
        settle(window, browser, count)
        browser.leave()
        window.until(lambda: seen(pictures) == wanted)

    for _ in range(2):
        for wanted, sentence in zip(reversed(states[:-1]), reversed(sentences), strict=True):
            assert browser.undoes[0] == sentence
            undo(window)
            comes(wanted, 3)
            assert browser.undoes[1] == sentence
        assert browser.undoes[0] == ""
        for wanted, sentence in zip(states[1:], sentences, strict=True):
            press(window, window.app.root, "<Control-y>")
            comes(wanted, 3 - ("2.png moved" in sentence))
            assert browser.undoes[0] == sentence
        assert browser.undoes[1] == ""


def test_what_is_done_anew_ends_what_could_be_done_again(window: Window, browser: Browser) -> None:
    browser.delete()
    window.turn()
    undo(window)
    settle(window, browser)
    assert browser.undoes[1] == "0.png moved to the trash"
    press(window, browser.box.text._textbox, *letters("q"))
    assert browser.undoes == ("what was typed into 1.txt", "")


def test_what_could_not_be_taken_back_is_told_and_the_rest_can_be_done_again(
    window: Window, browser: Browser, pictures: Path
) -> None:
    edits = [Edit(pictures / f"{n}.txt", before, "dog") for n, before in enumerate(("", "a green cat", "a blue cat"))]
    browser.deeds.change(edits, "all dogs", lambda _: None)
    window.until(lambda: not browser.deeds.working)
    (pictures / "1.txt").write_text("theirs")
    undo(window)
    window.until(lambda: not browser.deeds.working)
    window.until(lambda: bool(window.ask.told))
    assert "2 captions changed. 1 was left as it is: 1.txt was changed by another program" in window.ask.told[0][1]
    assert (pictures / "2.txt").read_text() == "a blue cat"
    press(window, window.app.root, "<Control-y>")
    window.until(lambda: not browser.deeds.working and (pictures / "2.txt").read_text() == "dog")
    assert (pictures / "1.txt").read_text() == "theirs"
    assert len(window.ask.told) == 1


def test_a_change_that_is_stopped_is_taken_back_as_far_as_it_went(
    window: Window, browser: Browser, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And so is its undo: the rest of it stays to be taken back."""
    edits = [Edit(pictures / f"{n}.txt", before, "dog") for n, before in enumerate(("", "a green cat", "a blue cat"))]
    real = caption_changes.apply

    def one_by_one(wanted: Any) -> Any:
        for result in real(wanted):
            assert browser.deeds.writing is not None
            browser.deeds.writing.stop()
            yield result

    monkeypatch.setattr(caption_changes, "apply", one_by_one)
    browser.deeds.change(edits, "all dogs", lambda _: None)
    window.until(lambda: not browser.deeds.working)
    assert [path.read_text() for path in sorted(pictures.glob("*.txt"))] == ["dog", "a green cat", "a blue cat"]
    monkeypatch.setattr(caption_changes, "apply", real)
    undo(window)
    window.until(lambda: not browser.deeds.working)
    assert (pictures / "0.txt").read_text() == ""
    browser.deeds.change(edits, "all dogs", lambda _: None)
    window.until(lambda: not browser.deeds.working)
    monkeypatch.setattr(caption_changes, "apply", one_by_one)
    undo(window)
    window.until(lambda: not browser.deeds.working)
    assert [path.read_text() for path in sorted(pictures.glob("*.txt"))] == ["dog", "dog", "a blue cat"]
    assert browser.undoes == ("all dogs", "all dogs")
    undo(window)
    window.until(lambda: not browser.deeds.working)
    undo(window)
    window.until(lambda: not browser.deeds.working)
    assert [path.read_text() for path in sorted(pictures.glob("*.txt"))] == ["", "a green cat", "a blue cat"]


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
    window.until(lambda: not mask_path(pictures / "1.png").exists())
    undo(window)
    window.until(lambda: (pictures / "1.txt").read_text() == "a green cat")
    assert browser.box.content == "a green cat"
    undo(window)
    assert said(window) == NOTHING[BACK]
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


def test_what_is_typed_and_taken_out_at_once_is_no_step(window: Window, browser: Browser) -> None:
    press(window, browser.box.text._textbox, *letters("q"))
    assert browser.undoes[0] == "what was typed into 0.txt"
    press(window, browser.box.text._textbox, "<BackSpace>")
    assert content(browser) == ""
    assert browser.undoes == ("", "")
    assert window.app.topbar.undo.cget("state") == "disabled"


def test_the_mask_tools_own_undo_counts(window: Window, browser: Browser) -> None:
    browser.view.tool = BRUSH
    drag(window, browser, (-20, 0), (20, 0))
    browser.tools.buttons["undo"].invoke()
    assert window.app.topbar._steps[0] == ""
    assert window.app.topbar.undo.cget("state") == "disabled"
    window.app.topbar.redo.invoke()
    assert browser.undoes[0] == "what was painted in 0.png"
    browser.tools.buttons["invert"].invoke()
    assert browser.view.painting is not None
    undo(window)
    undo(window)
    assert not browser.view.painting.can_undo
    undo(window)
    assert said(window) == NOTHING[BACK]


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
    assert said(window) == NOTHING[BACK]
    assert not (pictures / "0.png").exists()
    window.app.go("concept[0].pictures")
    settle(window, browser, 2)
    press(window, window.app.root, "<Control-z>")
    settle(window, browser)
    assert (pictures / "0.png").is_file()


def test_pictures_of_another_folder_are_copied_in_and_that_is_a_step_too(
    window: Window, browser: Browser, pictures: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    (other / "deep").mkdir(parents=True)
    for name in ("0.png", "x.png", "deep/y.png"):
        Image.new("RGB", (64, 64)).save(other / name)
    (other / "0.txt").write_text("another zero")
    before = sorted(path.name for path in pictures.iterdir())
    browser.add([other, other / "x.png", other / "deep" / "y.png", other / "0.txt", pictures / "1.png"])
    settle(window, browser, 6)
    assert names(browser) == ["0 (2).png", "0.png", "1.png", "2.png", "x.png", "y.png"]
    assert (pictures / "0 (2).txt").read_text() == "another zero"
    assert browser.undoes[0] == "3 pictures added"
    window.until(lambda: browser.view.path == pictures / "0 (2).png")
    undo(window)
    settle(window, browser)
    assert sorted(path.name for path in pictures.iterdir() if path.name != ".trash") == before
    press(window, window.app.root, "<Control-y>")
    settle(window, browser, 6)
    assert (pictures / "0 (2).txt").read_text() == "another zero"
    undo(window)
    settle(window, browser)
    assert len(list(other.rglob("*.png"))) == 3


def test_what_is_no_picture_is_not_added_and_that_is_said(window: Window, browser: Browser, pictures: Path) -> None:
    browser.add([pictures / "1.txt", pictures / "1.png", pictures / "nowhere.png"])
    window.until(lambda: bool(window.ask.told))
    assert "None of what was dropped is a picture" in window.ask.told[0][1]
    assert browser.undoes == ("", "")

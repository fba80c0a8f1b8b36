"""The picture browser: look through, describe, mask, throw away; nothing that was typed or painted is lost."""

import json
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from onetrainer_clone.masks import LEFT_OUT, TRAINED, mask_path
from onetrainer_clone.state.concepts import CaptionSource
from onetrainer_clone.tokens import counter
from tests.ui.conftest import Window, close
from tests.waiting import until
from ui import memory
from ui.concept.page import ConceptPage
from ui.pictures.browser import Browser
from ui.pictures.brush import BRUSH, ERASE, FILL, LOOK
from ui.pictures.bulk import ADD, REMOVE
from ui.pictures.cells import SIDE
from ui.pictures.mask_store import MaskStore
from ui.pictures.sieve import BARE, CONTAINS, LACKS, MASKED, UNSAVED


def browse(window: Window, folder: Path, **settings: object) -> Browser:
    """The browser of a concept with this folder, when all of it is there."""
    concept = window.app.store.state.concepts[0].model_copy(update={"path": str(folder), **settings})
    concepts = (concept, *window.app.store.state.concepts[1:])
    window.app.store.set(window.app.store.state.model_copy(update={"concepts": concepts}), "folder")
    window.app.go("concept[0].pictures")
    page = window.app.shell.pages["concept"]
    assert isinstance(page, ConceptPage)
    found: Browser = page.views["pictures"]
    window.until(lambda: found.ready)
    window.until(lambda: bool(found.gallery.entries) and not found.gallery.reading)
    window.until(lambda: found.view.loaded is not None and found.view.loaded.path == found.view.path)
    return found


def names(browser: Browser) -> list[str]:
    return [browser.gallery.entries[place].key for place in browser.gallery.shown]


def type_in(window: Window, browser: Browser, text: str) -> None:
    browser.box.text.delete("1.0", "end")
    browser.box.text.insert("1.0", text)
    window.turn()


def holds(path: Path, text: str) -> bool:
    return path.exists() and path.read_text() == text


def tokens(window: Window, browser: Browser, text: str) -> None:
    window.until(lambda: str(browser.box.tokens.cget("text")) == text)


def counted(text: str) -> int:
    tokenizer = counter("demo:model")
    assert tokenizer is not None
    return len(tokenizer.encode(text, add_special_tokens=False).ids)


def drag(window: Window, browser: Browser, *points: tuple[int, int], button: int = 1) -> None:
    """A stroke in the large view, from its middle."""
    middle = (browser.view.winfo_width() // 2, browser.view.winfo_height() // 2)
    placed = [(middle[0] + x, middle[1] + y) for x, y in points]
    browser.view.event_generate(f"<ButtonPress-{button}>", x=placed[0][0], y=placed[0][1])
    for x, y in placed[1:]:
        browser.view.event_generate("<B1-Motion>" if button == 1 else "<B3-Motion>", x=x, y=y)
    browser.view.event_generate(f"<ButtonRelease-{button}>", x=placed[-1][0], y=placed[-1][1])
    window.turn()


def test_shows_pictures_and_captions_and_counts_tokens(window: Window, pictures: Path) -> None:
    (pictures / "1.txt").write_bytes(b"a green cat\r\nsks, a cat, green, " + b"very " * 80 + b"\r\n")
    browser = browse(window, pictures, trigger_words="sks")
    assert names(browser) == ["0.png", "1.png", "2.png"]
    assert browser.box.content == ""
    browser.bar["next"].invoke()
    assert browser.box.content.startswith("a green cat\nsks, a cat")
    count = counted("sks, a green cat")
    tokens(window, browser, f"line 1 of 2 variants: {count} of 75 tokens")
    browser.box.text.mark_set("insert", "2.5")
    browser.box.text._textbox.event_generate("<ButtonRelease-1>")
    count = counted("sks, a cat, green," + " very" * 80)
    assert count > 75
    tokens(window, browser, f"line 2 of 2 variants: {count} of 75 tokens, {count - 75} cut off")
    window.until(lambda: "96 x 64 px" in browser.title.cget("text"))


def test_moving_on_saves_and_keeps_the_other_lines(window: Window, pictures: Path) -> None:
    (pictures / "1.txt").write_bytes("\ufeffone\r\nzwei\r\n\r\ndrei".encode())
    browser = browse(window, pictures)
    browser.step(1)
    browser.box.text.delete("1.0", "1.end")
    browser.box.text.insert("1.0", "eins")
    browser.step(1)
    window.until(lambda: not browser.drafts.drafts)
    assert (pictures / "1.txt").read_bytes() == "\ufeffeins\r\nzwei\r\n\r\ndrei".encode()
    assert (pictures / "2.txt").read_text() == "a blue cat"
    assert not (pictures / "0.txt").exists()
    browser.step(-1)
    assert browser.box.content == "eins\nzwei\n\ndrei"


def test_a_pause_in_typing_saves(window: Window, pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.pictures.caption_box.SAVE_MS", 20)
    browser = browse(window, pictures)
    type_in(window, browser, "ein Kätzchen 🐈")
    window.until((pictures / "0.txt").exists)
    window.until(lambda: not browser.drafts.drafts)
    assert (pictures / "0.txt").read_text(encoding="utf-8") == "ein Kätzchen 🐈"


def test_what_is_typed_before_the_last_saving_is_heard_of_is_saved_too(window: Window, pictures: Path) -> None:
    browser = browse(window, pictures)
    for text in ("one", "one two"):
        browser.box.text.delete("1.0", "end")
        browser.box.text.insert("1.0", text)
        browser.box.save()
        until(partial(holds, pictures / "0.txt", text))  # no turn of the window's loop has told it
    window.until(lambda: not browser.drafts.drafts)
    assert (pictures / "0.txt").read_text() == "one two"


def test_closing_the_window_saves(window: Window, pictures: Path) -> None:
    browser = browse(window, pictures)
    type_in(window, browser, "typed just now")
    browser.view.tool = BRUSH
    drag(window, browser, (-20, 0), (20, 0))
    close(window)
    assert (pictures / "0.txt").read_text() == "typed just now"
    assert mask_path(pictures / "0.png").exists()


def test_what_cannot_be_saved_stays_in_the_editor_over_a_restart(
    window: Window, make_window: Callable[..., Window], pictures: Path
) -> None:
    browser = browse(window, pictures)
    (pictures / "0.txt").mkdir()
    type_in(window, browser, "not to be lost")
    browser.step(1)
    window.until(lambda: bool(browser.drafts.failed))
    assert "1 not saved" in browser.count.cget("text")
    browser.step(-1)
    assert browser.box.content == "not to be lost"
    assert "0.txt cannot be" in browser.box.problem.cget("text")
    browser.filters.choose(UNSAVED)
    window.until(lambda: names(browser) == ["0.png"])
    close(window)
    assert json.loads((memory.folder() / "captions.json").read_text())
    second = make_window("demo")
    again = browse(second, pictures)
    assert again.box.content == "not to be lost"
    (pictures / "0.txt").rmdir()
    again.box.retry.invoke()
    second.until(lambda: not again.drafts.drafts)
    second.turn()
    assert (pictures / "0.txt").read_text() == "not to be lost"
    assert not again.box.problem.winfo_ismapped()


def test_a_file_that_another_program_changed_is_not_overwritten_unasked(window: Window, pictures: Path) -> None:
    browser = browse(window, pictures)
    browser.step(1)
    (pictures / "1.txt").write_text("theirs")
    type_in(window, browser, "ours")
    browser.box.save()
    window.until(lambda: bool(browser.drafts.failed))
    assert "another program" in browser.box.problem.cget("text")
    assert (pictures / "1.txt").read_text() == "theirs"
    assert browser.box.content == "ours"
    browser.box.reload.invoke()
    assert browser.box.content == "theirs"
    assert not browser.drafts.drafts


def test_filters(window: Window, pictures: Path) -> None:
    Image.new("L", (96, 64)).save(mask_path(pictures / "2.png"))
    browser = browse(window, pictures, trigger_words="blue")
    for kind, words, found in (
        (BARE, "", ["0.png"]),
        (CONTAINS, "GREEN", ["1.png"]),
        (LACKS, "", ["0.png", "1.png"]),  # the concept's trigger words
        (MASKED, "", ["2.png"]),
        (CONTAINS, "nowhere", []),
    ):
        browser.filters.choose(kind, words)
        window.until(lambda found=found: names(browser) == found)  # type: ignore[misc]
        window.turn()
        assert browser.at in (browser.gallery.shown or [-1])
    assert browser.box.content == ""
    assert browser.box.text.cget("state") == "disabled"


def bulk(window: Window, browser: Browser, kind: str, find: str, count: int, by: str = "") -> None:
    browser.bar["bulk"].invoke()
    window.turn()
    browser.bulk.turn_to(kind)
    for entry, text in ((browser.bulk.find, find), (browser.bulk.by, by)):
        entry.delete(0, "end")
        entry.insert(0, text)
    browser.bulk.look()
    window.until(lambda: len(browser.bulk.edits) == count)


def test_search_and_replace_with_preview_and_undo(window: Window, pictures: Path) -> None:
    browser = browse(window, pictures)
    bulk(window, browser, "Replace", "cat", 2, by="dog")
    assert browser.bulk.go.cget("text") == "Change 2 captions"
    shown = browser.bulk.list.item(0)
    assert [text for text, _ in shown.lines] == ["−  a green cat", "+  a green dog"]
    assert (pictures / "1.txt").read_text() == "a green cat"
    browser.bulk.go.invoke()
    window.until(lambda: not browser.bulk.working)
    assert [(pictures / f"{n}.txt").read_text() for n in (1, 2)] == ["a green dog", "a blue dog"]
    assert browser.undoes[0] == "'cat' replaced by 'dog' in 2 captions"
    browser.bulk.closed.emit()
    browser.step(1)
    assert browser.box.content == "a green dog"
    browser.undo()
    assert not browser.many.shown
    window.until(lambda: not browser.deeds.working)
    assert [(pictures / f"{n}.txt").read_text() for n in (1, 2)] == ["a green cat", "a blue cat"]
    assert browser.box.content == "a green cat"
    assert window.app.topbar.undo.cget("state") == "disabled"


def test_tags_everywhere_and_what_could_not_be_changed(window: Window, pictures: Path) -> None:
    browser = browse(window, pictures)
    bulk(window, browser, ADD, "sks", 3)
    (pictures / "2.txt").write_text("theirs")
    browser.bulk.go.invoke()
    window.until(lambda: not browser.bulk.working)
    window.until(lambda: "would change" not in browser.bulk.said.cget("text"))
    assert [(pictures / f"{n}.txt").read_text() for n in range(3)] == ["sks", "a green cat, sks", "theirs"]
    said = browser.bulk.said.cget("text")
    assert "2 captions changed. 1 was left as it is: 2.txt was changed by another program" in said
    bulk(window, browser, REMOVE, "sks", 2)


def test_painting_a_mask(window: Window, pictures: Path) -> None:
    browser = browse(window, pictures)
    browser.tools.tool.set(BRUSH)
    browser.tools._on_tool(BRUSH)
    drag(window, browser, (-60, 0), (60, 0))
    painting = browser.view.painting
    assert painting is not None
    assert painting.mask.size == (96, 64)
    assert painting.mask.getpixel((48, 32)) == TRAINED
    assert painting.mask.getpixel((2, 2)) == LEFT_OUT
    drag(window, browser, (0, 0), button=3)
    assert painting.mask.getpixel((48, 32)) == LEFT_OUT
    browser.tools.buttons["undo"].invoke()
    browser.tools.buttons["undo"].invoke()
    assert browser.tools.buttons["undo"].cget("state") == "disabled"
    browser.tools.buttons["redo"].invoke()
    assert painting.mask.getpixel((48, 32)) == TRAINED
    browser.tools._on_tool(FILL)
    drag(window, browser, (0, -100))
    assert painting.mask.getpixel((2, 2)) == TRAINED
    browser.tools._on_tool(ERASE)
    drag(window, browser, (0, 0))
    wanted = painting.mask.tobytes()
    browser.step(1)
    window.until(mask_path(pictures / "0.png").exists)
    window.until(lambda: browser.gallery.entries[0].masked)
    with Image.open(mask_path(pictures / "0.png")) as saved:
        assert saved.tobytes() == wanted
    assert not mask_path(pictures / "1.png").exists()


def test_an_untouched_mask_is_not_saved_and_one_that_cannot_be_is_kept(window: Window, pictures: Path) -> None:
    browser = browse(window, pictures)
    browser.view.tool = BRUSH
    drag(window, browser, (0, 0))
    browser.view.undo()
    browser.step(1)
    mask_path(pictures / "1.png").mkdir()
    browser.view.reload()
    window.until(lambda: browser.view.loaded is not None and browser.view.loaded.path == browser.view.path)
    assert "cannot be read" in browser.title.cget("text")
    drag(window, browser, (0, 0))
    browser.step(1)
    window.until(lambda: bool(browser.masks.problems))
    assert not mask_path(pictures / "0.png").exists()
    assert "1 not saved" in browser.count.cget("text") or browser.masks.changed(pictures / "1.png")
    browser.step(-1)
    window.until(lambda: "cannot be written" in browser.title.cget("text"))


def test_a_mask_is_removed_and_comes_back(window: Window, pictures: Path) -> None:
    browser = browse(window, pictures)
    assert browser.tools.buttons["remove"].cget("state") == "disabled"
    browser.view.tool = BRUSH
    drag(window, browser, (0, 0))
    browser.tools.buttons["remove"].invoke()
    window.until(lambda: browser.view.loaded is not None and not browser.view.masked)
    path = mask_path(pictures / "0.png")
    assert not path.exists()
    assert not browser.gallery.entries[0].masked
    browser.undo()
    window.until(lambda: browser.view.loaded is not None and browser.view.masked)
    assert path.is_file()


def test_a_mask_that_cannot_be_saved_when_the_window_closes_is_there_again(window: Window, pictures: Path) -> None:
    browser = browse(window, pictures)
    browser.view.tool = BRUSH
    drag(window, browser, (0, 0))
    painting = browser.view.painting
    assert painting is not None
    wanted = painting.mask.tobytes()
    mask_path(pictures / "0.png").mkdir()
    browser.masks.flush()
    again = MaskStore(window.app.writer)
    again.recover(pictures / "0.png")
    found = again.get(pictures / "0.png")
    assert found is not None
    assert found.mask.tobytes() == wanted
    assert again.unsaved == [pictures / "0.png"]
    mask_path(pictures / "0.png").rmdir()
    again.save(pictures / "0.png")
    window.until(lambda: not again.unsaved)
    later = MaskStore(window.app.writer)
    later.recover(pictures / "0.png")
    assert later.get(pictures / "0.png") is None, "what is saved is not kept twice"


def test_delete_goes_to_the_trash_and_comes_back(window: Window, pictures: Path) -> None:
    browser = browse(window, pictures)
    browser.step(1)
    type_in(window, browser, "typed before it went")
    browser.bar["delete"].invoke()
    window.turn()
    assert names(browser) == ["0.png", "2.png"]
    assert browser.box.content == "a blue cat"
    assert sorted(path.name for path in (pictures / ".trash").iterdir()) == ["1.png", "1.txt"]
    browser.undo()
    window.until(lambda: names(browser) == ["0.png", "1.png", "2.png"])
    assert (pictures / "1.txt").read_text() == "typed before it went"
    for _ in range(3):
        browser.delete()
        window.turn()
    assert names(browser) == []
    assert "no pictures" in browser.grid_.hint


def test_folders_without_pictures_and_without_folder_say_so(window: Window, pictures: Path, tmp_path: Path) -> None:
    browser = browse(window, pictures)
    window.app.store.replace("concepts[0].path", str(tmp_path / "nowhere"))
    window.until(lambda: "cannot be read" in browser.grid_.hint)
    window.app.store.replace("concepts[0].caption_source", CaptionSource.FILE_NAME)
    window.app.store.replace("concepts[0].path", str(pictures))
    window.until(lambda: len(names(browser)) == 3)
    assert "not used now" in browser.box.note.cget("text")


def test_ten_thousand_pictures_draw_only_what_is_seen(window: Window, tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "00000.png")
    for number in range(1, 10_000):
        (tmp_path / f"{number:05}.png").hardlink_to(tmp_path / "00000.png")
    browser = browse(window, tmp_path)
    assert len(names(browser)) == 10_000
    assert len(browser.grid_.canvas.find_all()) < 200
    browser.grid_.select(9_000)
    window.until(lambda: browser.thumbs.known(tmp_path / "09000.png", browser.grid_.canvas.px(SIDE)))
    assert len(browser.thumbs._decoded) < 400


def test_with_a_persons_hands(window: Window, pictures: Path) -> None:
    """xdotool: click a thumbnail, type into the caption, page on, paint."""
    browser = browse(window, pictures)
    window.app.root.focus_force()

    def hands(*words: object) -> None:
        subprocess.run(["xdotool", *map(str, words)], check=True)
        window.turn(0.15)

    def click(widget: object, x: int, y: int) -> None:
        hands("mousemove", widget.winfo_rootx() + x, widget.winfo_rooty() + y, "click", 1)  # type: ignore[attr-defined]

    cells = browser.grid_.canvas
    click(cells, 150, 50)
    window.until(lambda: browser.at == 1)
    click(browser.box.text, 200, 20)
    hands("key", "End")
    hands("type", ", asleep")
    hands("key", "Next")
    window.until(lambda: browser.at == 2)
    window.until(lambda: (pictures / "1.txt").read_text() == "a green cat, asleep")
    browser.tools._on_tool(BRUSH)
    x, y = browser.view.winfo_rootx(), browser.view.winfo_rooty()
    middle = (x + browser.view.winfo_width() // 2, y + browser.view.winfo_height() // 2)
    hands("mousemove", *middle, "mousedown", 1)
    hands("mousemove", middle[0] + 40, middle[1], "mouseup", 1)
    painting = browser.view.painting
    assert painting is not None
    assert painting.mask.histogram()[TRAINED] > 50
    assert browser.view.lens is not None
    scale = browser.view.lens.scale
    hands("click", 4)
    window.until(lambda: browser.view.lens is not None and browser.view.lens.scale > scale)
    click(cells, 50, 50)
    hands("keydown", "ctrl")
    click(cells, 150, 50)
    hands("keyup", "ctrl")
    window.until(lambda: browser.grid_.selection.keys == {"0.png", "1.png"})
    hands("key", "Delete")
    window.until(lambda: names(browser) == ["2.png"])
    hands("key", "ctrl+z")
    window.until(lambda: names(browser) == ["0.png", "1.png", "2.png"])


def test_looking_has_one_row_of_tools_and_painting_its_own_below(window: Window, pictures: Path) -> None:
    browser = browse(window, pictures)
    window.rest()
    looking = browser.view.winfo_height()
    assert not browser.tools.size.winfo_ismapped()
    browser.tools._on_tool(BRUSH)
    window.until(browser.tools.size.winfo_ismapped)
    assert browser.tools.buttons["undo"].winfo_ismapped()
    assert browser.tools.overlay.winfo_ismapped()
    window.until(lambda: browser.view.winfo_height() < looking)
    browser.view.tool = LOOK
    window.until(lambda: browser.view.winfo_height() == looking)
    assert browser.tools.tool.get() == LOOK


@pytest.mark.parametrize("scaling", [80, 100, 150, 200])
def test_nothing_is_out_of_reach_in_a_small_window(
    make_window: Callable[..., Window], pictures: Path, scaling: int
) -> None:
    memory.keep_view(memory.View("1100x740+0+0", "light", scaling, basic=False))
    window = make_window()
    browser = browse(window, pictures)
    browser.tools._on_tool(BRUSH)
    window.until(browser.tools.size.winfo_ismapped)
    window.rest()
    page = window.app.shell.pages["concept"]
    px = browser.view.px
    assert browser.view.winfo_height() >= px(150)
    reached = [*browser.bar.values(), *browser.tools.buttons.values(), browser.tools.overlay, browser.box.tokens]
    assert isinstance(page, ConceptPage)
    for widget in (*reached, browser.filters.choice, page.choice, browser.count):
        assert widget.winfo_ismapped()
        assert widget.winfo_width() >= widget.winfo_reqwidth() - 1, widget
        for edge, size in (("x", "width"), ("y", "height")):
            start = getattr(widget, f"winfo_root{edge}")() - getattr(page, f"winfo_root{edge}")()
            assert start >= 0
            assert start + getattr(widget, f"winfo_{size}")() <= getattr(page, f"winfo_{size}")() + 1, widget
    assert window.app.shell.room.scrolls == (scaling >= 150)


def test_another_part_of_the_window_has_a_picture_shown(window: Window, pictures: Path) -> None:
    browser = browse(window, pictures)
    page = window.app.shell.pages["concept"]
    assert isinstance(page, ConceptPage)
    browser.filters.choose(CONTAINS, "green")
    window.until(lambda: names(browser) == ["1.png"])
    page._on_choice("Crops")
    page.show_picture("2.png")  # which the filter hides
    window.until(lambda: browser.gallery.entries[browser.at].key == "2.png")
    window.until(lambda: browser.view.path == pictures / "2.png")
    page.show_picture("gone.png")
    window.rest()
    window.until(lambda: not browser.gallery.reading)
    assert browser.gallery.entries[browser.at].key == "2.png"


def test_nothing_is_painted_where_the_picture_cannot_be_read(window: Window, pictures: Path) -> None:
    (pictures / "1.png").write_bytes(b"no picture")
    browser = browse(window, pictures)
    tools = browser.tools

    def states() -> set[str]:
        return {tools.tool.cget("state"), *(tools.buttons[name].cget("state") for name in ("all", "invert", "fit"))}

    assert states() == {"normal"}
    browser.step(1)
    window.until(lambda: browser.view.loaded is not None and bool(browser.view.loaded.problem))
    window.until(lambda: states() == {"disabled"})
    browser.step(1)
    window.until(lambda: states() == {"normal"})
    browser.grid_.select_all()
    browser.delete()
    window.until(lambda: browser.view.path is None)
    assert states() == {"disabled"}


def test_arrows_go_from_picture_to_picture_from_the_page_and_from_painting(window: Window, pictures: Path) -> None:
    window.app.root.focus_force()
    window.turn()
    browser = browse(window, pictures)

    def right() -> int:
        window.app.root.focus_get().event_generate("<Right>")
        window.turn()
        return browser.at

    assert right() == 1
    window.until(lambda: browser.view.seen)
    browser.tools.tool.set(BRUSH)
    browser.tools._on_tool(BRUSH)
    drag(window, browser, (-10, 0), (10, 0))
    assert right() == 2

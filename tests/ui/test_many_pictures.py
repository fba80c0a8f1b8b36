"""Several pictures at once: chosen, deleted, tagged; searched by name, sorted, and what is wrong with their files."""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from onetrainer_clone import browse as core
from onetrainer_clone import statistics
from onetrainer_clone.browse import Entry
from onetrainer_clone.paths import write_whole
from onetrainer_clone.settings import UserError
from tests.ui.conftest import Window
from tests.ui.test_pictures import browse, names
from tests.waiting import LIMIT
from ui.concept.page import ConceptPage
from ui.pictures import work
from ui.pictures.browser import Browser
from ui.pictures.bulk import ADD, CHOSEN, EVERY
from ui.pictures.selection import Selection
from ui.pictures.sieve import (
    ALIKE,
    ALL,
    BARE,
    BY_NAME,
    LARGEST,
    LONGEST,
    NEWEST,
    OLDEST,
    ORDERS,
    SHORTEST,
    SMALLEST,
    TOO_SMALL,
    UNREADABLE,
    Faults,
    Known,
    Wish,
    sift,
)


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Eight pictures, all described."""
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(8):
        Image.effect_noise((80 + number, 80), 60).convert("RGB").save(folder / f"{number}.png")
        (folder / f"{number}.txt").write_text(f"picture {number}")
    return folder


def click(window: Window, browser: Browser, index: int, held: str = "") -> None:
    cells = browser.grid_.canvas
    step, height = cells.px(96), cells.row_height
    x, y = index % cells.columns * step + step // 2, index // cells.columns * height + height // 2
    cells.event_generate(f"<{held}Button-1>", x=x, y=y - int(cells.canvasy(0)))
    window.turn()


def chosen(browser: Browser) -> list[str]:
    return sorted(browser.grid_.selection.keys)


def test_choosing_by_mouse_and_keys(window: Window, many: Path) -> None:
    browser = browse(window, many)
    click(window, browser, 1)
    assert chosen(browser) == ["1.png"]
    click(window, browser, 3, "Control-")
    click(window, browser, 4, "Control-")
    assert chosen(browser) == ["1.png", "3.png", "4.png"]
    assert browser.gallery.entries[browser.at].key == "4.png"
    assert "3 selected of 8" in browser.count.cget("text")
    assert browser.bar["delete"].cget("text") == "Delete 3"
    click(window, browser, 3, "Control-")
    assert chosen(browser) == ["1.png", "4.png"]
    click(window, browser, 1, "Shift-")
    assert chosen(browser) == ["1.png", "2.png", "3.png"]
    browser.grid_.canvas.focus_force()
    browser.grid_.canvas.event_generate("<Shift-Left>")
    assert chosen(browser) == ["0.png", "1.png", "2.png", "3.png"]
    browser.grid_.canvas.event_generate("<Control-a>")
    assert len(chosen(browser)) == 8
    browser.step(1)
    assert chosen(browser) == ["1.png"]
    assert browser.bar["delete"].cget("text") == "Delete"


def test_what_is_chosen_stays_so_when_the_list_is_sorted_and_goes_when_it_is_filtered_out() -> None:
    selection, keys = Selection(), list("abcdef")
    selection.show(6, keys.__getitem__)
    selection.one(1)
    selection.toggle(4)
    selection.show(6, keys[::-1].__getitem__)
    assert selection.keys == {"b", "e"}
    assert [index for index in range(6) if selection.chosen(index) and index != selection.at] in ([1, 4], [1], [4])
    selection.show(3, keys.__getitem__)
    assert selection.keys == {"b"}
    selection.one(0)
    selection.toggle(0)
    assert selection.keys == {"a"}, "one is always left"
    selection.all()
    selection.toggle(selection.at)
    assert selection.keys == {"b", "c"}
    assert selection.at == 1


@pytest.mark.parametrize("at_once", [20, 0])
def test_several_are_deleted_and_come_back_in_one_go(
    window: Window, many: Path, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once, and as it is done where there are many: in the background."""
    monkeypatch.setattr(work, "AT_ONCE", at_once)
    browser = browse(window, many)
    click(window, browser, 2)
    browser.box.text.insert("end", ", typed just now")
    window.turn()
    for index in (4, 5):
        click(window, browser, index, "Control-")
    browser.bar["delete"].invoke()
    window.until(lambda: names(browser) == ["0.png", "1.png", "3.png", "6.png", "7.png"])
    window.turn()
    assert browser.gallery.entries[browser.at].key == "6.png"
    assert browser.box.content == "picture 6"
    assert chosen(browser) == ["6.png"]
    assert len(list((many / ".trash").iterdir())) == 6
    assert browser.undoes[0] == "3 pictures moved to the trash"
    browser.undo()
    window.until(lambda: len(names(browser)) == 8 and not browser.gallery.reading)
    assert (many / "2.txt").read_text() == "picture 2, typed just now"
    assert browser.gallery.entries[browser.at].key == "6.png"
    assert browser.undoes[0] == "what was typed into 2.txt"


def test_a_caption_that_is_being_written_does_not_come_back_without_its_picture(
    window: Window, many: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = browse(window, many)
    click(window, browser, 2)
    begun, go_on, real = threading.Event(), threading.Event(), write_whole

    def slow(path: Path, text: bytes) -> None:
        if threading.current_thread() is not threading.main_thread():
            begun.set()
            assert go_on.wait(LIMIT)
        real(path, text)

    monkeypatch.setattr("onetrainer_clone.captions.write_whole", slow)
    browser.box.text.insert("end", ", typed just now")
    window.turn()
    click(window, browser, 3)  # the caption is written now
    assert begun.wait(LIMIT)
    click(window, browser, 2)
    threading.Timer(0.1, go_on.set).start()
    browser.delete()
    window.rest()
    assert not (many / "2.txt").exists()
    browser.undo()
    window.rest()
    assert (many / "2.txt").read_text() == "picture 2, typed just now"
    assert (many / "2.png").exists()


def test_those_that_cannot_be_deleted_stay_and_it_is_said(window: Window, many: Path) -> None:
    browser = browse(window, many)
    browser.grid_.select_all()
    (many / "3.png").unlink()
    with pytest.raises(UserError, match=r"1 of 8 pictures stay where they are\. 3\.png cannot be moved"):
        browser.delete()
    assert names(browser) == ["3.png"]
    assert browser.undoes[0] == "7 pictures moved to the trash"


def test_a_tag_for_those_that_are_chosen(window: Window, many: Path) -> None:
    browser = browse(window, many)
    click(window, browser, 2)
    click(window, browser, 4, "Control-")
    assert browser.bar["bulk"].cget("text") == "Captions of 2 …"
    browser.bar["bulk"].invoke()
    window.turn()
    assert browser.bulk.scope.get() == CHOSEN
    browser.bulk.turn_to(ADD)
    browser.bulk.find.insert(0, "sks")
    browser.bulk.look()
    window.until(lambda: len(browser.bulk.edits) == 2)
    click(window, browser, 5, "Control-")
    window.until(lambda: len(browser.bulk.edits) == 3)
    browser.bulk.go.invoke()
    window.until(lambda: not browser.bulk.working)
    tagged = [path.stem for path in sorted(many.glob("*.txt")) if "sks" in path.read_text()]
    assert tagged == ["2", "4", "5"]
    browser.bulk.closed.emit()
    browser.step(1)
    browser.bar["bulk"].invoke()
    assert browser.bulk.scope.get() == EVERY


def test_by_name_and_in_another_order(window: Window, many: Path) -> None:
    (many / "3.txt").write_text("the longest of all the captions")
    os.utime(many / "6.png", (1, 1))
    browser = browse(window, many)
    browser.filters.name.insert(0, "3.PNG")
    browser.filters.changed.emit()
    window.until(lambda: names(browser) == ["3.png"])
    browser.filters.name.delete(0, "end")
    browser.filters.order.set(LONGEST)
    browser.filters.changed.emit()
    window.until(lambda: len(names(browser)) == 8 and names(browser)[0] == "3.png")
    browser.step(1)
    assert browser.box.content == "picture 0"
    browser.filters.order.set(OLDEST)
    browser.filters.changed.emit()
    window.until(lambda: names(browser)[0] == "6.png")
    assert browser.gallery.entries[browser.at].key == "0.png", "the one that is looked at stays"
    browser.reload()
    window.until(lambda: not browser.gallery.listing and names(browser)[0] == "6.png")


@pytest.mark.parametrize("order", ORDERS)
def test_orders(tmp_path: Path, order: str) -> None:
    entries, texts = [], {}
    for number, (age, size, text) in enumerate(((3, 30, "aa"), (1, 20, "a"), (2, 10, "aaa"))):
        path = tmp_path / f"{number}.png"
        path.write_bytes(bytes(size))
        os.utime(path, (age, age))
        entries.append(Entry(path, path.name, path.with_suffix(".txt"), True, False))
        texts[path.with_suffix(".txt")] = text
    wanted = {
        BY_NAME: [0, 1, 2], NEWEST: [0, 2, 1], OLDEST: [1, 2, 0], LARGEST: [0, 1, 2], SMALLEST: [2, 1, 0],
        LONGEST: [2, 0, 1], SHORTEST: [1, 0, 2],
    }  # fmt: skip
    assert sift(entries, Wish(order=order), Known(texts, {})) == wanted[order]


def test_faults_of_files_are_looked_for_when_they_are_asked_for(make_window: Callable[..., Window], many: Path) -> None:
    (many / "2.png").write_bytes(b"no picture")
    (many / "5.png").write_bytes((many / "0.png").read_bytes())
    Image.new("RGB", (8, 8)).save(many / "7.png")
    window = make_window()
    browser = browse(window, many)
    for kind, found in ((UNREADABLE, ["2.png"]), (ALIKE, ["0.png", "5.png"])):
        browser.filters.choose(kind)
        window.until(lambda found=found: names(browser) == found)  # type: ignore[misc]
    browser.filters.choose(TOO_SMALL)
    window.until(lambda: "7.png" in names(browser))
    assert "2.png" not in names(browser)
    browser.filters.choose(ALIKE)
    window.until(lambda: names(browser) == ["0.png", "5.png"])
    browser.grid_.select(1)
    browser.delete()
    window.turn()
    browser.filters.choose(ALIKE)
    window.until(lambda: names(browser) == [])
    assert "No picture" in browser.grid_.hint
    browser.undo()
    window.until(lambda: names(browser) == ["0.png", "5.png"])


def test_a_concept_whose_files_cannot_be_looked_at_says_why(window: Window, many: Path) -> None:
    browser = browse(window, many)
    for path in many.iterdir():
        path.unlink()
    many.rmdir()
    browser.filters.choose(UNREADABLE)
    window.until(lambda: "cannot be read" in browser.grid_.hint)


def test_sifting_combines_name_and_kind() -> None:
    def entry(key: str) -> Entry:
        return Entry(Path(key), key, Path(key).with_suffix(".txt"), True, False)

    entries = [entry(key) for key in ("a/1.png", "a/2.png", "b/1.png")]
    texts = {entries[0].caption: "x", entries[1].caption: ""}
    assert sift(entries, Wish(BARE, name="A/"), Known(texts, {})) == [1]
    faults = Faults({}, frozenset(), (("b/1.png", "a/1.png"), ("a/2.png", "gone.png")))
    assert sift(entries, Wish(ALIKE), Known(texts, {}, faults)) == [2, 0], "side by side, and only where there are two"
    assert sift(entries, Wish(ALL), Known(texts, {}, faults)) == [0, 1, 2]


def test_deleting_several_of_one_name_takes_the_shared_caption_with_the_last(tmp_path: Path) -> None:
    for name in ("a.png", "a.webp", "b.png", "a.txt"):
        (tmp_path / name).write_text(name)
    wanted = [tmp_path / name for name in ("a.png", "gone.png", "a.webp")]
    found = list(core.delete_several(wanted))
    assert [[to.name for _, to in moves] for moves, _ in found] == [["a.png"], [], ["a.webp", "a.txt"]]
    assert [bool(why) for _, why in found] == [False, True, False]
    assert not any(why for _, why in core.move_several(core.turned(moves) for moves, _ in found))
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["a.png", "a.txt", "a.webp", "b.png"]


def test_a_long_name_leaves_the_grid_as_wide_as_it_is(window: Window, many: Path) -> None:
    long = many / f"{'long ' * 30}.png"
    (many / "7.png").rename(long)
    browser = browse(window, many)
    window.turn(0.1)
    width = browser.shelf.winfo_width()
    browser.grid_.select(7)
    window.until(lambda: "long" in browser.title.cget("text"))
    window.turn(0.1)
    assert browser.shelf.winfo_width() == width


def test_what_the_statistics_have_found_the_filters_need_not_look_for(
    window: Window, many: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the other way round, until files are others here."""
    real, looks = statistics.survey, []

    def survey(*arguments: Any) -> Any:
        looks.append(arguments)
        return real(*arguments)

    monkeypatch.setattr(statistics, "survey", survey)
    (many / "8.png").write_bytes((many / "3.png").read_bytes())
    browser = browse(window, many)
    window.app.go("concept[0].numbers")
    page = window.app.shell.pages["concept"]
    assert isinstance(page, ConceptPage)
    window.until(lambda: page.views["numbers"].found is not None)
    window.app.go("concept[0].pictures")
    window.until(lambda: len(names(browser)) == 9 and not browser.gallery.reading)
    browser.filters.choose(ALIKE)
    window.until(lambda: names(browser) == ["3.png", "8.png"])
    assert len(looks) == 1
    browser.bar["reload"].invoke()
    window.until(lambda: len(looks) == 2 and names(browser) == ["3.png", "8.png"])
    page.views["numbers"].found = None
    window.app.go("concept[0].numbers")
    window.until(lambda: page.views["numbers"].found is not None)
    assert len(looks) == 2

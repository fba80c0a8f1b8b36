"""The concepts, prompts and words in small windows and at large scalings: what lies beside each other comes under it."""

import tkinter
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import customtkinter as ctk
import pytest

from tests.ui.conftest import Window
from ui.concept.page import ConceptPage
from ui.tabs.concepts import ConceptsPage
from ui.tabs.items import ItemsPage
from ui.tabs.page import STACKED

Resize = Callable[[str, float], None]
SMALL, MIDDLE, LARGE = ("1100x740", 2.0), ("1100x740", 1.5), ("1920x1080", 1.0)


@pytest.fixture
def resize(window: Window) -> Iterator[Resize]:
    def do(size: str, scaling: float) -> None:
        ctk.set_widget_scaling(scaling)
        window.app.root.geometry(f"{size}+0+0")
        window.turn(0.4)

    yield do
    ctk.set_widget_scaling(1.0)


def under(lower: Any, upper: Any) -> bool:
    return int(lower.winfo_rooty()) >= int(upper.winfo_rooty()) + int(upper.winfo_height())


def beside(right: Any, left: Any) -> bool:
    return int(right.winfo_rootx()) >= int(left.winfo_rootx()) + int(left.winfo_width())


def texts_of(canvas: tkinter.Canvas) -> list[int]:
    return [item for item in canvas.find_all() if str(canvas.type(item)) == "text"]


def whole_form(page: ItemsPage) -> bool:
    """Whether nothing of the form is hidden within the editor: the page scrolls, not the editor."""
    first, last = page.editor._parent_canvas.yview()
    return bool(last - first == 1.0)


@pytest.mark.parametrize("key", ["concepts", "sampling", "embedding"])
def test_the_editor_is_under_the_list_in_a_narrow_page_and_has_its_whole_height(
    window: Window, resize: Resize, key: str
) -> None:
    page = window.app.shell.show(key)
    assert isinstance(page, ItemsPage)
    if key == "embedding":
        page.add()
    resize(*SMALL)
    scale = 2.0
    assert page.winfo_width() / scale < STACKED
    assert under(page.editor._parent_frame, page.list)
    assert window.app.shell.room.scrolls
    assert whole_form(page)
    window.app.shell.room.scroll_to(100_000)
    window.turn()
    assert page.form is not None
    foot = page.form.winfo_rooty() + page.form.winfo_height()
    assert foot <= window.app.shell.room.winfo_rooty() + window.app.shell.room.winfo_height()
    resize(*LARGE)
    assert beside(page.editor._parent_frame, page.list)
    assert not window.app.shell.room.scrolls


@pytest.mark.parametrize("key", ["sampling", "embedding"])
def test_list_and_editor_have_room_at_150_percent(window: Window, resize: Resize, key: str) -> None:
    page = window.app.shell.show(key)
    assert isinstance(page, ItemsPage)
    if key == "embedding":
        page.add()
    resize(*MIDDLE)
    assert beside(page.editor._parent_frame, page.list)
    assert page.list.winfo_height() >= 180 * 1.5
    assert page.editor._parent_frame.winfo_height() >= 180 * 1.5


def test_the_sentence_above_the_bars_has_as_many_lines_as_it_needs(window: Window, resize: Resize) -> None:
    page = window.app.shell.show("concepts")
    assert isinstance(page, ConceptsPage)
    window.settle()
    resize(*SMALL)
    strip = page.strip
    texts = {strip.itemcget(item, "text"): strip.bbox(item) for item in texts_of(strip)}
    sentence, label = texts[strip.sentence], texts["Samples"]
    assert sentence[3] - sentence[1] > 1.5 * (label[3] - label[1])  # two lines
    assert label[1] >= sentence[3]
    assert max(box[3] for box in map(strip.bbox, strip.find_all())) <= strip.winfo_height()


def test_a_narrow_card_goes_on_in_its_free_lines(window: Window, resize: Resize) -> None:
    page = window.app.shell.show("concepts")
    assert isinstance(page, ConceptsPage)
    window.settle()
    resize("1100x740", 1.35)
    assert beside(page.editor._parent_frame, page.list)
    canvas = page.list.canvas
    texts = [canvas.itemcget(item, "text") for item in texts_of(canvas)]
    assert texts[:3] == ["subject", "Standard · weight 1", "100 per epoch"]
    assert " ".join(texts).replace(" · ", " ").startswith(
        "subject Standard weight 1 100 per epoch 6 pictures, 100 samples 50%, of loss 33%"
    )


def test_a_long_fact_is_broken_at_spaces_and_the_last_line_is_cut(window: Window) -> None:
    page = window.app.shell.show("concepts")
    assert isinstance(page, ConceptsPage)
    canvas = page.list.canvas
    face = canvas.face()
    words = "there is no folder of this name"
    room = canvas.length("there is no", face)
    assert canvas.broken(words, room, face, 3) == ["there is no", "folder of", "this name"]
    assert canvas.broken(words, room, face, 2) == ["there is no", "folder of this name"]
    assert canvas.broken("unbreakable", 3, face, 3) == ["unbreakable"]


@pytest.mark.parametrize("view", ["image", "text"])
def test_the_form_is_above_the_preview_in_a_narrow_page(window: Window, resize: Resize, view: str) -> None:
    window.app.go(f"concept[0].{view}")
    page = window.app.shell.pages["concept"]
    assert isinstance(page, ConceptPage)
    shown = page.views[view]
    resize(*SMALL)
    assert under(shown.body, shown.editor._parent_frame)
    assert shown.editor._parent_canvas.yview() == (0.0, 1.0)
    assert under(page.choice, page.back)
    assert page.name.cget("text") == "subject"
    resize(*LARGE)
    assert beside(shown.body, shown.editor._parent_frame)
    assert shown.body.winfo_width() > 2 * shown.editor._parent_frame.winfo_width()
    assert not under(page.choice, page.back)


def test_statistics_have_one_column_in_a_narrow_page(window: Window, resize: Resize) -> None:
    window.app.go("concept[0].numbers")
    page = window.app.shell.pages["concept"]
    assert isinstance(page, ConceptPage)
    cards = page.views["numbers"].cards
    resize(*SMALL)
    assert all(under(lower, upper) for upper, lower in pairwise(cards))
    resize(*LARGE)
    assert beside(cards[1], cards[0])
    assert cards[-1].winfo_width() > 1.8 * cards[0].winfo_width()

"""The room that a page is shown in: a page that needs more height than there is scrolls."""

import tkinter
from collections.abc import Iterator

import customtkinter as ctk
import pytest

from ui.viewport import CHANGED, NOTCH, Viewport

WIDTH, HEIGHT = 400, 300


@pytest.fixture
def view(no_garbage: None, display: str) -> Iterator[Viewport]:
    root = ctk.CTk()
    root.geometry(f"{WIDTH}x{HEIGHT}+0+0")
    made = Viewport(root)
    made.pack(fill="both", expand=True)
    root.update()
    yield made
    root.destroy()


def test_a_page_that_makes_do_with_it_fills_the_room(view: Viewport) -> None:
    view.show(lambda width: HEIGHT)
    view.update()
    assert (view.inner.winfo_width(), view.inner.winfo_height()) == (WIDTH, HEIGHT)
    assert not view.scrolls


def test_a_page_that_needs_more_has_it_and_can_be_scrolled_to_its_end(view: Viewport) -> None:
    view.show(lambda width: 2.5 * HEIGHT)
    view.update()
    assert view.inner.winfo_height() == 2.5 * HEIGHT
    assert view.inner.winfo_width() < WIDTH  # beside the scrollbar
    view.scroll_to(10_000)
    view.update()
    assert view.inner.winfo_y() == -1.5 * HEIGHT
    view.scroll_to(-5)
    view.update()
    assert view.inner.winfo_y() == 0


def test_the_need_is_asked_at_the_width_that_is_left_beside_the_scrollbar(view: Viewport) -> None:
    view.show(lambda width: 100_000 / width * 2)
    view.update()
    assert view.inner.winfo_height() == pytest.approx(200_000 / view.inner.winfo_width(), abs=1)


def test_a_page_that_needs_less_as_soon_as_it_is_laid_out_leaves_no_scrollbar(view: Viewport) -> None:
    """As one whose texts are broken at the width that they get."""
    needs = [2.0 * HEIGHT]
    view.show(lambda _width: 0)
    view.update()

    def broken(_event: object) -> None:
        needs[0] = 0.0
        view.event_generate(CHANGED)

    tkinter.Misc.bind(view._bar, "<Configure>", broken, add="+")
    view.show(lambda _width: needs[0])
    view.update()
    assert not view.scrolls
    assert not view._bar.winfo_ismapped()
    assert view.inner.winfo_width() == WIDTH


def test_a_larger_window_needs_no_scrolling(view: Viewport) -> None:
    view.show(lambda width: 2 * HEIGHT)
    view.scroll_to(100)
    view.winfo_toplevel().geometry(f"{WIDTH}x{2 * HEIGHT}")
    view.update()
    assert not view.scrolls
    assert view.inner.winfo_y() == 0


def test_another_page_is_seen_from_its_top(view: Viewport) -> None:
    view.show(lambda width: 2 * HEIGHT)
    view.scroll_to(100)
    view.show(lambda width: 3 * HEIGHT)
    view.update()
    assert view.inner.winfo_y() == 0


def test_the_wheel_scrolls_the_page_but_not_where_a_list_scrolls_by_itself(view: Viewport) -> None:
    label = tkinter.Label(view.inner, text="words")
    label.pack()
    inside = tkinter.Canvas(view.inner, scrollregion=(0, 0, 10, 5000), height=100)
    inside.pack()
    view.show(lambda width: 2 * HEIGHT)
    view.update()
    inside.event_generate("<Button-5>")
    view.update()
    assert view.inner.winfo_y() == 0
    label.event_generate("<Button-5>")
    view.update()
    assert view.inner.winfo_y() == -NOTCH


def test_what_the_tab_key_comes_to_is_brought_into_view(view: Viewport) -> None:
    entry = tkinter.Entry(view.inner)
    entry.place(y=500, height=30)
    view.show(lambda width: 2 * HEIGHT)
    view.update()
    entry.event_generate("<FocusIn>")
    view.update()
    assert 0 <= entry.winfo_rooty() - view.winfo_rooty() <= HEIGHT - 30


def test_a_list_that_came_to_its_end_hands_the_wheel_on(view: Viewport) -> None:
    inside = tkinter.Canvas(view.inner, scrollregion=(0, 0, 10, 5000), height=100)
    inside.pack()
    view.show(lambda width: 2 * HEIGHT)
    view.update()
    inside.yview_moveto(1.0)
    inside.event_generate("<Button-5>")
    view.update()
    assert view.inner.winfo_y() == -NOTCH
    inside.event_generate("<Button-4>")
    view.update()
    assert view.inner.winfo_y() == -NOTCH


def test_a_page_that_needs_another_height_is_laid_out_anew(view: Viewport) -> None:
    needed = [HEIGHT]
    view.show(lambda width: needed[0])
    view.update()
    needed[0] = 3 * HEIGHT
    view.inner.event_generate(CHANGED)
    view.update()
    assert view.inner.winfo_height() == 3 * HEIGHT

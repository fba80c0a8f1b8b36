"""Size and place of the window from one start to the next, on screens that are scaled, gone, or at the left."""

from collections.abc import Callable
from typing import Any

import customtkinter as ctk
import pytest

from tests.ui.conftest import Window, close
from ui import appearance, memory
from ui.appearance import within_reach


@pytest.fixture
def laptop(monkeypatch: pytest.MonkeyPatch) -> None:
    """A screen that the system draws at 150 %."""
    monkeypatch.setattr(ctk.ScalingTracker, "get_window_dpi_scaling", classmethod(lambda _cls, _window: 1.5))


def test_the_size_stays_the_same_on_a_scaled_screen(laptop: None, make_window: Callable[..., Window]) -> None:
    memory.keep_view(memory.View("1000x660+40+30"))
    seen = []
    for _ in range(3):
        window = make_window()
        root = window.app.root
        window.until(lambda root=root: root.winfo_width() > 1)  # type: ignore[misc]
        seen.append((root.winfo_width(), root.winfo_height(), root.winfo_x(), root.winfo_y()))
        close(window)
    assert seen == [(1500, 990, 40, 30)] * 3


def test_a_small_scaled_screen_is_not_asked_for_more_than_it_has(
    laptop: None, make_window: Callable[..., Window], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ctk.CTk, "winfo_screenwidth", lambda _root: 1280)
    monkeypatch.setattr(ctk.CTk, "winfo_screenheight", lambda _root: 800)
    root = make_window().app.root
    root.update()
    assert root.winfo_width() <= 1280
    assert root.winfo_height() <= 800


def test_a_place_on_a_screen_that_is_gone_is_forgotten(make_window: Callable[..., Window]) -> None:
    memory.keep_view(memory.View("1000x700+3000+2000"))
    root = make_window().app.root
    root.update()
    assert (root.winfo_width(), root.winfo_height()) == (1000, 700)
    assert root.winfo_rootx() < root.winfo_screenwidth()
    assert root.winfo_rooty() < root.winfo_screenheight()


def test_a_screen_at_the_left_of_the_main_one_has_negative_places(
    make_window: Callable[..., Window], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ctk.CTk, "winfo_vrootx", lambda _root: -1920)
    monkeypatch.setattr(ctk.CTk, "winfo_vrootwidth", lambda _root: 3840)
    memory.keep_view(memory.View("1000x700+-1500+20"))
    window = make_window()
    root: Any = window.app.root
    window.turn()
    assert within_reach(root, 1000, "-1500+20")
    assert (root.winfo_x(), root.winfo_y()) == (-1500, 20)
    close(window)
    assert memory.last_view().geometry == "1000x700+-1500+20"


@pytest.mark.parametrize(("place", "reachable"), [
    ("0+0", True), ("-850+0", True), ("-950+0", False), ("1790+0", True), ("1850+0", False), ("0+1050", False),
    ("0+-40", False), ("-8+-8", True),
])  # fmt: skip
def test_what_counts_is_the_title_bar(window: Window, place: str, reachable: bool) -> None:
    assert within_reach(window.app.root, 1000, place) is reachable


def test_a_maximized_window_is_so_again_and_keeps_its_size_of_before(
    make_window: Callable[..., Window], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a window manager maximizes: here the window is told that it was."""
    window = make_window()
    window.app.root.geometry("1000x650+20+10")
    window.turn(0.1)
    window.app.appearance.view(True)
    monkeypatch.setattr(appearance, "maximized", lambda _root: True)
    window.app.root.geometry("1900x1000+0+0")
    window.turn(appearance.SETTLE_MS / 1000 + 0.1)
    close(window)
    kept = memory.last_view()
    assert (kept.geometry, kept.maximized) == ("1000x650+20+10", True)
    told: list[Any] = []
    monkeypatch.setattr(appearance, "maximize", told.append)
    again = make_window()
    again.turn(0.1)
    assert told == [again.app.root]

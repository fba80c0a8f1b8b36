"""The names of the curves: however many and however long, the chart keeps its room and every curve can be hidden."""

from collections.abc import Iterator
from typing import Any

import customtkinter as ctk
import pytest

from tests.ui.conftest import Window
from ui import theme
from ui.colours import CONCEPTS
from ui.run.legend import MORE, ROW, ROWS, Entry, Legend

NAMES = ["x" * 300, "my concept " * 30, "猫" * 100, "قطة على القمر " * 9, "👩🏽‍🎨🐈‍⬛" * 30, "two\nlines", "short"]


def entry(name: str) -> Entry:
    return name, "0.1234", CONCEPTS[0], "-", True


@pytest.fixture
def hidden() -> list[str]:
    return []


@pytest.fixture
def legend(window: Window, hidden: list[str]) -> Iterator[Legend]:
    top = ctk.CTkToplevel(window.app.root)
    top.geometry("320x400+0+0")
    made = Legend(top, hidden.append)
    made.pack(fill="x")
    window.until(lambda: made.winfo_width() > 200)
    yield made
    top.destroy()


def texts(legend: Legend) -> list[str]:
    return [legend.itemcget(item, "text") for item in legend.find_all() if str(legend.type(item)) == "text"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_any_length_and_script_is_seen_with_its_value(
    window: Window, legend: Legend, hidden: list[str], name: str
) -> None:
    legend.show("step 9", [entry(name)])
    window.until(lambda: "0.1234" in texts(legend))
    assert max(legend.bbox(item)[2] for item in legend.find_all()) <= legend.winfo_width()
    assert all("\n" not in text for text in texts(legend))
    legend.event_generate("<Button-1>", x=legend.bbox("all")[2] - 4, y=legend.bbox("all")[3] - 6)
    assert hidden == [name]


def test_of_many_names_the_rest_is_in_a_menu(
    window: Window, legend: Legend, hidden: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    legend.show("", [entry(f"concept {number}") for number in range(60)])
    window.until(lambda: legend.winfo_height() == legend.px(ROW * (ROWS + 1)))
    seen = sum(text.startswith("concept") for text in texts(legend))
    assert MORE.format(60 - seen) in texts(legend)
    menus: list[FakeMenu] = []

    def menu(_parent: Any) -> FakeMenu:
        menus.append(FakeMenu())
        return menus[-1]

    monkeypatch.setattr(theme, "menu", menu)
    legend.event_generate("<Button-1>", x=10, y=legend.px(ROW * ROWS + 8))
    window.until(lambda: bool(menus))
    labels = [label for label, _ in menus[0].entries]
    assert len(labels) == 60 - seen
    assert labels[-1].startswith("•  concept 59")
    menus[0].entries[-1][1]()
    assert hidden == ["concept 59"]


class FakeMenu:
    def __init__(self) -> None:
        self.entries: list[tuple[str, Any]] = []

    def add_command(self, label: str, command: Any) -> None:
        self.entries.append((label, command))

    def tk_popup(self, x: int, y: int) -> None:
        pass

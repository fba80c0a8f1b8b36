"""Start with settings whose run cannot be: nothing runs, every problem is said in words, and each leads to its field."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import customtkinter as ctk
import pytest

from onetrainer_clone.settings import Problem
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.concepts import CaptionSource, Concept
from tests.ui.conftest import Window
from ui.dialog import dialog_in_front
from ui.dialogs import TkAsk
from ui.tabs.concepts import ConceptsPage
from ui.tabs.run import RunPage


def concepts(window: Window, *wanted: Concept) -> None:
    state = window.app.store.state
    window.app.store.load(state.model_copy(update={"concepts": wanted}))


def start(window: Window) -> None:
    window.app.shell.show("run")
    window.app.actions.start()
    window.until(lambda: not window.app.runner.going)
    window.turn()


def damage(pictures: Path, name: str) -> Path:
    (pictures / name).write_bytes(b"no picture")
    return pictures


def test_what_only_the_plan_finds_refuses_too_and_leads_to_the_field(window: Window, pictures: Path) -> None:
    """A folder with too many damaged files, and one without pictures: neither is seen by looking at the settings."""
    empty = pictures.parent / "empty"
    empty.mkdir()
    concepts(
        window, *window.app.store.state.concepts[:1], Concept(name="cat", path=str(damage(pictures, "x.png"))),
        Concept(name="dog", path=str(empty)),
    )  # fmt: skip
    window.ask.go_to = ["concepts[2].path"]
    start(window)
    assert window.ask.listed == [("concepts[1].path", "concepts[2].path")]
    assert not window.trainer.runs
    assert not window.app.store.state.run_folder.exists()
    page = window.app.shell.pages[window.app.shell.current]
    assert isinstance(page, ConceptsPage)
    assert page.list.selected == 2
    window.settle()
    concepts(window, *window.app.store.state.concepts[:1])
    start(window)
    window.until(lambda: len(window.trainer.runs) == 1)


def test_problems_of_the_settings_and_of_the_plan_come_together(window: Window, pictures: Path) -> None:
    concepts(window, Concept(name="cat", path=str(damage(pictures, "x.png"))))
    window.app.store.replace("model.source", "")
    start(window)
    assert window.ask.listed == [("model.source", "concepts[0].path")]
    assert window.app.shell.current == "run"


def test_a_folder_that_cannot_be_read_leads_to_its_concept(
    window: Window, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two of them, and both are said."""

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("onetrainer_clone.dataset.walk", refuse)
    concepts(window, Concept(name="cat", path=str(pictures)), Concept(name="dog", path=str(pictures)))
    window.ask.go_to = ["concepts[1].path"]
    start(window)
    assert window.ask.listed == [("concepts[0].path", "concepts[1].path")]
    assert window.app.shell.current == "concepts"


def test_the_line_above_the_run_names_what_the_plan_found_and_leads_there(window: Window, pictures: Path) -> None:
    concepts(window, Concept(name="cat", path=str(damage(pictures, "x.png"))))
    window.settle()
    page = window.app.shell.show("run")
    assert isinstance(page, RunPage)
    assert "1 of 4 files cannot be used" in page.banner.cget("text")
    page._on_banner()
    assert window.app.shell.current == "concepts"


def test_a_caption_file_that_cannot_be_read(window: Window, pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("onetrainer_clone.dataset._read_captions", refuse)
    file = pictures / "0.txt"
    file.write_text("a cat", encoding="utf-8")
    source = CaptionSource.TEXT_FILE
    concepts(window, Concept(name="cat", path=str(pictures), caption_source=source, caption_file=str(file)))
    start(window)
    assert window.ask.listed == [("concepts[0].caption_file",)]


def test_the_dialog_has_a_way_to_each(window: Window) -> None:
    """The real dialog: its buttons answer with the problem."""
    ask = TkAsk(window.app.root)
    found = [Problem(f"concepts[{number}].path", "is gone") for number in range(3)]

    def press() -> None:
        dialog = next(child for child in window.app.root.winfo_children() if child.winfo_class() == "Toplevel")
        buttons = [each for each in walk(dialog) if getattr(each, "_text", "") == "Go there"]
        assert len(buttons) == 3
        buttons[1].invoke()

    window.app.root.after(200, press)
    assert ask.problems("No", "These:", [(problem, problem.path) for problem in found]) == found[1]


def walk(widget: Any) -> Iterator[Any]:
    for child in widget.winfo_children():
        yield child
        yield from walk(child)


def test_an_empty_state_says_all_that_is_missing(window: Window) -> None:
    window.app.store.load(TrainingState())
    start(window)
    assert set(window.ask.listed[0]) == {"model.source", "concepts"}


@pytest.mark.parametrize(("count", "scrolls"), [(1, False), (2, False), (30, True)])
def test_a_list_of_problems_scrolls_only_where_it_is_long(window: Window, count: int, scrolls: bool) -> None:
    ask, seen = TkAsk(window.app.root), list[bool]()
    found = [Problem(f"concepts[{number}].path", "is gone") for number in range(count)]

    def bar() -> Any:
        return next(each for each in walk(window.app.root) if isinstance(each, ctk.CTkScrollbar) and in_dialog(each))

    def in_dialog(widget: Any) -> bool:
        return str(widget).startswith(str(dialog_in_front(window.app.root)))

    def close() -> None:
        seen.append(bool(bar().winfo_ismapped()))
        next(each for each in walk(dialog_in_front(window.app.root)) if getattr(each, "_text", "") == "Close").invoke()

    def there() -> bool:
        return dialog_in_front(window.app.root) is not None and bool(bar().winfo_ismapped()) == scrolls

    window.when(there, lambda: window.app.root.after(200, close))  # and so it stays
    ask.problems("No", "These:", [(problem, problem.path) for problem in found])
    assert seen == [scrolls]

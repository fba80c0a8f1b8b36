"""What stands in an empty field is never under the cursor, and what is typed is what the field holds."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.ui.conftest import Window
from tests.ui.test_keys import letters, press
from tests.ui.test_pictures import browse
from ui import theme
from ui.pictures.bulk import ADD, REPLACE

UI = Path(__file__).parents[2] / "ui"


@pytest.fixture
def fields(window: Window) -> tuple[Any, Any]:
    """Two fields, the cursor in neither."""
    made = [theme.Entry(window.app.root, placeholder_text="a hint") for _ in range(2)]
    for place, field in enumerate(made):
        field.place(x=0, y=40 * place)
    window.app.root.focus_force()
    window.turn()
    return made[0], made[1]


def shown(field: Any) -> str:
    return str(field._entry.get())


def test_a_placeholder_that_comes_while_the_cursor_is_there_waits(window: Window, fields: tuple[Any, Any]) -> None:
    field, other = fields
    press(window, field._entry)
    field.configure(placeholder_text="another hint")
    assert shown(field) == ""
    press(window, field._entry, *letters("ball"))
    assert (field.get(), shown(field)) == ("ball", "ball")
    field.delete(0, "end")
    assert shown(field) == "", "emptied under the cursor"
    press(window, other._entry)
    assert (field.get(), shown(field)) == ("", "another hint")


def test_a_field_that_is_emptied_or_filled_elsewhere_says_what_it_is(fields: tuple[Any, Any]) -> None:
    field, _ = fields
    field.insert(0, "cat")
    assert (field.get(), shown(field)) == ("cat", "cat")
    field.delete(0, "end")
    assert (field.get(), shown(field)) == ("", "a hint")
    field.insert(0, "")
    assert (field.get(), shown(field)) == ("", "a hint")
    field.configure(placeholder_text="another hint")
    assert (field.get(), shown(field)) == ("", "another hint")


def test_every_field_is_one_of_these() -> None:
    made = [path for path in UI.rglob("*.py") if re.search(r"\bCTkEntry\(", path.read_text(encoding="utf-8"))]
    assert not made, "theme.Entry keeps the placeholder from under the cursor"


def test_what_captions_are_replaced_by_is_typed_after_the_tab_key(window: Window, pictures: Path) -> None:
    browser = browse(window, pictures)
    browser.bar["bulk"].invoke()
    window.turn()
    bulk = browser.bulk
    press(window, bulk.find._entry, *letters("cat"))
    press(window, bulk.find._entry, "<Tab>")
    bulk.by._entry.event_generate("<KeyRelease-Tab>")
    bulk.look()  # what a moment's rest brings
    window.turn()
    assert str(window.app.root.focus_get()) == str(bulk.by._entry)
    press(window, bulk.by._entry, *letters("dog"))
    bulk.look()
    assert bulk.by.get() == "dog"
    window.until(lambda: bool(bulk.edits) and all("dog" in edit.after for edit in bulk.edits))


def test_another_kind_of_change_has_words_of_its_own_and_escape_closes(window: Window, pictures: Path) -> None:
    browser = browse(window, pictures)
    browser.bar["bulk"].invoke()
    window.turn()
    bulk = browser.bulk
    assert bulk.go.cget("state") == "disabled"
    press(window, bulk.find._entry, *letters("cat"))
    window.until(lambda: bool(bulk.edits))
    assert bulk.go.cget("state") == "normal"
    bulk.kind._buttons_dict[ADD].invoke()
    press(window, bulk.find._entry, *letters("best"))
    assert bulk.find.get() == "best"
    bulk.kind._buttons_dict[REPLACE].invoke()
    assert bulk.find.get() == "cat"
    press(window, bulk.find._entry, "<Escape>")
    assert not browser.many.shown
    assert browser.stage.winfo_ismapped()

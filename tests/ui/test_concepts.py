"""The lists of concepts and prompts: add, edit, duplicate, delete, reorder, switch; all of it can be undone."""

from pathlib import Path
from typing import Any

import pytest

from onetrainer_clone.state.concepts import Concept
from tests.ui.conftest import Window
from ui.tabs.concepts import ConceptsPage
from ui.tabs.items import ItemsPage
from ui.tabs.sampling import SamplingPage


def page(window: Window, key: str = "concepts") -> ItemsPage:
    found = window.app.shell.show(key)
    window.turn()
    assert isinstance(found, ConceptsPage | SamplingPage)
    return found


def names(window: Window) -> list[str]:
    return [concept.name for concept in window.app.store.state.concepts]


def test_add_by_folder(window: Window, pictures: Path) -> None:
    concepts = page(window)
    window.ask.folders = [str(pictures)] * 2
    concepts.buttons["add"].invoke()
    concepts.buttons["add"].invoke()
    assert names(window) == ["subject", "class", "class varied", "my cat", "my cat 2"]
    assert window.app.store.state.concepts[3].path == str(pictures)
    window.settle()
    plan = window.app.findings.concept(3)
    assert plan is not None
    assert plan.pictures == 3
    item = concepts.list.item(3)
    assert "3 pictures" in item.lines[1][0]
    assert "1 without caption" in item.lines[2][0]


def test_cancelled_add_changes_nothing(window: Window) -> None:
    before = window.app.store.state
    window.ask.folders = [""]
    page(window).buttons["add"].invoke()
    assert window.app.store.state is before


def test_duplicate_delete_reorder_and_undo(window: Window) -> None:
    concepts = page(window)
    concepts.list.select(1)
    concepts.buttons["duplicate"].invoke()
    assert names(window) == ["subject", "class", "class 2", "class varied"]
    assert concepts.list.selected == 2
    concepts.buttons["up"].invoke()
    concepts.buttons["up"].invoke()
    assert names(window) == ["class 2", "subject", "class", "class varied"]
    assert concepts.list.selected == 0
    concepts.buttons["delete"].invoke()
    assert names(window) == ["subject", "class", "class varied"]
    assert window.app.store.undo_sentence == 'concept "class 2" deleted'
    for _ in range(4):
        window.app.topbar.step_back()
    assert names(window) == ["subject", "class", "class varied"]
    window.app.topbar.step_forth()
    assert names(window) == ["subject", "class", "class 2", "class varied"]
    window.turn()
    assert concepts.list.count == 4


def test_delete_all_leaves_a_hint_and_an_empty_state(window: Window) -> None:
    concepts = page(window)
    for _ in range(3):
        concepts.buttons["delete"].invoke()
        window.turn()
    assert names(window) == []
    assert concepts.buttons["delete"].cget("state") == "disabled"
    window.settle()
    assert any(problem.path == "concepts" for problem in window.app.findings.problems)
    window.app.topbar.step_back()
    window.turn()
    assert concepts.list.selected == 0


def test_the_form_shows_the_selected_one_and_edits_it(window: Window) -> None:
    concepts = page(window)
    concepts.list.select(1)
    window.turn()
    assert concepts.form is not None
    weight = concepts.form.row("concepts[1].loss_weight")
    assert weight is not None
    assert weight.control is not None
    weight.control.variable.set("0.3")
    window.turn()
    assert window.app.store.state.concepts[1].loss_weight == 0.3
    assert window.app.store.undo_sentence == 'Loss weight of "class" 2 -> 0.3'
    weight.control.variable.set("-1")
    assert window.app.store.state.concepts[1].loss_weight == 0.3
    window.turn()
    assert "at least 0" in weight.message_text
    concepts.list.select(0)
    window.turn()
    assert weight.control.variable.get() == "1"
    assert weight.message_text == ""


def test_switch_with_mouse_and_keys(window: Window) -> None:
    concepts = page(window)
    window.turn(0.05)
    rows = concepts.list.canvas
    rows.event_generate("<Button-1>", x=rows.winfo_width() - 18, y=86 + 16)
    window.turn()
    assert [concept.enabled for concept in window.app.store.state.concepts] == [True, False, True]
    rows.focus_force()
    rows.event_generate("<Down>")
    rows.event_generate("<space>")
    window.turn()
    assert [concept.enabled for concept in window.app.store.state.concepts] == [True, False, False]


def test_strip_and_colours(window: Window) -> None:
    concepts = page(window)
    assert isinstance(concepts, ConceptsPage)
    window.settle()
    assert [round(share.samples, 2) for share in concepts.strip.shares] == [0.5, 0.25, 0.25]
    before = {share.name: share.colour for share in concepts.strip.shares}
    assert len(set(before.values())) == 3
    window.app.store.replace("concepts[0].loss_weight", 4.0)
    concepts.list.select(0)
    concepts.buttons["down"].invoke()
    window.settle()
    assert {share.name: share.colour for share in concepts.strip.shares} == before
    subject = next(share for share in concepts.strip.shares if share.name == "subject")
    assert subject.loss_weight == pytest.approx(2 / 3, abs=0.01)


def test_a_missing_folder_is_named_in_the_row(window: Window) -> None:
    concepts = page(window)
    window.app.store.replace("concepts[0].path", "/nowhere/at/all")
    window.settle()
    assert "there is no folder" in concepts.list.item(0).lines[1][0]


def test_a_thousand_concepts_draw_only_what_is_seen(window: Window) -> None:
    concepts = page(window)
    many = tuple(Concept(name=f"concept {number}", path="demo:concepts/subject") for number in range(1000))
    window.app.store.set(window.app.store.state.model_copy(update={"concepts": many}), "many")
    window.turn(0.1)
    assert len(concepts.list.canvas.find_all()) < 200
    concepts.list.select(990)
    window.turn(0.1)
    assert concepts.list.canvas.canvasy(0) > 50_000


def test_prompts(window: Window) -> None:
    prompts = page(window, "sampling")
    count = len(window.app.store.state.sampling.prompts)
    prompts.buttons["add"].invoke()
    window.turn()
    assert prompts.form is not None
    text = prompts.form.row(f"sampling.prompts[{count}].text")
    assert text is not None
    assert text.control is not None
    text.control.variable.set("a cat\non a mat")
    window.turn()
    assert window.app.store.state.sampling.prompts[count].text == "a cat\non a mat"
    prompts.buttons["duplicate"].invoke()
    prompts.buttons["delete"].invoke()
    prompts.buttons["delete"].invoke()
    assert len(window.app.store.state.sampling.prompts) == count


def press(window: Window, row: int, state: int = 0, x: int = 80) -> None:
    """A click on a row as Tk tells it: with Ctrl (4) or Shift (1) held."""
    canvas = page(window).list.canvas
    for kind in ("<ButtonPress-1>", "<ButtonRelease-1>"):
        canvas.event_generate(kind, x=x, y=row * 86 + 50, state=state)
    window.turn()


def test_several_are_selected_with_ctrl_and_shift(window: Window) -> None:
    concepts = page(window)
    window.turn(0.05)
    press(window, 0)
    press(window, 2, state=4)
    assert concepts.list.selection == {0, 2}
    press(window, 2, state=4)
    assert concepts.list.selection == {0}
    press(window, 2, state=1)
    assert concepts.list.selection == {0, 1, 2}
    press(window, 1)
    assert concepts.list.selection == {1}


def test_several_are_edited_at_once_with_one_undo(window: Window) -> None:
    concepts = page(window)
    concepts.list.select_these([0, 1])
    window.turn()
    assert concepts.form is not None
    weight, name = (concepts.form.row(f"concepts[0].{name}") for name in ("loss_weight", "name"))
    assert weight is not None
    assert weight.control is not None
    assert weight.control.variable.get() == ""
    assert weight.message_text == "Different: 1, 2"
    assert name is not None
    assert not name.relevant(window.app.store.state)
    weight.control.variable.set("0.3")
    window.turn()
    assert [concept.loss_weight for concept in window.app.store.state.concepts] == [0.3, 0.3, 2.0]
    assert weight.message_text == ""
    assert window.app.store.undo_sentence == 'Loss weight of "subject", "class" -> 0.3'
    window.app.topbar.step_back()
    window.turn()
    assert [concept.loss_weight for concept in window.app.store.state.concepts] == [1.0, 2.0, 2.0]
    assert weight.message_text == "Different: 1, 2"
    concepts.list.select(2)
    window.turn()
    assert weight.control.variable.get() == "2"
    weight.control.variable.set("5")
    assert [concept.loss_weight for concept in window.app.store.state.concepts] == [1.0, 2.0, 5.0]


def test_several_are_switched_duplicated_and_deleted(window: Window) -> None:
    concepts = page(window)
    concepts.list.select_these([0, 2])
    concepts.list.on_switch.emit(2)
    assert [concept.enabled for concept in window.app.store.state.concepts] == [False, True, False]
    concepts.buttons["duplicate"].invoke()
    assert names(window)[3:] == ["subject 2", "class varied 2"]
    assert concepts.list.selection == {3, 4}
    concepts.buttons["delete"].invoke()
    assert names(window) == ["subject", "class", "class varied"]
    assert window.app.store.undo_sentence == "2 concepts deleted"
    window.app.topbar.step_back()
    assert len(names(window)) == 5


def test_rows_are_dragged_with_the_mouse(window: Window) -> None:
    concepts = page(window)
    window.turn(0.05)
    canvas = concepts.list.canvas
    canvas.event_generate("<ButtonPress-1>", x=80, y=40)
    canvas.event_generate("<B1-Motion>", x=80, y=60)
    canvas.event_generate("<B1-Motion>", x=80, y=86 * 2 + 10)
    assert canvas.drop_at == 2
    canvas.event_generate("<ButtonRelease-1>", x=80, y=86 * 2 + 10)
    assert names(window) == ["class", "subject", "class varied"]
    assert concepts.list.selection == {1}
    concepts.list.select_these([1, 2])
    concepts.list.on_move.emit(0)
    assert names(window) == ["subject", "class varied", "class"]
    assert window.app.store.undo_sentence == "2 concepts moved"


def test_several_rows_are_dragged_together_and_a_drag_is_given_up(window: Window) -> None:
    concepts = page(window)
    window.turn(0.05)
    canvas = concepts.list.canvas
    concepts.list.select_these([0, 1])
    canvas.event_generate("<ButtonPress-1>", x=80, y=40)
    for y in (60, 86 * 3 - 10):
        canvas.event_generate("<B1-Motion>", x=80, y=y)
    canvas.focus_force()
    canvas.event_generate("<Escape>")
    canvas.event_generate("<ButtonRelease-1>", x=80, y=86 * 3 - 10)
    assert names(window) == ["subject", "class", "class varied"]
    canvas.event_generate("<ButtonPress-1>", x=80, y=40)
    for y in (60, 86 * 3 - 10):
        canvas.event_generate("<B1-Motion>", x=80, y=y)
    canvas.event_generate("<ButtonRelease-1>", x=80, y=86 * 3 - 10)
    assert names(window) == ["class varied", "subject", "class"]
    assert concepts.list.selection == {1, 2}


def test_a_drag_that_rests_at_the_edge_scrolls_on(window: Window) -> None:
    concepts = page(window)
    many = tuple(Concept(name=f"concept {number}", path="demo:concepts/subject") for number in range(15))
    window.app.store.set(window.app.store.state.model_copy(update={"concepts": many}), "many")
    window.turn(0.1)
    canvas = concepts.list.canvas
    canvas.event_generate("<ButtonPress-1>", x=80, y=40)
    canvas.event_generate("<B1-Motion>", x=80, y=60)
    canvas.event_generate("<B1-Motion>", x=80, y=canvas.winfo_height() - 5)
    window.until(lambda: canvas.yview()[1] >= 1.0)
    assert canvas.drop_at == 15
    canvas.event_generate("<B1-Motion>", x=80, y=5)
    window.until(lambda: canvas.yview()[0] <= 0.0)
    canvas.event_generate("<B1-Motion>", x=80, y=canvas.winfo_height() // 2)
    window.turn(0.2)
    assert canvas.yview()[0] == 0.0
    canvas.event_generate("<B1-Motion>", x=80, y=86 * 2 + 10)
    canvas.event_generate("<ButtonRelease-1>", x=80, y=86 * 2 + 10)
    assert names(window)[:3] == ["concept 1", "concept 0", "concept 2"]


def test_the_buttons_of_a_list_say_what_they_do(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    said: dict[Any, str] = {}
    monkeypatch.setattr(window.app.bench.tooltip, "attach", lambda widget, text: said.update({widget: text()}))
    for key in ("concepts", "sampling", "embedding"):
        shown: Any = window.app.shell._makers[key](window.app.shell.room.inner)
        assert all(said.get(button) for button in shown.buttons.values())
        shown.destroy()


def test_the_list_is_filtered_by_words_and_role(window: Window) -> None:
    concepts = page(window)
    assert isinstance(concepts, ConceptsPage)
    concepts.filter.variable.set("class")
    window.turn()
    assert list(concepts.list.rows) == [1, 2]
    assert concepts.list.selected == 1
    press(window, 1)
    assert concepts.list.selected == 2
    concepts.buttons["delete"].invoke()
    assert names(window) == ["subject", "class"]
    concepts.filter.roles.set("Subject")
    concepts.refresh()
    assert list(concepts.list.rows) == []
    concepts.filter.clear()
    concepts.refresh()
    assert concepts.list.whole

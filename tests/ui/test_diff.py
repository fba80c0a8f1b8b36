"""What differs from the preset: listed with both values, marked beside its field, and taken back one by one."""

from onetrainer_clone.settings import replace
from presets.differences import differences
from tests.ui.conftest import Window
from ui.origin import back, saved_path
from ui.tabs.changes import ChangesPage
from ui.tabs.settings import SettingsPage


def page(window: Window) -> ChangesPage:
    window.app.go("changes")
    window.turn()
    found = window.app.shell.pages["changes"]
    assert isinstance(found, ChangesPage)
    return found


def cells(changes: ChangesPage) -> list[tuple[str, ...]]:
    return [changes.table.row(index).cells for index in range(changes.table.count)]


def test_changes_are_listed_and_taken_back(window: Window) -> None:
    store = window.app.store
    store.replace("training.batch_size", 7)
    store.replace("concepts[1].loss_weight", 0.3)
    changes = page(window)
    assert cells(changes) == [('Concepts, "class": Loss weight', "2", "0.3"), ("Training: Batch size", "4", "7")]
    changes.table.select(0)
    changes.toolbar.buttons["reset"].invoke()
    window.turn()
    assert store.state.concepts[1].loss_weight == 2
    assert cells(changes) == [("Training: Batch size", "4", "7")]
    changes.toolbar.buttons["all"].invoke()
    window.turn()
    assert not store.unsaved
    assert changes.toolbar.buttons["all"].cget("state") == "disabled"
    window.app.topbar.step_back()
    assert store.state.training.batch_size == 7


def test_items_that_were_added_removed_and_moved_come_back(window: Window) -> None:
    store = window.app.store
    subject, common, varied = store.state.concepts
    new = subject.model_copy(update={"name": "new"})
    store.set(store.state.model_copy(update={"concepts": (varied, new, subject)}), "much")
    changes = page(window)
    assert len(changes.found) == 3
    changes.table.select(*range(3))
    changes.reset_selected()
    assert {concept.name for concept in store.state.concepts} == {"subject", "class", "class varied"}
    assert store.state.concepts[0].name == "subject"
    assert common in store.state.concepts


def test_a_concept_is_compared_with_itself_wherever_it_stands(window: Window) -> None:
    store = window.app.store
    saved = store.saved
    first, second, third = store.state.concepts
    moved = store.state.model_copy(update={"concepts": (third, first, second)})
    assert saved_path(moved, saved, "concepts[2].loss_weight") == "concepts[1].loss_weight"
    changed = replace(moved, "concepts[2].loss_weight", 9)
    found = next(each for each in differences(saved, changed) if each.path == "concepts[2].loss_weight")
    assert back(changed, saved, found) == moved


def test_the_mark_beside_a_field_takes_it_back(window: Window) -> None:
    window.app.go("training.batch_size")
    window.turn()
    training = window.app.shell.pages["training"]
    assert isinstance(training, SettingsPage)
    row = next(row for form in training.cards.forms if (row := form.row("training.batch_size")))
    seen = [row.marked]
    window.app.store.replace("training.batch_size", 7)
    window.turn()
    seen.append(row.marked)
    assert row.mark is not None
    row.mark.widget._label.event_generate("<Button-1>")
    window.turn()
    assert window.app.store.state.training.batch_size == 4
    assert [*seen, row.marked] == [False, True, False]
    assert window.app.store.undo_sentence == "Batch size back to the preset's value"


def test_what_undo_would_take_back_stands_at_the_foot(window: Window) -> None:
    assert window.app.topbar.said.cget("text") == ""
    window.app.store.replace("concepts[1].loss_weight", 0.3)
    assert window.app.topbar.said.cget("text") == 'Undo: Loss weight of "class" 2 -> 0.3'
    window.app.topbar.step_back()
    assert window.app.topbar.said.cget("text") == 'Undone: Loss weight of "class" 2 -> 0.3'


def test_a_field_in_error_is_listed_and_named(window: Window) -> None:
    store = window.app.store
    window.turn(0.2)
    store.reject("training.batch_size", "must be a whole number (was 'many')")
    store.reject("training.resolution", "must be a whole number (was 'big')")
    assert window.app.topbar.changes.cget("state") == "normal"
    assert store.undo_sentence == (
        "what was typed for Training: Batch size, Training: Resolution, which cannot be used"
    )
    changes = page(window)
    assert cells(changes) == [
        ("Training: Batch size", "4", "Must be a whole number (was 'many')"),
        ("Training: Resolution", "64", "Must be a whole number (was 'big')"),
    ]
    changes.table.select(0)
    changes.reset_selected()
    window.turn()
    assert list(store.rejected) == ["training.resolution"], "what was not selected stays"
    changes.toolbar.buttons["all"].invoke()
    window.turn()
    assert not store.rejected
    assert cells(changes) == []

"""The keys: whatever the keyboard's state and layout, and whatever the cursor stands in."""

from types import SimpleNamespace
from typing import Any

import customtkinter as ctk
import pytest

from tests.ui.conftest import Window
from tests.ui.fake_trainer import FakeTrainer
from tests.ui.test_forms import row
from ui import keys, theme
from ui.dialog import Option, dialog_in_front
from ui.dialogs import TkAsk
from ui.keys import KEYS, LETTERS
from ui.tabs.welcome import WelcomePage
from ui.typed import History


def press(window: Window, widget: Any, *events: str) -> None:
    widget.focus_force()
    window.turn()
    for event in events:
        widget.event_generate(event)
    window.turn()


def letters(text: str) -> list[str]:
    return [event for letter in text for event in (f"<KeyPress-{letter}>", f"<KeyRelease-{letter}>")]


@pytest.fixture
def plain(window: Window) -> Any:
    """A field that is no setting."""
    window.app.store.replace("training.batch_size", 7)
    entry = ctk.CTkEntry(window.app.root)
    entry.place(x=0, y=0)
    window.turn()
    return entry._entry


def test_undo_in_a_field_that_is_no_setting_takes_back_its_typing(window: Window, plain: Any) -> None:
    press(window, plain, *letters("cat"))
    press(window, plain, "<Control-z>")
    assert plain.get() == ""
    press(window, plain, "<Control-z>")
    assert window.app.store.state.training.batch_size == 7
    press(window, plain, "<Control-Shift-Z>")
    assert plain.get() == "cat"
    press(window, plain, "<Control-z>", "<Control-y>")
    assert plain.get() == "cat"
    press(window, window.app.root, "<Control-z>")
    assert window.app.store.state.training.batch_size == 4


def test_undo_in_a_text_that_is_no_setting_takes_back_its_typing(window: Window) -> None:
    window.app.store.replace("training.batch_size", 7)
    box = ctk.CTkTextbox(window.app.root)
    box.insert("1.0", "a ")
    box.place(x=0, y=0)
    window.turn()
    text = box._textbox
    text.mark_set("insert", "end")
    press(window, text, *letters("cat"), "<Control-z>")
    assert text.get("1.0", "end-1c") == "a "
    press(window, text, "<Control-z>")
    assert text.get("1.0", "end-1c") == "a "  # what the window wrote there is not the person's typing
    press(window, text, "<Control-Shift-Z>")
    assert text.get("1.0", "end-1c") == "a cat"
    assert window.app.store.state.training.batch_size == 7


def test_the_search_box_and_a_tool_have_their_own_undo(window: Window) -> None:
    window.app.store.replace("training.batch_size", 7)
    press(window, window.app.topbar.search.entry._entry, *letters("xyz"), "<Control-z>")
    assert window.app.topbar.search.variable.get() == ""
    page: Any = window.app.shell.show("tools")
    tool = page.file_tool("resize")
    window.turn(0.05)
    field = next(row.control for row in tool.form.rows if row.control is not None and row.control.fields)
    press(window, field.fields[0], *letters("abc"), "<Control-z>")
    assert field.variable.get() == ""
    assert window.app.store.state.training.batch_size == 7


def test_undo_in_the_field_of_a_setting_is_the_windows(window: Window) -> None:
    control = row(window, "training.batch_size").control
    assert control is not None
    press(window, control.fields[0], *letters("12"))
    assert window.app.store.state.training.batch_size != 4
    press(window, control.fields[0], "<Control-z>")
    assert window.app.store.state.training.batch_size == 4


def test_steps_of_typing() -> None:
    now = 0.0
    history = History(clock=lambda: now)
    history.note("", 0)
    for now, text in ((1.0, "a"), (1.5, "ab"), (5.0, "abc")):  # noqa: B007 - the clock
        history.note(text, len(text))
    assert [text for text, _ in history.texts] == ["", "ab", "abc"]
    assert [history.step(by) for by in (-1, -1, -1, 1)] == [("ab", 2), ("", 0), None, ("ab", 2)]
    history.note("abx", 3)
    assert history.step(1) is None


def test_caps_lock_changes_nothing(window: Window) -> None:
    control, lock = 0x4, 0x2
    window.app.store.replace("training.batch_size", 7)
    root = window.app.root
    root.focus_force()
    root.event_generate("<KeyPress>", keysym="Z", state=control | lock)
    assert window.app.store.state.training.batch_size == 4
    root.event_generate("<KeyPress>", keysym="z", state=control | keys.SHIFT | lock)
    assert window.app.store.state.training.batch_size == 7
    root.event_generate("<KeyPress>", keysym="F", state=control | lock)
    window.turn()
    assert window.app.root.focus_get() is window.app.topbar.search.entry._entry


@pytest.mark.parametrize(("system", "keysym", "keycode", "letter"), [
    ("x11", "Cyrillic_ya", 52, "z"), ("x11", "Greek_psi", 54, "c"), ("x11", "z", 52, ""), ("x11", "Return", 36, ""),
    ("win32", "ssharp", 90, "z"), ("win32", "??", 86, "v"), ("win32", "s", 83, ""), ("win32", "Left", 37, ""),
])  # fmt: skip
def test_in_other_alphabets_the_place_of_the_key_counts(system: str, keysym: str, keycode: int, letter: str) -> None:
    event = SimpleNamespace(keysym=keysym, keycode=keycode, state=0x4)
    assert keys._meant(event, system) == letter


def test_a_cyrillic_keyboard_undoes_and_pastes(window: Window, plain: Any) -> None:
    def pressed(keysym: str, keycode: int, widget: Any) -> None:
        event = SimpleNamespace(keysym=keysym, keycode=keycode, state=0x4, widget=widget)
        keys._other_layout(window.app.root, event)

    window.app.root.clipboard_clear()
    window.app.root.clipboard_append("кот")
    plain.focus_force()
    window.turn()
    pressed("Cyrillic_em", 55, plain)
    assert plain.get() == "кот"
    pressed("Cyrillic_ya", 52, plain)
    assert plain.get() == ""
    pressed("Cyrillic_ya", 52, window.app.root)
    assert window.app.store.state.training.batch_size == 4


@pytest.mark.parametrize(("system", "keycode", "place"), [
    ("x11", 10, 0), ("x11", 19, 9), ("x11", 20, -1), ("x11", 9, -1), ("win32", 49, 0), ("win32", 48, 9), ("win32", 65, -1),
    ("aqua", 18, -1),
])  # fmt: skip
def test_the_place_of_a_digit(system: str, keycode: int, place: int) -> None:
    assert keys._place_of_digit(keycode, system) == place


def test_a_french_keyboard_has_the_tabs_on_the_same_keys(window: Window) -> None:
    alt, alt_gr_of_windows = 0x8, 0x8 | keys.CONTROL
    for keycode, state, tab in ((11, alt, "concepts"), (10, alt_gr_of_windows, "concepts"), (10, alt, "model")):
        keys._other_digit(window.app, SimpleNamespace(keycode=keycode, state=state))
        assert window.app.shell.current == tab


def tabbed(window: Window, start: Any, to: Any, most: int = 80) -> bool:
    """Whether the Tab key comes from one widget to another."""
    start.focus_force()
    for _ in range(most):
        window.app.root.focus_get().tk_focusNext().focus_set()
        window.turn()
        if window.app.root.focus_get() is to:
            return True
    return False


def test_buttons_are_reached_pressed_and_seen_to_have_the_focus(window: Window) -> None:
    pressed: list[str] = []
    able = theme.button(window.app.root, "able", lambda: pressed.append("able"))
    unable = theme.button(window.app.root, "unable", lambda: pressed.append("unable"), "main", state="disabled")
    for button in (able, unable):
        button.place(x=0, y=0)
    window.turn()
    assert tabbed(window, window.app.root, able._canvas)
    assert able.cget("border_width") == 2
    for key in ("<space>", "<Return>"):
        able._canvas.event_generate(key)
    assert pressed == ["able"] * 2
    able._canvas.tk_focusNext().focus_set()
    window.turn()
    assert able.cget("border_width") == 0
    assert not tabbed(window, able._canvas, unable._canvas)
    unable.configure(state="normal")
    assert tabbed(window, able._canvas, unable._canvas)


def test_every_button_of_a_dialog_is_reached_by_the_keyboard(window: Window) -> None:
    root, ask = window.app.root, TkAsk(window.app.root)
    options = (Option("stay", "Stay"), Option("lose", "Lose", "danger"), Option("save", "Save", "main"))

    def press() -> None:
        dialog = dialog_in_front(root)
        dialog.focus_force()
        dialog.update()
        for _ in range(8):
            dialog.focus_get().tk_focusNext().focus_set()
            dialog.update()
            if str(dialog.focus_get()).startswith(str(lose(dialog))):
                dialog.focus_get().event_generate("<Return>")
                return
        dialog.event_generate("<Escape>")

    def lose(widget: Any) -> Any:
        if isinstance(widget, ctk.CTkButton) and widget.cget("text") == "Lose":
            return widget
        return next(filter(None, map(lose, widget.winfo_children())), None)

    root.after(200, press)
    assert ask.choose("Unsaved", "changes", options) == "lose"
    window.turn()
    assert not window.ask.told  # the button went away with the focus on it


def test_going_to_a_switch_or_a_choice_puts_the_focus_on_it(window: Window) -> None:
    for path in ("training.unet", "optimizer.optimizer", "method"):
        control = row(window, path).control
        assert control is not None
        focus = window.app.root.focus_get()
        assert str(focus).startswith(f"{control.widget}.")
        assert focus.cget("takefocus") == "1"


def test_scaling_by_every_plus(window: Window) -> None:
    root, looks = window.app.root, window.app.appearance
    root.focus_force()
    seen = []
    for event in ("<Control-equal>", "<Control-KP_Add>", "<Control-KP_Subtract>", "<Control-plus>", "<Control-Key-0>"):
        root.event_generate(event)
        seen.append(looks.scaling_percent)
    assert seen == [125, 150, 125, 150, 100]


def test_keys_of_a_run(window: Window, trainer: FakeTrainer) -> None:
    trainer.steps, trainer.step_seconds, trainer.sample_every = 100_000, 0.01, 1_000_000
    root, runner = window.app.root, window.app.runner
    root.focus_force()
    root.event_generate("<F5>")
    window.until(lambda: runner.record.progress.step > 2)
    root.event_generate("<F6>")
    paused = [runner.paused]
    drawn = runner.record.samples_version
    root.event_generate("<F7>")
    window.until(lambda: runner.record.samples_version > drawn)
    root.event_generate("<F6>")
    assert [*paused, runner.paused] == [True, False]
    root.event_generate("<F8>")
    window.until(lambda: runner.record.saved is not None)
    window.ask.choices = ["discard"]
    root.event_generate("<Shift-F5>")
    window.until(lambda: not runner.going)
    assert window.ask.asked == ["Stop training?"]


def test_every_key_is_bound_and_listed(window: Window) -> None:
    root = window.app.root
    for key in KEYS:
        assert key.virtual or key.events
        for event in (key.virtual, *(f"<{name}>" for name in key.events)):
            assert not event or root.bind(event), event
        if key.virtual:
            assert root.event_info(key.virtual)
    assert all(root.event_info(virtual) for virtual in LETTERS)
    page = window.app.shell.show("welcome")
    assert isinstance(page, WelcomePage)
    window.turn()
    table = page.keys
    drawn = {table.itemcget(item, "text") for item in table.find_all()}
    assert {words for key in KEYS for words in (key.shown, key.words)} <= drawn
    assert table.bbox("all")[3] <= table.winfo_height()

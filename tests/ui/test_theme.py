"""Looks: another scaling while the window is open, and buttons."""

from tests.ui.conftest import Window
from tests.ui.test_forms import type_into
from ui import colours, theme


def test_what_was_hidden_stays_hidden(window: Window) -> None:
    """customtkinter lays everything out anew then, also what was put away."""
    path = "training.batch_size"
    assert type_into(window, path, "many").message_text
    row = type_into(window, path, "4")
    assert not row.message_text
    for percent in (150, 100):
        window.app.appearance.set_scaling(percent)
        window.turn(0.1)
        assert row._message.winfo_manager() == ""


def test_a_main_button_is_pale_while_it_cannot_be_pressed(window: Window) -> None:
    made = theme.button(window.app.root, "Start", lambda: None, "main")
    made.configure(state="disabled")
    assert tuple(made.cget("fg_color")) == colours.IDLE
    made.configure(state="normal")
    assert tuple(made.cget("fg_color")) == colours.ACCENT


def test_a_progress_bar_shows_nothing_where_nothing_is_done(window: Window) -> None:
    made = theme.ProgressBar(window.app.root, height=8)
    made.place(x=0, y=0)
    for done, state in ((None, "hidden"), (0.01, "normal"), (0.0, "hidden"), (1.0, "normal")):
        if done is not None:
            made.set(done)
        window.turn()
        assert made._canvas.itemcget("progress_parts", "state") == state

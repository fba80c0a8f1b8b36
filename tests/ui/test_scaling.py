"""Another scaling while the window is open."""

from tests.ui.conftest import Window
from tests.ui.test_forms import type_into


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

"""The keys of the window."""

from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ui.app import App

TAB_KEYS = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "minus")  # with Alt, in the order of the navigation


def bind_keys(root: Any, app: "App") -> None:
    """Ctrl+S save, Ctrl+Z undo, Ctrl+Shift+Z redo, Ctrl+F search, Ctrl +/- scaling, F5 start, F1 help, Alt+1 … the tabs."""
    keys = {
        "<Control-s>": app.presets.save,
        "<Control-z>": app.topbar.step_back,
        "<Control-Shift-Z>": app.topbar.step_forth,
        "<Control-y>": app.topbar.step_forth,
        "<Control-f>": app.topbar.find,
        "<Control-plus>": lambda: app.topbar.larger(1),
        "<Control-minus>": lambda: app.topbar.larger(-1),
        "<F5>": app.actions.start,
        "<F1>": lambda: app.go("welcome"),
    }
    for key, call in keys.items():
        root.bind(key, lambda _event, call=call: call())
    app.shell.name.configure(cursor="hand2")
    app.shell.name.bind("<Button-1>", lambda _event: app.go("welcome"))
    app.bench.tooltip.attach(app.shell.name, lambda: "First steps and keys (F1)")
    root.event_delete("<<LineStart>>", "<Control-a>")  # as Emacs has it, and Tk on X11
    root.event_add("<<SelectAll>>", "<Control-a>")
    for key, (name, tab) in zip(TAB_KEYS, app.shell.tabs.items(), strict=True):
        root.bind(f"<Alt-Key-{key}>", lambda _event, name=name: app.go(name))
        app.bench.tooltip.attach(tab, partial(str, f"Alt+{'-' if key == 'minus' else key}"))

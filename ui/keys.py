"""The keys of the window."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ui.app import App

TAB_KEYS = ("model", "concepts", "training", "adapter", "sampling", "saving", "run", "runs", "queue", "tools")


def bind_keys(root: Any, app: "App") -> None:
    """Ctrl+S save, Ctrl+Z undo, Ctrl+Shift+Z redo, Ctrl+F search, Ctrl +/- scaling, F5 start, Alt+1 … Alt+0 the tabs."""
    keys = {
        "<Control-s>": app.presets.save,
        "<Control-z>": app.topbar.step_back,
        "<Control-Shift-Z>": app.topbar.step_forth,
        "<Control-y>": app.topbar.step_forth,
        "<Control-f>": app.topbar.find,
        "<Control-plus>": lambda: app.topbar.larger(1),
        "<Control-minus>": lambda: app.topbar.larger(-1),
        "<F5>": app.actions.start,
    }
    for key, call in keys.items():
        root.bind(key, lambda _event, call=call: call())
    root.event_delete("<<LineStart>>", "<Control-a>")  # as Emacs has it, and Tk on X11
    root.event_add("<<SelectAll>>", "<Control-a>")
    for number, tab in enumerate(TAB_KEYS, start=1):
        root.bind(f"<Alt-Key-{number % 10}>", lambda _event, tab=tab: app.go(tab))

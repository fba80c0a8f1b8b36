"""Keys of the page of pictures that are heard wherever on it the cursor is, also on a button, except where it writes."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

WRITTEN = ("Entry", "Text")  # kinds of Tk's widgets


def bind(page: Any, keys: Mapping[str, Callable[[], object]]) -> None:
    """`keys` by Tk's names. What the widget with the cursor does with them itself comes first."""
    for key, do in keys.items():
        page.winfo_toplevel().bind(f"<{key}>", partial(_hear, page, do), add="+")


def _hear(page: Any, do: Callable[[], object], event: Any) -> None:
    if not page.winfo_exists() or not page.winfo_viewable():
        return
    path = str(event.widget)
    if event.widget.winfo_class() not in WRITTEN and (path == "." or path.startswith(f"{page}.")):
        do()

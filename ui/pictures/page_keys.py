"""Keys of the page of pictures. Some are heard wherever on it the cursor is, also on a button, except where it writes."""

from collections.abc import Callable
from functools import partial
from typing import Any

WRITTEN = ("Entry", "Text")  # kinds of Tk's widgets


def bind(browser: Any) -> None:
    """What the widget with the cursor does with a key itself comes first."""

    def previous(_event: Any) -> str:
        return str(browser.step(-1))

    def following(_event: Any) -> str:
        return str(browser.step(1))

    def escape(event: Any) -> Any:
        return browser.view.hand.key(event) if not browser.many.shown else None

    def close(_event: Any) -> None:
        if browser.many.shown:
            browser.many.close()

    cells, view = browser.grid_.canvas, browser.view
    for widget in (browser.box.text, cells, view):
        widget.bind("<Prior>", previous)
        widget.bind("<Next>", following)
    view.bind("<Left>", previous)
    view.bind("<Right>", following)
    cells.bind("<Key>", view.hand.key)
    cells.bind("<Escape>", escape)
    for key, do in {"Left": previous, "Right": following, "Escape": close}.items():
        browser.winfo_toplevel().bind(f"<{key}>", partial(_hear, browser, do), add="+")


def _hear(page: Any, do: Callable[[Any], object], event: Any) -> None:
    if not page.winfo_exists() or not page.winfo_viewable():
        return
    path = str(event.widget)
    if event.widget.winfo_class() not in WRITTEN and (path == "." or path.startswith(f"{page}.")):
        do(event)

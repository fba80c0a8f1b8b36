"""Folders dropped onto a widget. Needs tkinterdnd2 and its Tk extension; without them nothing is accepted."""

import importlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

LOG = logging.getLogger("onetrainer_clone.window")


def accept(widget: Any, dropped: Callable[[list[Path]], None]) -> bool:
    """Call `dropped` with what is dropped onto the widget; False where this computer cannot."""
    try:
        package = importlib.import_module("tkinterdnd2")
        package.TkinterDnD.require(widget.winfo_toplevel())  # loads the extension, once for each window
        widget.drop_target_register(package.DND_FILES)
    except Exception as error:  # noqa: BLE001 - no package, no extension for this system, or one that does not load
        LOG.info("folders cannot be dropped: %s", error)
        return False

    def on_drop(event: Any) -> str:
        paths = [Path(text) for text in widget.tk.splitlist(event.data)]
        widget.after(1, lambda: dropped(paths))  # the other program waits until this returns
        return str(event.action)

    widget.dnd_bind("<<Drop>>", on_drop)
    return True

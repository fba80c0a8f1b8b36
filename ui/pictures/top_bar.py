"""The buttons above the large view."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ui import theme
from ui.runs.toolbar import Wrapping
from ui.tooltip import Tooltip

PREVIOUS, NEXT = "The previous picture (Page up)", "The next picture (Page down)"
DELETE = "Moves what is selected, with captions and masks, to the folder .trash (Delete). 'Undo' brings it back."
BULK = "Search and replace, add or remove a tag: in all captions, in those shown, or in those of what is selected."


class TopBar(Wrapping):
    """`commands` by key."""

    def __init__(self, parent: Any, tooltip: Tooltip, commands: Mapping[str, Callable[[], object]]):
        super().__init__(parent)
        self.buttons: dict[str, Any] = {}
        for key, text, tip in (
            ("previous", "◀", PREVIOUS),
            ("next", "▶", NEXT),
            ("bulk", "All captions …", BULK),
            ("reload", "Reload", "Reads the folder again."),
            ("delete", "Delete", DELETE),
        ):
            made = theme.button(self, text, commands[key], "danger" if key == "delete" else "plain")
            self.lay(made)
            tooltip.attach(made, partial(str, tip))
            self.buttons[key] = made

    def several(self, count: int) -> None:
        """So many pictures are selected: the buttons say what they are about."""
        self._call("bulk", f"Captions of {count:,} …" if count > 1 else "All captions …")
        self._call("delete", f"Delete {count:,}" if count > 1 else "Delete")

    def _call(self, key: str, text: str) -> None:
        if self.buttons[key].cget("text") != text:
            self.buttons[key].configure(text=text, width=24 + 8 * len(text))
            self.after_idle(self._lay)

"""Where the browser's two sides stand: beside each other where there is room for both, else above each other."""

from typing import Any

from ui import theme
from ui.viewport import CHANGED

NARROW = 520  # px at 100 %: in less the large view stands below the grid
SHELF = 280  # px at 100 %: how high the grid is then, with its filter
SHELF_WIDTH = 240  # px at 100 %: about what it has beside a large view that is narrow, too


class Arrangement:
    """Beside or below the shelf stands the stage with the large view, or `many`, the change of many captions."""

    def __init__(self, browser: Any, shelf: Any, stage: Any, many: Any):
        self._browser, self._shelf, self._stage, self._many = browser, shelf, stage, many
        self._now: tuple[bool, Any] | None = None  # whether narrow, and what stands beside the shelf
        browser.bind("<Configure>", lambda _event: self.look())

    def look(self) -> None:
        """Anew where the window has become narrow or wide, or something else is shown in the large view's place."""
        narrow = self._browser.winfo_width() < NARROW * theme.scaling(self._browser)
        main = self._many.panel if self._many.shown else self._stage
        if (narrow, main) != self._now:
            self._now = (narrow, main)
            (self._stage if self._many.shown else self._many).grid_forget()
            self._lay(main, narrow)
            self._browser.event_generate(CHANGED)

    def needs(self, width: float) -> float:
        """The height of both, in px at 100 %, at a width of the browser in px at 100 %."""
        if self._now is None:
            return 0.0
        main = self._now[1]
        return float(main.needs(width) + SHELF + 8) if width < NARROW else float(main.needs(width - SHELF_WIDTH))

    def _lay(self, main: Any, narrow: bool) -> None:
        browser, shelf = self._browser, self._shelf
        shelf.grid(row=0, column=0, sticky="nsew", padx=(0, 0 if narrow else 10), pady=(0, 8 if narrow else 0))
        main.grid(row=1 if narrow else 0, column=0 if narrow else 1, sticky="nsew")
        browser.grid_columnconfigure(0, weight=1)
        browser.grid_columnconfigure(1, weight=0 if narrow else 8)
        least = round(SHELF * theme.scaling(shelf)) if narrow else 0
        browser.grid_rowconfigure(0, weight=0 if narrow else 1, minsize=least)
        browser.grid_rowconfigure(1, weight=1 if narrow else 0)

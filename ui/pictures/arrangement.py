"""Where the browser's two sides stand: beside each other where there is room for both, else above each other."""

from typing import Any

from ui import theme

NARROW = 520  # px at 100 %: in less the large view stands below the grid
SHELF = 280  # px at 100 %: how high the grid is then, with its filter
SHELF_WIDTH = 240  # px at 100 %: about what it has beside a large view that is narrow, too


def arrange(browser: Any, shelf: Any, main: Any, narrow: bool) -> None:
    """`main` is what stands beside or below the shelf: the large view, or what takes its place."""
    shelf.grid(row=0, column=0, sticky="nsew", padx=(0, 0 if narrow else 10), pady=(0, 8 if narrow else 0))
    main.grid(row=1 if narrow else 0, column=0 if narrow else 1, sticky="nsew")
    browser.grid_columnconfigure(0, weight=1)
    browser.grid_columnconfigure(1, weight=0 if narrow else 8)
    browser.grid_rowconfigure(
        0, weight=0 if narrow else 1, minsize=round(SHELF * theme.scaling(shelf)) if narrow else 0
    )
    browser.grid_rowconfigure(1, weight=1 if narrow else 0)


def needs(width: float, main: Any) -> float:
    """The height of both, in px at 100 %, at a width of the browser in px at 100 %."""
    return float(main.needs(width) + SHELF + 8) if width < NARROW else float(main.needs(width - SHELF_WIDTH))

"""How a page of a list and its editor is laid out: beside each other, or the editor under the list where it is narrow."""

from typing import Any

from ui import theme
from ui.cardlist import CardList
from ui.tabs.page import Page, Scrolled

ROOM = 260  # px at 100 %: of list and editor beside each other, so that they can be worked with
ROWS = 3  # of the list that are in sight above the editor
HINT = 190  # px at 100 %: of a list that says what belongs into it
GAPS = 40  # px at 100 %: between the parts, together


class Split:
    """The rows of a page: `above`, the `bar` of buttons, the list with `foot` below it, and the `editor`.

    Under the list the editor has the height of all that is in it, and the page is scrolled as a whole.
    """

    def __init__(
        self, page: Page, bar: Any, list_: CardList, row_height: int, editor: Scrolled, hint: Any, stacked_below: int
    ):
        self.stacked = False
        self._page, self._bar, self._list, self._row_height = page, bar, list_, row_height
        self._editor, self._hint, self._stacked_below = editor, hint, stacked_below
        self._above: Any = None
        self._foot: Any = None
        self._edited = False  # whether there is something to edit
        self._needed = 0.0
        list_.canvas.configure(width=1, height=1)  # as large as its place
        page.grid_columnconfigure(0, weight=5, uniform="halves")
        page.grid_columnconfigure(1, weight=6, uniform="halves")
        bar.grid(row=1, column=0, columnspan=2, sticky="ew", padx=2)
        page.bind("<Configure>", lambda _event: self._on_width(), add="+")
        for part in (bar, editor):
            part.bind("<Configure>", lambda _event: self.measure(), add="+")
        self._arrange()

    def put_above(self, widget: Any, padx: Any = 0, below: int = 0) -> None:
        self._above = widget
        widget.grid(row=0, column=0, columnspan=2, sticky="ew", padx=padx, pady=(0, below))
        widget.bind("<Configure>", lambda _event: self.measure(), add="+")

    def put_foot(self, widget: Any) -> None:
        self._foot = widget
        self._arrange()

    def edit(self, something: bool) -> None:
        """Show the editor, or a hint in its place."""
        if something != self._edited:
            self._edited = something
            self._arrange()

    def needs(self, width: float) -> float:
        """The height of the page in px at 100 %, at this width."""
        scale = theme.scaling(self._page)
        parts = [part.winfo_reqheight() / scale for part in (self._above, self._bar, self._foot) if part is not None]
        rest = self._list_height() + (self._editor.content if self._edited else 60) if width < self._stacked_below else ROOM
        return float(round(sum(parts) + GAPS + rest))

    def measure(self) -> None:
        """A part may be higher or lower than it was."""
        scale = theme.scaling(self._page)
        if self.stacked:
            self._page.grid_rowconfigure(2, minsize=round(self._list_height() * scale))
        needed = self.needs(self._page.winfo_width() / scale)
        if needed != self._needed:
            self._needed = needed
            self._page.needs_changed()

    def _list_height(self) -> float:
        """In px at 100 %, above the editor."""
        rows = len(self._list.rows)
        return max(min(rows, ROWS), 1) * self._row_height + 20 if rows else HINT

    def _on_width(self) -> None:
        stacked = self._page.winfo_width() < self._stacked_below * theme.scaling(self._page)
        if stacked != self.stacked and self._page.winfo_width() > 1:
            self.stacked = stacked
            self._arrange()
        self.measure()

    def _arrange(self) -> None:
        page, stacked = self._page, self.stacked
        span = 2 if stacked else 1
        edge = 2 if stacked else 8
        page.grid_rowconfigure(2, weight=0 if stacked else 1, minsize=0)
        page.grid_rowconfigure(4, weight=1 if stacked else 0)
        self._list.grid(row=2, column=0, columnspan=span, sticky="nsew", padx=(2, edge), pady=(6, 2))
        if self._foot is not None:
            self._foot.grid(row=3, column=0, columnspan=span, sticky="ew", padx=(2, edge), pady=(4, 2))
        shown, hidden = (self._editor, self._hint) if self._edited else (self._hint, self._editor)
        hidden.grid_forget()
        place: dict[str, Any] = {"row": 4, "column": 0, "columnspan": 2} if stacked else {
            "row": 2, "column": 1, "rowspan": 2}  # fmt: skip
        shown.grid(**place, sticky="nsew" if self._edited else "", padx=(2 if stacked else 0, 0), pady=(6, 2))
        self.measure()

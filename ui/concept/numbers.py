"""Statistics of a concept: found in the background with a bar that says how far it is, and a button that stops it."""

import threading
from collections.abc import Callable, Set
from functools import partial
from typing import TYPE_CHECKING, Any

import customtkinter as ctk

from onetrainer_clone.result_plan import size_text
from onetrainer_clone.settings import UserError
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.concepts import Concept
from ui import colours, theme
from ui.background import Background
from ui.concept.bars import Bars
from ui.concept.file_rows import HEIGHT, File, FileRows
from ui.concept.survey import bars, facts, lists, token_bars
from ui.concept.surveyed import BEGUN, Of, Progress, Surveyed, in_words, looking_through
from ui.rowcanvas import with_scrollbar
from ui.tabs.page import STACKED, Scrolled
from ui.tooltip import Tooltip
from ui.viewport import CHANGED

if TYPE_CHECKING:
    from onetrainer_clone.statistics import Statistics  # it needs numpy, which takes long to import

HEAD, LEAST = 46, 300  # px at 100 %: of the line above the cards; of all where the cards scroll by themselves
ABOVE_FILES, LEAST_FILES = 420, 260  # px at 100 %: the cards above the files; the least room that those get
ALL = "All of them"


class Numbers(ctk.CTkFrame):
    """`open_picture` is called with the key of a picture that the person wants to see."""

    def __init__(
        self,
        parent: Any,
        tooltip: Tooltip,
        context: Callable[[], tuple[TrainingState, Concept] | None],
        open_picture: Callable[[str], object],
        surveyed: Surveyed,
    ):
        super().__init__(parent, fg_color="transparent")
        self.found: Statistics | None = None
        self.lists: dict[str, tuple[File, ...]] = {}  # by title
        self._titles: dict[str, str] = {}  # as the menu shows them
        self._context, self._open, self._surveyed = context, open_picture, surveyed
        self._background = Background("statistics")
        self._progress = BEGUN  # set by the worker, read here
        self._stop = threading.Event()
        self._working = False
        self._of: tuple[TrainingState, Concept] | None = None
        top = ctk.CTkFrame(self, fg_color="transparent")
        top.pack(fill="x", pady=(0, 8))
        self.button = theme.button(top, "Compute again", self._on_button, width=120)
        self.button.pack(side="right")
        self.bar = theme.ProgressBar(top, width=160)
        self.said = ctk.CTkLabel(top, text="", anchor="w", text_color=colours.DIM, width=10)
        self.said.pack(side="left", fill="x", expand=True)
        self.body = Scrolled(self)
        self.body.pack(fill="both", expand=True)
        self.cards: list[Any] = []
        self._stacked: bool | None = None
        self._build()
        for widget, tip in (
            (self.button, "Read the files of the concept anew."),
            (self.which, "Which of the files are listed."),
            (self.files, "A click shows the picture."),
        ):
            tooltip.attach(widget, partial(str, tip))
        self.bind("<Configure>", lambda event: self._on_size(event.width), add="+")
        self.body.bind("<Configure>", lambda _event: self.event_generate(CHANGED), add="+")

    def needs(self, width: float) -> float:
        return self.body.content + HEAD if width < STACKED else LEAST

    def show(self, concept: Concept) -> None:
        context = self._context()
        if context is None or (context == self._of and self.found is not None):
            return
        known = self._surveyed.get(context)
        if known is None or self._working:
            self.compute()
        else:
            self._of = context
            self._on_found(context, known)

    def renew(self, _paths: Set[str]) -> None:
        """Other programs have changed files: what was found is no more so."""
        self._of = None
        if self.winfo_ismapped():
            self.compute()

    def leave(self) -> None:
        """It goes on: the numbers are there when the person comes back."""

    def _tell(self, progress: Progress) -> None:
        """On the worker: one assignment."""
        self._progress = progress

    def tick(self) -> None:
        self._background.deliver()
        if self._working:
            _, done, total = self._progress
            self.bar.set(done / total if total else 0)
            words = in_words(self._progress)
            if self.said.cget("text") != words:
                self.said.configure(text=words)

    def destroy(self) -> None:
        self._stop.set()
        self._background.close(0.5)
        super().destroy()

    def compute(self) -> None:
        context = self._context()
        if context is None:
            return
        self._stop.set()  # what is being computed for another state
        stop = self._stop = threading.Event()
        self._of, self._working, self._progress = context, True, BEGUN

        self.button.configure(text="Cancel")
        self.bar.pack(side="right", padx=(0, 10))
        work = looking_through(context, stop, self._tell)
        self._background.submit("survey", work, partial(self._on_found, context), self._on_error)

    def _on_button(self) -> None:
        if self._working:
            self._stop.set()
        else:
            self.compute()

    def _on_found(self, context: Of, found: "Statistics") -> None:
        self.found = found
        self._surveyed.keep(context, found)
        self._end(f"{found.pictures:,} pictures, {size_text(found.bytes)}")
        self._show(found)

    def _on_error(self, error: Exception) -> None:
        from onetrainer_clone.statistics import Cancelled

        if isinstance(error, Cancelled):
            self._of = None
            self._end("Cancelled. 'Compute again' begins anew.")
        elif isinstance(error, UserError):
            self._end(str(error), colours.ERROR)
        else:
            self._end("")
            raise error

    def _end(self, words: str, colour: Any = colours.DIM) -> None:
        self._working = False
        self.bar.pack_forget()
        self.button.configure(text="Compute again")
        self.said.configure(text=words, text_color=colour)

    def _build(self) -> None:
        self.facts = self._card("In numbers")
        self.fact_text = ctk.CTkLabel(self.facts, text="", anchor="nw", justify="left")
        theme.wrap(self.fact_text, self.facts, less=30)
        self.fact_text.pack(fill="both", expand=True, padx=14, pady=(0, 12))
        self.charts: dict[str, Bars] = {}
        charts = {"buckets": "Buckets", "sizes": "Resolutions", "tokens": "Caption lengths in tokens"}
        for key, title in charts.items():
            self.charts[key] = Bars(self._card(title))
            self.charts[key].pack(fill="x", padx=14, pady=(0, 12))
        files = self._card("Files to look at")
        self.which = ctk.CTkOptionMenu(files, values=[ALL], width=220, command=lambda _title: self._list())
        room = ctk.CTkFrame(files, fg_color="transparent")
        self.files = FileRows(room)
        with_scrollbar(room, self.files)
        room.pack(side="bottom", fill="both", expand=True, padx=2, pady=(0, 2))
        self.files.on_open.connect(self._open)

    def _on_size(self, width: int) -> None:
        self._arrange(width)
        self._fit_files()

    def _arrange(self, width: int) -> None:
        """Two cards beside each other, the last over the whole width; one column where there is little room."""
        stacked = width < STACKED * theme.scaling(self)
        if stacked == self._stacked:
            return
        self._stacked = stacked
        columns = 1 if stacked else 2
        self.body.grid_columnconfigure(0, weight=1, uniform="columns")
        self.body.grid_columnconfigure(1, weight=columns - 1, uniform="columns" if columns > 1 else "")
        for number, card in enumerate(self.cards):
            row, column = divmod(number, columns)
            span = columns if card is self.cards[-1] else 1
            card.grid(row=row, column=column, columnspan=span, sticky="nsew", padx=(8 * column, 8), pady=(0, 8))
        self.event_generate(CHANGED)

    def _card(self, title: str) -> Any:
        card = ctk.CTkFrame(self.body, corner_radius=8, border_width=theme.BORDER, border_color=colours.LINE)
        self.cards.append(card)
        ctk.CTkLabel(card, text=title, font=theme.font(theme.HEADING, bold=True), anchor="w").pack(
            fill="x", padx=14, pady=(8, 4)
        )
        return card

    def _show(self, found: "Statistics") -> None:
        self.fact_text.configure(text="\n".join(facts(found)))
        self.charts["buckets"].show(bars([(f"{w} x {h}", n) for w, h, n in found.buckets]))
        self.charts["sizes"].show(bars([(f"{w} x {h}", n) for w, h, n in found.sizes]))
        self.charts["tokens"].show(token_bars(found))
        self.lists = lists(found)
        self._titles = {f"{title} ({len(files):,})": title for title, files in self.lists.items()}
        self.which.configure(values=[ALL, *self._titles])
        self.which.set(ALL)
        if len(self.lists) > 1:
            self.which.pack(anchor="w", padx=14, pady=(0, 4))
        else:
            self.which.pack_forget()
        self._list()

    def _list(self) -> None:
        """The files of all lists, or of the one that is chosen."""
        title = self._titles.get(self.which.get())
        self.files.show(self.lists if title is None else {title: self.lists[title]})
        self._fit_files()

    def _fit_files(self) -> None:
        """As high as the files need, as far as there is room."""
        scale = theme.scaling(self)
        room = max(self.winfo_height() / scale - ABOVE_FILES, LEAST_FILES) if not self._stacked else LEAST_FILES
        wanted = max(self.files.count, 2) * HEIGHT + 4
        self.files.configure(height=round(min(wanted, room) * scale))

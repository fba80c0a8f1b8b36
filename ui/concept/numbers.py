"""Statistics of a concept: found in the background with a bar that says how far it is, and a button that stops it."""

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import customtkinter as ctk

from onetrainer_clone.settings import UserError
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.concepts import Concept
from ui import colours, theme
from ui.background import Background
from ui.concept.bars import Bar, Bars
from ui.tabs.page import STACKED, Scrolled
from ui.viewport import CHANGED

if TYPE_CHECKING:
    from onetrainer_clone.statistics import Statistics  # it needs numpy, which takes long to import

HEAD, LEAST = 46, 300  # px at 100 %: of the line above the cards; of all where the cards scroll by themselves
MOST_BARS = 24
MOST_FILES = 200  # of a list that are named


class Numbers(ctk.CTkFrame):
    def __init__(self, parent: Any, context: Callable[[], tuple[TrainingState, Concept] | None]):
        super().__init__(parent, fg_color="transparent")
        self.found: Statistics | None = None
        self.lists: dict[str, tuple[str, ...]] = {}  # title -> files, as they are shown
        self._context = context
        self._background = Background("statistics")
        self._progress = ("", 0, 0)  # set by the worker, read here: one assignment of a tuple
        self._stop = threading.Event()
        self._working = False
        self._of: tuple[TrainingState, Concept] | None = None
        top = ctk.CTkFrame(self, fg_color="transparent")
        top.pack(fill="x", pady=(0, 8))
        self.button = theme.button(top, "Compute again", self._on_button, width=120)
        self.button.pack(side="right")
        self.bar = ctk.CTkProgressBar(top, width=160)
        self.said = ctk.CTkLabel(top, text="", anchor="w", text_color=colours.DIM, width=10)
        self.said.pack(side="left", fill="x", expand=True)
        self.body = Scrolled(self)
        self.body.pack(fill="both", expand=True)
        self.cards: list[Any] = []
        self._stacked: bool | None = None
        self._build()
        self.bind("<Configure>", lambda event: self._arrange(event.width), add="+")
        self.body.bind("<Configure>", lambda _event: self.event_generate(CHANGED), add="+")

    def needs(self, width: float) -> float:
        return self.body.content + HEAD if width < STACKED else LEAST

    def show(self, concept: Concept) -> None:
        if self._context() != self._of or self.found is None:
            self.compute()

    def leave(self) -> None:
        """It goes on: the numbers are there when the person comes back."""

    def tick(self) -> None:
        self._background.deliver()
        if self._working:
            what, done, total = self._progress
            self.bar.set(done / total if total else 0)
            words = f"{what}: {done:,} of {total:,}" if total else f"{what} …"
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
        self._of, self._working, self._progress = context, True, ("listing", 0, 0)

        def tell(what: str, done: int, total: int) -> None:
            from onetrainer_clone.statistics import Cancelled

            self._progress = (what, done, total)
            if stop.is_set():
                raise Cancelled

        def work() -> "Statistics":
            from onetrainer_clone.statistics import survey

            return survey(*context, tell)

        self.button.configure(text="Cancel")
        self.bar.pack(side="right", padx=(0, 10))
        self._background.submit("survey", work, self._on_found, self._on_error)

    def _on_button(self) -> None:
        if self._working:
            self._stop.set()
        else:
            self.compute()

    def _on_found(self, found: "Statistics") -> None:
        self.found = found
        self._end(f"{found.pictures:,} pictures, {found.bytes / 2**20:,.1f} MiB")
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
        self.files = ctk.CTkTextbox(files, height=220, wrap="none", border_width=0, state="disabled")
        self.files.pack(fill="both", expand=True, padx=8, pady=(0, 8))

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
        self.charts["buckets"].show(_bars([(f"{w} x {h}", n) for w, h, n in found.buckets]))
        self.charts["sizes"].show(_bars([(f"{w} x {h}", n) for w, h, n in found.sizes]))
        self.charts["tokens"].show(_token_bars(found))
        self.lists = lists(found)
        self.files.configure(state="normal")
        self.files.delete("1.0", "end")
        self.files.insert("1.0", _listed(self.lists) or "Nothing: every picture can be read and has a caption.")
        self.files.configure(state="disabled")


def facts(found: "Statistics") -> list[str]:
    """The lines of the first card."""
    low, middle, high = found.megapixels
    lines = [
        f"{found.pictures:,} pictures, {len(found.unreadable):,} unreadable",
        f"{low:.2g} to {high:.2g} megapixels, half of them under {middle:.2g}",
        f"{len(found.too_small):,} smaller than their bucket",
        f"{found.captions:,} captions, {len(found.without_caption):,} pictures without",
        f"{found.masked:,} with a mask, {len(found.without_mask):,} without",
        f"{sum(len(group) - 1 for group in found.duplicates):,} duplicates",
    ]
    if found.lengths is None:
        lines.append("tokens unknown: the model is not on this computer yet")
    elif found.lengths.counts:
        counts = found.lengths.counts
        lines.append(f"captions of {counts[0]} to {counts[-1]} tokens, half of them under {counts[len(counts) // 2]}")
        lines.append(f"{found.lengths.too_long:,} captions longer than {found.lengths.room} tokens: cut off")
    return lines


def lists(found: "Statistics") -> dict[str, tuple[str, ...]]:
    """What a person may want to mend, by title. Masks are wanted for all pictures or for none."""
    named = {
        "Unreadable": tuple(f"{file}: {reason}" for file, reason in found.unreadable),
        "Without caption": found.without_caption,
        "Duplicates": tuple(_alike(group) for group in found.duplicates),
        "Smaller than their bucket": found.too_small,
        "Without mask": found.without_mask if found.masked else (),
    }
    return {title: files for title, files in named.items() if files}


def _alike(group: tuple[str, ...], most: int = 6) -> str:
    """Equal files on one line, which must not get so long that the text widget takes its time over it."""
    more = f" and {len(group) - most} more" if len(group) > most else ""
    return "  =  ".join(group[:most]) + more


def _listed(named: dict[str, tuple[str, ...]]) -> str:
    parts = []
    for title, files in named.items():
        more = [f"    … and {len(files) - MOST_FILES:,} more"] if len(files) > MOST_FILES else []
        parts.append("\n".join([f"{title} ({len(files):,})", *(f"    {file}" for file in files[:MOST_FILES]), *more]))
    return "\n\n".join(parts)


def _bars(counted: Sequence[tuple[str, int]]) -> list[Bar]:
    """A bar each; what is beyond the screen's room is one bar together."""
    rest = sum(count for _, count in counted[MOST_BARS:])
    more = [Bar(f"{len(counted) - MOST_BARS} others", rest, colours.FAINT)] if rest else []
    return [*(Bar(label, count) for label, count in counted[:MOST_BARS]), *more]


def _token_bars(found: "Statistics") -> list[Bar]:
    from onetrainer_clone.statistics import histogram

    if found.lengths is None or not found.lengths.counts:
        return []
    width = max(5, -(-(found.lengths.counts[-1] + 1) // 16))
    return [
        Bar(f"{first} - {first + width - 1}", count, colours.WARNING if first > found.lengths.room else colours.ACCENT)
        for first, count in histogram(found.lengths.counts, width)
    ]

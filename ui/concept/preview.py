"""What the two augmentation views share: the settings that matter beside what they make of one picture of the concept.

The samples come from the code that the run itself asks, so what is shown is what is trained.
"""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import customtkinter as ctk

from onetrainer_clone import browse
from onetrainer_clone.browse import Entry
from onetrainer_clone.dataset import Unusable
from onetrainer_clone.paths import shown
from onetrainer_clone.settings import UserError
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.concepts import Concept
from ui import colours, theme
from ui.background import Background
from ui.findings import Timer
from ui.form import Form, cards
from ui.tabs.page import STACKED, Scrolled
from ui.viewport import CHANGED
from ui.workbench import Options, Workbench

LOOK_MS = 200
FORM, FORM_LEAST, FORM_MOST = 0.36, 270, 460  # the form's share of the width, and its bounds in px at 100 %
LEAST = 360  # px at 100 %: of the preview's height
AMOUNTS = ("4", "8", "16", "32")


@dataclass(frozen=True)
class Wish:
    """What is to be previewed."""

    state: TrainingState
    concept: Concept
    entry: Entry
    amount: int
    room: tuple[int, int]  # of the view, in pixels of the screen


class Preview(ctk.CTkFrame):
    """Subclasses say which settings matter (`fields`), what to find (`find`, on a worker), and how to show it."""

    fields: Sequence[str]
    unit = "samples"

    def __init__(self, parent: Any, bench: Workbench, index: Callable[[], int]):
        super().__init__(parent, fg_color="transparent")
        self.entries: list[Entry] = []
        self.at = 0
        self._bench, self._index = bench, index
        self._background = Background("preview")
        self._looking = Timer(self.after, self.after_cancel)
        self._concept: Concept | None = None
        self._listed: tuple[str, bool] | None = None
        self._stacked: bool | None = None
        self.editor = Scrolled(self)
        self.form = self._form()
        self.form.grid(row=0, column=0, sticky="ew", padx=(0, 8))
        self.body = ctk.CTkFrame(self, fg_color="transparent")
        self.bind("<Configure>", lambda event: self._arrange(event.width), add="+")
        self.editor.bind("<Configure>", lambda _event: self.event_generate(CHANGED), add="+")
        self._stepper().pack(fill="x", pady=(0, 4))
        line = ctk.CTkFrame(self.body, fg_color="transparent")
        self.name = ctk.CTkLabel(line, text="", anchor="w", text_color=colours.DIM, width=10)
        self.name.pack(side="left", fill="x", expand=True)
        line.pack(fill="x")
        self.said = ctk.CTkLabel(self.body, text="", anchor="w", justify="left", text_color=colours.DIM)
        theme.wrap(self.said, self.body, less=8)
        self.said.pack(fill="x", pady=(0, 6))

    def find(self, wish: Wish) -> Any:
        """The preview; runs on a worker. May raise `UserError` and `Unusable`."""
        raise NotImplementedError

    def display(self, wish: Wish, found: Any) -> None:
        raise NotImplementedError

    def clear(self) -> None:
        """There is nothing to show."""
        raise NotImplementedError

    def room(self) -> tuple[int, int]:
        return (0, 0)

    def needs(self, width: float) -> float:
        return self.editor.content + LEAST if width < STACKED else LEAST

    def show(self, concept: Concept) -> None:
        prefix = f"concepts[{self._index()}]"
        if self.form.prefix != prefix:
            self.form.point_to(prefix)
        else:
            self.form.refresh()
        self._concept = concept
        place = (concept.path, concept.include_subfolders)
        if place != self._listed:
            self._listed, self.at, self.entries = place, 0, []
            self._list(concept)
        self.look_soon()

    def renew(self, _paths: Set[str]) -> None:
        """Other programs have changed files."""
        if self.winfo_ismapped() and self._concept is not None:
            self._list(self._concept)

    def leave(self) -> None:
        self._listed = None  # files may come and go until the next time
        self._looking.stop()

    def tick(self) -> None:
        self._background.deliver()

    def destroy(self) -> None:
        self._background.close(0.1)
        super().destroy()

    def step(self, by: int) -> None:
        if self.entries:
            self.at = (self.at + by) % len(self.entries)
            self.look()

    def look_soon(self) -> None:
        self._looking.start(LOOK_MS, self.look)

    def look(self) -> None:
        """Find the preview anew."""
        if self._concept is None or not self.entries:
            return
        self.at = min(self.at, len(self.entries) - 1)
        wish = Wish(
            self._bench.store.state, self._concept, self.entries[self.at], int(self.amount.get()), self.room()
        )  # fmt: skip
        self.name.configure(text=f"{self.at + 1:,} of {len(self.entries):,}   {shown(wish.entry.path.name)}")
        self._background.submit(
            "look", lambda: self.find(wish), lambda found: self._on_found(wish, found), self._on_error
        )

    def say(self, text: str, error: bool = False) -> None:
        self.said.configure(text=text, text_color=colours.ERROR if error else colours.DIM)

    def _list(self, concept: Concept) -> None:
        self._background.submit("list", lambda: browse.entries(concept), self._on_listed, self._on_error)

    def _on_listed(self, entries: list[Entry]) -> None:
        self.entries = entries
        if entries:
            self.look()
        else:
            self.name.configure(text="")
            self.clear()
            self.say("There are no pictures in this folder, so there is nothing to show.")

    def _on_found(self, wish: Wish, found: Any) -> None:
        self.display(wish, found)

    def _on_error(self, error: Exception) -> None:
        self.clear()
        if isinstance(error, UserError):
            self.say(str(error), error=True)
        elif isinstance(error, Unusable):
            self.say(f"{self.entries[self.at].key}: {error}", error=True)
        else:
            raise error

    def _arrange(self, width: int) -> None:
        """The form beside the preview, which gets the larger part; above it where there is little room."""
        scale = theme.scaling(self)
        stacked = width < STACKED * scale
        share = max(min(width * FORM, FORM_MOST * scale), FORM_LEAST * scale)
        self.grid_columnconfigure(0, weight=1 if stacked else 0, minsize=0 if stacked else round(share))
        if stacked == self._stacked:
            return
        self._stacked = stacked
        self.grid_columnconfigure(1, weight=0 if stacked else 1)
        self.grid_rowconfigure(0, weight=1)
        self.grid_rowconfigure(1, minsize=round(LEAST * scale) if stacked else 0)
        self.editor.grid(row=0, column=0, sticky="nsew", padx=(0, 0 if stacked else 10))
        self.body.grid(row=1 if stacked else 0, column=0 if stacked else 1, sticky="nsew")
        self.event_generate(CHANGED)

    def _form(self) -> Form:
        """Those of the concept's settings that matter here, whatever the basic view leaves out."""
        bench = replace(self._bench, options=Options(basic=False))
        card = next(cards(Concept, f"concepts[{self._index()}]", ""))
        lines = tuple(line for name in self.fields for line in card.lines if line.below == name)
        form = Form(self.editor, bench, replace(card, lines=lines), label_width=120)
        form.refresh()
        return form

    def _stepper(self) -> Any:
        row = ctk.CTkFrame(self.body, fg_color="transparent")
        self.buttons = {
            "previous": theme.button(row, "◀", lambda: self.step(-1)),
            "next": theme.button(row, "▶", lambda: self.step(1)),
        }
        for key, button in self.buttons.items():
            self._bench.tooltip.attach(button, partial("The {} picture of the concept.".format, key))
            button.pack(side="left", padx=(0, 6))
        ctk.CTkLabel(row, text=self.unit, text_color=colours.DIM).pack(side="right", padx=(6, 0))
        self.amount = ctk.CTkOptionMenu(row, values=list(AMOUNTS), width=70, height=30, command=lambda _n: self.look())
        self.amount.set(AMOUNTS[1])
        self._bench.tooltip.attach(self.amount, lambda: "How many of the picture's samples are shown.")
        self.amount.pack(side="right")
        return row

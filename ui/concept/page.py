"""One concept from near: its pictures, what augmentation makes of them, its captions as they are trained, its numbers.

Not in the navigation: opened from the concept's row. The path says which: 'concept[2].pictures'.
"""

import tkinter
from collections.abc import Callable, Set
from functools import partial
from typing import Any, Protocol

import customtkinter as ctk

from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.concepts import Concept
from ui import colours, theme
from ui.background import Background
from ui.concept.elsewhere import Elsewhere
from ui.concept.surveyed import Surveyed
from ui.tabs.page import STACKED, Page
from ui.words import quoted
from ui.workbench import Workbench

TIPS = {
    "Pictures": "Look through the pictures, edit captions, paint masks.",
    "Crops": "The very crops that the run cuts from a picture.",
    "Captions": "The captions that the run gives a picture.",
    "Statistics": "Counts, resolutions, buckets, caption lengths, files to look at.",
}
VIEWS = {"pictures": "Pictures", "image": "Crops", "text": "Captions", "numbers": "Statistics"}


class ConceptView(Protocol):
    """What each of the views is, a widget besides."""

    def show(self, concept: Concept) -> None:
        """Come into view, or show another concept or a changed one."""

    def needs(self, width: float) -> float:
        """The height that it needs at this width, both in px at 100 %; 0: any will do."""

    def renew(self, paths: Set[str]) -> None:
        """Another program has changed these files."""

    def leave(self) -> None: ...
    def tick(self) -> None: ...


class ConceptPage(Page):
    def __init__(self, parent: Any, bench: Workbench, writer: Background):
        super().__init__(parent, bench)
        self.index, self.view = 0, "pictures"
        self.views: dict[str, Any] = {}
        self._writer, self._surveyed = writer, Surveyed()
        self._elsewhere = Elsewhere(self._surveyed)
        self._elsewhere.changed.connect(self._renew)
        self._shown: tuple[str, Concept] | None = None
        self._head = ctk.CTkFrame(self, fg_color="transparent")
        self._head.grid_columnconfigure(1, weight=1)
        self._head.pack(fill="x", pady=(0, 8))
        self.back = theme.button(self._head, "‹ Concepts", lambda: bench.go("concepts"))
        self.back.grid(row=0, column=0)
        self.choice = ctk.CTkSegmentedButton(self._head, values=list(VIEWS.values()), command=self._on_choice)
        for title, tip in TIPS.items():
            bench.tooltip.attach(self.choice._buttons_dict[title], partial(str, tip))
        bench.tooltip.attach(self.back, lambda: "Back to the list of concepts.")
        self.name = ctk.CTkLabel(self._head, text="", font=theme.font(theme.HEADING, bold=True), anchor="w", width=10)
        self.name.grid(row=0, column=1, padx=12, sticky="ew")
        self.name.bind("<Configure>", lambda _event: self._fit_name())
        self._head.bind("<Configure>", lambda event: self._place_choice(event.width))
        self._body = ctk.CTkFrame(self, fg_color="transparent")
        self._body.pack(fill="both", expand=True)
        self._gone = ctk.CTkLabel(self._body, text="This concept is no longer there.", text_color=colours.DIM)
        self._end = bench.store.changed.connect(lambda _before, _after: self.refresh_in_view())

    def destroy(self) -> None:
        self._end()
        self._elsewhere.close()
        super().destroy()

    @property
    def concept(self) -> Concept | None:
        concepts = self.bench.store.state.concepts
        return concepts[self.index] if 0 <= self.index < len(concepts) else None

    def context(self) -> tuple[TrainingState, Concept] | None:
        return (self.bench.store.state, self.concept) if self.concept is not None else None

    def needs(self, width: float) -> float:
        head = self._head.winfo_reqheight() / theme.scaling(self) + 8
        return float(head + self.views[self.view].needs(width)) if self.view in self.views else 0.0

    @property
    def steps(self) -> tuple[str, str] | None:
        """Those of the pictures where they are in view: a setting that is not is not taken back there."""
        return self.views["pictures"].undoes if self._of_pictures else None

    def step_back(self) -> str:
        return str(self.views["pictures"].undo())

    def step_forth(self) -> str:
        return str(self.views["pictures"].redo())

    @property
    def _of_pictures(self) -> bool:
        return self.view == "pictures" and "pictures" in self.views and self.concept is not None

    def go(self, path: str) -> bool:
        """'concept[2].pictures'"""
        place, _, view = path.removeprefix("concept[").partition("]")
        self.index, self.view = int(place), view.lstrip(".") or self.view
        self._shown = None
        self.refresh()
        return True

    def show_picture(self, key: str) -> None:
        """Look at one picture of this concept; `key` is its path inside the concept's folder."""
        self.go(f"concept[{self.index}].pictures")
        self.views["pictures"].find(key)

    def enter(self) -> None:
        self.in_view = True  # `go` follows and says what to show

    def leave(self) -> None:
        super().leave()
        if self.view in self.views:
            self.views[self.view].leave()
        self._shown = None

    def tick(self) -> None:
        for view in self.views.values():
            view.tick()
        pictures = self.views.get("pictures")
        busy = pictures is not None and pictures.gallery.reading
        self._elsewhere.tick(self.concept, bool(self.tk.call("focus")), busy)

    def refresh(self) -> None:
        """The view of the concept as it is now."""
        concept = self.concept
        self.choice.set(VIEWS[self.view])
        for key, view in self.views.items():
            if key != self.view or concept is None:
                if view.winfo_manager():
                    view.leave()
                view.pack_forget()
        if concept is None:
            self.name.configure(text="")
            self._gone.pack(expand=True)
            return
        self._gone.pack_forget()
        self._fit_name()
        if self.view not in self.views:
            self.views[self.view] = self._makers()[self.view](self._body)
        if not self.views[self.view].winfo_manager():
            self.views[self.view].pack(fill="both", expand=True)
        if (self.view, concept) != self._shown:
            self._shown = (self.view, concept)
            self.views[self.view].show(concept)
            self._elsewhere.look(concept)
        self.needs_changed()
        self.stepped.emit()

    def _renew(self, paths: Set[str]) -> None:
        self._surveyed.forget()
        for view in self.views.values():
            view.renew(paths)
        self._surveyed.touched = False

    def _place_choice(self, width: int) -> None:
        """In a line of its own where the concept's name would have no room beside it."""
        row, column, span = (1, 0, 2) if width < STACKED * theme.scaling(self) else (0, 2, 1)
        self.choice.grid(row=row, column=column, columnspan=span, sticky="w", pady=(6, 0) if row else 0)

    def _fit_name(self) -> None:
        """As much of the name as there is room for."""
        letters = max(int(self.name.winfo_width() / theme.scaling(self) / 9), 8)
        name = self.concept.name if self.concept else ""
        self.name.configure(text=quoted(name, letters)[1:-1])

    def _makers(self) -> dict[str, Callable[[tkinter.Misc], Any]]:
        """Imports wait until a view is shown."""

        def pictures(parent: Any) -> Any:
            from ui.pictures.browser import Browser

            made = Browser(parent, self.bench, self._writer, self.context, self._surveyed)
            made.deeds.changed.connect(self.stepped.emit)
            return made

        def image(parent: Any) -> Any:
            from ui.concept.crops import Crops

            return Crops(parent, self.bench, lambda: self.index)

        def text(parent: Any) -> Any:
            from ui.concept.texts import Texts

            return Texts(parent, self.bench, lambda: self.index)

        def numbers(parent: Any) -> Any:
            from ui.concept.numbers import Numbers

            return Numbers(parent, self.bench.tooltip, self.context, self.show_picture, self._surveyed)

        return {"pictures": pictures, "image": image, "text": text, "numbers": numbers}

    def _on_choice(self, title: str) -> None:
        self.view = next(key for key, value in VIEWS.items() if value == title)
        self._shown = None
        self.refresh()

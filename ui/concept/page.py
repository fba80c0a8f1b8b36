"""One concept from near: its pictures, what augmentation makes of them, its captions as they are trained, its numbers.

Not in the navigation: opened from the concept's row. The path says which: 'concept[2].pictures'.
"""

import tkinter
from collections.abc import Callable
from typing import Any, Protocol

import customtkinter as ctk

from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.concepts import Concept
from ui import colours, theme
from ui.background import Background
from ui.tabs.page import Page
from ui.words import quoted
from ui.workbench import Workbench

VIEWS = {"pictures": "Pictures", "image": "Crops", "text": "Captions", "numbers": "Statistics"}


class ConceptView(Protocol):
    """What each of the views is, a widget besides."""

    def show(self, concept: Concept) -> None:
        """Come into view, or show another concept or a changed one."""

    def leave(self) -> None: ...
    def tick(self) -> None: ...


class ConceptPage(Page):
    def __init__(self, parent: Any, bench: Workbench, writer: Background):
        super().__init__(parent, bench)
        self.index, self.view = 0, "pictures"
        self.views: dict[str, Any] = {}
        self._writer = writer
        self._shown: tuple[str, Concept] | None = None
        head = ctk.CTkFrame(self, fg_color="transparent")
        head.pack(fill="x", pady=(0, 8))
        self.back = theme.button(head, "‹ Concepts", lambda: bench.go("concepts"))
        self.back.pack(side="left")
        self.choice = ctk.CTkSegmentedButton(head, values=list(VIEWS.values()), command=self._on_choice)
        self.choice.pack(side="right")
        self.name = ctk.CTkLabel(head, text="", font=theme.font(theme.HEADING, bold=True), anchor="w", width=10)
        self.name.pack(side="left", padx=12, fill="x", expand=True)
        self.name.bind("<Configure>", lambda _event: self._fit_name())
        self._body = ctk.CTkFrame(self, fg_color="transparent")
        self._body.pack(fill="both", expand=True)
        self._gone = ctk.CTkLabel(self._body, text="This concept is no longer there.", text_color=colours.DIM)
        self._end = bench.store.changed.connect(lambda _before, _after: self.refresh_in_view())

    def destroy(self) -> None:
        self._end()
        super().destroy()

    @property
    def concept(self) -> Concept | None:
        concepts = self.bench.store.state.concepts
        return concepts[self.index] if 0 <= self.index < len(concepts) else None

    def context(self) -> tuple[TrainingState, Concept] | None:
        return (self.bench.store.state, self.concept) if self.concept is not None else None

    def go(self, path: str) -> bool:
        """'concept[2].pictures'"""
        place, _, view = path.removeprefix("concept[").partition("]")
        self.index, self.view = int(place), view.lstrip(".") or self.view
        self._shown = None
        self.refresh()
        return True

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

    def _fit_name(self) -> None:
        """As much of the name as there is room for."""
        letters = max(int(self.name.winfo_width() / theme.scaling(self) / 9), 8)
        name = self.concept.name if self.concept else ""
        self.name.configure(text=quoted(name, letters)[1:-1])

    def _makers(self) -> dict[str, Callable[[tkinter.Misc], Any]]:
        """Imports wait until a view is shown."""

        def pictures(parent: Any) -> Any:
            from ui.pictures.browser import Browser

            return Browser(parent, self.bench, self._writer, self.context)

        def image(parent: Any) -> Any:
            from ui.concept.crops import Crops

            return Crops(parent, self.bench, lambda: self.index)

        def text(parent: Any) -> Any:
            from ui.concept.texts import Texts

            return Texts(parent, self.bench, lambda: self.index)

        def numbers(parent: Any) -> Any:
            from ui.concept.numbers import Numbers

            return Numbers(parent, self.context)

        return {"pictures": pictures, "image": image, "text": text, "numbers": numbers}

    def _on_choice(self, title: str) -> None:
        self.view = next(key for key, value in VIEWS.items() if value == title)
        self._shown = None
        self.refresh()

"""A tab of settings: the cards of one or more groups, all made from the declarations."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from onetrainer_clone.settings import declarations, failing
from onetrainer_clone.state import TrainingState
from ui import theme
from ui.form import Card, Form, Line, cards
from ui.tabs.idle import Idle
from ui.tabs.page import Page, Scrolled
from ui.workbench import Workbench


@dataclass(frozen=True)
class TabSettings:
    """Which groups a tab shows; plain settings of the root go on the first card."""

    key: str
    title: str
    groups: tuple[str, ...]


TABS = (
    TabSettings("model", "Model", ("method", "model")),
    TabSettings("training", "Training", ("training", "learning_rate", "optimizer", "noise")),
    TabSettings("adapter", "Adapter", ("adapter",)),
    TabSettings("saving", "Saving", ("saving",)),
)
EMBEDDING = TabSettings("embedding", "Embedding", ("embedding",))
SAMPLING = TabSettings("sampling", "Sampling", ("sampling",))


def cards_of(tab: TabSettings) -> Iterator[Card]:
    """The cards of a tab, in order."""
    for name in tab.groups:
        declaration = declarations(TrainingState)[name]
        if declaration.group is None:
            line = Line(name, declaration.label, declaration)
            yield Card("What is trained", declaration.tip, "", (line,), ())
        else:
            held = (declaration.when,) if declaration.when else ()
            yield from cards(declaration.group, name, declaration.label, declaration.tip, held)


class Cards:
    """Forms under each other in a frame; those without effect are left out."""

    def __init__(self, frame: Any, bench: Workbench, tab: TabSettings):
        self._frame, self._bench = frame, bench
        self.forms = [Form(frame, bench, card) for card in cards_of(tab)]
        self._placed: list[Form] = []
        self._tab = tab
        self._idle: Idle | None = None  # made where it is needed
        self._ends = [
            bench.store.changed.connect(lambda _before, _after: self._place_in_view()),
            bench.findings.checked.connect(self._place_in_view),
            bench.options.changed.connect(self._place_in_view),
        ]

    def destroy(self) -> None:
        for end in self._ends:
            end()

    def go(self, path: str) -> bool:
        """Show the field of a path and put the cursor into it; False where it is not here, or not shown in this state."""
        for form in self.forms:
            if (row := form.row(path)) is None:
                continue
            if not row.relevant(self._bench.store.state):
                self._bench.options.basic = False
            form.refresh()
            self._place()
            if isinstance(self._frame, Scrolled):
                self._frame.update_idletasks()  # what was shown a moment ago has no place yet
                self._frame.bring(row.top)
            row.focus()
            row.flash()
            return row.shown
        return False

    def refresh(self) -> None:
        """What was put off while the cards were out of view."""
        for form in self._placed:
            form.refresh_if_stale()
        self._place()

    def _place_in_view(self) -> None:
        if self._frame.winfo_viewable():
            self._place()

    def _place(self) -> None:
        wanted = [form for form in self.forms if form.relevant]
        if wanted == self._placed:
            if not wanted:
                self._show_idle()
            return
        for form in self._placed:
            if form not in wanted:
                theme.put_away(form)
        for number, form in enumerate(self.forms):
            if form in wanted and form not in self._placed:
                form.refresh()
                form.grid(row=number, column=0, sticky="ew", padx=(2, 8), pady=(0, 12))
        self._placed = wanted
        self._show_idle()

    def _show_idle(self) -> None:
        """A page without any card says why."""
        if self._placed:
            if self._idle is not None:
                self._idle.grid_forget()
            return
        if self._idle is None:
            self._idle = Idle(self._frame, self._bench, self._tab.title)
        self._idle.show(self._bench.store.state, [form.card for form in self.forms])
        self._idle.grid(row=len(self.forms), column=0)


def has_effect(state: TrainingState, tab: TabSettings) -> bool:
    """Whether any group of a tab matters in this state."""
    return any(failing(state, card.conditions) is None for card in cards_of(tab))


class SettingsPage(Page):
    def __init__(self, parent: Any, bench: Workbench, tab: TabSettings):
        super().__init__(parent, bench)
        column = Scrolled(self)
        column.pack(fill="both", expand=True)
        self.cards = Cards(column, bench, tab)

    def destroy(self) -> None:
        self.cards.destroy()
        super().destroy()

    def refresh(self) -> None:
        self.cards.refresh()

    def go(self, path: str) -> bool:
        return self.cards.go(path)

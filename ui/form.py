"""The form of one group of settings, a card with a row for each, made from the declarations alone."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import customtkinter as ctk

from onetrainer_clone.settings import Declaration, Invalid, Setting, Settings, When, declarations, get, why_not
from onetrainer_clone.state import TrainingState
from ui import colours, theme
from ui.help import LEAST, LEFT
from ui.row import Row
from ui.workbench import Workbench

EDGES = 32  # px at 100 %: left and right of a control in a narrow form
MARGINS = 60  # px at 100 %: left of the label, right of it, and at the right edge
BESIDE = 230  # px at 100 %: a number's field and what lies around it
AMOUNT = {"unit", "amount"}  # a group of these is one thing: so many steps, epochs ...
NARROW = 400  # px at 100 %: below it the labels stand above their controls


@dataclass(frozen=True)
class Line:
    """One setting of a card: its path below the card's, its label, and on what the group that it is in depends."""

    below: str
    label: str
    declaration: Declaration
    conditions: tuple[When, ...] = ()  # of the group that it is a line of, named from the card's group


@dataclass(frozen=True)
class Card:
    """A group of settings that is shown together."""

    title: str
    tip: str
    prefix: str  # of the group in the state; '' is the root
    lines: tuple[Line, ...]
    conditions: tuple[When, ...]


def cards(
    owner: type[Settings], prefix: str, title: str, tip: str = "", conditions: tuple[When, ...] = ()
) -> Iterator[Card]:
    """The card of a group, then those of the groups in it. Lists (concepts, prompts) have views of their own."""
    lines, inner = [], []
    for name, declaration in declarations(owner).items():
        if declaration.group and declarations(declaration.group).keys() == AMOUNT:
            lines += _amount(name, declaration)
        elif declaration.group:
            inner.append(declaration)
        elif not declaration.item and not declaration.hidden:
            lines.append(Line(name, declaration.label, declaration))
    if lines:
        yield Card(title, tip, prefix, tuple(lines), conditions)
    for declaration in inner:
        assert declaration.group is not None
        path = f"{prefix}.{declaration.name}".lstrip(".")
        held = (*conditions, _rooted(declaration.when, prefix)) if declaration.when else conditions
        yield from cards(declaration.group, path, declaration.label, declaration.tip, held)


def _amount(name: str, group: Declaration) -> list[Line]:
    """'Sample every' is one thing for a person: label and tip of the group go to its unit, its condition to both."""
    assert group.group is not None
    unit, amount = declarations(group.group).values()
    unit = replace(unit, tip=" ".join(filter(None, (group.tip, unit.tip))))
    held = (group.when,) if group.when else ()
    return [Line(f"{name}.unit", group.label, unit, held), Line(f"{name}.amount", "    so many", amount, held)]


def _rooted(condition: When, prefix: str) -> When:
    if condition.path.startswith("/"):
        return condition
    return When(f"/{prefix}.{condition.path}".replace("/.", "/"), condition.values)


class Form(ctk.CTkFrame):
    """A card on the screen. Rows change in place; nothing is built anew when the state changes."""

    def __init__(self, parent: Any, bench: Workbench, card: Card, label_width: int = 190):
        super().__init__(parent, corner_radius=8, border_width=theme.BORDER, border_color=colours.LINE)
        self.card, self.prefix = card, card.prefix
        self.others: tuple[str, ...] = ()  # further items that are edited with the one at `prefix`
        self._bench = bench
        self._waiting, self._stale, self._label_width = "", True, label_width
        self.grid_columnconfigure(1, weight=1)
        self.grid_rowconfigure(0, minsize=8)
        if card.title:
            heading = ctk.CTkLabel(self, text=card.title, font=theme.font(theme.HEADING, bold=True), anchor="w")
            heading.grid(row=0, column=0, columnspan=2, sticky="w", padx=16, pady=(10, 4))
            if card.tip:
                bench.tooltip.attach(heading, lambda: card.tip)
        self.rows = [
            Row(self, bench, 3 * number + 1, self._setting(line), line.label, label_width)
            for number, line in enumerate(card.lines)
        ]
        self.grid_rowconfigure(3 * len(self.rows) + 1, minsize=8)
        self._ends = [
            bench.store.changed.connect(lambda _before, _after: self.refresh_soon()),
            bench.findings.checked.connect(self.refresh_soon),
            bench.options.changed.connect(self.refresh_soon),
        ]
        self._themed: Callable[[str], None] = lambda _mode: self._dress()
        self._scaled: Callable[[float, float], None] = lambda _widgets, _window: self._dress()
        ctk.AppearanceModeTracker.add(self._themed, self)
        ctk.ScalingTracker.add_widget(self._scaled, self)
        self.bind("<Configure>", self._on_width, add="+")

    def _on_width(self, event: Any) -> None:
        width = round(event.width / theme.scaling(self))
        narrow, room = width < NARROW, width - self._label_width - MARGINS - LEFT
        for row in self.rows:
            row.narrow(narrow)
            row.control_room(width - (EDGES if narrow else self._label_width + MARGINS))
            row.extra_room(width - (0 if narrow else self._label_width) - BESIDE)
            row.help_room(room if room >= LEAST and not narrow else 0)

    def _dress(self) -> None:
        for row in self.rows:
            row.dress()

    def destroy(self) -> None:
        ctk.AppearanceModeTracker.remove(self._themed)
        ctk.ScalingTracker.remove_widget(self._scaled, self)
        for end in self._ends:
            end()
        if self._waiting:
            self.after_cancel(self._waiting)
            self._waiting = ""
        super().destroy()

    def point_to(self, prefix: str, others: tuple[str, ...] = ()) -> None:
        """Show another item of a list, for example 'concepts[2]'; edits change the `others`, too."""
        if (prefix, others) != (self.prefix, self.others):
            self.prefix, self.others = prefix, others
            for row, line in zip(self.rows, self.card.lines, strict=True):
                row.point_to(self._setting(line), tuple(f"{other}.{line.below}" for other in others))
        self.refresh()

    def refresh_soon(self) -> None:
        """Refresh once when there is time, however often this is called; out of view not before it comes back."""
        self._stale = True
        if not self._waiting and self.winfo_viewable():
            self._waiting = self.after_idle(self.refresh)

    def refresh_if_stale(self) -> None:
        if self._stale or any(row.lingers for row in self.rows):
            self.refresh()

    def refresh(self) -> None:
        if self._waiting:
            self.after_cancel(self._waiting)
            self._waiting = ""
        self._stale = False
        state = self._bench.store.state
        if not all(_there(state, prefix) for prefix in (self.prefix, *self.others)):
            return
        built = sum(row.control is not None for row in self.rows)
        for row in self.rows:
            row.refresh(state)
        if 0 < built < sum(row.control is not None for row in self.rows):
            for row in self.rows:  # the Tab key goes from widget to widget in the order in which they lie
                if row.control is not None:
                    row.control.widget.lift()

    @property
    def relevant(self) -> bool:
        """Whether the card has an effect in this state and anything to show."""
        state = self._bench.store.state
        group = Setting(self.prefix, self.rows[0].declaration, None, self.card.conditions)
        return not why_not(state, group) and any(row.relevant(state) for row in self.rows)

    def row(self, path: str) -> Row | None:
        return next((row for row in self.rows if row.path == path), None)

    def _setting(self, line: Line) -> Setting:
        path = f"{self.prefix}.{line.below}".lstrip(".")
        held = (*self.card.conditions, *(_rooted(condition, self.prefix) for condition in line.conditions))
        if line.declaration.when:
            held = (*held, _rooted(line.declaration.when, path.rpartition(".")[0]))
        return Setting(path, line.declaration, None, held)


def _there(state: TrainingState, prefix: str) -> bool:
    """Whether the item that a form shows is still in the state (it may have been deleted a moment ago)."""
    try:
        return not prefix or get(state, prefix) is not None
    except Invalid:
        return False

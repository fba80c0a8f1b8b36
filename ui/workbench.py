"""What every part of the window works with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ui.colours import ConceptColours
from ui.dialogs import Ask
from ui.findings import Findings
from ui.signals import Signal
from ui.store import StateStore
from ui.thumbnails import Pictures
from ui.tooltip import Tooltip
from ui.typed import Typed


class Options:
    """How much of the forms is shown."""

    def __init__(self, basic: bool):
        self._basic = basic
        self.visit = 0  # goes up with every page that is turned to, and when more or less is to be shown
        self.changed: Signal[[]] = Signal()

    @property
    def basic(self) -> bool:
        return self._basic

    @basic.setter
    def basic(self, basic: bool) -> None:
        if basic != self._basic:
            self._basic = basic
            self.visit += 1
            self.changed.emit()


@dataclass
class Workbench:
    root: Any
    store: StateStore
    findings: Findings
    ask: Ask
    tooltip: Tooltip
    pictures: Pictures
    colours: ConceptColours
    options: Options
    typed: Typed
    go: Callable[[str], bool]  # to the field with this path, or to a tab; False where it cannot be shown now

"""The buttons of the Runs tab: what they are called, do and say, and when they can be pressed."""

from typing import TYPE_CHECKING

from ui.runs.reveal import reveal
from ui.runs.toolbar import Action, Toolbar
from ui.tooltip import Tooltip

if TYPE_CHECKING:
    from ui.runs.page import RunsPage

OPEN, BACK = "Open", "Back to the list"
DELETE, EMPTY_TRASH = "Delete…", "Empty trash…"
BRING_BACK, TRASH = "Bring back", "Trash"


class RunToolbar(Toolbar):
    def __init__(self, page: "RunsPage", tooltip: Tooltip):
        self._page = page
        super().__init__(page, self._actions(page), tooltip)

    def show(self) -> None:
        """As things are now."""
        page = self._page
        runs, trash, deeds = page.selected, page.listing.trash, page.deeds
        one, free = len(runs) == 1, not page.desk.runner.going
        self.name("open", BACK if page.enlarged else OPEN)
        self.name("delete", EMPTY_TRASH if trash else DELETE)
        self.name("back", BRING_BACK if trash or deeds.can_bring_back else TRASH)
        self.enable(
            {
                "open": bool(runs) or page.enlarged,
                "compare": len(runs) == 2,
                "resume": one and free and runs[0].can_resume and not trash,
                "load": one,
                "reveal": one,
                "delete": bool(runs) or trash,
                "back": bool(runs) if trash else deeds.can_bring_back or page.listing.in_trash > 0,
            }
        )

    def _delete_tip(self) -> str:
        if self._page.listing.trash:
            return "Deletes what is in the trash for good; says how much that frees, and asks first."
        return "Moves its folder to the workspace's trash."

    def _back_tip(self) -> str:
        return "From the trash into the list again." if self._page.listing.trash else self._page.deeds.words()

    def _actions(self, page: "RunsPage") -> tuple[Action, ...]:
        return (
            Action("open", OPEN, lambda: page.enlarge(not page.enlarged), "Gives the run the whole page (double click).",
                   other=BACK),
            Action("compare", "Compare", page.compare, "Two runs, selected with Ctrl: charts, samples and settings."),
            Action("resume", "Resume", page.resume, "Goes on from its newest backup, where it has one."),
            Action("load", "Load its settings", page.load, "Into the window; undo brings back yours."),
            Action("reveal", "Show folder", lambda: reveal(page.selected[0].folder), "In the file manager."),
            Action("delete", DELETE, page.delete, self._delete_tip, "danger", EMPTY_TRASH),
            Action("back", BRING_BACK, page.bring_back, self._back_tip, other=TRASH),
        )  # fmt: skip

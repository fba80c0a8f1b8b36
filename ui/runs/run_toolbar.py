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
ELSEWHERE = "Not now: it goes on in another window or terminal. Stop it there first."


class RunToolbar(Toolbar):
    def __init__(self, page: "RunsPage", tooltip: Tooltip):
        self._page = page
        super().__init__(page, self._actions(page), tooltip)

    def show(self) -> None:
        """As things are now."""
        page = self._page
        runs, trash, deeds = page.selected, page.listing.trash, page.deeds
        one = len(runs) == 1
        self.name("open", BACK if page.enlarged else OPEN)
        self.name("delete", EMPTY_TRASH if trash else DELETE)
        self.name("back", BRING_BACK if trash or deeds.can_bring_back else TRASH)
        self.enable(
            {
                "open": bool(runs) or page.enlarged,
                "compare": len(runs) == 2,
                "resume": one and not trash and not self._why_no_resume(),
                "load": one,
                "reveal": one,
                "delete": (bool(runs) and not self._why_no_deletion()) or trash,
                "back": bool(runs) if trash else deeds.can_bring_back or page.listing.in_trash > 0,
            }
        )

    def _delete_tip(self) -> str:
        if self._page.listing.trash:
            return "Deletes what is in the trash for good; says how much that frees, and asks first."
        return _with_reason("Moves its folder to the workspace's trash.", self._why_no_deletion())

    def _resume_tip(self) -> str:
        return _with_reason("Goes on from its newest backup, where it has one.", self._why_no_resume())

    def _why_no_resume(self) -> str:
        """Of the run that is selected; empty where it can be resumed."""
        runs = self._page.selected
        if self._page.desk.runner.going:
            return "Not now: a run goes on here."
        if len(runs) != 1 or runs[0].can_resume:
            return ""
        return ELSEWHERE if runs[0].going else "It has no backup to go on from."

    def _why_no_deletion(self) -> str:
        """Of the runs that are selected; empty where none of them goes on."""
        going = [run for run in self._page.selected if run.going]
        if any(run.folder == self._page.desk.running_folder for run in going):
            return "Not now: the run goes on. Stop it first."
        return ELSEWHERE if going else ""

    def _back_tip(self) -> str:
        return "From the trash into the list again." if self._page.listing.trash else self._page.deeds.words()

    def _actions(self, page: "RunsPage") -> tuple[Action, ...]:
        return (
            Action("open", OPEN, lambda: page.enlarge(not page.enlarged), "Gives the run the whole page (double click).",
                   other=BACK),
            Action("compare", "Compare", page.compare, "Two runs, selected with Ctrl: charts, samples and settings."),
            Action("resume", "Resume", page.resume, self._resume_tip),
            Action("load", "Load its settings", page.load, "Into the window; undo brings back yours."),
            Action("reveal", "Show folder", lambda: reveal(page.selected[0].folder), "In the file manager."),
            Action("delete", DELETE, page.delete, self._delete_tip, "danger", EMPTY_TRASH),
            Action("back", BRING_BACK, page.bring_back, self._back_tip, other=TRASH),
        )  # fmt: skip


def _with_reason(tip: str, why: str) -> str:
    """With why the button is off."""
    return f"{tip}\n\n{why}" if why else tip

"""The buttons of the Queue tab: what they are called, do and say, and when they can be pressed."""

from typing import TYPE_CHECKING

from ui.runs.toolbar import Action, Toolbar
from ui.tooltip import Tooltip

if TYPE_CHECKING:
    from ui.queue.page import QueuePage

START, FINISH = "Start the queue", "Stop after this run"


class QueueToolbar(Toolbar):
    def __init__(self, page: "QueuePage", tooltip: Tooltip):
        self._page = page
        super().__init__(page, self._actions(page), tooltip)

    def show(self) -> None:
        """As things are now."""
        queue, chosen = self._page.queue, self._page.chosen
        keys = [entry.key for entry in queue.entries]
        one = chosen[0] if len(chosen) == 1 else None
        places = [keys.index(entry.key) for entry in chosen]
        idle = bool(chosen) and all(entry.status != "running" for entry in chosen)
        self.name("start", FINISH if queue.going else START)
        self.enable(
            {
                "start": bool(queue.waiting or queue.going),
                "replace": one is not None and idle,
                "up": bool(places) and places[-1] >= len(places),
                "down": bool(places) and places[0] < len(keys) - len(places),
                "rename": one is not None and one.status == "waiting",
                "remove": idle,
                "back": bool(queue.removed),
                "again": idle and all(entry.status != "waiting" for entry in chosen),
                "load": one is not None,
                "reveal": one is not None and bool(one.folder),
            }
        )

    def _back_in_words(self) -> str:
        """What 'Bring back' does now."""
        removed = self._page.queue.removed
        if not removed:
            return "Undoes a removal, or a replacement of settings."
        names = ", ".join(f"'{entry.title}'" for entry in removed[:4]) + (" and more" if len(removed) > 4 else "")
        return f"{names}: the settings that were replaced." if removed[0].was else f"{names}: into the queue again."

    def _actions(self, page: "QueuePage") -> tuple[Action, ...]:
        return (
            Action("start", START, page.start_or_finish, "Runs what waits, from the top.", "main", FINISH),
            Action("add", "Add the settings", page.add, "Puts the settings as they are now at the end."),
            Action("replace", "Replace settings", page.replace, "Gives the entry the settings as they are now, and has it "
                   "wait. 'Bring back' undoes it."),
            Action("up", "▲", lambda: page.move(-1), "Moves what is selected up. Dragging does it, too."),
            Action("down", "▼", lambda: page.move(1), "Moves what is selected down. Dragging does it, too."),
            Action("rename", "Rename…", page.rename, "Its run will have this name (double click)."),
            Action("remove", "Remove", page.remove, "Takes what is selected out (Delete); the folder of a run stays."),
            Action("back", "Bring back", page.bring_back, self._back_in_words),
            Action("again", "Run again", page.again, "Has what is selected wait once more."),
            Action("load", "Load settings", page.load, "Its settings into the window; undo brings back yours."),
            Action("reveal", "Show folder", page.reveal, "In the file manager. A double click shows the run here."),
        )  # fmt: skip

"""The one place where an exception becomes words: a person's mistake shows its sentence, ours says where to look."""

import logging
import tkinter
import traceback
from types import TracebackType

from onetrainer_clone.settings import UserError
from ui import memory
from ui.dialogs import Ask

LOG = logging.getLogger("onetrainer_clone.window")


class Errors:
    """Reports errors of handlers; while one is on the screen, others only go to the log."""

    def __init__(self, ask: Ask):
        self._ask = ask
        self._showing = False

    def catch_all(self, root: tkinter.Tk) -> None:
        """Have every error of a Tk handler come here."""

        def report(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
            self.report(error)

        root.report_callback_exception = report

    def report(self, error: BaseException) -> None:
        if isinstance(error, UserError):
            self._show("That did not work", str(error))
            return
        trace = "".join(traceback.format_exception(error))
        self._keep(trace)
        message = (
            f"Something went wrong in the window, which is our fault: {type(error).__name__}: {error}\n\n"
            f"The window stays usable and a run goes on. The whole story is in the log, {memory.log_file()}."
        )
        self._show("A fault of ours", message, trace)

    def _show(self, title: str, message: str, details: str = "") -> None:
        if self._showing:
            return
        self._showing = True
        try:
            self._ask.tell(title, message, details)
        finally:
            self._showing = False

    @staticmethod
    def _keep(trace: str) -> None:
        LOG.error("%s", trace)
        try:
            memory.folder().mkdir(parents=True, exist_ok=True)
            with memory.log_file().open("a", encoding="utf-8") as file:
                file.write(f"{trace}\n")
        except OSError:
            pass  # a full disk must not hide the error itself

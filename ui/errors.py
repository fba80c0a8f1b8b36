"""The one place where an exception becomes words: a person's mistake shows its sentence, ours says where to look."""

import logging
import time
import tkinter
import traceback
from collections.abc import Callable
from types import TracebackType

from onetrainer_clone.settings import UserError
from ui import memory
from ui.dialogs import Ask
from ui.words import begun

LOG = logging.getLogger("onetrainer_clone.window")


SAME_SECONDS = 0.5  # between two errors of one place, below which nobody asked for the second: the window's loop turned


class Errors:
    """Reports errors of handlers; while one is on the screen, others only go to the log.

    One that comes again and again, as from the window's loop, is told once.
    """

    def __init__(self, ask: Ask, clock: Callable[[], float] = time.monotonic):
        self._ask, self._clock = ask, clock
        self._showing = False
        self.window_gone = False  # then there is nothing to show an error in: the log alone has it
        self._heard: dict[tuple[object, ...], float] = {}  # by kind and place, when last

    def catch_all(self, root: tkinter.Tk) -> None:
        """Have every error of a Tk handler come here."""

        def report(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
            self.report(error)

        root.report_callback_exception = report

    def report(self, error: BaseException) -> None:
        """Never raises: it is the last that hears of an error."""
        if isinstance(error, BaseExceptionGroup):
            for one in error.exceptions:
                self.report(one)
            return
        if self._is_heard(error):
            return
        if isinstance(error, UserError) and not self.window_gone:
            self._show("That did not work", begun(str(error)))
            return
        trace = "".join(traceback.format_exception(error))
        self._keep(trace)
        if self.window_gone:
            return
        message = (
            f"Something went wrong in the window, which is our fault: {type(error).__name__}: {error}\n\n"
            f"The window stays usable and a run goes on. The whole story is in the log, {memory.log_file()}."
        )
        self._show("A fault of ours", message, trace)

    def _is_heard(self, error: BaseException) -> bool:
        """Whether an error of this kind came from this place a moment ago."""
        now = self._clock()
        self._heard = {key: when for key, when in self._heard.items() if now - when < SAME_SECONDS}
        frames = traceback.extract_tb(error.__traceback__)
        key = (type(error), frames[-1].filename, frames[-1].lineno) if frames else (type(error), str(error))
        known = key in self._heard
        self._heard[key] = now
        return known

    def _show(self, title: str, message: str, details: str = "") -> None:
        if self._showing:
            return
        self._showing = True
        try:
            self._ask.tell(title, message, details)
        except Exception as error:  # noqa: BLE001 - raised from here it would end the window's loop
            self._keep("".join(traceback.format_exception(error)))
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

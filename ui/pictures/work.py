"""What is done to many files: at once where it is little, else on the writer, one thing after the other."""

from collections.abc import Callable
from typing import TypeVar

from onetrainer_clone.settings import UserError
from ui.background import Background
from ui.signals import Signal

AT_ONCE = 20  # files that are moved while the window waits

T = TypeVar("T")


class Work:
    """`words` say what is being done on the writer, `job` is it; `changed` when that begins and ends."""

    def __init__(self, writer: Background):
        self.words = ""
        self.job: Callable[[], object] | None = None
        self.changed: Signal[[]] = Signal()
        self._writer = writer

    def do(self, count: int, words: str, work: Callable[[], T], then: Callable[[T], None], later: bool = False) -> None:
        """`count`: of files. `later`: on the writer however few they are."""
        if later or count > AT_ONCE:
            self.words, self.job = words, work
            self.changed.emit()
            self._writer.submit("many", work, lambda result: self._end(lambda: then(result)), self._on_error)
            return
        try:
            result = work()
        except UserError:
            self.changed.emit()
            raise
        self._end(lambda: then(result))

    def _end(self, then: Callable[[], None]) -> None:
        self.words, self.job = "", None
        try:
            then()
        finally:
            self.changed.emit()

    def _on_error(self, error: Exception) -> None:
        def again() -> None:
            raise error

        self._end(again)

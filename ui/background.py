"""Work off the main thread. Results come back through `deliver`, which the main thread calls: nothing here knows Tk."""

import queue
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from ui.garbage import undisturbed

T = TypeVar("T")


@dataclass(frozen=True)
class _Job:
    key: str
    turn: int
    work: Callable[[], Any]
    then: Callable[[Any], None]
    failed: Callable[[Exception], None] | None


class Background:
    """One thread that does one job after another. Of several jobs with the same key only the latest counts."""

    def __init__(self, name: str, newest_first: bool = False):
        self._name, self._newest_first = name, newest_first
        self._waiting: OrderedDict[str, _Job] = OrderedDict()
        self._turns: dict[str, int] = {}
        self._done: queue.SimpleQueue[tuple[_Job, Any, Exception | None]] = queue.SimpleQueue()
        self._change = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._working: str | None = None  # the key of the job that is being done
        self.progress = (0, 0)  # of the present job, where it tells: so many of so many are done

    def submit(
        self,
        key: str,
        work: Callable[[], T],
        then: Callable[[T], None],
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        """Do `work` on the thread, then `then` with its result on the main one. What waits under this key is dropped."""
        with self._change:
            turn = self._turns[key] = self._turns.get(key, 0) + 1
            self._waiting.pop(key, None)
            self._waiting[key] = _Job(key, turn, work, then, failed)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
            self._change.notify()

    def cancel_waiting(self) -> None:
        """Forget the jobs that have not begun."""
        with self._change:
            self._waiting.clear()

    def take_back(self, mine: Callable[[str], bool]) -> None:
        """Before the main thread does itself what the jobs with these keys would: those that wait are forgotten, the one
        that is being done is waited for, and what came of it is not handed over."""
        with self._change:
            for key in [key for key in self._waiting if mine(key)]:
                del self._waiting[key]
            self._change.wait_for(lambda: self._working is None or not mine(self._working))
            for key in [key for key in self._turns if mine(key)]:
                del self._turns[key]

    def deliver(self, limit: int = 20) -> int:
        """On the main thread: hand over at most `limit` results. An error without a taker is raised here."""
        for count in range(limit):
            try:
                job, result, error = self._done.get_nowait()
            except queue.Empty:
                return count
            with self._change:
                if self._turns.get(job.key) != job.turn:
                    continue
                del self._turns[job.key]
            if error is None:
                job.then(result)
            elif job.failed is not None:
                job.failed(error)
            else:
                raise error
        return limit

    @property
    def closing(self) -> bool:
        """Whether the thread is to end: a long job ends where it can."""
        return self._closed

    @property
    def idle(self) -> bool:
        """Whether nothing waits, runs or is to be delivered."""
        with self._change:
            return not self._waiting and self._working is None and self._done.empty()

    def close(self, timeout: float) -> None:
        """Finish the job that is being done and end the thread."""
        with self._change:
            self._closed = True
            self._waiting.clear()
            self._change.notify()
        if self._thread is not None:
            self._thread.join(timeout)

    def _run(self) -> None:
        while True:
            with self._change:
                while not self._waiting and not self._closed:
                    self._change.wait()
                if self._closed:
                    return
                _, job = self._waiting.popitem(last=self._newest_first)
                self._working, self.progress = job.key, (0, 0)
            try:
                with undisturbed():
                    outcome: tuple[_Job, Any, Exception | None] = (job, job.work(), None)
            except BaseException as error:  # noqa: BLE001 - raised again on the main thread, by deliver
                outcome = (job, None, _as_exception(error))
            with self._change:
                self._working = None
                self._done.put(outcome)
                self._change.notify_all()


def _as_exception(error: BaseException) -> Exception:
    """A panic of a library that is written in Rust is none, and must not end the thread either."""
    if isinstance(error, Exception):
        return error
    found = RuntimeError(f"{type(error).__name__}: {error}")
    found.__cause__ = error
    return found

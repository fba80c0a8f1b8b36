"""What the window's threads are at, for tests that wait for them."""

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import pytest

from ui.background import Background


class Workers:
    """Every `Background` that was given work since `watch`."""

    def __init__(self) -> None:
        self._finished: WeakKeyDictionary[Background, int] = WeakKeyDictionary()  # jobs

    def watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        submit, finished = Background.submit, self._finished

        def watched(worker: Background, key: str, work: Callable[[], Any], *then: Any, **named: Any) -> None:
            def counted() -> Any:
                try:
                    return work()
                finally:
                    finished[worker] += 1

            finished.setdefault(worker, 0)
            submit(worker, key, counted, *then, **named)

        monkeypatch.setattr(Background, "submit", watched)

    @property
    def at_work(self) -> bool:
        return any(map(jobs, self._finished))

    def given(self) -> Callable[[], bool]:
        """A question: is all done that has been given by now? Work that is given all the time is never all done."""
        goals = {worker: done + jobs(worker) for worker, done in self._finished.items()}
        return lambda: all(not jobs(worker) or self._finished[worker] >= goal for worker, goal in goals.items())

    def undelivered(self) -> dict[Background, int]:
        """How many results lie there. Those for a page that is not in view stay."""
        return {worker: worker._done.qsize() for worker in self._finished}


def jobs(worker: Background) -> int:
    """That wait or are being done."""
    return len(worker._waiting) + (worker._working is not None)

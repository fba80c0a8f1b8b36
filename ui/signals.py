"""Who wants to know: a list of functions that are called when something happened."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Generic, ParamSpec

P = ParamSpec("P")


def each(calls: Iterable[Callable[[], object]]) -> None:
    """Make every call, whatever becomes of those before; then raise what went wrong (several: as an `ExceptionGroup`)."""
    errors = []
    for call in calls:
        try:
            call()
        except Exception as error:  # noqa: BLE001 - raised below, when all have had their turn
            errors.append(error)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise ExceptionGroup("several things went wrong", errors)


class Signal(Generic[P]):
    """Calls its listeners in the order in which they came; where one fails the others are still called."""

    def __init__(self) -> None:
        self._listeners: list[Callable[P, object]] = []

    def connect(self, listener: Callable[P, object]) -> Callable[[], None]:
        """Listen from now on; the returned function ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def emit(self, *args: P.args, **kwargs: P.kwargs) -> None:
        each([partial(listener, *args, **kwargs) for listener in self._listeners])

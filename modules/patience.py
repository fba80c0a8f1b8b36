"""Says that the run waits for a drive, where it takes long; nothing is cut short."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from onetrainer_clone.events import Logged, Warned
from onetrainer_clone.session import Emit

SECONDS = 30.0


@contextmanager
def patient(emit: Emit, what: str) -> Iterator[None]:
    """Inside, files are written. Where that takes long it is said once, and once more when it goes on."""
    said = threading.Event()

    def say() -> None:
        said.set()
        emit(Warned(f"{what} takes longer than {SECONDS:.0f} seconds: does the drive answer? The run waits for it"))

    timer = threading.Timer(SECONDS, say)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()  # else the end could be told before the wait is
        if said.is_set():
            emit(Logged(f"{what} has come to an end"))


def waiting_for_pictures(emit: Emit, seconds: float, before: float) -> None:
    """The same for the next step's pictures, again and again; `before` are the seconds at the call before this one."""
    if seconds // SECONDS > before // SECONDS:
        emit(Warned(f"The next pictures have not come for {seconds:.0f} seconds: does their drive, or the cache's, answer?"))

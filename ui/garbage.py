"""Python's garbage collector, kept to the window's own thread and out of its way.

A collection runs on whichever thread happened to make one object too many. Two things are wrong with that here. Fonts,
variables and pictures of Tk call Tk when they are collected: from another thread that waits for the window's loop, and
forever where the loop waits for that thread. And a full collection looks at every object and holds the interpreter lock
meanwhile: beside the objects of a folder with 50,000 pictures a tenth of a second, again and again while they are made.

So while a window is open it collects by itself, a generation at a time, between two turns of its loop. Reference counts
take away nearly all garbage without any of this.
"""

import gc
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

MANY = 20_000  # objects that are left by a job: no later collection shall look at them either
FULL_SECONDS = 60.0  # between two collections of everything, which may take as long as a few frames

_lock = threading.Lock()
_inside: set[object] = set()  # a token for every job that must not be disturbed
_windows: set[object] = set()  # that collect by themselves


@contextmanager
def undisturbed() -> Iterator[None]:
    """No collection begins inside. Many objects that stay are frozen: they still go when nothing refers to them."""
    token = object()
    with _lock:
        _inside.add(token)
        gc.disable()
    try:
        yield
    finally:
        with _lock:
            _inside.remove(token)
            if not _inside and gc.get_count()[0] > MANY:
                gc.freeze()
            _enable()


class Collector:
    """Of one window, from its making to its end. Everything is called on the window's thread."""

    def __init__(self) -> None:
        self._full = time.monotonic()
        with _lock:
            _windows.add(self)
            gc.disable()

    def turn(self) -> None:
        """Collect the oldest generation that is due, unless a worker is making objects."""
        due = [count > most for count, most in zip(gc.get_count(), gc.get_threshold(), strict=True)]
        if _inside or not due[0]:
            return
        if due[2] and time.monotonic() - self._full >= FULL_SECONDS:
            self._full = time.monotonic()
            gc.collect()
        else:
            gc.collect(1 if due[1] else 0)

    def close(self) -> None:
        """Leave it to Python again, as far as no other window is open."""
        with _lock:
            _windows.discard(self)
            _enable()


def _enable() -> None:
    if not _inside and not _windows:
        gc.enable()

"""Keeps Python's garbage collector from holding up the window while a worker makes many objects.

A full collection looks at every object, on whichever thread happened to make one, and holds the interpreter lock
meanwhile: beside the objects of a folder with 50,000 pictures a tenth of a second, again and again while they are made.
Reference counts take away nearly all garbage without it.
"""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

MANY = 20_000  # objects that are left by a job: no later collection shall look at them either

_lock = threading.Lock()
_inside: set[object] = set()  # a token for everyone


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
            if not _inside:
                if gc.get_count()[0] > MANY:
                    gc.freeze()
                gc.enable()

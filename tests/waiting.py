"""How tests wait for another thread or process: for what it brings about, never for a time in which that might be done."""

import time
from collections.abc import Callable

LIMIT = 120.0  # seconds until a test gives up: what it waits for comes in a moment, on a busy machine in many
STEP = 0.005  # seconds


def until(true: Callable[[], object], meanwhile: Callable[[], object] = lambda: None, seconds: float = LIMIT) -> None:
    """Come back when something is so; `meanwhile` is done at every look."""
    end = time.monotonic() + seconds
    while not true():
        meanwhile()
        assert time.monotonic() < end, f"it did not come to this in {seconds:g} s"
        time.sleep(STEP)

"""How long a window's loop is held: the gaps between two of its turns, as rows of a table, held against the targets.

The gap is the time between two turns of the Tk loop, asked for every 5 ms, so 5 ms is the floor. What else the machine does
counts as well: a missed target means something only where nothing else goes on.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from onetrainer_clone.session import Train
from presets import store as preset_store
from tests.ui.screenshots import display
from ui.app import SWITCH_SECONDS, App

PROBE_MS = 5
MOST_MS = {"p99": 50, "longest": 250}


class Probe:
    """Measures the gaps between turns of a window's loop, in ms."""

    def __init__(self, app: App):
        self._app = app
        self.gaps: list[float] = []
        self._last = time.perf_counter()
        self._waiting = app.root.after(PROBE_MS, self._turn)

    def _turn(self) -> None:
        now = time.perf_counter()
        self.gaps.append(1000 * (now - self._last))
        self._last = now
        self._waiting = self._app.root.after(PROBE_MS, self._turn)

    def stop(self) -> None:
        self._app.root.after_cancel(self._waiting)


class Table:
    """Prints a row for every measurement; `missed` are the rows that miss a target."""

    def __init__(self) -> None:
        self.missed: list[str] = []
        print("\nGap between two turns of the Tk loop\n")
        targets = " | ".join(f"{name} ms (target {most})" for name, most in MOST_MS.items())
        print(f"| while | turns | median ms | {targets} |\n|---|---|---|---|---|", flush=True)

    def add(self, name: str, gaps: list[float]) -> None:
        ordered = sorted(gaps)
        if not ordered:
            self.missed.append(f"{name}: there was nothing to measure")
            return
        found = {"p99": ordered[min(round(0.99 * len(ordered)), len(ordered) - 1)], "longest": ordered[-1]}
        median = statistics.median(ordered)
        print(f"| {name} | {len(gaps)} | {median:.1f} | {found['p99']:.0f} | {found['longest']:.0f} |", flush=True)
        self.missed += [
            f"{name}: {key} is {ms:.0f} ms, at most {MOST_MS[key]}" for key, ms in found.items() if ms > MOST_MS[key]
        ]


def tell(missed: list[str]) -> int:
    """Say which targets were missed; returns the exit code."""
    print("\nMissed:\n- " + "\n- ".join(missed) if missed else "\nNo target is missed.", flush=True)
    return 1 if missed else 0


@contextmanager
def screen() -> Iterator[None]:
    """The display that is there, else one of our own; and the interpreter's switching as the window has it."""
    sys.setswitchinterval(SWITCH_SECONDS)
    if sys.platform in ("win32", "darwin") or os.environ.get("DISPLAY"):
        yield
        return
    with display():
        try:
            yield
        finally:
            del os.environ["DISPLAY"]


def watch(app: App, probe: Probe, done: Callable[[], bool], seconds: float) -> list[float]:
    """The gaps until something is so, or so many seconds have gone."""
    probe.gaps.clear()
    end = time.monotonic() + seconds

    def look() -> None:
        if done() or time.monotonic() > end:
            app.root.quit()
        else:
            app.root.after(20, look)

    app.root.after(20, look)
    app.root.mainloop()
    return list(probe.gaps)


def doing(app: App, probe: Probe, step: Callable[[int], object], every_ms: int = 100) -> list[float]:
    """The gaps of five seconds in which something is done again and again."""
    on = [True]

    def again(at: int = 0) -> None:
        if on[0]:
            step(at)
            app.root.after(every_ms, again, at + 1)

    app.root.after(10, again)
    gaps = watch(app, probe, lambda: False, 5.0)
    on[0] = False
    return gaps


def opened(train: Train, page: str) -> tuple[App, Probe]:
    app = App(train)
    app.begin("demo")
    app.shell.show(page)
    probe = Probe(app)
    watch(app, probe, lambda: False, 1.0)  # the first moments belong to the start-up
    return app, probe


def close(app: App, probe: Probe) -> None:
    probe.stop()
    app.runner.stop(save=False)
    while app.runner.going:
        app.root.update()
        time.sleep(0.01)
    app.store.load(preset_store.find("demo").load())  # else the next window would ask what is to become of the changes
    app.close()

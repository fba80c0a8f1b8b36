"""How fast the window opens and how long its loop is held: `python -m tests.benchmarks.bench_window`. Needs a display.

Prints two tables. The gap is the time between two turns of the Tk loop, asked for every 5 ms, so 5 ms is the floor.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

from onetrainer_clone.isolation import isolated
from onetrainer_clone.session import Train
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.concepts import Concept
from tests.ui.fake_trainer import FakeTrainer
from ui.app import SWITCH_SECONDS, App

ROUNDS = 5
PROBE_MS = 5
EMPTY = "import customtkinter as ctk\nroot = ctk.CTk()\nroot.geometry('1100x740')\nroot.update()\n"
OURS = "from ui.app import App\napp = App(lambda state, emit, controls: None)\n"
SHOWN = f"{OURS}app.root.update()\n"
READY = f"{OURS}app.begin('demo')\napp.root.update()\n"
TIMED = "import time\nbegun = time.perf_counter()\n{code}print(time.perf_counter() - begun)\n"


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        os.environ["ONETRAINER_HOME"] = home
        print_startup()
        sys.setswitchinterval(SWITCH_SECONDS)  # as open_window does
        print_lag()


def print_startup() -> None:
    """Both in turn, so that what else the machine does hits both alike."""
    codes = {"empty customtkinter window": EMPTY, "this window is up": SHOWN, "its first page is complete": READY}
    times: dict[str, list[float]] = {name: [] for name in codes}
    for _ in range(ROUNDS):
        for name, code in codes.items():
            done = subprocess.run(
                [sys.executable, "-c", TIMED.format(code=code)], capture_output=True, text=True, check=True
            )
            times[name].append(float(done.stdout))
    empty = statistics.median(times["empty customtkinter window"])
    print(f"\nStart-up, imports included, median of {ROUNDS}\n")
    print("| window | seconds | ratio (at most 2.5) |\n|---|---|---|")
    for name, found in times.items():
        print(f"| {name} | {statistics.median(found):.2f} | {statistics.median(found) / empty:.2f} |")


class Probe:
    """Measures the gaps between turns of a window's loop."""

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


def print_lag() -> None:
    rows = {"idle": idle, "pretended run, 100 steps/s": pretended, "selecting in 1,000 concepts": scrolling}
    print("\nGap between two turns of the Tk loop\n")
    print("| while | turns | median ms | p99 ms (target 50) | longest ms (target 250) |\n|---|---|---|---|---|")
    for name, measure in rows.items():
        print_row(name, measure())
    for name, gaps in demo():
        print_row(name, gaps)


def print_row(name: str, gaps: list[float]) -> None:
    if gaps:
        ordered = sorted(gaps)
        p99 = ordered[min(round(0.99 * len(ordered)), len(ordered) - 1)]
        print(f"| {name} | {len(gaps)} | {statistics.median(gaps):.1f} | {p99:.0f} | {ordered[-1]:.0f} |", flush=True)


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
    app.close()


def idle() -> list[float]:
    app, probe = opened(FakeTrainer(), "training")
    gaps = watch(app, probe, lambda: False, 4.0)
    close(app, probe)
    return gaps


def pretended() -> list[float]:
    app, probe = opened(FakeTrainer(steps=100_000, step_seconds=0.01, sample_every=100), "run")
    app.actions.start()
    gaps = watch(app, probe, lambda: False, 10.0)
    close(app, probe)
    return gaps


def scrolling() -> list[float]:
    app, probe = opened(FakeTrainer(), "concepts")
    many = tuple(Concept(name=f"concept {number}", path="", enabled=number == 0) for number in range(1000))
    app.store.load(app.store.state.model_copy(update={"concepts": many}))
    watch(app, probe, lambda: False, 2.0)
    page = app.shell.pages["concepts"]

    def scroll(at: int = 0) -> None:
        page.list.select(at % 1000)
        if not app.closed:
            waiting.append(app.root.after(30, scroll, at + 331))

    waiting = [app.root.after(30, scroll)]
    gaps = watch(app, probe, lambda: False, 4.0)
    app.root.after_cancel(waiting[-1])
    app.store.load(TrainingState())
    close(app, probe)
    return gaps


def demo() -> list[tuple[str, list[float]]]:
    """The real trainer on the demo, as the window runs it: while it loads and caches, while it trains and samples."""
    app, probe = opened(isolated("modules.train:train"), "run")
    app.actions.start()
    loading = watch(app, probe, lambda: app.runner.record.progress.step > 0 or not app.runner.going, 120.0)
    training = watch(app, probe, lambda: not app.runner.going, 30.0)
    ended = app.runner.record.ended
    if ended is not None and ended.outcome != "done":
        print(json.dumps({"the run ended": ended.message}))
    close(app, probe)
    return [("the demo loads and caches", loading), ("the demo trains and samples", training)]


if __name__ == "__main__":
    main()

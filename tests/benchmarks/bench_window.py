"""How fast the window opens and how long its loop is held: `python -m tests.benchmarks.bench_window`.

Prints two tables. Exit code 1 where a target is missed.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile

from onetrainer_clone.isolation import isolated
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.concepts import Concept
from tests.benchmarks.lag import Table, close, doing, opened, screen, tell, watch
from tests.ui.fake_trainer import FakeTrainer

ROUNDS = 5
MOST_RATIO = 2.5  # of the CPU time that an empty customtkinter window takes
EMPTY = "import customtkinter as ctk\nroot = ctk.CTk()\nroot.geometry('1100x740')\nroot.update()\n"
# As a person opens it, but for the loop: it turns once, which draws the first page.
OURS = "import tkinter, launch\ntkinter.Misc.mainloop = lambda root, _n=0: root.update()\nlaunch.window({preset!r})\n"
TIMED = """
import time
begun, since = time.process_time(), time.perf_counter()
{code}
print(time.process_time() - begun, time.perf_counter() - since)
"""


def main() -> int:
    with tempfile.TemporaryDirectory() as home, screen():
        os.environ["ONETRAINER_HOME"] = home
        return tell([*startup(home), *lag()])


def startup(home: str) -> list[str]:
    """The table of start-ups, each in turn, so that what else the machine does hits all alike; returns what is missed.

    The ratio is one of CPU time, which waiting for other processes does not change. The first round is not counted: it
    compiles the modules, as the first start after an installation does.
    """
    codes = {
        "empty customtkinter window": EMPTY,
        "this window, first start: the first steps": OURS.format(preset=None),
        "this window with a preset: the first page of settings": OURS.format(preset="demo"),
    }
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in codes}
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": f"{home}/compiled"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    for number in range(ROUNDS + 1):
        for name, code in codes.items():
            with tempfile.TemporaryDirectory() as fresh:
                environment["ONETRAINER_HOME"] = fresh
                done = subprocess.run(
                    [sys.executable, "-c", TIMED.format(code=code)], capture_output=True, text=True, check=True,
                    env=environment,
                )  # fmt: skip
            cpu, whole = map(float, done.stdout.split())
            times[name] += [(cpu, whole)] if number else []
    print(f"\nStart-up, imports included, median of {ROUNDS}\n")
    print(f"| window | CPU seconds | seconds | ratio of CPU (target {MOST_RATIO}) |\n|---|---|---|---|")
    cpus = {name: statistics.median(cpu for cpu, _ in found) for name, found in times.items()}
    ratios = {name: cpu / cpus["empty customtkinter window"] for name, cpu in cpus.items()}
    for name, ratio in ratios.items():
        whole = statistics.median(seconds for _, seconds in times[name])
        print(f"| {name} | {cpus[name]:.2f} | {whole:.2f} | {ratio:.2f} |", flush=True)
    return [f"{name}: {ratio:.2f} times the empty one" for name, ratio in ratios.items() if ratio > MOST_RATIO]


def lag() -> list[str]:
    """The table of gaps; returns what misses its target."""
    table = Table()
    rows = {"idle": idle, "pretended run, 100 steps/s": pretended, "selecting in 1,000 concepts": scrolling}
    for name, measure in rows.items():
        table.add(name, measure())
    for name, gaps in demo():
        table.add(name, gaps)
    return table.missed


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
    gaps = doing(app, probe, lambda at: page.list.select(at * 331 % 1000), every_ms=30)
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
    sys.exit(main())

"""What a warm cache saves: the time from the start of a run to its first step, cold and warm.

python -m tests.benchmarks.bench_cache
"""

import os
import tempfile
import time
from pathlib import Path

import torch

from modules.precision import accelerator
from modules.run import prepare
from onetrainer_clone.events import Cached, Event
from onetrainer_clone.session import Controls
from onetrainer_clone.settings import replace
from tests.world.conditions import CONDITIONS, state_of


def start(folder: Path) -> tuple[float, int]:
    """Seconds until a run of the demo could take its first step, and how many pictures had to be encoded."""
    state = replace(state_of(CONDITIONS["demo"], 7, folder), "training.text_encoder", False)
    events: list[Event] = []
    begun = time.perf_counter()
    with accelerator(state) as accelerated:
        prepare(state, accelerated, events.append, Controls())
    return time.perf_counter() - begun, sum(event.encoded for event in events if isinstance(event, Cached))


def main() -> None:
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ONETRAINER_HOME"] = folder
        (cold, encoded), (warm, again) = start(Path(folder)), start(Path(folder))
    print("| start of a run | seconds | pictures encoded |\n|---|---|---|")
    print(f"| cold cache | {cold:.2f} | {encoded} |\n| warm cache | {warm:.2f} | {again} |")
    print(f"| ratio | {warm / cold:.2f} | |")


if __name__ == "__main__":
    main()

"""Kills runs with SIGKILL while they do each of the things that they do, resumes them, and checks that nothing was lost.

    python -m tests.kill [--kills 50] [--seed 0]

Each killed run leaves only files that load, keeps every backup that it reported, and once resumed ends with the weights of
the run that was never killed, bit for bit. POSIX only: it takes a fork server to start fifty trainings in minutes.
"""

import argparse
import gc
import json
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from onetrainer_clone import journal
from onetrainer_clone.backups import backups
from onetrainer_clone.events import BackedUp, Ended, Event, Progressed
from onetrainer_clone.session import Controls, Emit, Session
from onetrainer_clone.settings import replace
from onetrainer_clone.state import TrainingState
from presets import codec, runs, store

CHANGES: dict[str, object] = {
    "training.steps": 6,
    "training.resolution": 32,
    "training.bucket_step": "16",
    "training.ema.enabled": True,
    "concepts": [
        {"name": "subject", "path": "demo:concepts/subject", "crop_jitter": 0.1, "image_variants": 4},
        {
            "name": "class",
            "path": "demo:concepts/class",
            "role": "REGULARIZATION",
            "mode": "PRIOR_PREDICTION",
            "balance": "SAMPLES",
            "samples": 6,
        },
    ],
    "sampling.prompts": [{"text": "a sks circle", "steps": 3, "cfg_scale": 4}],
    "sampling.every": {"unit": "STEPS", "amount": 2},
    "saving.every": {"unit": "STEPS", "amount": 2},
    "saving.backup_every": {"unit": "STEPS", "amount": 2},
    "saving.dtype": "FP32",
}


MOMENTS = {  # what has just been told -> what goes on in the moments after it
    "Progressed loading": "loading",
    "Progressed caching": "caching",
    "Progressed training": "the first step",
    "Stepped": "the journal's line of a step",
    "Progressed sampling": "a sample",
    "Sampled": "between samples",
    "Progressed saving": "a save",
    "Saved": "a backup",
    "BackedUp": "the next step",
}


def train(folder: Path, name: str, resumed: bool, told: Connection | None = None) -> None:
    """One run to its end, in a process of its own. `told` hears what has just been told."""
    os.environ["ONETRAINER_HOME"] = str(folder / f"home-{name}")  # a cold cache of its own, so caching is killed too
    from modules.train import train as run_training

    gc.freeze()  # a run ends with a collection, which would look at all of torch

    def watched(state: TrainingState, emit: Emit, controls: Controls) -> None:
        def tell(event: Event) -> None:
            if told is not None:
                told.send(type(event).__name__ + (f" {event.activity}" if isinstance(event, Progressed) else ""))
            emit(event)

        run_training(state, tell, controls)

    session = Session(watched)
    if resumed:
        runs.resume(session, folder / name)
    else:
        state = store.find("demo").load()
        for path, value in {**CHANGES, "saving.workspace": str(folder), "saving.name": name}.items():
            state = replace(state, path, value)
        runs.begin(session, state)
    while not any(isinstance(event, Ended) for event in session.events(timeout=1)):
        pass
    session.join()


@dataclass
class Trial:
    """A workspace, and how often each moment comes in a whole run."""

    folder: Path
    times: Counter[str] = field(default_factory=Counter)

    def start(
        self, name: str, resumed: bool = False, told: Connection | None = None
    ) -> "multiprocessing.context.ForkServerProcess":
        process = _context().Process(target=train, args=(self.folder, name, resumed, told))
        process.start()
        return process

    def whole(self, name: str) -> bytes:
        """Run to the end; returns the result's file."""
        ours, theirs = _context().Pipe()
        process = self.start(name, told=theirs)
        theirs.close()
        self.times = Counter(_heard(ours))
        process.join()
        return self.result(name)

    def result(self, name: str) -> bytes:
        """The tensors of a finished run's result: without the header, whose date differs; b"" where there are none."""
        if not (self.folder / name / "saves" / f"{name}.safetensors").exists():
            return b""
        data = (self.folder / name / "saves" / f"{name}.safetensors").read_bytes()
        return data[8 + int.from_bytes(data[:8], "little") :]

    def killed(self, name: str, moment: str, number: int, after_seconds: float) -> list[str]:
        """Kill a run so long after a moment has come so often; resume it, or start it anew where nothing was backed up.

        Returns what is wrong.
        """
        ours, theirs = _context().Pipe()
        process = self.start(name, told=theirs)
        theirs.close()
        for heard in _heard(ours):
            number -= heard == moment
            if number == 0:
                break
        time.sleep(after_seconds)
        if process.pid is not None and process.is_alive():
            os.kill(process.pid, signal.SIGKILL)
        process.join()
        folder = self.folder / name
        wrong = damaged(folder) if folder.exists() else []
        if folder.exists() and backups(folder / journal.BACKUPS):
            self.start(name, resumed=True).join()
            wrong += damaged(folder)
        else:
            shutil.rmtree(folder, ignore_errors=True)
            self.start(name).join()
        return wrong


def _heard(pipe: Connection) -> Iterator[str]:
    while True:
        try:
            yield pipe.recv()
        except (EOFError, ConnectionResetError):
            return


def _context() -> "multiprocessing.context.ForkServerContext":
    return multiprocessing.get_context("forkserver")


def prepare() -> None:
    """Load torch and the trainer once, in the process that all trainings are forked from."""
    os.environ.update({"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"})
    _context().set_forkserver_preload(["modules.train"])


def damaged(folder: Path) -> list[str]:
    """Files of a run that do not load, and backups that were reported but are gone."""
    from PIL import Image
    from safetensors import safe_open

    wrong = []
    for path in (p for p in folder.rglob("*") if p.is_file() and not p.name.startswith(".")):
        try:
            if path.suffix == ".safetensors":
                with safe_open(path, "pt") as file:
                    for key in file.keys():  # noqa: SIM118 - it is no dict
                        file.get_tensor(key)
            elif path.suffix == ".png":
                Image.open(path).load()
            elif path.name == journal.STATE:
                codec.read_file(path)
            elif path.suffix == ".json":
                json.loads(path.read_text())
        except Exception as error:  # noqa: BLE001 - whatever a damaged file raises, it is damaged
            wrong.append(f"{path}: {error}")
    if (folder / journal.JOURNAL).exists():
        told = [event.path for event in journal.read(folder) if isinstance(event, BackedUp)]
        there = [str(path) for path in backups(folder / journal.BACKUPS)]
        wrong += [f"lost backup {path}" for path in told[-1:] if path not in there]
    return wrong


def kill_many(folder: Path, kills: int, seed: int) -> list[str]:
    """Kill so many runs, at each moment in turn; returns everything that is wrong."""
    prepare()
    trial, chance, wrong = Trial(folder), random.Random(seed), []
    trial.whole("warm-up")
    expected = trial.whole("whole")
    for number in range(kills):
        name, moment = f"killed{number}", list(MOMENTS)[number * 4 % len(MOMENTS)]
        which, after = chance.randint(1, trial.times[moment]), chance.choice([0.0, 0.002, 0.01, 0.05, 0.2])
        where = f"killed {after} s after {moment} number {which}, in {MOMENTS[moment]}"
        wrong += [f"{where}: {what}" for what in trial.killed(name, moment, which, after)]
        if trial.result(name) != expected:
            ended = [event for event in journal.read(folder / name) if isinstance(event, Ended)]
            wrong.append(f"{where}: the end state differs ({ended[-1:]})")
        shutil.rmtree(folder / name)
        shutil.rmtree(folder / f"home-{name}", ignore_errors=True)
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wrong = kill_many(Path(folder), arguments.kills, arguments.seed)
    sys.stdout.write("\n".join(wrong) + f"\n{arguments.kills} kills, {len(wrong)} things wrong\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

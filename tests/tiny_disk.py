"""Trainings on disks that are too small, read-only or gone. Linux alone, in a mount namespace of its own:

    unshare --map-root-user --mount python -m tests.tiny_disk FOLDER

Prints what came of each case as JSON; `tests.test_disks` says what is right.
"""

import gc
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from modules.train import train
from onetrainer_clone import journal
from onetrainer_clone.events import BackedUp, Ended, Event, Progressed, Sampled, Saved, Stepped, Warned
from onetrainer_clone.session import Session
from presets import runs
from tests.kill import damaged
from tests.modules.small import small_state, tensors
from tests.waiting import LIMIT

MIB = 2**20
PROMPT = {"text": "a sks circle", "seed": 3, "steps": 2}
EVERYTHING: dict[str, Any] = {
    "training.steps": 6,
    "training.ema.enabled": True,
    "sampling.prompts": [PROMPT],
    "sampling.every": {"unit": "STEPS", "amount": 1},
    "saving.every": {"unit": "STEPS", "amount": 1},
    "saving.backup_every": {"unit": "STEPS", "amount": 1},
    "saving.tensorboard": True,
}


@dataclass
class Outcome:
    """What is to be known of a case afterwards."""

    outcome: str = ""
    said: str = ""  # by Ended
    steps: int = 0
    warnings: list[str] = field(default_factory=list)
    samples: list[int] = field(default_factory=list)  # the steps at which something was written, by kind
    saves: list[int] = field(default_factory=list)
    backups: list[int] = field(default_factory=list)
    result: str = ""  # where the final file is
    wanted: str = ""
    result_tensors: int = 0  # that it holds
    journal_steps: list[int] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)  # files that are there but do not load


class Disk:
    """A small disk of its own."""

    def __init__(self, folder: Path, size_bytes: int):
        self.folder = folder
        folder.mkdir(parents=True)
        self._mount("-t", "tmpfs", "-o", f"size={size_bytes}", "tmpfs", str(folder))

    def fill(self, leave_bytes: int = 0) -> None:
        """Take all the room but so much, with one file."""
        room = shutil.disk_usage(self.folder).free - leave_bytes
        (self.folder / "ballast").write_bytes(bytes(max(room, 0)))

    def free(self) -> None:
        (self.folder / "ballast").unlink()

    def cover(self) -> None:
        """Lay an empty read-only disk over the folder: what is open stays open, nothing can be made."""
        self._mount("-t", "tmpfs", "-o", "ro", "tmpfs", str(self.folder))

    def take_away(self) -> None:
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)

    def _mount(self, *arguments: str) -> None:
        subprocess.run(["mount", *arguments], check=True)


def run(folder: Path, changes: dict[str, Any], at: Callable[[Event], object] = lambda event: None) -> Outcome:
    """A run as a front end starts it; `at` hears every event before the journal does."""
    state = small_state(folder, **{"saving.cache": str(folder.parent / "cache"), **EVERYTHING, **changes})

    def watched(state: Any, emit: Any, controls: Any) -> None:
        def heard(event: Event) -> None:
            at(event)
            emit(event)

        train(state, heard, controls)

    session = Session(watched)
    claimed = runs.begin(session, state)
    events: list[Event] = []
    while not events or not isinstance(events[-1], Ended):
        events += session.events(timeout=LIMIT)
    session.join()
    return summed_up(events, claimed.run_folder)


def summed_up(events: list[Event], folder: Path) -> Outcome:
    found = Outcome()
    for event in events:
        match event:
            case Ended():
                found.outcome, found.said = event.outcome, event.message + event.trace
            case Stepped():
                found.steps = event.step
            case Warned():
                found.warnings.append(event.message)
            case Sampled():
                found.samples.append(event.step)
            case BackedUp():
                found.backups.append(event.step)
            case Saved(final=True):
                found.result, found.wanted = event.path, event.wanted
                found.result_tensors = len(tensors(Path(event.path)))
            case Saved():
                found.saves.append(event.step)
    if (folder / journal.JOURNAL).exists():
        text = (folder / journal.JOURNAL).read_bytes()
        found.journal_steps = [event.step for event in journal.read(folder) if isinstance(event, Stepped)]
        found.damaged = [] if text.endswith(b"\n") or not text else ["the journal ends with half a line"]
        found.damaged += damaged(folder)
    return found


def on_step(number: int, act: Callable[[], object]) -> Callable[[Event], object]:
    """Acts once, just before the step with this number is told."""
    done = threading.Event()

    def at(event: Event) -> None:
        if isinstance(event, Stepped) and event.step == number and not done.is_set():
            done.set()
            act()

    return at


def full_from_the_third_step(folder: Path) -> Outcome:
    disk = Disk(folder / "disk", 20 * MIB)
    return run(folder, {"saving.workspace": str(disk.folder)}, on_step(3, disk.fill))


def full_for_a_while(folder: Path) -> Outcome:
    disk = Disk(folder / "disk", 20 * MIB)
    fill, free = on_step(2, disk.fill), on_step(4, disk.free)
    return run(folder, {"saving.workspace": str(disk.folder)}, lambda event: (fill(event), free(event)))


def half_room(folder: Path) -> Outcome:
    """Room for part of a backup, so that each write ends in its middle."""
    disk = Disk(folder / "disk", 20 * MIB)
    return run(folder, {"saving.workspace": str(disk.folder)}, on_step(3, lambda: disk.fill(leave_bytes=20_000)))


def full_cache(folder: Path) -> Outcome:
    disk = Disk(folder / "disk", 8192)
    return run(folder, {"saving.cache": str(disk.folder / "cache"), "training.text_encoder": False})


def read_only(folder: Path) -> Outcome:
    disk = Disk(folder / "disk", 20 * MIB)
    return run(folder, {"saving.workspace": str(disk.folder)}, on_step(3, disk.cover))


def read_only_cache(folder: Path) -> Outcome:
    disk = Disk(folder / "disk", MIB)

    def at(event: Event) -> None:
        if isinstance(event, Progressed) and event.activity == "loading":
            disk.cover()

    return run(folder, {"saving.cache": str(disk.folder)}, at)


def gone(folder: Path) -> Outcome:
    """A drive that was pulled out: its folder is there, empty, on another drive, which is full."""
    below = Disk(folder / "below", MIB)
    disk = Disk(below.folder / "disk", 20 * MIB)
    below.fill()
    return run(folder, {"saving.workspace": str(disk.folder)}, on_step(3, disk.take_away))


def deleted(folder: Path) -> Outcome:
    workspace = folder / "workspace"
    return run(folder, {"saving.workspace": str(workspace)}, on_step(3, lambda: shutil.rmtree(workspace)))


CASES = [full_from_the_third_step, full_for_a_while, half_room, full_cache, read_only, read_only_cache, gone, deleted]


def main() -> None:
    folder, *wanted = sys.argv[1:]
    gc.freeze()  # a run ends with a collection, which would look at all of torch
    for case in CASES:
        if not wanted or case.__name__ in wanted:
            found = case(Path(folder) / case.__name__)
            sys.stdout.write(json.dumps({"case": case.__name__, **asdict(found)}) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()

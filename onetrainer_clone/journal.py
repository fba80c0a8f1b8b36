"""The events of a run as a file, one JSON object a line, and back: a finished run can be shown again."""

import json
import os
import time
from pathlib import Path

from onetrainer_clone.events import Event, Progressed, from_json, to_json
from onetrainer_clone.paths import write_whole

STATE, JOURNAL, SAMPLES, SAVES, TENSORBOARD = "state.json", "journal.jsonl", "samples", "saves", "tensorboard"
BACKUPS = "backups"


class Journal:
    """Appends events to a run's journal. Lines reach the system at once; the disk at least every few seconds."""

    SYNC_SECONDS = 5.0

    def __init__(self, folder: Path):
        path = folder / JOURNAL
        torn = path.is_file() and path.read_bytes()[-1:] not in (b"", b"\n")
        self._file = path.open("a", encoding="utf-8", errors="backslashreplace")  # of a file name that is no text
        if torn:  # by a crash: what comes now must not be glued to half a line
            self._file.write("\n")
        self._synced = time.monotonic()

    def __call__(self, event: Event) -> None:
        """Write one event; progress within an activity is left out, it tells nothing afterwards."""
        if isinstance(event, Progressed):
            return
        line = json.dumps({"time": round(time.time(), 3), **to_json(event)}, ensure_ascii=False, allow_nan=False)
        self._file.write(line + "\n")
        self._file.flush()
        if time.monotonic() - self._synced > self.SYNC_SECONDS:
            os.fsync(self._file.fileno())
            self._synced = time.monotonic()

    def close(self) -> None:
        self._file.close()


def rewind(folder: Path, step: int) -> None:
    """Leave out what a journal tells after a step: a run that is resumed there tells it again."""
    path = folder / JOURNAL
    kept = []
    for line in _lines(path) if path.is_file() else ():
        try:
            data = json.loads(line)
        except ValueError:
            break
        if not isinstance(data, dict) or data.get("event") == "Ended":
            continue
        if data.get("step", 0) > step:
            break
        kept.append(f"{line}\n")
    write_whole(path, "".join(kept))


def read(folder: Path) -> list[Event]:
    """The events of a run. A last line cut off by a crash, and events of later versions, are left out."""
    events = []
    for line in _lines(folder / JOURNAL):
        try:
            event = from_json(json.loads(line))
        except (ValueError, RecursionError):
            continue
        if event is not None:
            events.append(event)
    return events


def _lines(path: Path) -> list[str]:
    """The lines of a journal. `splitlines` would also cut at U+2028, U+0085 ..., which prompts may hold."""
    return path.read_text(encoding="utf-8", errors="replace").removesuffix("\n").split("\n")

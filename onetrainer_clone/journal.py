"""The events of a run as a file, one JSON object a line, and back: a finished run can be shown again."""

import errno
import json
import os
import threading
import time
from collections import deque
from pathlib import Path

from onetrainer_clone.events import Event, Progressed, from_json, to_json
from onetrainer_clone.paths import write_whole

STATE, JOURNAL, SAMPLES, SAVES, TENSORBOARD = "state.json", "journal.jsonl", "samples", "saves", "tensorboard"
BACKUPS = "backups"
SYNC_SECONDS = 5.0  # between two orders to have it on the disk
ANSWER_SECONDS = 5.0  # that a drive has to answer before it counts as stalled
MOST_WAITING = 100_000  # lines, of some hundred bytes each


class Journal:
    """Appends events to a run's journal, on a thread of its own: a drive that stalls must not hold up the run.

    Lines are with the system when a call returns, and on the disk at least every few seconds. What cannot be written waits
    and is tried again with every further event and at the end.
    """

    def __init__(self, folder: Path):
        """Raises OSError where the file cannot be opened."""
        self._path = folder / JOURNAL
        self._open()
        self._waiting: deque[bytes] = deque(maxlen=MOST_WAITING)
        self._writing: list[bytes] = []
        self._change = threading.Condition()
        self._error: OSError | None = None
        self._stalled = self._closing = False
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
        self._thread.start()

    def __call__(self, event: Event) -> None:
        """Write one event; progress within an activity is left out, it tells nothing afterwards.

        Raises OSError while lines wait, also where the drive does not answer.
        """
        if isinstance(event, Progressed):
            return self._complain()
        line = json.dumps({"time": round(time.time(), 3), **to_json(event)}, ensure_ascii=False, allow_nan=False)
        with self._change:
            self._waiting.append(line.encode("utf-8", "backslashreplace") + b"\n")  # of a file name that is no text
            self._await(0.0 if self._stalled else ANSWER_SECONDS)

    def close(self) -> None:
        """Write what waits, if it can be. Raises OSError where it cannot."""
        with self._change:
            self._closing = True
            self._await(ANSWER_SECONDS)
        self._thread.join(ANSWER_SECONDS)

    def _await(self, seconds: float) -> None:
        """Have the thread try, and see how that went."""
        self._error = None
        self._change.notify_all()
        self._change.wait_for(lambda: self._error or not (self._waiting or self._writing), seconds)
        self._stalled = bool(self._waiting or self._writing) and not self._error
        self._complain()

    def _complain(self) -> None:
        if self._stalled or self._error:
            raise self._error or OSError(errno.ETIMEDOUT, "the drive does not answer", os.fspath(self._path))

    def _work(self) -> None:
        synced = time.monotonic()
        while True:
            with self._change:
                self._change.wait_for(lambda: self._closing or (self._waiting and not self._error))
                self._writing = list(self._waiting)
                self._waiting.clear()
            error: OSError | None = None
            try:
                self._append(b"".join(self._writing))
                self._writing = []
                if self._closing or time.monotonic() - synced > SYNC_SECONDS:
                    os.fsync(self._file)
                    synced = time.monotonic()
            except OSError as found:
                error = found
            with self._change:
                if error:
                    self._waiting.extendleft(reversed(self._writing))
                self._writing, self._error = [], error
                self._change.notify_all()
                if self._closing and (error or not self._waiting):
                    return os.close(self._file)

    def _open(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        size = os.lseek(self._file, 0, os.SEEK_END)
        if size and _byte_at(self._file, size - 1) != b"\n":  # torn by a crash: no line may be glued to half a line
            os.lseek(self._file, 0, os.SEEK_END)
            os.write(self._file, b"\n")
        self._whole = os.lseek(self._file, 0, os.SEEK_END)

    def _append(self, data: bytes) -> None:
        """Add lines, whole or not at all."""
        if not os.path.exists(self._path):  # the folder was moved or deleted: what comes is told in a new file
            os.close(self._file)
            self._open()
        os.lseek(self._file, self._whole, os.SEEK_SET)
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(self._file, rest) :]
        except OSError:
            os.ftruncate(self._file, self._whole)
            raise
        self._whole += len(data)


def _byte_at(descriptor: int, place: int) -> bytes:
    os.lseek(descriptor, place, os.SEEK_SET)
    return os.read(descriptor, 1)


def rewind(folder: Path, step: int) -> None:
    """Leave out what a journal tells after a step: a run that is resumed there tells it again."""
    path = folder / JOURNAL
    kept = []
    for line in _lines(path) if os.path.isfile(path) else ():
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

"""What a window leaves for the next start: its settings, and a mark that it is open.

Windows that share a folder have a seat each, so that none writes over another's settings: the first one's stay for the
next start, a further one's only if it ends without being closed. The system gives a seat free when its window is gone,
however that ended; what is left there then was not closed.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from onetrainer_clone import paths
from onetrainer_clone.locks import FileLock
from onetrainer_clone.settings import UserError
from onetrainer_clone.state import TrainingState
from presets import store as preset_store
from presets.codec import decode, encode
from ui import memory

MOST = 50  # windows


class Seat:
    """The first one that is free, locked until `leave`. Where nothing can be locked (a read-only folder, a drive without
    locks), every window has the first."""

    def __init__(self) -> None:
        self.number = 1
        self._lock: FileLock | None = None
        with suppress(OSError):
            memory.folder().mkdir(parents=True, exist_ok=True)
            for number in range(1, MOST + 1):
                lock = FileLock(memory.folder() / f"window-{number}.lock")
                if lock.take():
                    self.number, self._lock = number, lock
                    return

    @property
    def first(self) -> bool:
        """Whether the settings stay for the next start."""
        return self.number == 1

    def leave(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def keep_state(self, state: TrainingState) -> None:
        """Keep the state for the next start, whole or not at all. Raises OSError."""
        data = {"preset": state.preset, "state": json.loads(encode(state))}
        paths.write_whole(self._file("state"), json.dumps(data))

    def last_state(self) -> tuple[TrainingState, TrainingState] | None:
        """The state that was left here, and the preset that it was made from; a further window begins with what the
        first one holds. None where there is none. Raises UserError for one that cannot be read, which is set aside."""
        for file in dict.fromkeys((self._file("state"), memory.folder() / "state.json")):
            with suppress(FileNotFoundError):
                return read_state(file)
        return None

    def mark_open(self, run: str = "") -> None:
        """Note that a window is open, and which run goes on in it. Raises OSError."""
        paths.write_whole(self._file("open"), json.dumps({"run": run}))

    def mark_closed(self) -> None:
        """Note that the window was closed as it should be. Raises OSError."""
        self._file("open").unlink(missing_ok=True)
        if not self.first:
            self._file("state").unlink(missing_ok=True)

    def left_open(self) -> str | None:
        """The run that went on when a window ended without being closed, '' where none did; None where nothing did."""
        if self._lock is None:  # another window may be open here now
            return None
        return memory.read(self._file("open").name, lambda kept: str(kept["run"]), None)

    def _file(self, name: str) -> Path:
        return memory.folder() / (f"{name}.json" if self.first else f"{name}-{self.number}.json")


def read_state(file: Path) -> tuple[TrainingState, TrainingState]:
    """The state in a file, and the preset that it was made from. Raises FileNotFoundError; UserError for a file that
    cannot be read, which is set aside."""
    try:
        kept = json.loads(file.read_bytes())
        state = decode(json.dumps(kept["state"]), str(kept["preset"]))
    except FileNotFoundError:
        raise
    except (OSError, ValueError, KeyError, TypeError, RecursionError, UserError) as error:
        why = " ".join(str(error).split()) if isinstance(error, OSError | UserError) else "it is damaged"
        raise UserError(f"The settings of last time cannot be read ({why}).{_set_aside(file)}") from None
    return state, _preset_of(state)


def _set_aside(file: Path) -> str:
    """Have the file out of the way of what is written from now on. Returns where it is, as a sentence."""
    aside = next(name for name in _names(file) if not name.exists())
    try:
        file.rename(aside)
    except OSError:
        return ""
    return f" Their file is kept as {aside}."


def _names(file: Path) -> Iterator[Path]:
    number = 0
    while True:
        number += 1
        yield file.with_name(f"{file.stem}-unreadable-{number}.json")


def _preset_of(state: TrainingState) -> TrainingState:
    """What the state's preset holds; the defaults where it is gone, so that all of the state counts as unsaved."""
    try:
        return preset_store.find(state.preset).load() if state.preset else TrainingState()
    except UserError:
        return TrainingState(preset=state.preset)

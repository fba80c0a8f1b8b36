"""States that wait to be trained, one after the other: each a file of its own, so the queue survives whatever happens."""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args
from uuid import uuid4

import platformdirs

from onetrainer_clone import settings
from onetrainer_clone.paths import APP, home, name_problem, write_whole
from onetrainer_clone.settings import UserError
from onetrainer_clone.state import TrainingState
from presets.codec import decode, encode

Status = Literal["waiting", "running", "done", "failed", "stopped"]
ORDER = "order.json"
CUT_OFF = "The program ended while this run went on. Its backups, where there are any, are on the Runs tab."


@dataclass(frozen=True)
class Entry:
    """One state of the queue. `said` is how its run ended, or what is wrong with it, in words."""

    key: str
    name: str
    preset: str
    text: str  # the state as a preset file
    status: Status = "waiting"
    said: str = ""
    folder: str = ""  # of its run, once it has one
    process: int = 0  # that runs it

    def state(self) -> TrainingState:
        """The state; its run is called as the entry is. Raises `Invalid` where a later version wrote it."""
        return settings.replace(decode(self.text, self.preset), "saving.name", self.name)


def queue_folder() -> Path:
    return (home() or platformdirs.user_data_path(APP)) / "queue"


class Queue:
    """The entries in their order. Every change is on the disk, whole or not at all, when its call returns."""

    def __init__(self, folder: Path | None = None):
        self.folder = folder or queue_folder()

    def entries(self) -> list[Entry]:
        """In their order; what the order's file does not know comes last. Files that are no entries are left alone."""
        files = self.folder.glob("*.json") if self.folder.is_dir() else ()
        known = {path.stem: entry for path in files if path.name != ORDER and (entry := _read(path)) is not None}
        order = [key for key in self._order() if key in known]
        return [known[key] for key in (*order, *sorted(set(known) - set(order)))]

    def add(self, state: TrainingState, name: str, said: str = "") -> Entry:
        """Put a state at the end; `said` is what is known to be wrong with it. Raises `UserError` for an unfit name."""
        _check_name(name)
        entry = Entry(uuid4().hex[:12], name, state.preset, encode(state), said=said)
        before = [entry.key for entry in self.entries()]
        self._write(entry)
        self._set_order([*before, entry.key])
        return entry

    def remove(self, key: str) -> None:
        """Raises `UserError` for the one that runs."""
        entry = self.find(key)
        if entry.status == "running":
            raise UserError(f"'{entry.name}' is running: stop it first")
        self._do(lambda: self._path(key).unlink(missing_ok=True))

    def move(self, key: str, to: int) -> None:
        """Give an entry another place, counted from 0."""
        keys = [entry.key for entry in self.entries() if entry.key != key]
        self._set_order([*keys[: max(to, 0)], key, *keys[max(to, 0) :]])

    def rename(self, key: str, name: str) -> None:
        _check_name(name)
        self._write(replace(self.find(key), name=name))

    def again(self, key: str) -> None:
        """Have an entry that has run wait once more."""
        self._write(replace(self.find(key), status="waiting", said="", folder="", process=0))

    def mark(self, key: str, status: Status, said: str = "", folder: str = "") -> None:
        """Write down what became of an entry."""
        process = os.getpid() if status == "running" else 0
        entry = self.find(key)
        self._write(replace(entry, status=status, said=said, folder=folder or entry.folder, process=process))

    def next(self) -> Entry | None:
        """The first that waits."""
        return next((entry for entry in self.entries() if entry.status == "waiting"), None)

    def recover(self) -> list[Entry]:
        """After a start: what ran when the program ended has stopped. Returns all entries."""
        for entry in self.entries():
            if entry.status == "running" and (entry.process == os.getpid() or not _alive(entry.process)):
                self.mark(entry.key, "stopped", CUT_OFF)
        return self.entries()

    def find(self, key: str) -> Entry:
        found = _read(self._path(key))
        if found is None:
            raise UserError("this entry is not in the queue any more")
        return found

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.json"

    def _order(self) -> Sequence[str]:
        try:
            found = json.loads((self.folder / ORDER).read_bytes())
        except (OSError, ValueError):
            return ()
        return [key for key in found if isinstance(key, str)] if isinstance(found, list) else ()

    def _set_order(self, keys: list[str]) -> None:
        self._do(lambda: write_whole(self.folder / ORDER, json.dumps(keys)))

    def _write(self, entry: Entry) -> None:
        data = {
            "name": entry.name, "preset": entry.preset, "status": entry.status, "said": entry.said,
            "folder": entry.folder, "process": entry.process, "state": json.loads(entry.text),
        }  # fmt: skip
        text = json.dumps(data, indent=2, ensure_ascii=False)
        self._do(lambda: write_whole(self._path(entry.key), text))

    def _do(self, write: Callable[[], object]) -> None:
        try:
            write()
        except OSError as error:
            raise UserError(f"the queue in '{self.folder}' cannot be written: {error.strerror or error}") from None


def _check_name(name: str) -> None:
    if message := name_problem(name):
        raise UserError(f"the name of an entry, which its run gets, {message}")


def _read(path: Path) -> Entry | None:
    try:
        data: Any = json.loads(path.read_bytes())
        status = data["status"]
        if status not in get_args(Status) or not isinstance(data["state"], dict):
            return None
        return Entry(
            path.stem, str(data["name"]), str(data["preset"]), json.dumps(data["state"], ensure_ascii=False), status,
            str(data["said"]), str(data["folder"]), int(data["process"]),
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _alive(process: int) -> bool:
    import psutil  # here: it takes time to import, and most starts find no entry that ran

    return psutil.pid_exists(process)

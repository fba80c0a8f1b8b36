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
from onetrainer_clone.paths import APP, home, name_problem, patiently, remove, write_whole
from onetrainer_clone.settings import UserError
from onetrainer_clone.state import TrainingState
from presets.codec import decode, encode

Status = Literal["waiting", "running", "done", "failed", "stopped"]
ORDER = "order.json"
KEPT = 20  # removals and replacements that can be taken back; what went before them is gone
CUT_OFF = "The program ended while this run went on. Its backups, where there are any, are on the Runs tab."


class Gone(UserError):
    """An entry is not in the queue any more."""


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
    removed: int = 0  # not 0: it is out of the queue and can be brought back; the highest went last
    was: str = ""  # of a removed one: the key of the entry whose settings these were until they were replaced

    @property
    def title(self) -> str:
        """What it is called where it is listed: its run may have got another name than it was to have."""
        return Path(self.folder).name if self.folder else self.name

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
        return [entry for entry in self._all() if not entry.removed]

    def removed(self) -> list[Entry]:
        """What `bring_back` would bring: all that was removed in one go, or the settings that were replaced last."""
        gone = [entry for entry in self._all() if entry.removed]
        last = max((entry.removed for entry in gone), default=0)
        return [entry for entry in gone if entry.removed == last]

    def add(self, state: TrainingState, name: str, said: str = "") -> Entry:
        """Put a state at the end; `said` is what is known to be wrong with it. Raises `UserError` for an unfit name."""
        _check_name(name)
        entry = Entry(uuid4().hex[:12], name, state.preset, encode(state), said=said)
        before = [entry.key for entry in self._all()]
        self._write(entry)
        self._set_order([*before, entry.key])
        return entry

    def free_name(self, state: TrainingState) -> str:
        """'cat', 'cat-2' ...: a name that no other entry has, and no run in its workspace."""
        taken = {name for entry in self.entries() for name in (entry.name, entry.title)}
        number, name = 2, state.run_name
        while name in taken or os.path.exists(state.saving.folder / name):
            number, name = number + 1, f"{state.run_name}-{number}"
        return name

    def remove(self, keys: Sequence[str]) -> None:
        """Take entries out; they can be brought back. Raises `UserError`, with none removed, where one of them runs."""
        entries, number = [self._idle(key) for key in keys], self._next_removal()
        for entry in entries:
            self._write(replace(entry, removed=number))

    def exchange(self, key: str, state: TrainingState, said: str = "") -> Entry:
        """Give an entry other settings; it keeps its name and waits (again). The former can be brought back."""
        entry = self._idle(key)
        self._write(replace(entry, key=uuid4().hex[:12], was=key, removed=self._next_removal()))
        new = Entry(key, entry.name, state.preset, encode(state), said=said)
        self._write(new)
        return new

    def bring_back(self) -> list[Entry]:
        """Undo the last removal or replacement. Raises `UserError` where what would be replaced runs."""
        found, back = self.removed(), []
        for entry in found:
            if entry.was and os.path.exists(self._path(entry.was)):
                self._idle(entry.was)
        for entry in found:
            back.append(replace(entry, key=entry.was or entry.key, was="", removed=0))
            self._write(back[-1])
            if entry.was:
                self._forget(entry)
        return back

    def move(self, keys: Sequence[str], to: int) -> None:
        """Put entries, in the order that they have, behind so many of the others. What is removed keeps its place."""
        every = self._all()
        order = [entry.key for entry in every if not entry.removed]
        moved, others = [key for key in order if key in keys], [key for key in order if key not in keys]
        anew = iter([*others[: max(to, 0)], *moved, *others[max(to, 0) :]])
        self._set_order([entry.key if entry.removed else next(anew) for entry in every])

    def rename(self, key: str, name: str) -> None:
        _check_name(name)
        self._write(replace(self.find(key), name=name))

    def again(self, keys: Sequence[str]) -> None:
        """Have entries that have run wait once more."""
        for entry in [self._idle(key) for key in keys]:
            self._write(replace(entry, status="waiting", said="", folder="", process=0))

    def mark(self, key: str, status: Status, said: str = "", folder: str = "") -> None:
        """Write down what became of an entry."""
        process = os.getpid() if status == "running" else 0
        entry = self.find(key)
        self._write(replace(entry, status=status, said=said, folder=folder or entry.folder, process=process))

    def recover(self) -> list[Entry]:
        """After a start: what ran when the program ended has stopped. Returns all entries."""
        for entry in self.entries():
            if entry.status == "running" and (entry.process == os.getpid() or not _alive(entry.process)):
                self.mark(entry.key, "stopped", CUT_OFF)
        return self.entries()

    def find(self, key: str) -> Entry:
        """Raises `Gone` where it was removed."""
        found = _read(self._path(key))
        if found is None or found.removed:
            raise Gone("this entry is not in the queue any more")
        return found

    def _idle(self, key: str) -> Entry:
        """An entry that does not run. Raises `UserError` for the one that does."""
        entry = self.find(key)
        if entry.status == "running":
            raise UserError(f"'{entry.title}' is running: stop it first")
        return entry

    def _all(self) -> list[Entry]:
        """Also those that were removed, where they were."""
        files = self.folder.glob("*.json") if os.path.isdir(self.folder) else ()
        known = {path.stem: entry for path in files if path.name != ORDER and (entry := _read(path)) is not None}
        order = [key for key in self._order() if key in known]
        return [known[key] for key in (*order, *sorted(set(known) - set(order)))]

    def _next_removal(self) -> int:
        """The number of a removal that is made now; of the earlier ones so many are kept."""
        gone = [entry for entry in self._all() if entry.removed]
        numbers = sorted({entry.removed for entry in gone})
        for entry in gone:
            if entry.removed in numbers[: -(KEPT - 1)]:
                self._forget(entry)
        return numbers[-1] + 1 if numbers else 1

    def _forget(self, entry: Entry) -> None:
        self._do(lambda: remove(self._path(entry.key)))

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.json"

    def _order(self) -> Sequence[str]:
        try:
            found = json.loads(patiently((self.folder / ORDER).read_bytes))
        except (OSError, ValueError):
            return ()
        return [key for key in found if isinstance(key, str)] if isinstance(found, list) else ()

    def _set_order(self, keys: list[str]) -> None:
        self._do(lambda: write_whole(self.folder / ORDER, json.dumps(keys)))

    def _write(self, entry: Entry) -> None:
        data = {
            "name": entry.name, "preset": entry.preset, "status": entry.status, "said": entry.said,
            "folder": entry.folder, "process": entry.process, "removed": entry.removed, "was": entry.was,
            "state": json.loads(entry.text),
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
        data: Any = json.loads(patiently(path.read_bytes))
        status = data["status"]
        if status not in get_args(Status) or not isinstance(data["state"], dict):
            return None
        return Entry(
            path.stem, str(data["name"]), str(data["preset"]), json.dumps(data["state"], ensure_ascii=False), status,
            str(data["said"]), str(data["folder"]), int(data["process"]), int(data.get("removed", 0)),
            str(data.get("was", "")),
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _alive(process: int) -> bool:
    import psutil  # here: it takes time to import, and most starts find no entry that ran

    return psutil.pid_exists(process)

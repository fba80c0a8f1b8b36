"""The runs of a workspace, from their folders: what each of them was, without taking their journals apart line by line.

A journal has a line for every step. What a list shows stands at its beginning and its end, so a run of 100,000 steps is
summed up nearly as fast as one of ten.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from onetrainer_clone.backups import backups
from onetrainer_clone.events import Ended, Started, Stepped
from onetrainer_clone.journal import BACKUPS, JOURNAL, SAMPLES, SAVES, STATE
from onetrainer_clone.journal_reader import STEPPED, event_of, parsed, time_of
from onetrainer_clone.run_notes import read_note
from onetrainer_clone.running import goes_on
from onetrainer_clone.settings import UserError

STARTED, ENDED = (b'"event": "%s"' % name for name in (b"Started", b"Ended"))
TIME = b'"time": '
TORN = 20  # lines that cannot be read and are passed over, from the end


@dataclass(frozen=True)
class PastRun:
    """One line of the list."""

    folder: Path
    changed: float = 0.0  # the journal's time, by which the list is sorted
    began: float | None = None
    seconds: float | None = None  # that it ran, without the time between a stop and its resumption
    step: int = 0
    steps: int = 0
    losses: dict[str, float] = field(default_factory=dict)  # per concept, smoothed, at the last step
    ended: Ended | None = None
    samples: int = 0
    saves: int = 0
    backups: int = 0
    preset: str = ""  # that its settings came from
    note: str = ""  # what the person wrote about it
    problem: str = ""  # why nothing more is known
    going: bool = False  # in this process or another

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def outcome(self) -> str:
        """'done', 'stopped', 'refused', 'failed'; 'running' while it goes on; 'interrupted' where its process was killed;
        'unknown' where its journal does not tell."""
        if self.ended is not None:
            return self.ended.outcome
        return "running" if self.going else "unknown" if self.problem else "interrupted"

    @property
    def when(self) -> str:
        return datetime.fromtimestamp(self.began or self.changed).strftime("%Y-%m-%d %H:%M")

    @property
    def can_resume(self) -> bool:
        return self.backups > 0 and not self.going


def run_folders(workspace: Path) -> list[PastRun]:
    """The runs of a workspace, newest first: folder and time. Raises `UserError` where it cannot be read."""
    found = []
    try:
        with os.scandir(workspace) as entries:
            for entry in entries:
                if not entry.name.startswith(".") and (changed := _changed(entry.path)) is not None:
                    found.append(PastRun(Path(entry.path), changed))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UserError(f"the workspace '{workspace}' cannot be read: {error.strerror or error}") from None
    return sorted(found, key=lambda run: (-run.changed, run.name))


def _changed(folder: str) -> float | None:
    """When the run last told something; None where the folder is no run's."""
    for name in (JOURNAL, STATE):
        try:
            return os.stat(os.path.join(folder, name)).st_mtime
        except OSError:
            continue
    return None


def summarize(run: PastRun) -> PastRun:
    """The whole line of the list. What cannot be read is said in `problem`, never raised."""
    counts: dict[str, Any] = {
        "samples": _count(run.folder / SAMPLES, ".png"), "saves": len(saves_in(run.folder / SAVES)),
        "backups": len(backups(run.folder / BACKUPS)),
        "going": goes_on(run.folder), "preset": _preset(run.folder), "note": read_note(run.folder),
    }  # fmt: skip
    try:
        data = (run.folder / JOURNAL).read_bytes()  # not mapped: a drive that vanishes would take the program along
    except FileNotFoundError:
        return PastRun(run.folder, run.changed, problem=_not_begun(counts, "there is no journal"), **counts)
    except OSError as error:
        message = f"its journal cannot be read: {error.strerror or error}"
        return PastRun(run.folder, run.changed, problem=message, **counts)
    if not data:
        return PastRun(run.folder, run.changed, problem=_not_begun(counts, "its journal is empty"), **counts)
    told = _told(data)
    return PastRun(run.folder, run.changed, **told, **counts)


def last_step(folder: Path) -> Stepped | None:
    """What a run told at its last step; None where it made none, or its journal cannot be read."""
    try:
        found = event_of(_last((folder / JOURNAL).read_bytes(), STEPPED))
    except OSError:
        return None
    return found if isinstance(found, Stepped) else None


def _not_begun(known: dict[str, Any], why: str) -> str:
    return "it begins" if known["going"] else f"it never began: {why}"


def _preset(folder: Path) -> str:
    try:
        return str(parsed((folder / STATE).read_bytes()).get("preset", ""))
    except OSError:
        return ""


def _count(folder: Path, suffix: str) -> int:
    try:
        with os.scandir(folder) as entries:
            return sum(entry.name.endswith(suffix) and not entry.name.startswith(".") for entry in entries)
    except OSError:
        return 0


def saves_in(folder: Path) -> list[Path]:
    """What is saved in a folder, the oldest first: LoRA, embedding and model files, and diffusers folders.

    A folder beside a model's file, of the same name and without weights, only describes the file.
    """
    try:
        with os.scandir(folder) as entries:
            return oldest_first(Path(entry.path) for entry in entries if not entry.name.startswith(".") and _is_save(entry))
    except OSError:
        return []


def oldest_first(paths: Iterable[Path]) -> list[Path]:
    """By the time of their last change; without those that are gone by now."""
    found = []
    for path in paths:
        with suppress(OSError):
            found.append((path.stat().st_mtime, path))
    return [path for _, path in sorted(found)]


def _is_save(entry: os.DirEntry[str]) -> bool:
    if entry.is_dir():
        described = os.path.isfile(f"{entry.path}.safetensors")
        return not described and os.path.isfile(os.path.join(entry.path, "model_index.json"))
    return entry.name.lower().endswith((".safetensors", ".pt"))


def _told(data: bytes) -> dict[str, Any]:
    """What a journal tells of the run as a whole."""
    found: dict[str, Any] = {}
    if isinstance(started := event_of(_last(data, STARTED)), Started):
        found |= {"steps": started.steps, "step": started.first_step}
    if isinstance(stepped := event_of(_last(data, STEPPED)), Stepped):
        found |= {"step": stepped.step, "losses": stepped.smoothed_concept_loss}
    if data.rfind(ENDED) > data.rfind(STARTED) and isinstance(ended := event_of(_last(data, ENDED)), Ended):
        found["ended"] = ended
    began, last = time_of(_line(data, 0)), time_of(_last(data, TIME))
    if began is not None and last is not None:
        found |= {"began": began, "seconds": max(last - began - _idle(data), 0.0)}
    return found


def _idle(data: bytes) -> float:
    """The seconds between the last step before and the beginning after each resumption."""
    idle, at = 0.0, data.find(STARTED)
    while at >= 0 and (at := data.find(STARTED, at + 1)) >= 0:
        before, now = time_of(_line(data, data.rfind(STEPPED, 0, at))), time_of(_line(data, at))
        if before is not None and now is not None:
            idle += max(now - before, 0.0)
    return idle


def _last(data: bytes, mark: bytes) -> dict[str, Any]:
    """The last line with a mark, as a JSON object; one that was cut off by a crash is passed over."""
    end = len(data)
    for _ in range(TORN):
        if (at := data.rfind(mark, 0, end)) < 0:
            break
        if line := _line(data, at):
            return line
        end = data.rfind(b"\n", 0, at) + 1
    return {}


def _line(data: bytes, at: int) -> dict[str, Any]:
    """The JSON object of the line around a place; empty where there is none."""
    if at < 0:
        return {}
    begin, end = data.rfind(b"\n", 0, at) + 1, data.find(b"\n", at)
    return parsed(data[begin : end if end >= 0 else len(data)])

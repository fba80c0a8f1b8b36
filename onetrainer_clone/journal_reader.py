"""A run's journal read back: from its beginning, and then, as it grows, what has come since."""

import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from onetrainer_clone.events import BackedUp, Event, Sampled, Saved, Started, Stepped, from_json
from onetrainer_clone.journal import JOURNAL
from onetrainer_clone.settings import UserError

STEPPED = b'"event": "Stepped"'
NUMBERS = re.compile(rb'"loss": (-?[\d.][\d.e+-]*).*?"gradient_norm": (-?[\d.][\d.e+-]*)')
MOST_STEPS = 10_000  # that are told in one go: reading them takes some tenths of a second
LATEST = 1e11  # seconds since 1970, the year 5138: what lies beyond is no time


class Rewound(Exception):
    """The journal is another one than before: the run was resumed from a backup, and tells its later steps anew."""


@dataclass(frozen=True)
class Peak:
    """A step between those that are told: of a run too long to tell all, the one with the highest loss or gradient."""

    stepped: Stepped

    @property
    def step(self) -> int:
        return self.stepped.step


class JournalReader:
    """`news` gives what a run has told since it was called last, whoever writes the journal; at first all of it."""

    def __init__(self, folder: Path, most_steps: int | None = MOST_STEPS):
        self._folder, self._most = folder, most_steps
        self._at = 0  # bytes that were read
        self._file: tuple[int, int] | None = None  # which one it is
        self._was = ""  # the run's folder when the journal was written

    def news(self) -> Iterator[tuple[float, Event | Peak]]:
        """What was told, and when (seconds since 1970): of the steps at most so many, evenly, and the last one; of those
        between them the peaks.

        Files of the run are told of where they lie now: its folder may have been moved or renamed since. A line that is
        being written waits for the next call. Raises `UserError` where the journal cannot be read, and `Rewound`.
        """
        try:
            with (self._folder / JOURNAL).open("rb") as file:
                self._require_same(os.fstat(file.fileno()))
                file.seek(self._at)
                lines, steps, end = _extent(file)
                stride = max(-(-steps // self._most), 1) if self._most else 1
                file.seek(self._at)
                for line, is_peak in _chosen(islice(file, lines), steps, stride):
                    told = parsed(line)
                    if (event := event_of(told)) is not None:
                        found = self._where_it_lies_now(event)
                        yield time_of(told) or 0.0, Peak(found) if is_peak and isinstance(found, Stepped) else found
                self._at += end
        except OSError as error:
            raise UserError(f"the journal of '{self._folder.name}' cannot be read: {error.strerror or error}") from None

    def _require_same(self, found: os.stat_result) -> None:
        file = found.st_dev, found.st_ino
        if found.st_size < self._at or (self._file is not None and file != self._file):
            raise Rewound
        self._file = file

    def _where_it_lies_now(self, event: Event) -> Event:
        """An event about a file of the run, whose folder was another when the journal was written."""
        if isinstance(event, Started):
            self._was = event.folder
        if not self._was or not isinstance(event, Sampled | Saved | BackedUp):
            return event
        inside = os.path.relpath(event.path, self._was) if event.path.startswith(self._was) else os.pardir
        return event if inside.startswith(os.pardir) else replace(event, path=str(self._folder / inside))


def events(folder: Path, most_steps: int | None = MOST_STEPS) -> Iterator[tuple[float, Event | Peak]]:
    """All that a run told, as `JournalReader.news` gives it. Raises `UserError`."""
    return JournalReader(folder, most_steps).news()


def _extent(file: BinaryIO) -> tuple[int, int, int]:
    """Whole lines up to the end of the file, how many of them are steps, and their bytes."""
    lines = steps = size = 0
    for line in file:
        if not line.endswith(b"\n"):
            break
        lines, steps, size = lines + 1, steps + (STEPPED in line), size + len(line)
    return lines, steps, size


def _chosen(lines: Iterable[bytes], steps: int, stride: int) -> Iterator[tuple[bytes, bool]]:
    """Every `stride`-th of so many steps, the last one, and all lines that are no steps; and, marked, the peaks between."""
    seen, highest = 0, dict[int, tuple[float, int, bytes]]()  # by the number's place in `NUMBERS`
    for line in lines:
        if STEPPED not in line:
            yield line, False
            continue
        seen += 1
        if (seen - 1) % stride and seen != steps:
            for place, text in enumerate(found.groups() if (found := NUMBERS.search(line)) else ()):
                if place not in highest or float(text) > highest[place][0]:
                    highest[place] = float(text), seen, line
            continue
        yield from ((peak, True) for _, peak in sorted({(number, peak) for _, number, peak in highest.values()}))
        highest.clear()
        yield line, False


def parsed(line: bytes) -> dict[str, Any]:
    """The JSON object of a line; empty where it is none, as of one that was cut off by a crash."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def event_of(line: dict[str, Any]) -> Event | None:
    """None for what this version does not know, or knows otherwise."""
    try:
        return from_json(line)
    except ValueError:
        return None


def time_of(line: dict[str, Any]) -> float | None:
    """When a line was written; None where it does not say so."""
    told = line.get("time")
    return float(told) if isinstance(told, int | float) and 0 <= told < LATEST else None

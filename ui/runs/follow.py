"""Runs that go on in another window or terminal: what their journals tell is read on a worker, as they grow."""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from onetrainer_clone.backups import backups
from onetrainer_clone.events import Ended, Event
from onetrainer_clone.journal import BACKUPS
from onetrainer_clone.journal_reader import JournalReader, Peak, Rewound
from onetrainer_clone.running import goes_on
from onetrainer_clone.settings import UserError
from ui.background import Background
from ui.run.record import Record
from ui.run.runner import BATCH
from ui.run.status import ago
from ui.runs.reopen import new_record
from ui.signals import Signal
from ui.words import shortened

SECONDS = 1.0  # between two looks
SILENT = 60.0  # seconds without a word that are worth one
ELSEWHERE = "'{}' goes on in another window or terminal, and is followed here. It is paused, stopped and saved there."
NAME_LETTERS = 40


@dataclass(frozen=True)
class Followed:
    folder: Path
    record: Record
    reader: JournalReader


@dataclass(frozen=True)
class News:
    """What one look has found."""

    told: Sequence[tuple[float, Event | Peak]] = ()
    over: str | None = None  # where it goes on no more: why, unless it has said so itself
    rewound: bool = False


def begin(folder: Path) -> Followed:
    """A run as it is now, to be followed. For a worker. Raises `UserError` where it cannot be read."""
    run = Followed(folder, new_record(folder), JournalReader(folder))
    for when, event in run.reader.news():
        run.record.on(event, when)
    return run


def look(run: Followed) -> News:
    """For a worker. Whether it goes on is asked first: what a run says at its end is read in any case."""
    going = goes_on(run.folder)
    try:
        told = list(run.reader.news())
    except Rewound:
        return News(rewound=True)
    ended = run.record.ended is not None or any(isinstance(event, Ended) for _, event in told)
    return News(told, None if going else "" if ended else interrupted(run.folder))


def interrupted(folder: Path) -> str:
    """Of a run that goes on no more and has told no end."""
    way_out = "'Resume' goes on from its newest backup." if backups(folder / BACKUPS) else "It has no backup to go on from."
    return f"This run was interrupted: the program was killed, or the computer went off. {way_out}"


class Follower:
    """Keeps records of such runs up to date. Call `tick` at every turn of the window's loop while they are in view."""

    def __init__(self, worker: Background):
        self.over: Signal[[str]] = Signal()  # a run is followed no more; why, where its journal does not say so
        self.anew: Signal[[]] = Signal()  # a run tells its later steps anew: it has to be read from its beginning
        self._worker = worker
        self._runs: Sequence[Followed] = ()
        self._news: deque[tuple[Followed, float, Event | Peak]] = deque()
        self._looking = False
        self._next = 0.0

    def follow(self, runs: Sequence[Followed]) -> None:
        """These from now on, and no others."""
        self._runs = tuple(runs)
        self._news.clear()
        self._next = 0.0

    @property
    def records(self) -> dict[Path, Record]:
        """Of the runs that are followed, by their folders."""
        return {run.folder: run.record for run in self._runs}

    @property
    def words(self) -> str:
        """What is to be said about the runs that are followed."""
        if not self._runs:
            return ""
        said = ELSEWHERE.format(shortened(self._runs[0].folder.name, NAME_LETTERS))
        silent = self._runs[0].record.silent_seconds
        return f"{said} Last heard of {ago(silent)}: paused, or busy with something long." if silent > SILENT else said

    def tick(self) -> None:
        for _ in range(min(BATCH, len(self._news))):
            run, when, event = self._news.popleft()
            run.record.on(event, when)
            if isinstance(event, Ended):
                self._end(run, "")
        if self._runs and not self._news and not self._looking and time.monotonic() >= self._next:
            self._looking = True
            runs = self._runs
            self._worker.submit(
                f"follow {id(self)}", lambda: [look(run) for run in runs], partial(self._on_news, runs), self._on_unread
            )

    def _on_news(self, runs: Sequence[Followed], found: Sequence[News]) -> None:
        self._looking, self._next = False, time.monotonic() + SECONDS
        if runs is not self._runs:
            return
        for run, news in zip(runs, found, strict=True):
            if news.rewound:
                self.follow(())
                self.anew.emit()
                return
            self._news += [(run, when, event) for when, event in news.told]
            if news.over is not None:
                self._end(run, news.over)

    def _on_unread(self, error: Exception) -> None:
        self._looking = False
        self.follow(())
        if not isinstance(error, UserError):
            raise error
        self.over.emit(f"This run cannot be followed any further: {error}")

    def _end(self, run: Followed, why: str) -> None:
        self._runs = tuple(one for one in self._runs if one is not run)
        self.over.emit(why)

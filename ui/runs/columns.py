"""What the list of runs shows of each, by which it is sorted, and what its search looks into."""

from collections.abc import Callable, Sequence
from typing import Any

from onetrainer_clone.past_runs import PastRun
from onetrainer_clone.progress import duration
from onetrainer_clone.trash import workspace_of
from ui import colours
from ui.runs.table import Column, Row

BEGAN = "Began"
WORKSPACE = Column("Workspace", 110, 2, drop=3)  # where runs of several are listed
COLUMNS = (
    Column("Run", 130, 3), Column(BEGAN, 126, drop=2), Column("Outcome", 84), Column("Steps", 138, drop=3),
    Column("Took", 92, drop=6), Column("Last loss", 126, 4, drop=1), Column("Note", 110, 4, drop=4),
    Column("Preset", 90, 1, drop=5), Column("Samples", 68, drop=7), Column("Saves", 54, drop=9),
    Column("Backups", 66, drop=8),
)  # fmt: skip
LOOKS = {
    "done": colours.GOOD, "stopped": colours.WARNING, "failed": colours.ERROR, "refused": colours.ERROR,
    "running": colours.LINK, "elsewhere": colours.LINK, "interrupted": colours.WARNING,
    "unknown": colours.DIM,
}  # fmt: skip
LARGE_FIRST = (BEGAN, "Steps", "Took", "Samples", "Saves", "Backups")  # at the first click on the heading

_SORTS: dict[str, Callable[[PastRun], Any]] = {
    "Run": lambda run: run.name.lower(),
    "Workspace": lambda run: str(workspace_of(run.folder)).lower(),
    BEGAN: lambda run: run.began or run.changed,
    "Outcome": lambda run: run.outcome,
    "Steps": lambda run: run.step,
    "Took": lambda run: run.seconds,
    "Last loss": lambda run: sum(run.losses.values()) / len(run.losses) if run.losses else None,
    "Note": lambda run: run.note.lower() or None,
    "Preset": lambda run: run.preset.lower() or None,
    "Samples": lambda run: run.samples,
    "Saves": lambda run: run.saves,
    "Backups": lambda run: run.backups,
}


def sorted_by(runs: Sequence[PastRun], title: str, falling: bool) -> list[PastRun]:
    """By a column; runs of which it is not known come last either way, and those that are alike stay in their order."""
    key = _SORTS[title]
    known = [run for run in runs if key(run) is not None]
    return [*sorted(known, key=key, reverse=falling), *(run for run in runs if key(run) is None)]


def has_words(run: PastRun, words: Sequence[str]) -> bool:
    """Whether every word, in small letters, is somewhere in name, preset or note."""
    text = f"{run.name} {run.preset} {run.note}".lower()
    return all(word in text for word in words)


def row_of(run: PastRun, columns: Sequence[Column], known: bool, running: bool) -> Row:
    """A line of the list; '…' where the run is not summed up yet."""
    outcome = "running" if running else "elsewhere" if run.going else run.outcome
    cells = {"Run": run.name, BEGAN: run.when, "Workspace": workspace_of(run.folder).name, "Outcome": "…"}
    if known:
        counts = {"Samples": run.samples, "Saves": run.saves, "Backups": run.backups}
        cells |= {
            "Outcome": outcome, "Steps": f"{run.step:,} of {run.steps:,}" if run.steps else "-",
            "Took": duration(run.seconds) or "-", "Note": run.note, "Preset": run.preset or "-",
            "Last loss": ", ".join(f"{name} {loss:.3g}" for name, loss in run.losses.items()) or run.problem,
            **{title: f"{count:,}" if count else "-" for title, count in counts.items()},
        }  # fmt: skip
    looks = {"Outcome": LOOKS[outcome] if known else colours.DIM, "Run": None, "Steps": None, "Took": None}
    return Row(
        tuple(cells.get(column.title, "") for column in columns),
        tuple(looks.get(column.title, colours.DIM) for column in columns),
        run.step / run.steps if known and (running or run.going) and run.steps else None,
    )

"""What the list of the queue shows of each entry."""

from onetrainer_clone.progress import Progress, duration
from presets.queue import Entry, Status
from ui import colours
from ui.queue.forecast import Forecast
from ui.runs.table import Column, Row

COLUMNS = (
    Column("Name", 120, 2), Column("State", 80), Column("Preset", 100, 1, drop=1), Column("What it said", 140, 5),
)  # fmt: skip
UNKNOWN = "how long is not known: no run like it yet"
LOOKS: dict[Status, tuple[str, colours.Pair]] = {
    "waiting": ("waiting", colours.DIM), "running": ("running", colours.LINK), "done": ("done", colours.GOOD),
    "failed": ("failed", colours.ERROR), "stopped": ("stopped", colours.WARNING),
}  # fmt: skip


def row_of(entry: Entry, forecast: Forecast, progress: Progress | None) -> Row:
    """`progress` is that of the run, where it is this entry's; of one that waits, how long it will take is told."""
    words, colour = LOOKS[entry.status]
    said, done = forecast.said(entry), None
    wrong = bool(said) and entry.status == "waiting"
    if progress is not None:
        said, done = progress.words or "starting …", progress.fraction
    elif entry.status == "waiting" and not said and (steps := forecast.steps(entry)):
        seconds = forecast.seconds(entry)
        said = f"{steps:,} steps, {f'about {duration(seconds)}' if seconds is not None else UNKNOWN}"
    looks = (None, colour, colours.DIM, colours.ERROR if wrong else colours.DIM)
    return Row((entry.title, words, entry.preset or "-", said), looks, done)

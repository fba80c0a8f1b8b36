"""What is shown of one past run, or of two beside each other: read from their folders, on a worker."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from onetrainer_clone.events import Ended
from onetrainer_clone.run_notes import read_note
from onetrainer_clone.running import goes_on
from onetrainer_clone.settings import UserError
from onetrainer_clone.state import TrainingState
from presets.differences import Difference, differences
from ui.run.record import Record
from ui.runs.follow import Followed, begin, interrupted
from ui.runs.reopen import labels_of, record_of, settings_of


@dataclass(frozen=True)
class Shown:
    """`versus` heads the two columns of the settings."""

    title: str
    said: str  # how it ended, where that is worth a line of its own
    records: Sequence[Record]
    labels: Sequence[str]
    differences: Sequence[Difference]
    versus: tuple[str, str]
    settings_problem: str = ""
    note: str = ""  # what the person wrote about a single run
    followed: Sequence[Followed] = ()  # those of the runs that go on in another window or terminal


def read(folders: Sequence[Path], window: TrainingState, live: Mapping[Path, Record]) -> Shown:
    """Journals and settings; those of a single run are compared with the window's. Raises `UserError`.

    `live` is the record of the run that goes on here: what it tells is shown as it comes.
    """
    labels = labels_of(folders)
    followed = {folder: begin(folder) for folder in folders if folder not in live and goes_on(folder)}
    going = {**live, **{folder: run.record for folder, run in followed.items()}}
    records = [going[folder] if folder in going else record_of(folder) for folder in folders]
    versus = (labels[0], labels[1] if len(folders) > 1 else "the window")
    try:
        states = [settings_of(folder) for folder in folders]
        found, problem = differences(states[0], states[1] if len(states) > 1 else window), ""
    except UserError as error:
        found, problem = [], str(error)
    if len(folders) > 1:
        names = [folder.name for folder in folders]
        title = " and ".join(names if len(set(names)) == len(names) else labels)
        return Shown(title, "", records, labels, found, versus, problem, followed=tuple(followed.values()))
    said = "" if folders[0] in going else _said(folders[0], records[0].ended)
    note = read_note(folders[0])
    return Shown(labels[0], said, records, labels, found, versus, problem, note, tuple(followed.values()))


def said_at_end(ended: Ended) -> str:
    return ended.message if ended.outcome != "done" else ""


def _said(folder: Path, ended: Ended | None) -> str:
    return said_at_end(ended) if ended is not None else interrupted(folder)

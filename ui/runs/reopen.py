"""Past runs made showable again: a record from a journal, and two records as one. Knows no Tk; works on a worker."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from onetrainer_clone.backups import PREFIX, backups
from onetrainer_clone.events import Ended
from onetrainer_clone.journal import BACKUPS, STATE
from onetrainer_clone.journal_reader import events
from onetrainer_clone.settings import UserError
from onetrainer_clone.state import TrainingState
from presets.codec import read_file
from ui.colours import CONCEPTS, ConceptColours, Pair
from ui.run.record import EMA, LogLine, PromptKey, Record
from ui.run.series import POINTS

LABEL = 18  # letters


def record_of(folder: Path, every_point: bool = False) -> Record:
    """A run as its journal tells it, with as many points as a screen shows. Raises `UserError` where it cannot be read."""
    record = new_record(folder, None) if every_point else new_record(folder)
    for when, event in events(folder, None) if every_point else events(folder):
        record.on(event, when)
    return record


def new_record(folder: Path, points: int | None = POINTS) -> Record:
    """A record of a run of which nothing has been told yet."""
    record = Record(points=points)
    record.folder = folder  # the workspace may have been moved since the run began
    with suppress(UserError):
        record.state = settings_of(folder)
    return record


def with_every_point(record: Record) -> Record:
    """The same run, or runs, from their journals. Raises `UserError` where one cannot be read."""
    if record.parts:
        return overlaid([with_every_point(part) for _, part in record.parts], [label for label, _ in record.parts])
    return record_of(record.folder, every_point=True) if record.folder else record


def record_until_backup(folder: Path) -> Record:
    """A run as it was at its newest backup, for going on from there."""
    found = backups(folder / BACKUPS)
    step = int(found[-1].name.removeprefix(PREFIX)) if found else 0
    record = new_record(folder)
    for when, event in events(folder):
        if isinstance(event, Ended):
            continue
        if getattr(event, "step", 0) > step:
            break
        record.on(event, when)
    return record


def settings_of(folder: Path, preset: str = "") -> TrainingState:
    """The state that a run was started with. Raises `Invalid` where its file cannot be read."""
    return read_file(folder / STATE, preset)


def labels_of(folders: Sequence[Path]) -> list[str]:
    """Names that tell two runs apart; where there are two, short enough for the legend of a chart."""
    names = [folder.name if len(folders) == 1 else _short(folder.name) for folder in folders]
    return [name if names.count(name) == 1 else f"{name} ({place})" for place, name in enumerate(names, start=1)]


def _short(name: str) -> str:
    """Cut in the middle: names of runs mostly differ at their end."""
    return name if len(name) <= LABEL else f"{name[: LABEL // 2]}…{name[-LABEL // 2 :]}"


def overlaid(records: Sequence[Record], labels: Sequence[str]) -> Record:
    """Several runs as one record: a curve for every concept of each, and under each prompt a row for every run."""
    both = Record()
    both.parts = tuple(zip(labels, records, strict=True))
    lay_over(both)
    return both


def lay_over(both: Record) -> bool:
    """Bring a record of several runs up to date with its parts, of which one may go on. True where anything is new."""
    curves, samples = (sum(getattr(part, name) for _, part in both.parts) for name in ("curves_version", "samples_version"))
    if new_curves := curves != both.curves_version:
        for label, record in both.parts:
            for quantity, of_it in record.curves.items():
                both.curves[quantity] |= {curve(name, label): series for name, series in of_it.items()}
        both.curves_version = curves
    if new_samples := samples != both.samples_version:
        _lay_samples(both)
        both.samples_version = samples
    new_lines = _lay_log(both)
    return new_curves or new_samples or new_lines


def _lay_samples(both: Record) -> None:
    """A row keeps its place when others come: somebody may look at one of its pictures."""
    for number, (label, record) in enumerate(both.parts):
        rows = [(key.prompt, key.seed, key.weights) for key in record.rows()]
        for before, (key, row) in enumerate(zip(record.rows(), rows, strict=True)):
            nth = rows[:before].count(row)  # the same prompt may be there twice, in two sizes for instance
            place = both.places.setdefault((*row, nth), len(both.places))
            named = PromptKey(place * len(both.parts) + number, f"{label}: {key.prompt}", key.seed, key.weights)
            both.samples[named] = {
                step: replace(sample, prompt=named.prompt) for step, sample in record.samples[key].items()
            }


def _lay_log(both: Record) -> bool:
    """The lines that have come since, each with its run's name."""
    before = both.logged
    for label, record in both.parts:
        new = record.logged - both.logged_of.get(label, 0)
        both.log += [LogLine(f"{label}: {line.text}", line.severity) for line in record.log[-new:] if new]
        both.logged_of[label] = record.logged
        both.logged += min(new, len(record.log))
    return both.logged != before


def curve(name: str, label: str) -> str:
    """A curve's name among those of other runs; 'EMA' stays behind it."""
    plain = name.removesuffix(EMA)
    return f"{plain} · {label}{name[len(plain) :]}"


class RunColours(ConceptColours):
    """A colour for every concept and, where several runs are shown, a line style for every run."""

    def __init__(self, book: ConceptColours) -> None:
        """`book` knows the colours that the concepts have everywhere else."""
        super().__init__()
        self._book = book
        self._styles: dict[str, int] = {}
        self._pairs: dict[str, Pair] = {}

    def show(self, records: Sequence[Record], labels: Sequence[str]) -> None:
        concepts = list(dict.fromkeys(name for record in records for name in _concepts(record)))
        self._styles, self._pairs = {}, {}
        known = ConceptColours(self._book.kept)
        known.update(concepts)
        for number, (record, label) in enumerate(zip(records, labels, strict=True)):
            for name in _concepts(record):
                place = known.place(name)
                shown = curve(name, label) if len(records) > 1 else name
                self._styles[shown] = number if len(records) > 1 else place
                self._pairs[shown] = CONCEPTS[place % len(CONCEPTS)]

    def place(self, name: str) -> int:
        return self._styles.get(name, 0)

    def __getitem__(self, name: str) -> Pair:
        return self._pairs.get(name, CONCEPTS[0])


def _concepts(record: Record) -> list[str]:
    """Those that were trained, then those that were only validated."""
    validated = (name.removesuffix(EMA) for name in record.validation)
    return list(dict.fromkeys((*record.concept_loss, *validated)))

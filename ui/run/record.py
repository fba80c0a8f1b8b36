"""What is known of a run from its events: curves, samples, lines of the log. Knows no Tk; a journal fills it as well."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from onetrainer_clone.balance import Balance
from onetrainer_clone.events import (
    BackedUp,
    Cached,
    Ended,
    Event,
    Logged,
    Sampled,
    Saved,
    Started,
    Stepped,
    Validated,
    Warned,
)
from onetrainer_clone.journal_reader import Peak
from onetrainer_clone.progress import Progress
from onetrainer_clone.settings import Problem, Severity
from onetrainer_clone.state import TrainingState
from ui.run.series import POINTS, Joined, Series
from ui.words import in_words

LINES = 2000  # of the log

# What is measured; the curves of each have names: concepts, parts of the model, or just the quantity's own.
Quantity = Literal[
    "concept loss", "raw concept loss", "mean concept loss", "loss", "raw loss", "mean loss", "validation",
    "learning rate", "gradient norm", "change", "lost updates",
]  # fmt: skip
PEAKS: frozenset[Quantity] = frozenset({"raw concept loss", "raw loss", "gradient norm"})  # whose spikes matter
MEANS: frozenset[Quantity] = frozenset({"mean concept loss", "mean loss"})  # to be smoothed as the person likes
EMA = " (EMA)"  # behind a concept's name where the averaged weights were validated


@dataclass(frozen=True)
class LogLine:
    text: str
    severity: Severity | None = None
    trace: str = ""  # shown on demand


@dataclass(frozen=True)
class Written:
    """A file of the run, and when it was heard of."""

    step: int
    path: str
    when: float  # by the record's clock: seconds since 1970


@dataclass(frozen=True)
class PromptKey:
    """One row of the samples: the same prompt, seed and weights over the steps."""

    index: int
    prompt: str
    seed: int
    weights: str


class Record:
    """A run as it is known so far; feed it every event. `version` counts up whenever something changed."""

    def __init__(self, clock: Callable[[], float] = time.time, points: int | None = POINTS) -> None:
        """`points` are kept of a curve at most; None: all of them."""
        self.clock, self.points = clock, points
        self.folder: Path | None = None  # of the run
        self.state = TrainingState()  # of the run, as far as it is known
        self.parts: tuple[tuple[str, Record], ...] = ()  # several runs in one, each with its name
        self.columns: tuple[str, ...] = ()  # what stands over the samples instead of steps, where no run drew them
        self.progress, self.balance = Progress(), Balance()
        self.started: Started | None = None
        self.curves: dict[Quantity, dict[str, Series]] = {quantity: {} for quantity in get_args(Quantity)}
        self.samples: dict[PromptKey, dict[int, Sampled]] = {}
        self.saved: Written | None = None
        self.backed_up: Written | None = None
        self.elsewhere: list[Saved] = []  # of the last save, what could not be written to the run's folder
        self.log: list[LogLine] = []
        self.logged_of: dict[str, int] = {}  # of several runs in one: lines of each that are in the log
        self.places: dict[tuple[str, int, str, int], int] = {}  # of several runs in one: of the rows of samples
        self.heard = 0.0  # when something was told last, seconds since 1970
        self.logged = 0  # lines ever: the log itself is cut at its beginning
        self.curves_version = self.samples_version = 0

    @property
    def concept_loss(self) -> dict[str, Series]:
        """Smoothed, per concept."""
        return self.curves["concept loss"]

    @property
    def validation(self) -> dict[str, Series]:
        return self.curves["validation"]

    @property
    def ended(self) -> Ended | None:
        return self.progress.ended

    @property
    def silent_seconds(self) -> float:
        return self.clock() - self.heard

    @property
    def sample_steps(self) -> list[int]:
        return sorted({step for row in self.samples.values() for step in row})

    @property
    def timeline(self) -> list[int]:
        """What the samples go along: the steps that have some; of a grid all columns, drawn or not yet."""
        return list(range(len(self.columns))) if self.columns and self.samples else self.sample_steps

    def on(self, event: Event | Peak, when: float | None = None) -> None:
        """Something that the run told: now, or when its journal says."""
        if isinstance(event, Peak):
            return self._add_peaks(event.stepped)
        self.heard = when = self.clock() if when is None else when
        self.progress.on(event)
        self.balance.on(event)
        match event:
            case Started():
                self._on_start(event)
            case Stepped():
                self._on_step(event)
            case Validated():
                for name, loss in event.concept_loss.items():
                    self._add("validation", name if event.weights == "live" else name + EMA, event.step, loss)
                self.curves_version += 1
            case Sampled():
                key = PromptKey(event.index, event.prompt, event.seed, event.weights)
                self.samples.setdefault(key, {})[event.step] = event
                self.samples_version += 1
            case Saved():
                if self.saved is None or self.saved.step != event.step:
                    self.elsewhere = []
                self.elsewhere += [event] if event.wanted else []
                self.saved = Written(event.step, event.path, when)
            case BackedUp():
                self.backed_up = Written(event.step, event.path, when)
        for line in _lines(event, self.state):
            self.log.append(line)
            self.logged += 1
        del self.log[:-LINES]

    def _on_start(self, event: Started) -> None:
        self.started, self.folder = event, self.folder or Path(event.folder)
        if not event.first_step:
            self.saved = self.backed_up = None
        known = self.concept_loss if event.first_step else {}  # a resumed run goes on with its curves
        self.curves["concept loss"] = {name: known.get(name, Series(self.points)) for name in event.concepts}

    def _on_step(self, event: Stepped) -> None:
        step = event.step
        self._add_peaks(event)
        for name, loss in event.smoothed_concept_loss.items():
            self._add("concept loss", name, step, loss)
        for name, loss in event.concept_loss.items():
            self._add("mean concept loss", name, step, loss)
        self._add("loss", "loss of all", step, event.smoothed_loss)
        self._add("mean loss", "loss of all", step, event.loss)
        for name, rate in event.learning_rate.items():
            self._add("learning rate", name, step, rate)
        measured = {"weight change": event.weight_change, "EMA distance": event.ema_distance}
        for name, value in measured.items():
            if value is not None:
                self._add("change", name, step, value)
        if event.rounded_away is not None:
            self._add("lost updates", "rounded away", step, event.rounded_away)
        if event.skipped_steps:
            self._add("lost updates", "skipped steps", step, event.skipped_steps / step)
        self.curves_version += 1

    def _add_peaks(self, event: Stepped) -> None:
        """What has spikes: a step that is told for their sake alone would make the means too high."""
        for name, loss in event.concept_loss.items():
            self._add("raw concept loss", name, event.step, loss)
        self._add("raw loss", "loss of all", event.step, event.loss)
        if event.gradient_norm >= 0:  # below: it could not be measured
            self._add("gradient norm", "gradient norm", event.step, event.gradient_norm)

    def _add(self, quantity: Quantity, name: str, step: int, value: float) -> None:
        curves = self.curves[quantity]
        if name not in curves:
            joined: Joined = "peaks" if quantity in PEAKS else "means" if quantity in MEANS else "thinned"
            curves[name] = Series(self.points, joined)
        curves[name].add(step, value)

    def head(self, step: int) -> str:
        """What stands over the samples of a step: 'step 1,200', or what they were drawn with, in one or two lines."""
        return self.columns[step] if self.columns else f"step {step:,}"

    def rows(self) -> list[PromptKey]:
        """The rows of the samples: prompts in their order, those asked for by hand last."""
        return sorted(self.samples, key=lambda key: (key.index < 0, key.index, key.weights != "live"))


def _lines(event: Event, state: TrainingState) -> Iterator[LogLine]:
    """Of the run with this state: settings are named as in the form."""
    match event:
        case Started():
            epochs = f"{event.epochs:,} epoch{'s' if event.epochs != 1 else ''}"
            yield LogLine(f"Run '{event.name}': {event.steps:,} steps in {epochs}, in {event.folder}")
        case Cached():
            yield LogLine(f"{event.encoded:,} views of {event.pictures:,} pictures had to be encoded")
        case Saved():
            yield LogLine(f"Step {event.step:,}: saved {event.path}")
        case BackedUp():
            yield LogLine(f"Step {event.step:,}: backed up to {event.path}")
        case Warned():
            yield LogLine(_named(event, state), "warning")
        case Logged():
            yield LogLine(_named(event, state), "note" if event.note else None)
        case Ended():
            severity: Severity | None = "error" if event.outcome in ("refused", "failed") else None
            said = "\n".join(in_words(state, event.problems)) or event.message
            yield LogLine(said or event.outcome, severity, event.trace)


def _named(event: Warned | Logged, state: TrainingState) -> str:
    [said] = in_words(state, [Problem(event.path, event.message)])
    return said

"""What is known of a run from its events: curves, samples, lines of the log. Knows no Tk; a journal fills it as well."""

from collections.abc import Iterator
from dataclasses import dataclass

from onetrainer_clone.events import (
    Cached,
    Ended,
    Event,
    Logged,
    Progressed,
    Sampled,
    Saved,
    Started,
    Stepped,
    Validated,
    Warned,
)
from onetrainer_clone.progress import Progress
from onetrainer_clone.settings import Severity

POINTS = 1000  # that a curve keeps at most; a screen shows no more
LINES = 2000  # of the log


class Series:
    """A curve of bounded length: when it is full, every other point goes and from then on every other one comes."""

    def __init__(self, limit: int = POINTS):
        self.steps: list[int] = []
        self.values: list[float] = []
        self._limit, self._stride, self._seen = limit, 1, 0
        self._last: tuple[int, float] | None = None

    def add(self, step: int, value: float) -> None:
        self._last = (step, value)
        if self._seen % self._stride == 0:
            self.steps.append(step)
            self.values.append(value)
        self._seen += 1
        if len(self.steps) > self._limit:
            del self.steps[1::2], self.values[1::2]
            self._stride *= 2

    @property
    def points(self) -> tuple[list[int], list[float]]:
        """All points, the newest always among them."""
        if self._last is None or self.steps[-1:] == [self._last[0]]:
            return self.steps, self.values
        return [*self.steps, self._last[0]], [*self.values, self._last[1]]


@dataclass(frozen=True)
class LogLine:
    text: str
    severity: Severity | None = None


@dataclass(frozen=True)
class PromptKey:
    """One row of the samples: the same prompt, seed and weights over the steps."""

    index: int
    prompt: str
    seed: int
    weights: str


class Record:
    """A run as it is known so far; feed it every event. `version` counts up whenever something changed."""

    def __init__(self) -> None:
        self.progress = Progress()
        self.started: Started | None = None
        self.loss = Series()
        self.concept_loss: dict[str, Series] = {}
        self.validation: dict[str, Series] = {}
        self.samples: dict[PromptKey, dict[int, Sampled]] = {}
        self.log: list[LogLine] = []
        self.logged = 0  # lines ever: the log itself is cut at its beginning
        self.curves_version = self.samples_version = 0

    @property
    def ended(self) -> Ended | None:
        return self.progress.ended

    @property
    def sample_steps(self) -> list[int]:
        return sorted({step for row in self.samples.values() for step in row})

    def on(self, event: Event) -> None:
        self.progress.on(event)
        match event:
            case Started():
                self.started = event
                known = self.concept_loss if event.first_step else {}  # a resumed run goes on with its curves
                self.concept_loss = {name: known.get(name, Series()) for name in event.concepts}
            case Stepped():
                self._on_step(event)
            case Validated():
                for name, loss in event.concept_loss.items():
                    label = name if event.weights == "live" else f"{name} (EMA)"
                    self.validation.setdefault(label, Series()).add(event.step, loss)
                self.curves_version += 1
            case Sampled():
                key = PromptKey(event.index, event.prompt, event.seed, event.weights)
                self.samples.setdefault(key, {})[event.step] = event
                self.samples_version += 1
        for line in _lines(event):
            self.log.append(line)
            self.logged += 1
        del self.log[:-LINES]

    def _on_step(self, event: Stepped) -> None:
        self.loss.add(event.step, event.smoothed_loss)
        for name, loss in event.smoothed_concept_loss.items():
            self.concept_loss.setdefault(name, Series()).add(event.step, loss)
        self.curves_version += 1

    def rows(self) -> list[PromptKey]:
        """The rows of the samples: prompts in their order, those asked for by hand last."""
        return sorted(self.samples, key=lambda key: (key.index < 0, key.index, key.weights != "live"))


def _lines(event: Event) -> Iterator[LogLine]:
    match event:
        case Started():
            epochs = f"{event.epochs:,} epoch{'s' if event.epochs != 1 else ''}"
            yield LogLine(f"Run '{event.name}': {event.steps:,} steps in {epochs}, in {event.folder}")
        case Cached():
            yield LogLine(f"{event.encoded:,} views of {event.pictures:,} pictures had to be encoded")
        case Saved():
            yield LogLine(f"Step {event.step:,}: saved {event.path}")
        case Warned():
            yield LogLine(event.message, "warning")
        case Logged():
            yield LogLine(event.message)
        case Progressed(activity="sampling", done=0) | Progressed(activity="validating", done=0):
            yield LogLine(f"{event.activity[:1].upper()}{event.activity[1:]} …")
        case Ended():
            severity: Severity | None = "error" if event.outcome in ("refused", "failed") else None
            yield LogLine(event.message, severity)

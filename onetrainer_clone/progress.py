"""From events to what a person reads: fraction, speed, time left. Shared by the window and the command line."""

import time
from collections import deque
from collections.abc import Callable

from onetrainer_clone.events import Activity, Ended, Event, Progressed, Sampled, Saved, Started, Stepped

ACTIVITY_WORDS: dict[Activity, str] = {
    "starting": "starting: loading the trainer's libraries",
    "loading": "loading the model",
    "scanning": "looking at the pictures",
    "caching": "caching",
    "preparing": "setting up the training",
    "training": "training",
    "sampling": "sampling",
    "validating": "validating",
    "saving": "saving",
    "paused": "paused",
    "tool": "layer",
}


class Pace:
    """Speed over the last steps, so that sampling and saving in between do not count."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, over_steps: int = 50):
        self._clock = clock
        self._recent: deque[tuple[int, float]] = deque(maxlen=over_steps)
        self._begun = clock()

    def begin(self) -> None:
        """A step begins."""
        self._begun = self._clock()

    def end(self, samples: int) -> None:
        """The step is done; it saw so many samples."""
        self._recent.append((samples, self._clock() - self._begun))

    @property
    def samples_per_second(self) -> float:
        seconds = sum(took for _, took in self._recent)
        return sum(samples for samples, _ in self._recent) / seconds if seconds else 0.0

    @property
    def steps_per_second(self) -> float:
        seconds = sum(took for _, took in self._recent)
        return len(self._recent) / seconds if seconds else 0.0

    def seconds_for(self, steps: int) -> float | None:
        return steps * sum(took for _, took in self._recent) / len(self._recent) if self._recent else None


class Progress:
    """Where a run stands; feed it every event."""

    def __init__(self) -> None:
        self.step = self.steps = self.epoch = self.epochs = 0
        self.activity: Activity | None = None
        self.done = self.total = 0
        self.detail = ""
        self.picture = self.pictures = 0  # that is drawn, from 1
        self.samples_per_second = self.steps_per_second = self.memory_mib = 0.0
        self.device_memory_mib: float | None = None
        self.device_memory_peak_mib: float | None = None
        self.device_memory_total_mib: float | None = None
        self.seconds_left: float | None = None
        self.elapsed_seconds = 0.0  # of the run, also before it was resumed
        self.skipped_steps = 0  # that the loss scaler left out
        self.saved = ""
        self.ended: Ended | None = None

    def on(self, event: Event) -> None:
        match event:
            case Started():
                self.steps, self.epochs, self.step = event.steps, event.epochs, event.first_step
                self.elapsed_seconds = event.elapsed_seconds
            case Progressed():
                self.activity, self.detail = event.activity, event.detail
                self.done, self.total = event.done, event.total
                self.picture, self.pictures = event.picture, event.pictures
            case Stepped():
                self.activity, self.step, self.epoch = "training", event.step, event.epoch
                self.samples_per_second, self.memory_mib = event.samples_per_second, event.memory_mib
                self.steps_per_second, self.seconds_left = event.steps_per_second, event.seconds_left
                self.device_memory_mib = event.device_memory_mib
                self.device_memory_peak_mib = event.device_memory_peak_mib
                self.device_memory_total_mib = event.device_memory_total_mib
                self.skipped_steps, self.elapsed_seconds = event.skipped_steps, event.elapsed_seconds
            case Sampled():
                if self.activity != "sampling":
                    self.activity, self.done, self.total, self.detail = "sampling", 0, 0, ""
                    self.picture = self.pictures = 0
            case Saved():
                self.saved = event.path
            case Ended():
                self.ended, self.activity, self.seconds_left = event, None, None

    @property
    def fraction(self) -> float:
        """Of the whole run, 0 to 1."""
        return min(self.step / self.steps, 1.0) if self.steps else 0.0

    @property
    def words(self) -> str:
        """'step 310 of 2,000', 'caching 1,240 of 5,000', 'sampling picture 1 of 4: a cat'."""
        if self.ended:
            return self.ended.outcome
        if self.activity is None:
            return ""
        if self.activity == "training" and self.steps:
            return f"step {self.step:,} of {self.steps:,}"
        counted = f" {self.done:,} of {self.total:,}" if self.total else ""
        if self.pictures:  # their steps are what the bar shows
            counted = f" picture {self.picture:,} of {self.pictures:,}"
        return f"{ACTIVITY_WORDS[self.activity]}{counted}{f': {self.detail}' if self.detail else ''}"


def speed(steps_per_second: float) -> str:
    """'1.8 it/s', and below one in a second '2.4 s/it', as trainers commonly tell it."""
    if steps_per_second <= 0:
        return ""
    return f"{steps_per_second:.3g} it/s" if steps_per_second >= 1 else f"{1 / steps_per_second:.3g} s/it"


def duration(seconds: float | None) -> str:
    """'8 s', '3 min 20 s', '2 h 05 min'."""
    if seconds is None:
        return ""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"

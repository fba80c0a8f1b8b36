"""From the results of steps to the figures that people watch."""

import time
from collections import defaultdict
from typing import Any

import psutil

from modules.data.batches import Step
from modules.optim.optimizers import effective_rates
from modules.optim.rounding import rounded_away
from modules.precision import device_memory
from modules.run import Run
from modules.step import Result, is_measured
from onetrainer_clone.events import Stepped
from onetrainer_clone.progress import Pace

SMOOTHED_OVER = 100  # samples


class Smoothed:
    """A mean over everything at first, and over about the last `SMOOTHED_OVER` values later."""

    def __init__(self) -> None:
        self.value = 0.0
        self.count = 0

    def add(self, value: float) -> float:
        self.count += 1
        self.value += (value - self.value) / min(self.count, SMOOTHED_OVER)
        return self.value


class Figures:
    """Turns each step's result into the event that is shown."""

    def __init__(self, run: Run):
        self._run = run
        self._loss = Smoothed()
        self._concepts: dict[str, Smoothed] = defaultdict(Smoothed)
        self._skipped = 0
        self._elapsed, self._since = 0.0, time.monotonic()  # seconds up to the backup, and when this process began
        self._process = psutil.Process()
        self.pace = Pace()

    @property
    def elapsed_seconds(self) -> float:
        """Since the first step of the run; the time between its end and its resumption does not count."""
        return self._elapsed + time.monotonic() - self._since

    def snapshot(self) -> dict[str, Any]:
        """What a resumed run needs to go on with the same smoothed figures; plain JSON data."""
        return {
            "loss": [self._loss.value, self._loss.count],
            "skipped": self._skipped,
            "elapsed_seconds": self.elapsed_seconds,
            "concepts": {name: [smoothed.value, smoothed.count] for name, smoothed in self._concepts.items()},
        }

    def restore(self, snapshot: dict[str, Any]) -> None:
        self._loss.value, self._loss.count = snapshot["loss"]
        self._skipped = snapshot["skipped"]
        self._elapsed, self._since = snapshot["elapsed_seconds"], time.monotonic()
        for name, (value, count) in snapshot["concepts"].items():
            self._concepts[name].value, self._concepts[name].count = value, count

    def stepped(self, step: Step, result: Result) -> Stepped:
        self.pace.end(step.samples)
        for name, losses in result.concept_losses.items():
            for loss in losses:
                self._concepts[name].add(loss)
        self._skipped += result.skipped
        measured, memory = is_measured(step.number), device_memory(self._run.model.device)
        return Stepped(
            step=step.number,
            epoch=step.epoch + 1,
            loss=result.loss,
            smoothed_loss=self._loss.add(result.loss),
            concept_loss={name: sum(losses) / len(losses) for name, losses in result.concept_losses.items()},
            smoothed_concept_loss={name: smoothed.value for name, smoothed in self._concepts.items()},
            learning_rate=effective_rates(self._run.optimizer),
            gradient_norm=result.gradient_norm if result.gradient_norm < float("inf") else -1.0,
            weight_change=self._run.trained.weight_change() if measured else None,
            ema_distance=self._run.ema.distance() if measured and self._run.ema else None,
            rounded_away=rounded_away(self._run.optimizer) if measured else None,
            skipped_steps=self._skipped,
            samples_per_second=self.pace.samples_per_second,
            steps_per_second=self.pace.steps_per_second,
            memory_mib=self._process.memory_info().rss / 2**20,
            device_memory_mib=memory.used,
            device_memory_peak_mib=memory.peak,
            device_memory_total_mib=memory.total,
            seconds_left=self.pace.seconds_for(self._run.plan.steps - step.number),
            elapsed_seconds=self.elapsed_seconds,
        )

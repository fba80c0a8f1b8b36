"""What a run and a plan look like in a terminal."""

import json
import sys
import time
from typing import Any

from tqdm import tqdm

from onetrainer_clone import progress
from onetrainer_clone.events import (
    BackedUp,
    Ended,
    Event,
    Inspected,
    Logged,
    Progressed,
    Sampled,
    Saved,
    Started,
    Stepped,
    Validated,
    Warned,
)
from onetrainer_clone.events import to_json as event_to_json
from onetrainer_clone.inspection import as_text
from onetrainer_clone.plan import Plan
from onetrainer_clone.settings import Problem


def complain(message: str) -> None:
    """Tell what is wrong, apart from the output."""
    print(message, file=sys.stderr)


class Json:
    """Events as lines of JSON."""

    def on(self, event: Event) -> None:
        print(json.dumps(event_to_json(event)), flush=True)  # ASCII: no console's encoding can break it


class Terminal:
    """Events as a progress bar and lines above it."""

    def __init__(self) -> None:
        self._progress = progress.Progress()
        self._bar: tqdm[Any] | None = None

    def on(self, event: Event) -> None:
        self._progress.on(event)
        match event:
            case Started():
                self._bar = tqdm(
                    total=event.steps, initial=event.first_step, unit="step", dynamic_ncols=True, mininterval=0.5,
                    file=sys.stderr,
                )  # fmt: skip
                self._bar.start_t -= event.elapsed_seconds
            case Stepped() if self._bar is not None:
                self._bar.set_postfix_str(_losses(event), refresh=False)
                self._bar.update(event.step - self._bar.n)
            case Progressed() if self._bar is None and self._due(event):
                self._line(self._progress.words)
            case Ended():
                self._close()
                print(
                    event.message, flush=True, file=sys.stderr if event.outcome in ("refused", "failed") else sys.stdout
                )
                if event.outcome == "failed":
                    complain(f"This is a fault of the program, not yours. What to report:\n{event.trace}")
            case Validated():
                losses = ", ".join(f"{name} {loss:.4f}" for name, loss in event.concept_loss.items())
                self._line(f"validation ({event.weights}) at step {event.step}: {losses}")
            case Sampled():
                self._line(f"sample '{event.prompt}' at step {event.step}: {event.path}")
            case Saved():
                self._line(f"saved: {event.path}")
            case BackedUp():
                self._line(f"backed up: {event.path}")
            case Warned():
                self._line(f"warning: {Problem(event.path, event.message)}")
            case Logged():
                self._line(f"{'note: ' if event.note else ''}{Problem(event.path, event.message)}")
            case Inspected():
                self._line(as_text(event.report))

    _last = ""
    _shown: tuple[str, float] = ("", 0.0)

    def _due(self, event: Progressed) -> bool:
        """Whether to show it: a new activity, the end of a counted one, and else one every few seconds."""
        now = time.monotonic()
        if event.activity == self._shown[0] and now < self._shown[1] + 3 and not 0 < event.total <= event.done:
            return False
        self._shown = (event.activity, now)
        return True

    def _line(self, text: str) -> None:
        """A line above the bar."""
        if text and text != self._last:
            self._last = text
            tqdm.write(text, file=sys.stdout)
            sys.stdout.flush()

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()


def _losses(event: Stepped) -> str:
    return "loss " + ", ".join(f"{name} {loss:.4f}" for name, loss in event.smoothed_concept_loss.items())


def plan_text(plan: Plan) -> str:
    """The plan as a table."""
    width = max(12, *(len(concept.name) for concept in plan.concepts)) if plan.concepts else 12
    rows = [
        f"{'concept':<{width}}  {'role':<14}  {'mode':<16}  {'pictures':>8}  {'per epoch':>9}  {'repeats':>7}  "
        f"{'samples':>7}  {'weight':>6}"
    ]
    for concept in plan.concepts:
        rows.append(
            f"{concept.name:<{width}}  {concept.role:<14}  {concept.mode:<16}  {concept.pictures:>8,}  "
            f"{concept.samples_per_epoch:>9,.4g}  {concept.repeats:>7.3g}  {concept.share_of_samples:>7.1%}  "
            f"{concept.share_of_loss_weight:>6.1%}"
        )
        buckets = ", ".join(f"{width_px}x{height_px}: {count:,}" for width_px, height_px, count in concept.buckets)
        rows.append(f"{'':<{width}}  buckets {buckets}")
    rows.append(
        f"{_counted(plan.samples_per_epoch, 'sample')} and {_counted(plan.steps_per_epoch, 'step')} per epoch, "
        f"{_counted(plan.epochs, 'epoch')}, {_counted(plan.steps, 'step')} in total"
    )
    rows += [str(result) for result in plan.results]
    return "\n".join(rows)


def _counted(count: float, noun: str) -> str:
    """'1 epoch', '1,000 steps', '2.5 samples'."""
    shown = f"{count:,}" if isinstance(count, int) else f"{count:,.4g}"
    return f"{shown} {noun}" if shown == "1" else f"{shown} {noun}s"

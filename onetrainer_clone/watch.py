"""Watches a run's figures and says once, while there is still time, why it does not learn and what to change."""

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from onetrainer_clone.events import Stepped
from onetrainer_clone.settings import value_in_words
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.concepts import Role
from onetrainer_clone.state.method import PARTS
from onetrainer_clone.state.optimizer import Optimizer, learning_rates
from onetrainer_clone.state.training import stop_of

if TYPE_CHECKING:
    from onetrainer_clone.plan import Plan

FIRST = 30  # samples of a concept that count as its beginning
ENOUGH = 100  # samples after which its loss should have moved
LEARNED = 0.9  # below this share of the beginning's loss a concept counts as being learned; the demo's falls to 0.4
SMALL_SHARE = 1 / 3  # of the loss weight; above it, a subject's loss that stands still has other reasons
SEARCHED = 200  # steps in which Prodigy usually has found its step size
STILL = 1e-6  # ||dW|| / ||W|| that shows in no picture; the demo ends at 0.26, usual LoRAs between 0.001 and 0.1
MUCH_LOST = 0.5  # of the weights, rounded away at one step
OFTEN = 0.05  # of the steps, skipped; a scale that finds its place skips a handful
LAGGING = 0.3  # ||ema - live|| / ||live|| at half of the run


class Watch:
    """Hears every step of one run."""

    def __init__(self, state: TrainingState, plan: "Plan"):
        self._state, self._plan = state, plan
        self._shares = {c.name: c.share_of_loss_weight for c in plan.concepts if c.role == Role.SUBJECT}
        self._beginnings: dict[str, list[float]] = defaultdict(list)
        self._seen: dict[str, int] = defaultdict(int)
        self._said: set[str] = set()

    def after(self, event: Stepped) -> list[str]:
        """The sentences that are new after a step."""
        for name, loss in event.concept_loss.items():
            self._seen[name] += 1
            if len(self._beginnings[name]) < FIRST:
                self._beginnings[name].append(loss)
        rules = (
            self._swamped, self._searching, self._still, self._lagging, self._rounded, self._skipping, self._stopping
        )  # fmt: skip
        found = [pair for rule in rules for pair in rule(event)]
        new = [sentence for key, sentence in found if key not in self._said]
        self._said |= {key for key, _ in found}
        return new

    def _swamped(self, event: Stepped) -> Iterator[tuple[str, str]]:
        if event.step < self._plan.steps / 4:
            return
        for name, share in self._shares.items():
            beginning, now = self._beginnings[name], event.smoothed_concept_loss.get(name)
            if now is None or share >= SMALL_SHARE or self._seen[name] < ENOUGH or len(beginning) < FIRST:
                continue
            before = sum(beginning) / len(beginning)
            if now > LEARNED * before:
                yield (
                    f"swamped {name}",
                    f"'{name}' is not being learned: its loss is {now:.3g}, it was {before:.3g} at the beginning. It has "
                    f"only {share:.0%} of the loss weight, the other concepts are winning: raise its repeats or loss "
                    "weight, or lower theirs",
                )

    def _searching(self, event: Stepped) -> Iterator[tuple[str, str]]:
        if self._state.optimizer.optimizer is not Optimizer.PRODIGY or event.step < SEARCHED:
            return
        start = self._state.optimizer.prodigy.d0
        found = max(event.learning_rate.values(), default=0.0) / max(learning_rates(self._state).values(), default=1.0)
        if found <= 2 * start:
            yield (
                "prodigy",
                f"Prodigy has not found a step size in {event.step:,} steps (d is still {found:.2g}), so nothing is "
                f"learned: raise 'Initial d' to {value_in_words(start * 10)} or 'd coefficient' to 2, or use AdamW",
            )

    def _still(self, event: Stepped) -> Iterator[tuple[str, str]]:
        if event.step - event.skipped_steps >= ENOUGH and event.weight_change is not None and event.weight_change < STILL:
            yield (
                "still",
                f"After {event.step:,} steps the weights have changed by {event.weight_change:.1g} of their size, which no "
                "picture shows: raise the learning rate",
            )

    def _lagging(self, event: Stepped) -> Iterator[tuple[str, str]]:
        far = event.ema_distance
        if far is not None and event.step >= self._plan.steps / 2 and far > LAGGING:
            yield (
                "ema",
                f"The average (EMA) is {far:.0%} away from the weights that are trained, so samples and result look less "
                "trained than they are: lower the EMA decay, or sample the live weights to compare",
            )

    def _rounded(self, event: Stepped) -> Iterator[tuple[str, str]]:
        lost = event.rounded_away
        if lost is not None and lost > MUCH_LOST and not self._state.optimizer.stochastic_rounding:
            yield (
                "rounded",
                f"{lost:.0%} of the weights are as they were after a step: bfloat16 is too coarse for steps so small, and "
                "rounds them away. Switch 'Stochastic rounding' on, or hold the weights in float32",
            )

    def _skipping(self, event: Stepped) -> Iterator[tuple[str, str]]:
        if event.step >= ENOUGH and event.skipped_steps > OFTEN * event.step:
            yield (
                "skipping",
                f"{event.skipped_steps:,} of {event.step:,} steps were skipped and changed nothing: float16 cannot hold "
                "their gradients. Train in bfloat16 or float32, or lower the learning rate",
            )

    def _stopping(self, event: Stepped) -> Iterator[tuple[str, str]]:
        for part in learning_rates(self._state):
            stop = stop_of(self._state, part)
            if stop.over(event.step, event.epoch - 1):
                yield f"stop {part}", f"From step {event.step:,} on the {PARTS[part]} stays as it is (set to stop {stop})."

"""Which concept is winning: how much of a run each concept has, and how far its loss has come. Fed with the run's events."""

from collections import defaultdict
from dataclasses import dataclass

from onetrainer_clone.events import Event, Started, Stepped
from onetrainer_clone.settings import Severity
from onetrainer_clone.state.concepts import Role
from onetrainer_clone.watch import ENOUGH, FIRST, LEARNED, SMALL_SHARE


@dataclass(frozen=True)
class Standing:
    """One concept. Shares are 0 to 1; `change` is that of its loss since the beginning, -0.4 where it fell by 40 %.

    Only a subject has a change: what is kept (PRIOR_PREDICTION) begins at a loss of nearly nothing.
    """

    name: str
    role: str
    samples: float
    loss_weight: float
    loss: float | None = None  # smoothed, now
    change: float | None = None  # None also where too few steps were made to tell


class Balance:
    def __init__(self) -> None:
        self._started: Started | None = None
        self._beginnings: dict[str, list[float]] = defaultdict(list)
        self._seen: dict[str, int] = defaultdict(int)
        self._now: dict[str, float] = {}
        self._step = 0

    def on(self, event: Event) -> None:
        match event:
            case Started():
                self._started = event
                if not event.first_step:
                    self._beginnings.clear()
                    self._seen.clear()
                    self._now = {}
                    self._step = 0
            case Stepped():
                self._now, self._step = event.smoothed_concept_loss, event.step
                for name, loss in event.concept_loss.items():
                    self._seen[name] += 1
                    if len(self._beginnings[name]) < FIRST:
                        self._beginnings[name].append(loss)

    @property
    def standings(self) -> list[Standing]:
        """In the order of the run; empty where the run has not told its shares."""
        shares = self._started.shares if self._started else ()
        return [
            Standing(
                s.concept, s.role, s.samples, s.loss_weight, self._now.get(s.concept),
                self._change(s.concept) if s.role == Role.SUBJECT else None,
            )
            for s in shares
        ]  # fmt: skip

    @property
    def verdict(self) -> tuple[str, Severity | None]:
        """One sentence about the subjects: swamped, learned, or not yet to be told. Empty without any.

        Nothing is called wrong in the first quarter of a run, where a loss may still stand still.
        """
        subjects = [standing for standing in self.standings if standing.role == Role.SUBJECT]
        if not subjects:
            return "", None
        worst = max(subjects, key=lambda one: one.change if one.change is not None else 0.0)
        if worst.change is not None and 1 + worst.change <= LEARNED:
            others = " and the others are" if len(subjects) > 1 else " is"
            return f"'{worst.name}'{others} being learned: its loss has fallen by {-worst.change:.0%}.{self._few}", None
        if worst.change is None or self._early:
            over = self._started is not None and self._step >= self._started.steps
            return f"Too {'few steps' if over else 'early'} to tell what is learned.{self._few}", None
        if worst.loss_weight < SMALL_SHARE and len(self.standings) > 1:
            return (
                f"The other concepts are winning: the loss of '{worst.name}' has {_moved(worst.change)}, and it has only "
                f"{worst.loss_weight:.0%} of the loss weight. Raise its repeats or loss weight.",
                "warning",
            )
        return f"'{worst.name}' is hardly learned so far: its loss has {_moved(worst.change)}.", "warning"

    @property
    def _few(self) -> str:
        """That a subject has less than half of an equal share. Its loss alone does not tell: where a subject is swamped
        ten to one it still falls by a fifth, as that of one that is learned well does at first."""
        standings = self.standings
        least = min((one for one in standings if one.role == Role.SUBJECT), key=lambda one: one.loss_weight)
        if least.loss_weight >= 0.5 / len(standings):
            return ""
        return f" '{least.name}' has only {least.loss_weight:.0%} of the loss weight: the others may win."

    @property
    def _early(self) -> bool:
        return self._started is not None and self._step < self._started.steps / 4

    def _change(self, name: str) -> float | None:
        beginning, now = self._beginnings[name], self._now.get(name)
        if now is None or self._seen[name] < ENOUGH or len(beginning) < FIRST or not sum(beginning):
            return None
        return now / (sum(beginning) / len(beginning)) - 1


def _moved(change: float) -> str:
    """'fallen by only 3 %', 'risen by 12 %'."""
    return f"risen by {change:.0%}" if change >= 0.005 else f"fallen by only {max(-change, 0):.0%}"

"""The learning rate as a function of the step: nothing to save, nothing to restore."""

import math

from onetrainer_clone.state.optimizer import LearningRate, Schedule


def rate_factor(step: int, steps: int, settings: LearningRate) -> float:
    """What the peak rate is multiplied with at a step (counted from 0) of a run of `steps`.

    The warm-up rises in equal steps to 1 and never starts at 0, so that no step is wasted.
    """
    warmup = warmup_steps(steps, settings)
    if step < warmup:
        return (step + 1) / warmup
    done = min(1.0, (step - warmup) / max(1, steps - warmup))
    return settings.final_share + (1 - settings.final_share) * _shape(done, settings)


def warmup_steps(steps: int, settings: LearningRate) -> int:
    """The length of the warm-up: below 1 a share of all steps, from 1 on a number of steps."""
    return round(settings.warmup * steps) if settings.warmup < 1 else round(settings.warmup)


def _shape(done: float, settings: LearningRate) -> float:
    """From 1 to 0 while done goes from 0 to 1."""
    match settings.schedule:
        case Schedule.LINEAR:
            return 1 - done
        case Schedule.COSINE:
            return (1 + math.cos(math.pi * done)) / 2
        case Schedule.COSINE_RESTARTS:
            return 0.0 if done >= 1 else (1 + math.cos(math.pi * (done * settings.cycles % 1))) / 2
    return 1.0

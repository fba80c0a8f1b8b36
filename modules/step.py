"""One optimizer step: forward, backward, clip, update, and what is worth telling about it."""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from modules import objective
from modules.data.batches import Batch, Step
from modules.optim.rounding import count_next
from modules.optim.schedules import rate_factor
from modules.rot import cause
from modules.run import Run
from onetrainer_clone.epoch import seed_of
from onetrainer_clone.paths import shown
from onetrainer_clone.settings import UserError
from onetrainer_clone.state.training import stop_of

MEASURE_EVERY = 10  # steps between measurements that read all weights
MOST_SKIPPED = (
    25  # loss scaling halves its scale at each skipped step; after so many in a row it is no longer the scale
)


class NotFinite(UserError):
    """A loss, gradient, weight or state of the optimizer that is not a number."""


@dataclass(frozen=True)
class Result:
    """What came out of a step."""

    loss: float
    concept_losses: dict[str, list[float]]  # every sample's, before any weight
    gradient_norm: float
    skipped: bool = False  # the loss scaler left this step out


def is_measured(number: int) -> bool:
    """Whether what costs some time is measured at a step."""
    return number % MEASURE_EVERY == 0 or number == 1


def take_step(run: Run, step: Step, skipped_before: int = 0) -> Result:
    """Train on the batches of a step. Raises `NotFinite`; for a loss or gradient before the weights are touched.

    The loss is the mean over all samples of the step, so accumulated batches give the gradient of one large batch.
    """
    torch.manual_seed(seed_of(run.state.training.seed, "step", step.number))  # LoRA dropout draws from this
    _set_rates(run, step.number)
    _stop_parts(run, step)
    loss, concept_losses = 0.0, defaultdict[str, list[float]](list)
    for batch in step.batches:
        moved = batch.to(run.model.device)
        with run.accelerator.autocast():
            per_sample = objective.losses(run.model, moved, run.embed, run.trained.base)
        weighted = per_sample * objective.weights(run.model, moved, run.state.noise.min_snr_gamma)
        share = weighted.sum() / step.samples
        run.accelerator.backward(share)
        values = per_sample.detach().tolist()
        _require_finite(run, values, batch, step)
        loss += share.item()
        for sample, value in zip(batch.samples, values, strict=True):
            concept_losses[sample.concept.name].append(value)
    norm = _clip(run, step, skipped_before)
    count_next(run.optimizer, is_measured(step.number))
    run.optimizer.step()
    run.trained.after_step()
    run.optimizer.zero_grad(set_to_none=True)
    skipped = bool(getattr(run.optimizer, "step_was_skipped", False))
    if is_measured(step.number):
        _require_sound(run, step)
    if run.ema is not None and not skipped:
        run.ema.after_step(step.number)
    return Result(loss, dict(concept_losses), norm, skipped)


def _set_rates(run: Run, number: int) -> None:
    factor = rate_factor(number - 1, run.plan.steps, run.state.learning_rate)
    peaks = {group.name: group.rate for group in run.trained.groups}
    for group in run.optimizer.param_groups:
        group["lr"] = peaks[group["name"]] * factor


def _stop_parts(run: Run, step: Step) -> None:
    """Parts whose training is over get no gradients, so that the optimizer passes them by; they draw no drop-out either."""
    for part, named in run.trained.parts.items():
        going_on = not stop_of(run.state, part).over(step.number, step.epoch)
        for parameter in named.values():
            parameter.requires_grad_(going_on)
        if part in run.model.parts:
            run.model.parts[part].train(going_on)


def _clip(run: Run, step: Step, skipped_before: int) -> float:
    """The norm of the gradient before it is shortened."""
    limit = run.state.training.clip_norm or math.inf
    norm = run.accelerator.clip_grad_norm_(run.trained.parameters, limit)
    value = float(norm)
    scaled = run.accelerator.scaler is not None
    if not math.isfinite(value) and not (scaled and skipped_before < MOST_SKIPPED):
        _refuse(run, step, "the gradient is not finite", [s.picture.key for b in step.batches for s in b.samples])
    return value


def _require_sound(run: Run, step: Step) -> None:
    """A step from finite gradients can still overflow in the weights or in the optimizer's memory."""
    states = (t for held in run.optimizer.state.values() for t in held.values() if isinstance(t, Tensor))
    if not_finite([*run.trained.parameters, *states]):
        raise NotFinite(f"step {step.number}: {cause(run)}. Lower it, and resume from the last backup")


def not_finite(tensors: Iterable[Tensor]) -> bool:
    """Whether any floating-point tensor holds NaN or infinity; waits for the device once."""
    largest = [t.detach().abs().max().float() for t in tensors if t.is_floating_point() and t.numel()]
    return bool(largest) and not bool(torch.stack([value.to(largest[0].device) for value in largest]).isfinite().all())


def _require_finite(run: Run, values: list[float], batch: Batch, step: Step) -> None:
    if bad := [s.picture.key for s, value in zip(batch.samples, values, strict=True) if not math.isfinite(value)]:
        _refuse(run, step, "the loss is not finite", bad, batch)


def _refuse(run: Run, step: Step, what: str, files: list[str], batch: Batch | None = None) -> None:
    run.optimizer.zero_grad(set_to_none=True)
    why = cause(run, batch) or "Lower the learning rate, or train in float32 or bfloat16"
    named = ", ".join(shown(file) for file in dict.fromkeys(files))
    raise NotFinite(
        f"step {step.number}: {what} (pictures: {named}). The run was stopped before the weights were touched. {why}"
    )

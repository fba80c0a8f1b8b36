"""One step, also under loss scaling, as float16 training on a GPU does it: simulated with torch's scaler for the CPU."""

import dataclasses
import itertools
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate.optimizer import AcceleratedOptimizer
from torch import Tensor

from modules.data.batches import Step, make_batch, steps
from modules.figures import Figures
from modules.optim.ema import Ema
from modules.precision import accelerator
from modules.run import Run, prepare
from modules.step import MOST_SKIPPED, NotFinite, take_step
from onetrainer_clone.session import Controls
from tests.modules.small import small_state


@pytest.fixture
def run(tmp_path: Path, cache: Path) -> Iterator[Run]:
    state = small_state(tmp_path, **{"saving.cache": str(cache), "training.steps": 100, "training.clip_norm": 1.0})
    with accelerator(state) as accelerated:
        yield prepare(state, accelerated, lambda event: None, Controls())


def scaled(run: Run, scale: float) -> Run:
    """The run as under float16: the loss is scaled, and the optimizer steps through the scaler."""
    scaler = torch.amp.GradScaler("cpu", init_scale=scale, growth_interval=1000)
    accelerated: Any = run.accelerator
    accelerated.scaler, accelerated.native_amp = scaler, True
    accelerated.state._mixed_precision = "fp16"
    inner = run.optimizer.optimizer  # type: ignore[attr-defined]
    optimizer = AcceleratedOptimizer(inner, device_placement=False, scaler=scaler)
    accelerated._optimizers = [optimizer]
    return dataclasses.replace(run, optimizer=optimizer)


def ready(run: Run) -> Iterator[Step]:
    return steps(run.state, run.training, run.plan.steps, partial(make_batch, run.state, run.model, run.latents))


def copied(run: Run) -> list[Tensor]:
    return [parameter.detach().clone() for parameter in run.trained.parameters]


def test_a_scaled_step_is_the_same_step(run: Run, tmp_path: Path) -> None:
    """The norm is measured, and clipped, after the scale is taken out again."""
    plain = small_state(tmp_path, **{"saving.cache": run.state.saving.cache, "training.steps": 100})
    with_scaler = scaled(run, 2.0**10)
    first = take_step(with_scaler, next(ready(run)))
    assert not first.skipped
    with accelerator(plain) as accelerated:
        other = prepare(plain, accelerated, lambda event: None, Controls())
        second = take_step(other, next(ready(other)))
    assert first.gradient_norm == pytest.approx(second.gradient_norm, rel=0.02)
    assert first.loss == pytest.approx(second.loss, rel=0.02)
    assert all(parameter.dtype == torch.float32 for parameter in run.trained.parameters)


def test_too_large_a_scale_skips_the_step_and_halves_until_it_fits(run: Run) -> None:
    with_scaler = scaled(run, 2.0**30)
    figures, found, before = Figures(with_scaler), ready(run), copied(run)
    skipped = 0
    for step in found:
        result = take_step(with_scaler, step, skipped)
        shown = figures.stepped(step, result)
        assert shown.gradient_norm == -1 or shown.gradient_norm > 0
        if not result.skipped:
            break
        assert shown.gradient_norm == -1
        assert all(torch.equal(a, b) for a, b in zip(before, run.trained.parameters, strict=True))
        skipped += 1
    assert 2 <= skipped < MOST_SKIPPED
    assert any(not torch.equal(a, b) for a, b in zip(before, run.trained.parameters, strict=True))


def test_when_it_is_not_the_scale_the_run_stops(run: Run) -> None:
    with_scaler, before = scaled(run, float("inf")), copied(run)
    step = next(ready(run))
    assert take_step(with_scaler, step, MOST_SKIPPED - 1).skipped
    with pytest.raises(NotFinite, match=r"step 1: the gradient is not finite \(pictures: .*\.png"):
        take_step(with_scaler, step, MOST_SKIPPED)
    assert all(torch.equal(a, b) for a, b in zip(before, run.trained.parameters, strict=True))
    assert all(parameter.grad is None for parameter in run.trained.parameters)


def test_a_gradient_that_is_not_finite_stops_before_the_weights_are_touched(run: Run) -> None:
    """The losses are finite, but a weight makes their sum infinite."""
    step, before = next(ready(run)), copied(run)
    [batch] = step.batches
    heavy = dataclasses.replace(batch, loss_weight=torch.full_like(batch.loss_weight, float("inf")))
    with pytest.raises(NotFinite, match="the gradient is not finite"):
        take_step(run, dataclasses.replace(step, batches=[heavy]))
    assert all(torch.equal(a, b) for a, b in zip(before, run.trained.parameters, strict=True))
    assert not run.optimizer.state


def test_one_rotten_batch_of_several_is_named_and_nothing_of_the_others_is_left(run: Run) -> None:
    step, before = next(ready(run)), copied(run)
    [batch] = step.batches
    make = partial(make_batch, run.state, run.model, run.latents)
    good, rotten = make(batch.samples[:2]), make(batch.samples[2:])
    rotten.latents[0] = float("nan")
    with pytest.raises(NotFinite) as caught:
        take_step(run, dataclasses.replace(step, batches=[good, rotten]))
    assert batch.samples[2].picture.key in str(caught.value)
    assert all(torch.equal(a, b) for a, b in zip(before, run.trained.parameters, strict=True))
    assert all(parameter.grad is None for parameter in run.trained.parameters)
    assert not run.optimizer.state


def test_a_step_repeats_whatever_random_numbers_were_drawn_before(run: Run, tmp_path: Path) -> None:
    first = take_step(run, next(ready(run)))
    torch.manual_seed(99)
    torch.randn(1000)
    with accelerator(run.state) as accelerated:
        other = prepare(run.state, accelerated, lambda event: None, Controls())
        second = take_step(other, next(ready(other)))
    assert first == second
    assert all(torch.equal(a, b) for a, b in zip(copied(run), copied(other), strict=True))


def test_accumulated_batches_weigh_by_their_samples(run: Run) -> None:
    """A last batch that is smaller counts for less: the loss is the mean over samples."""
    step = next(ready(run))
    [batch] = step.batches
    make = partial(make_batch, run.state, run.model, run.latents)
    parts = [make(batch.samples[:3]), make(batch.samples[3:])]
    result = take_step(run, dataclasses.replace(step, batches=parts))
    losses = [loss for found in result.concept_losses.values() for loss in found]
    assert len(losses) == 4
    assert result.loss == pytest.approx(sum(losses) / 4, rel=1e-5)


def test_no_gradient_is_left_for_the_next_step(run: Run) -> None:
    take_step(run, next(ready(run)))
    assert all(parameter.grad is None for parameter in run.trained.parameters)


def test_a_skipped_step_leaves_the_average_and_is_counted(run: Run) -> None:
    """Else the average would take in the untouched weights once more for every step that did nothing."""
    average = Ema(run.trained.parameters, 0.9)
    with_scaler = scaled(dataclasses.replace(run, ema=average), float("inf"))
    figures, found = Figures(with_scaler), ready(run)
    counted = [figures.stepped(step, take_step(with_scaler, step)).skipped_steps for step, _ in zip(found, range(3))]
    assert counted == [1, 2, 3]
    assert average.updates == 0
    resumed = Figures(with_scaler)
    snapshot = figures.snapshot()
    resumed.restore(snapshot)
    again = resumed.snapshot()
    assert again.pop("elapsed_seconds") >= snapshot.pop("elapsed_seconds")
    assert again == snapshot


@pytest.mark.parametrize("optimizer", ["ADAMW", "ADAMW_8BIT", "PRODIGY"])
@pytest.mark.parametrize("method", ["LORA", "FINE_TUNE"])
def test_a_part_that_has_stopped_stays_bit_for_bit_while_the_other_goes_on(
    method: str, optimizer: str, tmp_path: Path, cache: Path
) -> None:
    rates = {"learning_rate.unet": 1.0, "learning_rate.text_encoder": 1.0} if optimizer == "PRODIGY" else {}
    stop = {"unit": "STEPS", "amount": 2}
    changes = {"method": method, "optimizer.optimizer": optimizer, "training.text_encoder_stop": stop, **rates}
    state = small_state(tmp_path, **{"saving.cache": str(cache), "training.steps": 9, **changes})
    with accelerator(state) as accelerated:
        run = prepare(state, accelerated, lambda event: None, Controls())
        kept: list[dict[str, list[Tensor]]] = []
        for step, _ in zip(ready(run), range(4)):
            take_step(run, step)
            parts = run.trained.parts.items()
            kept.append({part: [p.detach().clone() for p in named.values()] for part, named in parts})
    moved = [
        {part: any(not torch.equal(a, b) for a, b in zip(before[part], after[part], strict=True)) for part in before}
        for before, after in itertools.pairwise(kept)
    ]
    assert moved == [{"unet": True, "text_encoder": True}, *[{"unet": True, "text_encoder": False}] * 2]


@pytest.mark.parametrize("where", ["weights", "optimizer"])
def test_weights_and_states_that_are_not_finite_are_found(where: str, run: Run) -> None:
    step = next(ready(run))
    take_step(run, step)
    spoiled = run.trained.parameters[-1] if where == "weights" else run.optimizer.state[run.trained.parameters[0]]["exp_avg"]
    ahead = dataclasses.replace(step, number=10)

    @torch.no_grad()
    def spoil() -> None:
        spoiled[0] = float("nan")

    hurt = dataclasses.replace(run.trained, after_step=spoil)
    words = "The trained weights" if where == "weights" else "The optimizer's 'exp_avg'"
    with pytest.raises(NotFinite, match=f"step 10: {words}"):
        take_step(dataclasses.replace(run, trained=hurt), ahead)

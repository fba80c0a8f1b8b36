"""The learning rate against torch's schedulers, and what a schedule must never do."""

import math
from typing import Any

import pytest
import torch
from diffusers.optimization import get_cosine_with_hard_restarts_schedule_with_warmup, get_linear_schedule_with_warmup
from hypothesis import given
from hypothesis import strategies as st

from modules.optim.schedules import rate_factor, warmup_steps
from onetrainer_clone.state.optimizer import LearningRate, Schedule


def optimizer() -> torch.optim.Optimizer:
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)


def rates(scheduler: Any, steps: int) -> list[float]:
    found = []
    for _ in range(steps):
        found.append(scheduler.get_last_lr()[0])
        scheduler.optimizer.step()
        scheduler.step()
    return found


def ours(steps: int, **settings: Any) -> list[float]:
    return [rate_factor(step, steps, LearningRate(**settings)) for step in range(steps)]


def test_a_constant_rate_is_constant() -> None:
    assert ours(7, schedule="CONSTANT") == [1.0] * 7


def test_linear_is_that_of_diffusers() -> None:
    expected = rates(get_linear_schedule_with_warmup(optimizer(), 0, 40), 40)
    assert ours(40, schedule="LINEAR") == pytest.approx(expected)


def test_cosine_is_that_of_torch() -> None:
    reference = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer(), T_max=50, eta_min=0.1)
    assert ours(50, schedule="COSINE", final_share=0.1) == pytest.approx(rates(reference, 50))


def test_restarts_are_those_of_diffusers() -> None:
    reference = get_cosine_with_hard_restarts_schedule_with_warmup(optimizer(), 0, 60, num_cycles=3)
    assert ours(60, schedule="COSINE_RESTARTS", cycles=3) == pytest.approx(rates(reference, 60))


def test_restarts_begin_at_the_peak_anew() -> None:
    found = ours(40, schedule="COSINE_RESTARTS", cycles=4, final_share=0.1)
    assert [i for i in range(40) if found[i] == 1] == [0, 10, 20, 30]


@pytest.mark.parametrize("schedule", ["CONSTANT", "LINEAR", "COSINE", "COSINE_RESTARTS"])
def test_after_the_warm_up_the_schedule_takes_the_rest(schedule: str) -> None:
    found = ours(50, schedule=schedule, warmup=10, cycles=2)
    assert found[:10] == pytest.approx([(step + 1) / 10 for step in range(10)])
    assert found[10:] == pytest.approx(ours(40, schedule=schedule, cycles=2))


@given(
    steps=st.integers(1, 500),
    warmup=st.one_of(st.floats(0, 0.99), st.integers(1, 600).map(float)),
    schedule=st.sampled_from(list(Schedule)),
    final_share=st.floats(0, 1),
    cycles=st.integers(1, 9),
)
def test_no_step_is_wasted_and_none_exceeds_the_peak(
    steps: int, warmup: float, schedule: Schedule, final_share: float, cycles: int
) -> None:
    settings = LearningRate(warmup=warmup, schedule=schedule, final_share=final_share, cycles=cycles)
    found = [rate_factor(step, steps, settings) for step in range(steps)]
    assert all(0 < factor <= 1 + 1e-12 for factor in found)
    length = warmup_steps(steps, settings)
    rising = found[: min(length, steps)]
    assert rising == sorted(set(rising))
    if length < steps:
        end = rate_factor(steps, steps, settings)
        assert end == pytest.approx(1 if schedule is Schedule.CONSTANT else final_share)


def test_a_warm_up_is_a_share_or_a_number_of_steps() -> None:
    assert warmup_steps(1000, LearningRate(warmup=0.05)) == 50
    assert warmup_steps(1000, LearningRate(warmup=1)) == 1
    assert warmup_steps(1000, LearningRate(warmup=20)) == 20
    assert math.isclose(rate_factor(0, 1000, LearningRate(warmup=20)), 1 / 20)

"""Every optimizer against its library's own, on a toy problem, with what the state says."""

from collections.abc import Callable
from typing import Any

import bitsandbytes
import pytest
import torch
from prodigyopt import Prodigy
from torch import nn
from torch.optim import Optimizer

from modules.optim.optimizers import effective_rates, make_optimizer
from onetrainer_clone.settings import replace
from onetrainer_clone.state import TrainingState

SHAPES = ((96, 64), (64,))  # the first has more than 4096 elements: bitsandbytes holds only such states in 8 bits


def weights() -> list[nn.Parameter]:
    chance = torch.Generator().manual_seed(5)
    return [nn.Parameter(torch.randn(shape, generator=chance)) for shape in SHAPES]


def distance(found: list[nn.Parameter]) -> torch.Tensor:
    """How far the weights are from what they should become: all 0.5."""
    return torch.stack([(p - 0.5).square().mean() for p in found]).sum()


def descend(optimizer: Optimizer, found: list[nn.Parameter], steps: int) -> list[float]:
    losses = []
    for _ in range(steps):
        loss = distance(found)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(float(loss.detach()))
    return losses


def state_with(**changes: Any) -> TrainingState:
    state = TrainingState()
    for path, value in changes.items():
        state = replace(state, path.replace("__", "."), value)
    return state


def of_state(state: TrainingState, found: list[nn.Parameter], rate: float) -> Optimizer:
    groups = [{"params": [p], "lr": rate, "name": f"part {i}"} for i, p in enumerate(found)]
    return make_optimizer(state, groups)


OWN = {"beta1": 0.8, "beta2": 0.95, "eps": 1e-6, "weight_decay": 0.05}
COMMON: dict[str, Any] = {"betas": (0.8, 0.95), "eps": 1e-6, "weight_decay": 0.05}
CASES: dict[str, tuple[float, Callable[[list[nn.Parameter]], Optimizer]]] = {
    "adamw": (0.01, lambda p: torch.optim.AdamW(p, lr=0.01, **COMMON)),
    "adamw_8bit": (0.01, lambda p: bitsandbytes.optim.AdamW8bit(p, lr=0.01, **COMMON)),
    "prodigy": (
        1.0,
        lambda p: Prodigy(
            p, lr=1.0, decouple=True, d0=1e-5, d_coef=1.5, safeguard_warmup=True, use_bias_correction=True, **COMMON
        ),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_it_is_its_librarys_own_with_the_states_settings(name: str) -> None:
    rate, reference = CASES[name]
    state = state_with(optimizer__optimizer=name.upper())
    extra = {"d0": 1e-5, "d_coef": 1.5} if name == "prodigy" else {}
    for key, value in {**OWN, **extra}.items():
        state = replace(state, f"optimizer.{name}.{key}", value)
    ours, theirs = weights(), weights()
    descend(of_state(state, ours, rate), ours, 20)
    descend(reference(theirs), theirs, 20)
    assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))
    assert not torch.equal(ours[0], weights()[0])


@pytest.mark.parametrize("name", ["ADAMW", "ADAMW_8BIT", "PRODIGY"])
def test_it_converges_and_repeats(name: str) -> None:
    state = state_with(optimizer__optimizer=name)
    rate = 1.0 if name == "PRODIGY" else 0.02
    first, second = weights(), weights()
    losses = descend(of_state(state, first, rate), first, 150)
    assert losses[-1] < 0.05 * losses[0]
    assert descend(of_state(state, second, rate), second, 150) == losses
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_eight_bits_are_held_for_large_tensors_only() -> None:
    found = weights()
    optimizer = of_state(state_with(optimizer__optimizer="ADAMW_8BIT"), found, 0.01)
    descend(optimizer, found, 2)
    assert optimizer.state[found[0]]["state1"].dtype == torch.uint8
    assert optimizer.state[found[1]]["state1"].dtype == torch.float32


def test_prodigy_starts_with_its_recommended_settings() -> None:
    found = weights()
    optimizer = of_state(state_with(optimizer__optimizer="PRODIGY"), found, 1.0)
    group = optimizer.param_groups[0]
    assert group["safeguard_warmup"] is True
    assert group["use_bias_correction"] is True
    assert group["decouple"] is True
    assert group["d"] == pytest.approx(1e-6)


def test_prodigys_step_size_rises_and_is_part_of_the_shown_rate() -> None:
    found = weights()
    optimizer = of_state(state_with(optimizer__optimizer="PRODIGY"), found, 1.0)
    shown = []
    for _ in range(60):
        descend(optimizer, found, 1)
        shown.append(effective_rates(optimizer)["part 0"])
    assert shown[0] == pytest.approx(1e-6)
    assert shown[-1] > 1e-4
    assert shown == sorted(shown)
    for group in optimizer.param_groups:
        group["lr"] = 0.5
    assert effective_rates(optimizer) == {f"part {i}": 0.5 * g["d"] for i, g in enumerate(optimizer.param_groups)}


def test_the_shown_rate_of_adamw_is_its_rate() -> None:
    assert effective_rates(of_state(TrainingState(), weights(), 0.25)) == {"part 0": 0.25, "part 1": 0.25}


def test_prodigys_groups_may_have_rates_of_their_own() -> None:
    """The first step of a group with three times the rate is three times as long; the other is as it would be alone."""
    for settings in ({}, {"optimizer__prodigy__weight_decay": 0.1}):
        state = state_with(optimizer__optimizer="PRODIGY", **settings)
        same, other = weights(), weights()
        start = [p.detach().clone() for p in same]
        descend(of_state(state, same, 1.0), same, 1)
        groups = [{"params": [p], "lr": rate, "name": str(rate)} for p, rate in zip(other, (1.0, 3.0), strict=True)]
        optimizer = make_optimizer(state, groups)
        descend(optimizer, other, 1)
        assert torch.equal(other[0], same[0])
        torch.testing.assert_close(other[1] - start[1], 3 * (same[1] - start[1]), rtol=1e-3, atol=1e-9)
        assert [group["lr"] for group in optimizer.param_groups] == [1.0, 3.0]
        assert descend(optimizer, other, 300)[-1] < 0.1 * float(distance(start))  # type: ignore[arg-type]

"""Steps on bfloat16 weights: the rounding by chance, what it saves, and that a step is otherwise the library's own."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from modules.optim.optimizers import make_optimizer
from modules.optim.rounding import count_next, rounded_away, stochastically
from tests.modules.optim.test_optimizers import state_with

OPTIMIZERS = ["ADAMW", "ADAMW_8BIT", "PRODIGY"]
SHAPES = ((96, 64), (64,))


def weights(dtype: torch.dtype) -> list[nn.Parameter]:
    chance = torch.Generator().manual_seed(5)
    return [nn.Parameter(torch.randn(shape, generator=chance).bfloat16().to(dtype)) for shape in SHAPES]


def made(found: list[nn.Parameter], name: str, rate: float, **changes: Any) -> torch.optim.Optimizer:
    state = state_with(method="FINE_TUNE", optimizer__optimizer=name, **changes)
    return make_optimizer(state, [{"params": found, "lr": rate, "name": "unet"}])


def descend(optimizer: torch.optim.Optimizer, found: list[nn.Parameter], steps: int, first: int = 0) -> None:
    for number in range(first, first + steps):
        torch.manual_seed(number)
        torch.stack([(p.float() - 0.5).square().sum() for p in found]).sum().backward()
        count_next(optimizer, True)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)


def test_rounding_by_chance_is_right_on_average_and_never_further_than_a_neighbour() -> None:
    values = torch.linspace(-3, 3, 601)
    torch.manual_seed(0)
    drawn = torch.stack([stochastically(values).float() for _ in range(4000)])
    step = 2.0**-7 * values.abs().clamp(min=1e-30).log2().floor().exp2()  # between two bfloat16 of this size
    assert bool(((drawn - values).abs() <= step).all())
    assert bool(((drawn.mean(0) - values).abs() <= 0.05 * step).all())


def test_what_bfloat16_holds_exactly_stays() -> None:
    values = torch.randn(1000, generator=torch.Generator().manual_seed(1)).bfloat16()
    assert torch.equal(stochastically(values.float()), values)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_step_is_that_of_float32_weights_rounded(name: str) -> None:
    """With states in float32 and the weights rounded to the nearest between the steps, as a plain loop would do it."""
    rate = 1.0 if name == "PRODIGY" else 0.05
    coarse, exact = weights(torch.bfloat16), weights(torch.float32)
    ours = made(coarse, name, rate, optimizer__stochastic_rounding=False)
    theirs = made(exact, name, rate)
    for _ in range(5):
        gradients = [torch.randn(p.shape, generator=torch.Generator().manual_seed(3)).bfloat16() for p in coarse]
        for p, q, gradient in zip(coarse, exact, gradients, strict=True):
            p.grad, q.grad = gradient.clone(), gradient.float()
        ours.step()
        theirs.step()
        for q in exact:
            q.data = q.data.bfloat16().float()
        assert all(torch.equal(p.float(), q) for p, q in zip(coarse, exact, strict=True))
        assert all(p.dtype is torch.bfloat16 for p in coarse)
    assert not torch.equal(coarse[0], weights(torch.bfloat16)[0])


def test_small_steps_count_only_when_rounded_by_chance() -> None:
    still, moving = weights(torch.bfloat16), weights(torch.bfloat16)
    nearest = made(still, "ADAMW", 1e-5, optimizer__stochastic_rounding=False)
    by_chance = made(moving, "ADAMW", 1e-5)
    descend(nearest, still, 100)
    descend(by_chance, moving, 100)
    start = weights(torch.bfloat16)[0].float()
    towards = (0.5 - start).sign()
    moved = ((moving[0].detach().float() - start) * towards).mean()
    assert float(moved) == pytest.approx(100 * 1e-5, rel=0.2)
    large = start.abs() > 0.05
    assert torch.equal(still[0].float()[large], start[large])
    assert (rounded_away(nearest) or 0) > 0.9


def test_the_share_that_is_lost_is_counted() -> None:
    """One weight of four is small enough for its step to show."""
    found = [nn.Parameter(torch.tensor([1.0, 1.0, -2.0, 0.001], dtype=torch.bfloat16))]
    optimizer = made(found, "ADAMW", 1e-4, optimizer__adamw__weight_decay=0.0)
    assert rounded_away(optimizer) is None
    found[0].grad = torch.ones(4, dtype=torch.bfloat16)
    count_next(optimizer, True)
    optimizer.step()
    assert rounded_away(optimizer) == 0.75
    count_next(optimizer, False)
    found[0].grad = torch.ones(4, dtype=torch.bfloat16)
    optimizer.step()
    assert rounded_away(optimizer) is None


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_it_repeats_resumes_and_keeps_its_states_in_float32(name: str) -> None:
    rate = 1.0 if name == "PRODIGY" else 1e-3
    whole, broken = weights(torch.bfloat16), weights(torch.bfloat16)
    descend(made(whole, name, rate), whole, 6)
    before = made(broken, name, rate)
    descend(before, broken, 3)
    kept, held = before.state_dict(), [p.detach().clone() for p in broken]
    resumed = [nn.Parameter(p) for p in held]
    after = made(resumed, name, rate)
    after.load_state_dict(kept)
    floats = [t for s in after.state.values() for t in s.values() if isinstance(t, Tensor) and t.is_floating_point()]
    assert floats
    assert {t.dtype for t in floats} == {torch.float32}
    descend(after, resumed, 3, first=3)
    assert all(torch.equal(a, b) for a, b in zip(whole, resumed, strict=True))


def test_a_weight_without_gradient_stays_and_an_error_leaves_the_weights_in_their_type() -> None:
    found = weights(torch.bfloat16)
    optimizer = made(found, "ADAMW", 0.1)
    found[0].grad = torch.ones_like(found[0])
    optimizer.step()
    assert torch.equal(found[1], weights(torch.bfloat16)[1])
    assert not optimizer.state[found[1]]
    found[0].grad = torch.ones_like(found[0])
    del optimizer.state[found[0]]["exp_avg"]
    with pytest.raises(KeyError):
        optimizer.step()
    assert found[0].dtype is torch.bfloat16
    assert len(optimizer.param_groups[0]["params"]) == 2

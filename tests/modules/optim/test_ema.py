"""The average against a naive one in float64."""

import pytest
import torch
from torch import nn

from modules.optim.ema import Ema, decay_at


def parameters(dtype: torch.dtype = torch.float32) -> list[nn.Parameter]:
    chance = torch.Generator().manual_seed(3)
    return [nn.Parameter(torch.randn(shape, generator=chance).to(dtype)) for shape in ((3, 4), (5,), (2, 2, 2))]


@torch.no_grad()
def walk(found: list[nn.Parameter], step: int) -> None:
    """Change the weights as an optimizer would."""
    chance = torch.Generator().manual_seed(step)
    for parameter in found:
        parameter.add_(torch.randn(parameter.shape, generator=chance).to(parameter.dtype))


@pytest.mark.parametrize("every", [1, 4])
@pytest.mark.parametrize("decay", [0.5, 0.9, 0.999])
def test_the_average_is_the_naive_one(decay: float, every: int) -> None:
    live = parameters()
    ema = Ema(live, decay, every)
    naive = [p.detach().double().clone() for p in live]
    updates = 0
    for step in range(1, 41):
        walk(live, step)
        ema.after_step(step)
        if step % every == 0:
            kept = min(decay, (1 + updates) / (10 + updates)) ** every
            naive = [kept * old + (1 - kept) * p.detach().double() for old, p in zip(naive, live, strict=True)]
            updates += 1
    for found, expected in zip(ema.shadow, naive, strict=True):
        torch.testing.assert_close(found.double(), expected, rtol=1e-5, atol=1e-5)


def test_the_warm_up_rises_to_the_decay_and_stays() -> None:
    found = [decay_at(update, 0.99) for update in range(2000)]
    assert found[0] == pytest.approx(0.1)
    assert found == sorted(found)
    assert found[-1] == 0.99


def test_a_constant_weight_is_its_own_average() -> None:
    live = parameters()
    ema = Ema(live, 0.9)
    for step in range(1, 30):
        ema.after_step(step)
    assert ema.distance() == pytest.approx(0, abs=1e-7)


def test_it_comes_to_where_the_weights_stay() -> None:
    live = parameters()
    ema = Ema(live, 0.9)
    walk(live, 1)
    far = ema.distance()
    for step in range(1, 200):
        ema.after_step(step)
    assert ema.distance() < 1e-6 < far


def test_only_every_so_many_steps() -> None:
    live = parameters()
    ema = Ema(live, 0.9, every=3)
    before = [shadow.clone() for shadow in ema.shadow]
    walk(live, 1)
    ema.after_step(1)
    ema.after_step(2)
    assert all(torch.equal(a, b) for a, b in zip(before, ema.shadow, strict=True))
    ema.after_step(3)
    assert not torch.equal(before[0], ema.shadow[0])


def test_an_average_of_bf16_weights_is_kept_in_fp32() -> None:
    """Steps of 1/1000 are below bf16's resolution at 1: an average kept in bf16 would stand still."""
    weight = nn.Parameter(torch.ones(1, dtype=torch.bfloat16))
    ema = Ema([weight], 0.999)
    ema.updates = 100_000
    with torch.no_grad():
        weight.fill_(2)
    for step in range(1, 11):
        ema.after_step(step)
    assert ema.shadow[0].dtype == torch.float32
    assert float(ema.shadow[0]) == pytest.approx(2 - 0.999**10, rel=1e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_in_place_the_average_and_afterwards_the_live_weights_bit_for_bit(dtype: torch.dtype) -> None:
    live = parameters(dtype)
    ema = Ema(live, 0.9)
    walk(live, 1)
    before = [p.detach().clone() for p in live]
    with ema.in_place():
        for parameter, shadow in zip(live, ema.shadow, strict=True):
            assert torch.equal(parameter, shadow.to(dtype))
    assert all(torch.equal(a, b) for a, b in zip(before, live, strict=True))
    with pytest.raises(RuntimeError, match="in the middle"), ema.in_place():
        raise RuntimeError("in the middle")
    assert all(torch.equal(a, b) for a, b in zip(before, live, strict=True))


def test_an_average_that_cannot_be_put_in_place_leaves_the_live_weights() -> None:
    live = parameters()
    ema = Ema(live, 0.9)
    walk(live, 1)
    before = [p.detach().clone() for p in live]
    ema.shadow[-1] = torch.zeros(1, device="meta")  # what a GPU without room does, in place of a copy
    with pytest.raises(RuntimeError), ema.in_place():
        pass
    assert all(torch.equal(a, b) for a, b in zip(before, live, strict=True))


def test_the_distance_is_relative_to_the_live_weights() -> None:
    weight = nn.Parameter(torch.tensor([3.0, 4.0]))
    ema = Ema([weight], 0.9)
    with torch.no_grad():
        weight.copy_(torch.tensor([6.0, 8.0]))
    assert ema.distance() == pytest.approx(0.5)

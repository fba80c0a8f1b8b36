"""The best approximation of a given rank, against torch's SVD."""

import pytest
import torch
from torch import Tensor

from modules.tools.low_rank import Wanted, approximate, reduce


def matrix(rows: int, columns: int, rank: int | None = None) -> Tensor:
    chance = torch.Generator().manual_seed(4)
    if rank is None:
        return torch.randn(rows, columns, generator=chance)
    return torch.randn(rows, rank, generator=chance) @ torch.randn(rank, columns, generator=chance)


def by_svd(of: Tensor, rank: int) -> Tensor:
    left, values, right = torch.linalg.svd(of.double(), full_matrices=False)
    product: Tensor = (left[:, :rank] * values[:rank]) @ right[:rank]
    return product


@pytest.mark.parametrize("shape", [(12, 30), (30, 12), (9, 9), (1, 5)])
@pytest.mark.parametrize("rank", [1, 4, 50])
def test_it_equals_the_truncated_svd(shape: tuple[int, int], rank: int) -> None:
    of = matrix(*shape)
    found, expected = approximate(of, Wanted(rank)), by_svd(of, rank)
    assert found.up.shape == (shape[0], min(rank, *shape))
    assert found.down.shape == (min(rank, *shape), shape[1])
    assert torch.allclose(found.up @ found.down, expected, atol=1e-10)
    assert found.total == pytest.approx(float(of.double().square().sum()))
    assert found.kept == pytest.approx(float(expected.square().sum()))
    assert found.up.norm() == pytest.approx(float(found.down.norm()))


def test_a_matrix_of_low_rank_is_kept_whole_and_what_is_missing_is_zero() -> None:
    of = matrix(20, 40, rank=3)
    found = approximate(of, Wanted(8))
    assert found.up.shape[1] == 8
    assert torch.allclose(found.up @ found.down, of.double(), atol=1e-5)
    assert torch.isfinite(found.up).all()
    nothing = approximate(torch.zeros(4, 6), Wanted(2))
    assert not nothing.up.any()
    assert not nothing.down.any()


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999, 1.0])
def test_the_smallest_rank_that_keeps_a_share(share: float) -> None:
    of = matrix(16, 24)
    found = approximate(of, Wanted(100, share))
    rank = found.up.shape[1]
    total = of.double().square().sum()
    assert float(by_svd(of, rank).square().sum() / total) >= share - 1e-9
    assert rank == 1 or float(by_svd(of, rank - 1).square().sum() / total) < share
    assert approximate(of, Wanted(2, share)).up.shape[1] <= 2


@pytest.mark.parametrize(("rank", "energy"), [(2, None), (6, None), (9, None), (6, 0.8)])
def test_a_product_is_reduced_as_if_it_had_been_made(rank: int, energy: float | None) -> None:
    up, down = matrix(40, 6), matrix(6, 25)
    found, expected = reduce(up, down, Wanted(rank, energy)), approximate(up @ down, Wanted(min(rank, 6), energy))
    assert found.up.shape == expected.up.shape
    assert torch.allclose(found.up @ found.down, expected.up @ expected.down, atol=1e-4)
    assert found.kept / found.total == pytest.approx(expected.kept / expected.total, abs=1e-6)

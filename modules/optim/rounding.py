"""Optimizers for bfloat16 weights: each step is computed in float32, then rounded by chance or to the nearest.

A bfloat16 weight has 8 significant bits, so a step below 1/512 of it is lost when it is rounded to the nearest. Rounded
by chance, up with the probability of the part that is cut off, it counts on average (Gupta et al. 2015, 'Deep Learning
with Limited Numerical Precision').
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

Held = list[tuple[nn.Parameter, Tensor]]


def stochastically(values: Tensor) -> Tensor:
    """float32 -> bfloat16 by chance: 16 random bits are added below what stays. Draws from torch's own generator, which
    every step seeds anew, so that a resumed run rounds alike."""
    bits = values.contiguous().view(torch.int32)
    chance = torch.randint_like(bits, 0, 1 << 16)
    return ((bits + chance) & -(1 << 16)).view(torch.float32).bfloat16()


def exact_step(kind: type[Optimizer], stochastic: bool, together: bool) -> type[Optimizer]:
    """An optimizer class that steps in float32 where weights are bfloat16, and counts the steps that rounding would lose.

    together: all weights are float32 at once during the step, for an optimizer that looks at all of them; else one
    tensor after the other, which takes hardly any memory.
    """

    class Exact(kind):  # type: ignore[valid-type, misc]
        counting = False  # whether the next step counts
        param_groups: list[dict[str, Any]]
        lost = changed = 0  # weights that the nearest rounding leaves as they are, of those that the step changes

        def step(self, closure: Any = None) -> Any:
            groups: list[dict[str, Any]] = self.param_groups
            self.lost = self.changed = 0
            if together:
                with self._in_float32([p for group in groups for p in group["params"]]):
                    return super().step(closure)
            try:
                for group in groups:
                    for parameter in group["params"]:
                        self.param_groups = [{**group, "params": [parameter]}]
                        with self._in_float32([parameter]):
                            super().step(closure)
            finally:
                self.param_groups = groups

        def load_state_dict(self, state_dict: dict[str, Any]) -> None:
            """torch casts what it loads to the weights' type; these states are float32."""
            held = _coarse([p for group in self.param_groups for p in group["params"]])
            try:
                for parameter, weights in held:
                    parameter.data = torch.empty(0, device=weights.device)
                super().load_state_dict(state_dict)
            finally:
                for parameter, weights in held:
                    parameter.data = weights

        @contextmanager
        def _in_float32(self, parameters: Sequence[nn.Parameter]) -> Iterator[None]:
            held = [(p, weights) for p, weights in _coarse(parameters) if p.grad is not None]
            for parameter, weights in held:
                gradient = parameter.grad
                parameter.grad = None
                parameter.data = weights.float()
                parameter.grad = None if gradient is None else gradient.float()
            try:
                yield
                for parameter, weights in held:
                    if self.counting:
                        self._count(weights, parameter.data)
                    weights.copy_(stochastically(parameter.data) if stochastic else parameter.data)
            finally:
                for parameter, weights in held:
                    parameter.grad, parameter.data = None, weights

        def _count(self, before: Tensor, exact: Tensor) -> None:
            moved = exact != before.float()
            self.changed += int(moved.sum())
            self.lost += int((moved & (exact.bfloat16() == before)).sum())

    Exact.__name__ = Exact.__qualname__ = kind.__name__
    return Exact


def _coarse(parameters: Sequence[nn.Parameter]) -> Held:
    return [(p, p.data) for p in parameters if p.dtype is torch.bfloat16]


def count_next(optimizer: Any, wanted: bool) -> None:
    """Let the next step count what rounding would lose, where the optimizer can."""
    inner = getattr(optimizer, "optimizer", optimizer)
    if hasattr(inner, "counting"):
        inner.counting = wanted


def rounded_away(optimizer: Any) -> float | None:
    """The share of weights that the last counted step would not have changed if rounded to the nearest; None without any."""
    inner = getattr(optimizer, "optimizer", optimizer)  # accelerate's wrapper
    changed = getattr(inner, "changed", 0)
    return inner.lost / changed if changed else None

"""Prodigy (Mishchenko and Defazio 2023) whose groups may have rates of their own.

prodigyopt refuses them, since it finds one step size for all. Here it takes its steps at the lowest rate, from which the
step size is found, and the steps of the other groups are then made longer by as much as their rate is higher.
"""

from typing import Any

import prodigyopt
import torch
from torch import Tensor


class Prodigy(prodigyopt.Prodigy):
    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        rates = [group["lr"] for group in self.param_groups]
        lowest = min((rate for rate in rates if rate > 0), default=0.0)
        faster = [(group, rate) for group, rate in zip(self.param_groups, rates, strict=True) if rate > lowest]
        before: dict[Tensor, Tensor] = {p: p.detach().clone() for group, _ in faster for p in group["params"]}
        for group, _ in faster:
            group["lr"] = lowest
        try:
            found = super().step(closure)
        finally:
            for group, rate in faster:
                group["lr"] = rate
        for group, rate in faster:
            for parameter in group["params"]:
                parameter.copy_(before[parameter] + (parameter - before[parameter]) * (rate / lowest))
        return found

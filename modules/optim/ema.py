"""A running average of the trained weights (EMA), in fp32 whatever the weights' own dtype."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn


def decay_at(update: int, decay: float) -> float:
    """The decay of the n-th update (from 0): (1 + n) / (10 + n) until that reaches `decay`, so that a run's first steps
    are not averaged with the untrained weights for long (as in TensorFlow's ExponentialMovingAverage)."""
    return min(decay, (1 + update) / (10 + update))


class Ema:
    """The average of parameters; `every` steps it is updated with the decay to that power."""

    def __init__(self, parameters: Sequence[nn.Parameter], decay: float, every: int = 1):
        self.parameters, self.decay, self.every = list(parameters), decay, every
        self.shadow: list[Tensor] = [p.detach().float().clone() for p in self.parameters]
        self.updates = 0

    @torch.no_grad()
    def after_step(self, step: int) -> None:
        """Call after every optimizer step, counted from 1."""
        if step % self.every:
            return
        weight = 1 - decay_at(self.updates, self.decay) ** self.every
        torch._foreach_lerp_(self.shadow, [p.detach().float() for p in self.parameters], weight)
        self.updates += 1

    @torch.no_grad()
    def distance(self) -> float:
        """||ema - live|| / ||live||."""
        live = [p.detach().float() for p in self.parameters]
        apart = torch.stack(torch._foreach_norm(torch._foreach_sub(self.shadow, live))).norm()
        return float(apart / torch.stack(torch._foreach_norm(live)).norm().clamp(min=1e-12))

    @torch.no_grad()
    def restart(self) -> None:
        """Begin anew at the weights as they are."""
        torch._foreach_copy_(self.shadow, [p.detach().float() for p in self.parameters])
        self.updates = 0

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Inside, the parameters hold the average; afterwards the live weights are back, the very same tensors.

        Nothing is copied where the weights are float32. Autocast keeps casts of weights by their parameter, so what it
        kept is thrown away at both ends.
        """
        live = [parameter.data for parameter in self.parameters]
        try:
            for parameter, average in zip(self.parameters, self.shadow, strict=True):
                parameter.data = average.to(parameter.dtype)
            torch.clear_autocast_cache()
            yield
        finally:
            for parameter, data in zip(self.parameters, live, strict=True):
                parameter.data = data
            torch.clear_autocast_cache()

"""How far weights have gone from where they began, without a second copy of the model."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

KEPT = 4096  # weights of each tensor that are remembered: 11 MiB for the UNet of SD 1.5


class Distance:
    """||W - W0|| / ||W0|| of parameters, W0 being what they are now.

    Exact for tensors of up to `KEPT` weights. Of a larger one every k-th weight is remembered and stands for its
    neighbours; over the hundreds of tensors of a model that is within a few percent of the truth.
    """

    def __init__(self, parameters: Sequence[nn.Parameter]):
        self._parameters = list(parameters)
        self._start = [_some(parameter).clone() for parameter in self._parameters]
        self._norm = self._total(self._start)

    @torch.no_grad()
    def relative(self) -> float:
        apart = [_some(p) - start for p, start in zip(self._parameters, self._start, strict=True)]
        return float(self._total(apart) / self._norm.clamp(min=1e-12))

    def _total(self, found: Sequence[Tensor]) -> Tensor:
        """The norm of whole tensors, from some of their weights each."""
        scales = [p.numel() / some.numel() for p, some in zip(self._parameters, found, strict=True)]
        squares = [scale * some.double().square().sum() for scale, some in zip(scales, found, strict=True)]
        return torch.stack(squares).sum().sqrt()


@torch.no_grad()
def _some(parameter: Tensor) -> Tensor:
    every = -(-parameter.numel() // KEPT)
    return parameter.detach().flatten()[::every].float()

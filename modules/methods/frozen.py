"""A copy of the weights as they were before the run, for the predictions of the base model."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from onetrainer_clone.state.training import PriorCopy

_IN_RAM = (PriorCopy.RAM, PriorCopy.BF16_RAM)
_IN_BF16 = (PriorCopy.BF16_DEVICE, PriorCopy.BF16_RAM)


class Frozen:
    """Parameters as they are now. `copy`: where they are kept and how; None keeps none."""

    def __init__(self, parameters: Sequence[nn.Parameter], copy: PriorCopy | None):
        self._parameters = list(parameters) if copy else []
        self._copies: list[Tensor] | None = [_copied(p, copy) for p in parameters] if copy else None

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Inside, the parameters are those of the copy; afterwards the trained ones are back, the very same tensors.

        Autocast keeps 16-bit casts of weights by their parameter, so what it kept is thrown away at both ends.
        """
        if self._copies is None:
            raise RuntimeError("no copy of the base model was kept")
        live = [parameter.data for parameter in self._parameters]
        try:
            for parameter, copy in zip(self._parameters, self._copies, strict=True):
                parameter.data = copy.to(
                    parameter.device, parameter.dtype
                )  # the copy itself where it lies there already
            torch.clear_autocast_cache()
            yield
        finally:
            for parameter, data in zip(self._parameters, live, strict=True):
                parameter.data = data
            torch.clear_autocast_cache()


def _copied(parameter: nn.Parameter, copy: PriorCopy) -> Tensor:
    device = torch.device("cpu") if copy in _IN_RAM else parameter.device
    dtype = torch.bfloat16 if copy in _IN_BF16 else parameter.dtype
    return parameter.detach().to(device, dtype, copy=True)

"""What a method hands to the run."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

from torch import Tensor, nn


@dataclass(frozen=True)
class Trained:
    """What a run trains."""

    parts: Mapping[str, Mapping[str, nn.Parameter]]  # part -> name as in the result's file -> parameter
    base: Callable[[], AbstractContextManager[None]]  # inside it, the model is the frozen base model
    weight_change: Callable[[], float]  # ||dW|| / ||W|| over all adapted layers
    tensors: Callable[[], dict[str, Tensor]]  # the result, by the names of its file; live tensors

    @property
    def parameters(self) -> list[nn.Parameter]:
        return [parameter for part in self.parts.values() for parameter in part.values()]

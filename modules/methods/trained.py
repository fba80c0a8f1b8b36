"""What a method hands to the run."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from torch import Tensor, nn


@dataclass(frozen=True)
class Group:
    """Parameters that share a learning rate."""

    name: str  # as charts show it: 'unet', or 'unet, down_blocks.*' where a part has several rates
    rate: float  # at the peak of the schedule
    parameters: Sequence[nn.Parameter]
    decays: bool = True  # whether the optimizer's weight decay is for them


@dataclass(frozen=True)
class Trained:
    """What a run trains."""

    parts: Mapping[str, Mapping[str, nn.Parameter]]  # part -> a name that is unique in the run -> parameter
    groups: Sequence[Group]  # every parameter is in one of them
    base: Callable[[], AbstractContextManager[None]]  # inside it, the model is the frozen base model
    weight_change: Callable[[], float]  # ||dW|| / ||W|| since the start, over what is trained
    tensors: Callable[[], dict[str, Tensor]] = dict  # of an adapter: the result, by the names of its file; live tensors
    remarks: Sequence[str] = ()  # what the person should know, in sentences
    embeddings: Callable[[], Mapping[str, Mapping[str, Tensor]]] = dict  # placeholder -> text encoder -> vectors [n, D]
    as_files: Callable[[], AbstractContextManager[None]] = nullcontext  # inside it, the model is one that a file can hold
    after_step: Callable[[], None] = lambda: None  # puts right what a step of the optimizer may not change

    @property
    def parameters(self) -> list[nn.Parameter]:
        return [parameter for part in self.parts.values() for parameter in part.values()]

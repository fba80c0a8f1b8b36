"""What an adapter will be: how many layers, how many weights, how large a file. Known without the weights."""

from collections import Counter
from dataclasses import dataclass

from onetrainer_clone.adapted import adapted, configs_of, weights
from onetrainer_clone.layer_names import layers_of
from onetrainer_clone.lora_source import Held, as_in_file, held_by
from onetrainer_clone.settings import UserError
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.common import Dtype
from onetrainer_clone.state.method import NEW_WORDS, PARTS, Method
from onetrainer_clone.state.optimizer import learning_rates

_BYTES = {Dtype.FP32: 4, Dtype.FP16: 2, Dtype.BF16: 2}


@dataclass(frozen=True)
class AdapterPlan:
    kind: str
    layers: tuple[tuple[str, int], ...]  # part, how many of its layers are adapted
    weights: int  # that are trained
    file_mib: float  # of the result's tensors; the names add some kB

    def __str__(self) -> str:
        """'LoRA on 192 layers of the UNet and 72 of the text encoder: 9,437,184 weights, a file of 18 MiB'."""
        found = [f"{count} layers of the {PARTS[part]}" for part, count in self.layers]
        return f"{self.kind} on {' and '.join(found)}: {self.weights:,} weights, a file of {self.file_mib:.3g} MiB"


def adapter_plan(state: TrainingState) -> AdapterPlan | None:
    """Of a run that trains an adapter; None for others, and where the model's structure is not known yet.

    Of one that goes on from a file the file's own rank holds.
    """
    if state.method is not Method.LORA:
        return None
    configs = configs_of(state.model.source, [part for part in learning_rates(state) if part != NEW_WORDS])
    found = adapted(state.adapter, layers_of(configs)) if configs else []
    if not found:
        return None
    held = _held(state)
    found = [as_in_file(state.adapter, one, held.get((one.layer.part, one.layer.path))) for one in found]
    total = sum(weights(state.adapter, one) for one in found)
    counts = Counter(one.layer.part for one in found)
    mib = (total + len(found)) * _BYTES[state.saving.dtype] / 2**20
    return AdapterPlan(state.adapter.variant.label, tuple(counts.items()), total, mib)


def _held(state: TrainingState) -> Held:
    """What the file to continue from holds; nothing where there is none that can be used."""
    try:
        return (held_by(state.adapter.source, state.model.source) if state.adapter.source else None) or {}
    except UserError:
        return {}

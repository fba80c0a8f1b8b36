"""Names -> dtypes, devices and the accelerator that places, casts and scales."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState

from onetrainer_clone import device
from onetrainer_clone.settings import Invalid, Problem
from onetrainer_clone.state import TrainingState, errors
from onetrainer_clone.state.common import Dtype
from onetrainer_clone.state.training import Device

DTYPES = {Dtype.FP32: torch.float32, Dtype.FP16: torch.float16, Dtype.BF16: torch.bfloat16}
_MIXED = {Dtype.FP32: "no", Dtype.FP16: "fp16", Dtype.BF16: "bf16"}


@contextmanager
def accelerator(state: TrainingState) -> Iterator[Accelerator]:
    """The accelerator of one run; afterwards accelerate's process-wide state is as before, so that a next run can start.

    Raises `Invalid` where the device or the train dtype cannot be had here.
    """
    if found := errors(list(device.problems(state, torch.cuda.is_available()))):
        raise Invalid(found)
    on_cpu = state.training.device is Device.CPU or not torch.cuda.is_available()
    if not on_cpu and state.training.train_dtype is Dtype.BF16 and not torch.cuda.is_bf16_supported():
        message = "this GPU has no bfloat16: choose float16"
        raise Invalid([Problem("training.train_dtype", message)])
    threads = torch.get_num_threads()
    if state.training.threads is not None:
        torch.set_num_threads(state.training.threads)
    AcceleratorState._reset_state(reset_partial_state=True)
    try:
        yield Accelerator(mixed_precision=_MIXED[state.training.train_dtype], cpu=on_cpu)
    finally:
        AcceleratorState._reset_state(reset_partial_state=True)
        torch.set_num_threads(threads)


class DeviceMemory(NamedTuple):
    """Of a GPU, in MiB; None on the CPU."""

    used: float | None = None  # by tensors, now
    peak: float | None = None  # the most that torch has taken from the GPU: near the total it becomes too much
    total: float | None = None


def device_memory(device: torch.device) -> DeviceMemory:
    if device.type != "cuda":
        return DeviceMemory()
    found = (
        torch.cuda.memory_allocated(device),
        torch.cuda.max_memory_reserved(device),
        torch.cuda.get_device_properties(device).total_memory,
    )
    return DeviceMemory(*(taken / 2**20 for taken in found))

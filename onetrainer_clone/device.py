"""Whether a run can take place where its settings want it. Knows no torch: whether it can use a GPU is told, or read."""

from collections.abc import Iterator

from onetrainer_clone import torch_build
from onetrainer_clone.settings import Problem
from onetrainer_clone.state import TrainingState
from onetrainer_clone.state.common import Dtype
from onetrainer_clone.state.training import Device


def problems(state: TrainingState, gpu: bool | None) -> Iterator[Problem]:
    """`gpu`: whether torch can use one here; None where that is not known before torch is imported."""
    wanted, dtype = state.training.device, state.training.train_dtype
    if gpu is False and wanted is Device.CUDA:
        yield Problem("training.device", f"{_why_none()} or choose the CPU")
    if gpu is False and wanted is Device.AUTO:
        message = f"{_why_none()} else this run takes place on the CPU, many times slower (choose CPU if that is meant)"
        yield Problem("training.device", message, "warning")
    if wanted is Device.CUDA or (wanted is Device.AUTO and gpu is not False):
        return
    if dtype is Dtype.FP16:
        yield Problem("training.train_dtype", "float16 training needs a GPU: choose float32 or bfloat16")
    if dtype is Dtype.BF16:
        message = "float16 weights cannot be trained in bfloat16 on the CPU: hold them in bfloat16 or float32"
        held = {f"model.{part}_dtype": held for part, held in state.model.held_in.items()}
        yield from (Problem(path, message) for path, held_in in held.items() if held_in is Dtype.FP16)


def known_gpu() -> bool | None:
    """False where the installed torch is built for the CPU alone; else None, for only torch itself can tell."""
    build = torch_build.installed()
    return False if build is not None and not build.gpus else None


def _why_none() -> str:
    build = torch_build.installed()
    if build is not None and build.gpus:
        return f"torch {build.version} ({build.gpus}) finds no GPU that it can use: see to the GPU's driver,"
    of_version = f" {build.version}" if build is not None else ""
    return f"torch{of_version} is built for the CPU alone: install its build for your GPU (README),"

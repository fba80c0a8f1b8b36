"""What a run computes with, and that it leaves the process as it was."""

import contextlib
from typing import Any

import pytest
import torch
from accelerate.state import AcceleratorState, PartialState

from modules.precision import DeviceMemory, accelerator, device_memory
from onetrainer_clone.settings import Invalid, replace
from onetrainer_clone.state import TrainingState


def state_with(**changes: Any) -> TrainingState:
    state = TrainingState()
    for path, value in changes.items():
        state = replace(state, f"training.{path}", value)
    return state


@pytest.mark.parametrize(("dtype", "mixed"), [("FP32", "no"), ("BF16", "bf16")])
def test_one_run_after_the_other_may_compute_in_another_dtype(dtype: str, mixed: str) -> None:
    for _ in range(2):
        with accelerator(state_with(train_dtype=dtype, device="CPU")) as found:
            assert found.mixed_precision == mixed
            assert found.device.type == "cpu"
            with found.autocast():
                product = torch.ones(2, 2) @ torch.ones(2, 2)
            assert product.dtype == {"no": torch.float32, "bf16": torch.bfloat16}[mixed]
        assert not PartialState._shared_state
        assert not AcceleratorState._shared_state


def test_threads_are_as_asked_for_and_then_as_before() -> None:
    before = torch.get_num_threads()
    with contextlib.suppress(KeyError), accelerator(state_with(threads=2, device="CPU")):
        assert torch.get_num_threads() == 2
        raise KeyError
    assert torch.get_num_threads() == before


def test_what_cannot_be_had_here_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for changes, path in (
        ({"device": "CUDA"}, "training.device"),
        ({"train_dtype": "FP16"}, "training.train_dtype"),
        ({"train_dtype": "FP16", "device": "CPU"}, "training.train_dtype"),
    ):
        with pytest.raises(Invalid) as caught, accelerator(state_with(**changes)):
            pass
        assert [problem.path for problem in caught.value.problems] == [path]


def test_on_the_cpu_float16_weights_are_not_trained_in_bfloat16() -> None:
    """torch's CPU kernels do not mix the two 16-bit types."""
    state = state_with(train_dtype="BF16", device="CPU")
    for part in ("unet", "text_encoder"):
        wrong = replace(state, f"model.{part}_dtype", "FP16")
        with pytest.raises(Invalid, match=f"model.{part}_dtype"), accelerator(wrong):
            pass
    with accelerator(replace(state, "model.vae_dtype", "FP16")):
        pass


def test_a_gpu_without_bfloat16_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: False)
    with pytest.raises(Invalid, match="choose float16"), accelerator(state_with(train_dtype="BF16")):
        pass


def test_the_memory_of_a_gpu_is_told_in_mib(monkeypatch: pytest.MonkeyPatch) -> None:
    class Card:
        total_memory = 24 * 2**30

    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: 7 * 2**30)
    monkeypatch.setattr(torch.cuda, "max_memory_reserved", lambda device: 9 * 2**30)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: Card())
    assert device_memory(torch.device("cuda")) == DeviceMemory(7168.0, 9216.0, 24576.0)
    assert device_memory(torch.device("cpu")) == DeviceMemory()

"""Where a run can take place: what its settings want, what torch is built for, and what is said of it."""

import pytest

from onetrainer_clone import torch_build
from onetrainer_clone.device import known_gpu, problems
from onetrainer_clone.plan import make_plan
from onetrainer_clone.settings import replace
from onetrainer_clone.state import TrainingState
from onetrainer_clone.torch_build import Build

CPU, CUDA = Build("2.13.0+cpu", ""), Build("2.13.0+cu126", "CUDA 12.6")


def state(**training: str) -> TrainingState:
    found = TrainingState()
    for name, value in training.items():
        found = replace(found, f"training.{name}", value)
    return found


def said(found: TrainingState, gpu: bool | None) -> list[tuple[str, str]]:
    return [(problem.path, problem.severity) for problem in problems(found, gpu)]


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Build:
    monkeypatch.setattr(torch_build, "installed", lambda: request.param)
    return request.param  # type: ignore[no-any-return]


@pytest.mark.parametrize(("build", "known"), [(CPU, False), (CUDA, None), (None, None)], indirect=["build"])
def test_only_a_build_for_the_cpu_alone_is_sure(build: Build | None, known: bool | None) -> None:
    assert known_gpu() is known


@pytest.mark.parametrize("build", [CPU], indirect=True)
def test_a_run_that_would_land_on_the_cpu_is_told_in_the_plan_with_the_way_out(build: Build) -> None:
    (warning,) = [problem for problem in make_plan(state()).problems if problem.path == "training.device"]
    assert warning.severity == "warning"
    assert "torch 2.13.0+cpu is built for the CPU alone: install its build for your GPU (README)" in warning.message
    assert not [problem for problem in make_plan(state(device="CPU")).problems if problem.path == "training.device"]


@pytest.mark.parametrize("build", [CUDA], indirect=True)
def test_a_driver_that_does_not_fit_is_said_as_such(build: Build) -> None:
    (warning,) = problems(state(), False)
    assert "torch 2.13.0+cu126 (CUDA 12.6) finds no GPU that it can use: see to the GPU's driver" in warning.message


def test_what_keeps_a_run_from_the_device_that_it_wants() -> None:
    device, dtype = "training.device", "training.train_dtype"
    assert said(state(), None) == said(state(), True) == []
    assert said(state(device="CUDA"), False) == [(device, "error")]
    assert said(state(device="CUDA", train_dtype="FP16"), True) == []
    assert said(state(train_dtype="FP16"), True) == said(state(train_dtype="FP16"), None) == []
    assert said(state(train_dtype="FP16"), False) == [(device, "warning"), (dtype, "error")]
    for gpu in (True, False, None):
        assert said(state(device="CPU", train_dtype="FP16"), gpu) == [(dtype, "error")]


def test_weights_that_no_cpu_trains() -> None:
    held = replace(replace(state(device="CPU", train_dtype="BF16"), "model.unet_dtype", "FP16"), "model.type", "SDXL")
    assert said(held, None) == [("model.unet_dtype", "error")]
    held = replace(held, "model.text_encoder_2_dtype", "FP16")
    assert said(held, None) == [("model.unet_dtype", "error"), ("model.text_encoder_2_dtype", "error")]
    assert said(replace(held, "training.train_dtype", "FP32"), None) == []

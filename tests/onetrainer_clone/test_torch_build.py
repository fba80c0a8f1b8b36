"""What an installed torch is built for, and which build fits a GPU, without importing torch."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from onetrainer_clone.torch_build import Build, index_for_gpu, installed, read

CPU = """from typing import Optional

__all__ = ['__version__', 'debug', 'cuda', 'git_version', 'hip']
__version__ = '2.13.0+cpu'
debug = False
cuda: Optional[str] = None
git_version = 'cf30153c'
hip: Optional[str] = None
"""
CUDA = CPU.replace("+cpu", "+cu126").replace("cuda: Optional[str] = None", "cuda: Optional[str] = '12.6'")
ROCM = CPU.replace("+cpu", "+rocm6.4").replace("hip: Optional[str] = None", "hip: Optional[str] = '6.4.43482'")


@pytest.mark.parametrize(
    ("text", "build"),
    [
        (CPU, Build("2.13.0+cpu", "")),
        (CUDA, Build("2.13.0+cu126", "CUDA 12.6")),
        (ROCM, Build("2.13.0+rocm6.4", "ROCm 6.4.43482")),
        ("__version__ = '2.6.0'\ncuda = '12.4'\n", Build("2.6.0", "CUDA 12.4")),
        ("nothing = 1\n", None),
        ("not python at all!", None),
    ],
)
def test_it_is_read_from_torchs_own_file(tmp_path: Path, text: str, build: Build | None) -> None:
    file = tmp_path / "version.py"
    file.write_text(text, encoding="utf-8")
    assert read(file) == build


def test_no_file_is_no_build(tmp_path: Path) -> None:
    assert read(tmp_path / "version.py") is None


def test_the_installed_one_is_what_torch_says_of_itself() -> None:
    import torch

    found = installed()
    assert found is not None
    assert found.version == torch.__version__
    assert bool(found.gpus) == (torch.version.cuda is not None or torch.version.hip is not None)


@pytest.mark.parametrize(
    ("said", "index"),
    [
        ("8.6\n", "cu126"),
        ("12.0\n", "cu128"),
        ("6.1\n12.0\n", "cu128"),
        ("6.1\n", "cu126"),
        ("Field \"compute_cap\" is not a valid field to query.\n", "cu126"),
    ],
)
def test_the_index_for_the_gpu_on_windows(monkeypatch: pytest.MonkeyPatch, said: str, index: str) -> None:
    def run(command: list[str], **_options: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 0, said)

    monkeypatch.setattr("shutil.which", lambda _name: "nvidia-smi.exe")
    monkeypatch.setattr("subprocess.run", run)
    assert index_for_gpu("win32").endswith(f"/{index}")
    assert index_for_gpu("linux") == "", "there, pip's usual torch runs on NVIDIA GPUs"


def test_without_a_driver_or_with_a_broken_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)
    assert index_for_gpu("win32") == ""

    def run(command: list[str], **_options: Any) -> None:
        raise subprocess.TimeoutExpired(command, 30)

    monkeypatch.setattr("shutil.which", lambda _name: "nvidia-smi.exe")
    monkeypatch.setattr("subprocess.run", run)
    assert index_for_gpu("win32").endswith("/cu126")

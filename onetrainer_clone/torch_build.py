"""For which GPUs a torch was built, and which build fits this machine's: known without importing torch.

Standard library only: the environment asks before anything is installed.
"""

import ast
import importlib.util
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

INDEX = "https://download.pytorch.org/whl/"
BLACKWELL = 10.0  # compute capability of RTX 50; builds for CUDA 12.6 know none of it, those for 12.8 nothing below 7.5
QUESTION = ["--query-gpu=compute_cap", "--format=csv,noheader"]
SECONDS = 30  # for the driver's answer


class Build(NamedTuple):
    """`gpus` is 'CUDA 12.6', 'ROCm 6.4' or empty: the CPU alone."""

    version: str
    gpus: str


@cache
def installed() -> Build | None:
    """The torch of this Python; None where there is none, or it does not say what it is."""
    found = importlib.util.find_spec("torch")
    return read(Path(found.origin).with_name("version.py")) if found and found.origin else None


def read(version_file: Path) -> Build | None:
    """What torch/version.py says."""
    said: dict[str, str] = {}
    try:
        tree = ast.parse(version_file.read_text(encoding="utf-8"))
    except (OSError, ValueError, SyntaxError):
        return None
    for line in tree.body:
        name = line.target if isinstance(line, ast.AnnAssign) else line.targets[0] if isinstance(line, ast.Assign) else None
        value = line.value if isinstance(line, ast.AnnAssign | ast.Assign) else None
        if isinstance(name, ast.Name) and isinstance(value, ast.Constant) and isinstance(value.value, str):
            said[name.id] = value.value
    if "__version__" not in said:
        return None
    makers = {"cuda": "CUDA", "hip": "ROCm"}
    return Build(said["__version__"], next((f"{makers[key]} {said[key]}" for key in makers if said.get(key)), ""))


def index_for_gpu(platform: str = sys.platform) -> str:
    """Where pip finds the build for this machine's NVIDIA GPU; empty where pip's usual torch is right.

    Only on Windows does pip's usual torch know no GPU (https://pytorch.org/get-started/locally).
    """
    if platform != "win32" or not (asked := shutil.which("nvidia-smi")):
        return ""
    try:
        said = subprocess.run([asked, *QUESTION], capture_output=True, encoding="ascii", timeout=SECONDS, check=True).stdout
        newest = max((float(line) for line in said.splitlines() if line.strip()), default=0.0)
    except (OSError, subprocess.SubprocessError, ValueError):
        newest = 0.0  # a driver that is too old to tell: so is the GPU
    return INDEX + ("cu128" if newest >= BLACKWELL else "cu126")

"""The house's borders: which package may know which, held by what is really imported."""

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.waiting import LIMIT

ROOT = Path(__file__).parent.parent
HEAVY = {"torch", "diffusers", "transformers", "peft", "accelerate", "bitsandbytes", "prodigyopt"}
WINDOWS = {"tkinter", "_tkinter", "customtkinter"}
PROGRAM = """
import importlib, json, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))
"""


def modules_of(package: str) -> list[str]:
    """Every module of a package, by its files."""
    found = sorted((ROOT / package).rglob("*.py"))
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in found]
    assert len(names) > 2
    return names


@cache
def imported_by(*modules: str) -> set[str]:
    """The top-level packages in a new process that has imported these modules."""
    command = [sys.executable, "-c", PROGRAM, *modules]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("package", ["onetrainer_clone", "presets", "ui"])
def test_everything_but_the_trainer_does_without_torch(package: str) -> None:
    assert not imported_by(*modules_of(package)) & HEAVY


@pytest.mark.parametrize("package", ["onetrainer_clone", "presets"])
def test_the_core_and_the_presets_do_without_a_window(package: str) -> None:
    assert not imported_by(*modules_of(package)) & WINDOWS


def test_the_trainer_does_without_a_window() -> None:
    found = imported_by(*modules_of("modules"))
    assert "torch" in found
    assert not found & (WINDOWS | {"ui"})


def test_what_answers_before_anything_is_installed_needs_the_standard_library_only() -> None:
    command = [sys.executable, "-S", "-E", "-s", "-c", PROGRAM, "launch"]  # -S: no site-packages
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)) - sys.stdlib_module_names <= {"__main__", "launch", "onetrainer_clone"}


def test_the_import_contracts_are_kept() -> None:
    program = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=LIMIT, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 kept, 0 broken" in done.stdout


def test_the_trainer_enters_in_launch_alone() -> None:
    """No front end imports the trainer, not even inside a function, where only a run would notice."""
    importing = re.compile(r"^\s*(from|import) modules\b", re.MULTILINE)
    for package in ("onetrainer_clone", "presets", "ui"):
        for path in (ROOT / package).rglob("*.py"):
            assert not importing.search(path.read_text(encoding="utf-8")), path
    assert importing.search((ROOT / "launch.py").read_text(encoding="utf-8"))

#!/usr/bin/env python3
"""The command that a person types: sees to the environment, then joins the front ends and the trainer.

Standard library only until the environment is there. This file keeps to the grammar of Python 3.6, so that an older
Python answers with a sentence instead of a SyntaxError; `unfit` runs before anything newer is imported or evaluated.
"""

import gc
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING


def unfit(version: "tuple[int, ...]") -> str:
    """Why a Python of this version cannot run the program; empty where it can."""
    if (3, 11) <= version[:2] <= (3, 13):
        return ""
    found = ".".join(str(part) for part in version[:2])
    there = "; one that is there is started by 'py -3.13 launch.py'" if sys.platform == "win32" else ""
    return f"This is Python {found}; install Python 3.11, 3.12 or 3.13 from https://www.python.org/downloads/{there}"


if unfit(sys.version_info[:2]):
    sys.stderr.write(unfit(sys.version_info[:2]) + "\n")
    sys.exit(2)

from onetrainer_clone.arguments import parse  # noqa: E402 - newer grammar than the lines above
from onetrainer_clone.environment import FAULT, STOPPED, WRONG, refuse, run_child, run_inside, say, set_up  # noqa: E402

if TYPE_CHECKING:
    from argparse import Namespace

    from onetrainer_clone.drawing import Drawing
    from onetrainer_clone.session import Controls, Emit
    from onetrainer_clone.state import TrainingState
    from onetrainer_clone.tools import ToolSettings

ROOT = Path(__file__).resolve().parent
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}  # small models on a busy machine: two are slower
# One more process than cores, for tests of windows and of other processes wait a good deal; four of torch fit into any
# memory. A file's tests stay together, for they share what they build.
SIDE_BY_SIDE = ["-n", str(min((os.cpu_count() or 1) + 1, 4)), "--dist", "loadfile", "--no-loadscope-reorder"]
TKINTER_ADVICE = (
    "The window needs tkinter, which this Python lacks. Debian, Ubuntu: 'apt install python3-tk'; Fedora: 'dnf install "
    "python3-tkinter'; macOS: 'brew install python-tk'; Windows: run Python's installer again, choose Modify and tick "
    "'tcl/tk and IDLE'. The command 'train' works without it."
)
XVFB_ADVICE = (
    "The tests open windows, and here is neither a display nor Xvfb. Debian, Ubuntu: 'apt install xvfb xdotool'; "
    "Fedora: 'dnf install xorg-x11-server-Xvfb xdotool'."
)


def main(argv: "list[str] | None" = None, environment: "Path | None" = None) -> int:
    """Run a command in the environment, made first where it is missing. None (the console script): run it right here.

    Returns the exit code: 0 done, 1 a fault of ours, 2 wrong input, 130 stopped.
    """
    argv = sys.argv[1:] if argv is None else argv
    arguments = parse(argv)
    try:
        if arguments.command == "test":
            provide_display()
        if environment is None or os.environ.get("ONETRAINER_NO_VENV", "0") not in ("", "0"):
            return run(arguments)
        needs = require_tkinter if opens_window(arguments) else None
        set_up(environment, {"test"} if arguments.command == "test" else set(), before_making=needs)
        if os.path.realpath(sys.prefix) == os.path.realpath(environment):
            return run(arguments)
        return run_inside(environment, [str(ROOT / "launch.py"), *argv])
    except KeyboardInterrupt:
        return STOPPED


def run(arguments: "Namespace") -> int:
    """Run a command in this process, where everything is installed. Returns the exit code."""
    if arguments.command == "test":
        require_tkinter()
        return run_checks(arguments.pytest_arguments)
    from onetrainer_clone import cli

    return cli.main(arguments, train=train, sample=sample, window=window, run_tool=tool)


def train(state: "TrainingState", emit: "Emit", controls: "Controls") -> None:
    """The trainer, as every front end gets it."""
    starting(emit)
    from modules.train import train as run_training  # torch enters in this line, on the training thread

    run_training(state, emit, controls)


def sample(drawing: "Drawing", emit: "Emit", controls: "Controls") -> None:
    """Pictures without training, as every front end gets it; torch enters as in `train`."""
    starting(emit)
    from modules.sample import sample_pictures

    sample_pictures(drawing, emit, controls)


def tool(settings: "ToolSettings", emit: "Emit", controls: "Controls") -> None:
    """A tool for files of weights, as every front end gets it; torch enters as in `train`."""
    starting(emit)
    from modules.tools import run_tool

    run_tool(settings, emit, controls)


def starting(emit: "Emit") -> None:
    """Say what it is that takes so long: torch is read from the disk."""
    from onetrainer_clone.events import Progressed

    emit(Progressed("starting"))


def window(preset: "str | None" = None, start: bool = False) -> int:
    """Open the window with a preset, started if wanted. Returns the exit code once it is closed.

    Its trainer runs in a process of its own: in a thread of the window's, torch would hold it up.
    """
    require_tkinter()
    gc.disable()  # until `ui.garbage` sees to it: what is imported stays, there is no garbage to look for
    from tkinter import TclError

    from onetrainer_clone.isolation import isolated
    from ui.app import open_window

    try:
        sample, run_tool = isolated("modules.sample:sample_pictures"), isolated("modules.tools:run_tool")
        return open_window(isolated("modules.train:train"), sample, preset, start, run_tool)
    except TclError as error:
        if "display" not in str(error):
            raise
        refuse(f"No window can be opened here ({error}). The commands 'train' and 'demo --terminal' need none.", WRONG)


def run_checks(pytest_arguments: "list[str]") -> int:
    """Run linter, types, import contracts, versions and tests: all of them, even when an early one fails."""
    contracts = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
    checks = {
        "ruff": ["-m", "ruff", "check", "."],
        "mypy": ["-m", "mypy"],
        "import contracts": ["-c", contracts],  # not its script, whose first line names a folder that may have moved
        "pip check": ["-m", "pip", "check"],
        "pytest": ["-m", "pytest", *SIDE_BY_SIDE, *pytest_arguments],
    }
    failed = []
    for name, command in checks.items():
        print(f"\n=== {name} ===", flush=True)
        code, stopped = run_child([sys.executable, *command], cwd=ROOT, env={**os.environ, **ONE_THREAD})
        if stopped:
            return STOPPED
        if code:
            failed.append(f"{name} (exit code {code})")
    print("\nFailed: " + ", ".join(failed) if failed else "\nPassed: " + ", ".join(checks), flush=True)
    return FAULT if failed else 0


def has_display() -> bool:
    """Whether a window can open here. Tk speaks X11 on Linux; under Wayland DISPLAY names its X11 server."""
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY"))


def opens_window(arguments: "Namespace") -> bool:
    """Whether a command will need tkinter. The demo trains in the terminal without a display, or with any option."""
    plain_demo = arguments == parse(["demo"]) and has_display()
    return arguments.command in ("window", "test") or plain_demo


def require_tkinter() -> None:
    """Refuse where tkinter is missing or cannot be loaded."""
    try:
        import tkinter  # noqa: F401
    except ImportError:
        refuse(TKINTER_ADVICE, WRONG)


def provide_display() -> None:
    """Where no display is, see that the tests find Xvfb; as root on a Debian-like system, install it."""
    if has_display() or shutil.which("Xvfb"):
        return
    if not shutil.which("apt-get") or os.geteuid() != 0:
        refuse(XVFB_ADVICE, WRONG)
    say("The tests open windows, and here is no display: installing Xvfb.")
    for action in (["update"], ["install", "-y", "--no-install-recommends", "xvfb", "xdotool"]):
        _, stopped = run_child(["apt-get", *action], env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
        if stopped:
            sys.exit(STOPPED)
    if not shutil.which("Xvfb"):
        refuse(XVFB_ADVICE, FAULT)


if __name__ == "__main__":
    sys.exit(main(environment=ROOT / ".venv"))

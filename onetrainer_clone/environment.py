"""The program's own Python environment: made, filled by pip, and taken up again after an abort. Standard library only.

It counts as installed while its stamp tells of the same pyproject.toml, Python, folder and extras. Everything that is
told here goes to stderr, because stdout may go to a program, as with `plan --json`.
"""

import hashlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from onetrainer_clone import torch_build, windows
from onetrainer_clone.locks import FileLock

FAULT, WRONG, STOPPED = 1, 2, 130  # exit codes
PYTHONS = ((3, 11), (3, 12), (3, 13))
STAMP = "installed.json"
LONGEST_WITHIN = 190  # characters of a path below the environment: torch 2.13's licences
Version = tuple[int, ...]  # (major, minor); empty where no Python runs


def set_up(environment: Path, extras: set[str], before_making: Callable[[], None] | None = None) -> None:
    """Make the environment and install the project around it with these extras; nothing where that was done before.

    `before_making` may refuse before minutes are spent. Ends the process with a sentence where it cannot go on.
    """
    try:
        if is_set_up(environment, extras):
            return
        with _alone(environment):
            if not is_set_up(environment, extras):  # another start may have done it meanwhile
                _set_up(environment, extras, before_making)
    except OSError as error:
        refuse(f"The environment cannot be made: {error}", FAULT)


def is_set_up(environment: Path, extras: set[str]) -> bool:
    """Whether the environment is there with these extras, for this program as it is."""
    found = read_stamp(environment)
    there = set(found.get("extras", []))
    return extras <= there and found == stamp(environment, version_of(interpreter(environment)), there)


@contextmanager
def _alone(environment: Path) -> Iterator[None]:
    """Inside, no other start works on the environment. Where the drive knows no locks, nothing is waited for."""
    lock = FileLock(environment.with_name(f"{environment.name}.lock"))
    try:
        if not lock.take():
            say("Another start is setting up the environment: waiting for it.")
            lock.take(float("inf"))
    except OSError:
        pass
    try:
        yield
    finally:
        lock.release()


def _set_up(environment: Path, extras: set[str], before_making: Callable[[], None] | None) -> None:
    version, found = version_of(interpreter(environment)), read_stamp(environment)
    if version not in PYTHONS or found.get("python", list(version)) != list(version) or not has_pip(environment):
        if before_making:
            before_making()
        make(environment)
        version = sys.version_info[:2]
    install(environment, version, extras | set(found.get("extras", [])))


def make(environment: Path) -> None:
    """Make an empty environment of this Python, in place of an aborted or outdated one."""
    if importlib.util.find_spec("ensurepip") is None:
        refuse("This Python cannot make environments. Debian, Ubuntu: 'apt install python3-venv'.", WRONG)
    say(f"Making the environment {environment}")
    code, stopped = run_child([sys.executable, "-m", "venv", "--clear", str(environment)], stdout=_beside())
    if code or stopped:
        refuse("The environment is not made yet: start again.", STOPPED if stopped else FAULT)


def install(environment: Path, version: Version, extras: set[str]) -> None:
    """Install the project and what it needs. The stamp comes last, so the next start takes up an aborted install."""
    (environment / STAMP).unlink(missing_ok=True)
    for folder in package_infos(environment):
        if not is_whole(folder):
            shutil.rmtree(folder)  # else pip takes half a package for a whole one
    say("Installing the program with torch: this takes some minutes, and 2 to 8 GB of disk.")
    _torch_for_gpu(environment)
    project = f".[{','.join(sorted(extras))}]" if extras else "."
    code, stopped = _pip_install(environment, "-e", project)
    if code and not stopped:
        left = shutil.disk_usage(environment).free / 2**30
        also = ""
        if len(str(environment)) + LONGEST_WITHIN > windows.longest_path():
            also = (
                f" Windows takes no paths beyond {windows.longest_path()} characters here, and torch's in this folder are "
                f"longer: move the program to a folder such as C:\\trainer, or see {windows.LONG_PATHS_ADVICE}."
            )
        why = f"pip says why above. Check the network and the disk ({left:.1f} GB left), then start again.{also}"
        refuse(why, FAULT)
    if not code:
        beside = environment / f"{STAMP}.part"
        beside.write_text(json.dumps(stamp(environment, version, extras)), encoding="utf-8")
        os.replace(beside, environment / STAMP)
    if stopped:
        refuse("Stopped. The next start goes on from here.", STOPPED)


def _torch_for_gpu(environment: Path) -> None:
    """The build for this machine's NVIDIA GPU, where pip's usual torch, which follows, would run on the CPU alone."""
    there = [build for file in packages(environment, "torch/version.py") if (build := torch_build.read(file))]
    if any(build.gpus for build in there) or not (index := torch_build.index_for_gpu()):
        return
    say(f"Here is an NVIDIA GPU: installing torch's build for it ({index}).")
    project = tomllib.loads((environment.parent / "pyproject.toml").read_text(encoding="utf-8"))
    needed = next(need for need in project["project"]["dependencies"] if need.startswith("torch>"))
    code, stopped = _pip_install(environment, *(["--force-reinstall"] if there else []), needed, "--index-url", index)
    if stopped:
        refuse("Stopped. The next start goes on from here.", STOPPED)
    if code:
        say("That build could not be had; pip says why above. The usual one trains on the CPU alone; README tells more.")


def _pip_install(environment: Path, *arguments: str) -> tuple[int, bool]:
    """Exit code, and whether the person stopped it."""
    return run_child(
        [str(interpreter(environment)), "-m", "pip", "install", *arguments],
        cwd=environment.parent,
        env={**os.environ, "PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        stdout=_beside(),
    )


def run_inside(environment: Path, arguments: list[str]) -> int:
    """Run the environment's Python on this terminal, if there is one. Returns its exit code."""
    python = interpreter(environment)
    return run_child([str(python.with_name("pythonw.exe") if windows.is_without_console() else python), *arguments])[0]


def interpreter(environment: Path, system: str = os.name) -> Path:
    """The Python of an environment; `system` is a value of os.name."""
    return environment / ("Scripts/python.exe" if system == "nt" else "bin/python")


def version_of(python: Path) -> Version:
    """(major, minor) of an interpreter; empty where none runs, as in half an environment."""
    question = [str(python), "-I", "-S", "-c", "import sys; print(*sys.version_info[:2])"]
    try:
        return tuple(int(part) for part in subprocess.check_output(question, stderr=subprocess.DEVNULL).split())
    except (OSError, subprocess.CalledProcessError):
        return ()


def package_infos(environment: Path) -> Iterable[Path]:
    """The folders in which pip notes what it installed."""
    return packages(environment, "*.dist-info")


def packages(environment: Path, pattern: str) -> Iterable[Path]:
    """What is installed, on POSIX and on Windows."""
    for libraries in ("lib/python*", "Lib"):
        yield from environment.glob(f"{libraries}/site-packages/{pattern}")


def is_whole(package_info: Path) -> bool:
    """Whether pip came to the end of a package: it writes INSTALLER after the package's files and scripts."""
    return (package_info / "INSTALLER").exists()


def has_pip(environment: Path) -> bool:
    return any(folder.name.startswith("pip-") and is_whole(folder) for folder in package_infos(environment))


def stamp(environment: Path, version: Version, extras: set[str]) -> dict[str, Any]:
    """What an installation depends on; the folder too, because an editable install names it."""
    project = hashlib.sha256((environment.parent / "pyproject.toml").read_bytes()).hexdigest()
    return {"pyproject": project, "python": list(version), "folder": str(environment), "extras": sorted(extras)}


def read_stamp(environment: Path) -> dict[str, Any]:
    """The stamp of the last finished installation; empty where there is none."""
    try:
        return dict(json.loads((environment / STAMP).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def run_child(command: list[str], **options: Any) -> tuple[int, bool]:
    """Run a command on the same terminal. Returns its exit code, and whether it was told to stop (Ctrl-C) meanwhile.

    The child answers Ctrl-C, this process waits for it. Not os.exec: on Windows that hands the terminal back at once.
    """
    told: list[int] = []
    child: subprocess.Popen[Any] | None = None

    def note(number: int, frame: FrameType | None) -> None:
        told.append(number)
        if child and (number != signal.SIGINT or not terminal_tells_child()):
            child.send_signal(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        child = subprocess.Popen(command, **options)
        code = child.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return (code if code >= 0 else 128 - code), bool(told)


def _beside() -> int | None:
    """Where a child's output goes: to stderr. One of pythonw's has a console of its own."""
    return None if windows.is_without_console() else 2


def terminal_tells_child() -> bool:
    """Whether Ctrl-C reaches the child by itself. In a terminal it does; `kill -INT` tells this process alone."""
    try:
        with open("/dev/tty", encoding="utf-8") as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return os.name == "nt"


def say(sentence: str) -> None:
    """Tell the person."""
    if not windows.is_without_console():
        sys.stderr.write(f"{sentence}\n")
        sys.stderr.flush()


def refuse(sentence: str, code: int) -> NoReturn:
    """End here, with a sentence and an exit code."""
    say(sentence)
    if windows.is_without_console():
        windows.show_message(sentence)
    sys.exit(code)

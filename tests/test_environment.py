"""The program's environment: when it is made and filled, what follows an abort, and who hears Ctrl-C."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import venv
from pathlib import Path
from typing import Any

import pytest

import onetrainer_clone
from onetrainer_clone import environment as env
from onetrainer_clone import torch_build
from tests.waiting import LIMIT, until

ROOT = Path(onetrainer_clone.__file__).parent.parent
posix_only = pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals")

# A launcher, and a program that counts how often it hears Ctrl-C until half a second after the first.
PARENT = """
import sys
from onetrainer_clone.environment import run_child
sys.exit(run_child([sys.executable, "-c", sys.argv[1]])[0])
"""
CHILD = """
import signal, sys, time
heard = []
signal.signal(signal.SIGINT, lambda *_: heard.append(1))
print("ready", flush=True)
while not heard:
    time.sleep(0.01)
time.sleep(0.5)
print("Ctrl-C", len(heard), flush=True)
sys.exit(130)
"""


class Tools:
    """In place of `run_child`: does to the disk what venv and pip do, in no time, and remembers what was asked."""

    def __init__(self, environment: Path) -> None:
        self.environment = environment
        self.commands: list[str] = []
        self.whole: list[list[str]] = []  # every command as it was
        self.pip_result = (0, False)
        self.failing = ""  # what cannot be installed

    def __call__(self, command: list[str], **options: Any) -> tuple[int, bool]:
        self.whole.append(command)
        self.commands.append(command[2] if command[2] == "venv" else command[-1])
        if command[2] == "venv":
            shutil.rmtree(self.environment, ignore_errors=True)
            venv.create(self.environment, symlinks=os.name != "nt")
            add_package(self.environment, "pip-1")
            return 0, False
        return (1, False) if command[-1] == self.failing else self.pip_result

    def asked(self) -> list[str]:
        """What was asked since the last time: 'venv', or what pip should install."""
        commands, self.commands = self.commands, []
        return commands


def add_package(environment: Path, name: str, whole: bool = True) -> Path:
    version = "" if os.name == "nt" else f"python{sys.version_info[0]}.{sys.version_info[1]}"
    folder = environment / ("Lib" if os.name == "nt" else "lib") / version / "site-packages" / f"{name}.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").touch()
    if whole:
        (folder / "INSTALLER").touch()
    return folder


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tools:
    """Stands in for venv and pip around a pyproject.toml."""
    (tmp_path / "pyproject.toml").write_text("one")
    tools = Tools(tmp_path / ".venv")
    monkeypatch.setattr(env, "run_child", tools)
    return tools


def test_first_start_installs_and_the_second_does_nothing(tools: Tools) -> None:
    env.set_up(tools.environment, set())
    assert tools.asked() == ["venv", "."]
    env.set_up(tools.environment, set())
    assert tools.asked() == []


def test_on_windows_with_an_nvidia_gpu_its_build_of_torch_comes_first(
    tools: Tools, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    index = "https://download.pytorch.org/whl/cu126"
    monkeypatch.setattr(torch_build, "index_for_gpu", lambda: index)
    project = '[project]\ndependencies = ["torchsde", "torch>=2.6,<2.14"]\n'
    (tools.environment.parent / "pyproject.toml").write_text(project)
    env.set_up(tools.environment, set())
    assert tools.asked() == ["venv", index, "."]
    assert tools.whole[1][-4:] == ["install", "torch>=2.6,<2.14", "--index-url", index]
    assert "Here is an NVIDIA GPU" in capsys.readouterr().err

    version_file = add_package(tools.environment, "torch-2").parent / "torch" / "version.py"
    version_file.parent.mkdir()
    version_file.write_text("__version__ = '2.13.0'\ncuda = None\n")
    (tools.environment.parent / "pyproject.toml").write_text(f"{project}# changed\n")
    env.set_up(tools.environment, set())
    assert tools.asked() == [index, "."]
    assert "--force-reinstall" in tools.whole[-2], "else pip takes the build for the CPU as good enough"

    version_file.write_text("__version__ = '2.13.0+cu126'\ncuda = '12.6'\n")
    (tools.environment.parent / "pyproject.toml").write_text(f"{project}# changed again\n")
    env.set_up(tools.environment, set())
    assert tools.asked() == ["."]


def test_where_the_build_for_gpus_cannot_be_had_the_usual_one_follows(
    tools: Tools, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch_build, "index_for_gpu", lambda: "https://nowhere")
    (tools.environment.parent / "pyproject.toml").write_text('[project]\ndependencies = ["torch>=2.6,<2.14"]\n')
    tools.failing = "https://nowhere"
    env.set_up(tools.environment, set())
    assert tools.asked() == ["venv", "https://nowhere", "."]
    assert "trains on the CPU alone" in capsys.readouterr().err
    assert env.is_set_up(tools.environment, set())


def test_changed_pyproject_installs_again_into_the_same_environment(tools: Tools) -> None:
    env.set_up(tools.environment, set())
    (tools.environment.parent / "pyproject.toml").write_text("two")
    tools.asked()
    env.set_up(tools.environment, set())
    assert tools.asked() == ["."]


def test_two_first_starts_at_once_install_once(tools: Tools, capsys: pytest.CaptureFixture[str]) -> None:
    """The second waits for the first, and then finds everything done."""
    inside, go_on = threading.Event(), threading.Event()
    real = Tools.__call__

    def slow(self: Tools, command: list[str], **options: Any) -> tuple[int, bool]:
        inside.set()
        go_on.wait(LIMIT)
        return real(self, command, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Tools, "__call__", slow)
        starts = [threading.Thread(target=env.set_up, args=(tools.environment, set())) for _ in range(2)]
        starts[0].start()
        assert inside.wait(LIMIT)
        starts[1].start()
        until(lambda: "waiting for it" in capsys.readouterr().err)
        go_on.set()
        for start in starts:
            start.join(LIMIT)
    assert tools.asked() == ["venv", "."]


def test_extras_are_added_and_kept(tools: Tools) -> None:
    env.set_up(tools.environment, set())
    tools.asked()
    env.set_up(tools.environment, {"test"})
    assert tools.asked() == [".[test]"]
    env.set_up(tools.environment, set())
    assert tools.asked() == [], "what has the test extra serves the plain commands"
    (tools.environment.parent / "pyproject.toml").write_text("two")
    env.set_up(tools.environment, set())
    assert tools.asked() == [".[test]"], "an update does not leave the tests' tools behind"


@pytest.mark.parametrize(("result", "exit_code"), [((1, False), 1), ((1, True), 130)])
def test_aborted_or_failed_install_is_taken_up(
    tools: Tools, result: tuple[int, bool], exit_code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    tools.pip_result = result
    with pytest.raises(SystemExit) as ended:
        env.set_up(tools.environment, set())
    assert ended.value.code == exit_code
    assert ("GB left" in capsys.readouterr().err) == (exit_code == 1), "a failure names the way out"
    tools.asked()
    tools.pip_result = (0, False)
    env.set_up(tools.environment, set())
    assert tools.asked() == ["."]


@pytest.mark.parametrize(("longest", "is_said"), [(259, True), (32_000, False)])
def test_a_folder_too_deep_for_torch_is_named_where_pip_fails(
    longest: int, is_said: bool, tools: Tools, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("onetrainer_clone.windows.longest_path", lambda: longest)
    monkeypatch.setattr(env, "LONGEST_WITHIN", 259)
    tools.pip_result = (1, False)
    with pytest.raises(SystemExit):
        env.set_up(tools.environment, set())
    assert ("move the program to a folder such as" in capsys.readouterr().err) is is_said


def test_aborted_update_is_taken_up_although_the_old_stamp_fitted(tools: Tools) -> None:
    env.set_up(tools.environment, set())
    tools.pip_result = (1, True)
    with pytest.raises(SystemExit):
        env.set_up(tools.environment, {"test"})
    tools.asked()
    tools.pip_result = (0, False)
    env.set_up(tools.environment, set())
    assert tools.asked() == ["."]


def test_half_installed_packages_are_cleared_away_for_pip(tools: Tools) -> None:
    env.make(tools.environment)
    half = add_package(tools.environment, "half-1", whole=False)
    whole = add_package(tools.environment, "whole-1")
    env.set_up(tools.environment, set())
    assert not half.exists()
    assert whole.exists()


@pytest.mark.parametrize("broken", ["no python", "no pip", "half a pip", "another python"])
def test_half_or_outdated_environment_is_made_again(tools: Tools, broken: str) -> None:
    env.set_up(tools.environment, set())
    pip = next(folder for folder in env.package_infos(tools.environment) if folder.name == "pip-1.dist-info")
    if broken == "no python":
        env.interpreter(tools.environment).unlink()
    elif broken == "another python":
        (tools.environment / env.STAMP).write_text(json.dumps({"python": [3, 1], "extras": ["test"]}))
    else:
        (tools.environment / env.STAMP).unlink()
        (pip / "INSTALLER").unlink()
        if broken == "no pip":
            shutil.rmtree(pip)
    tools.asked()
    env.set_up(tools.environment, set())
    assert tools.asked()[0] == "venv"
    assert env.version_of(env.interpreter(tools.environment)) == sys.version_info[:2]


@pytest.mark.parametrize("text", ["", "{", "[1]", '"text"', "null"])
def test_unreadable_stamp_counts_as_none(tools: Tools, text: str) -> None:
    env.set_up(tools.environment, set())
    (tools.environment / env.STAMP).write_text(text)
    tools.asked()
    env.set_up(tools.environment, set())
    assert tools.asked() == ["."]


def test_moved_checkout_installs_again(tools: Tools) -> None:
    env.set_up(tools.environment, set())
    moved = tools.environment.parent / "moved"
    moved.mkdir()
    (moved / "pyproject.toml").write_text("one")
    tools.asked()
    tools.environment = tools.environment.rename(moved / ".venv")
    env.set_up(tools.environment, set())
    assert tools.asked() == ["."]


def test_refusal_comes_before_anything_is_made(tools: Tools) -> None:
    with pytest.raises(SystemExit):
        env.set_up(tools.environment, set(), before_making=lambda: env.refuse("no", 2))
    assert tools.asked() == []
    assert not tools.environment.exists()


def test_missing_ensurepip_names_the_package(
    tools: Tools, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SystemExit) as ended:
        env.set_up(tools.environment, set())
    assert ended.value.code == 2
    assert "apt install python3-venv" in capsys.readouterr().err


def test_disk_that_refuses_gets_a_sentence(tools: Tools, capsys: pytest.CaptureFixture[str]) -> None:
    env.make(tools.environment)
    (tools.environment / f"{env.STAMP}.part").mkdir()
    with pytest.raises(SystemExit) as ended:
        env.set_up(tools.environment, set())
    assert ended.value.code == 1
    assert f"{env.STAMP}.part" in capsys.readouterr().err


@pytest.mark.parametrize(("system", "expected"), [("nt", "Scripts/python.exe"), ("posix", "bin/python")])
def test_interpreter_of_an_environment(system: str, expected: str) -> None:
    assert env.interpreter(Path("here/.venv"), system) == Path("here/.venv") / expected


def test_version_of_what_does_not_run(tmp_path: Path) -> None:
    assert env.version_of(tmp_path / "python") == ()
    assert env.version_of(Path(sys.executable)) == sys.version_info[:2]


def test_exit_code_is_passed_on() -> None:
    assert env.run_child([sys.executable, "-c", "raise SystemExit(7)"]) == (7, False)


@posix_only
def test_death_by_a_signal_becomes_its_usual_exit_code() -> None:
    assert env.run_child([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"]) == (128 + 9, False)


@posix_only
@pytest.mark.parametrize(("told", "expected"), [(signal.SIGINT, 130), (signal.SIGTERM, 128 + signal.SIGTERM)])
def test_signal_to_the_launcher_alone_reaches_the_child(told: signal.Signals, expected: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT, CHILD], cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(told)
    rest, _ = process.communicate(timeout=LIMIT)
    assert process.returncode == expected
    assert rest == ("Ctrl-C 1\n" if told == signal.SIGINT else "")


@posix_only
def test_ctrl_c_in_a_terminal_is_heard_once_and_the_launcher_waits() -> None:
    import pty

    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        os.execv(sys.executable, [sys.executable, "-c", PARENT, CHILD])
    told = os.read(terminal, 100)
    assert told.strip() == b"ready"
    os.write(terminal, b"\x03")
    while not (heard := re.search(rb"Ctrl-C (\d+)", told)):
        told += os.read(terminal, 100)
    assert heard[1] == b"1"
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 130
    os.close(terminal)

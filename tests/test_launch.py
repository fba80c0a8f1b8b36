"""launch.py as a person meets it: on a fresh checkout, with the wrong Python, and where something is missing."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import launch
from onetrainer_clone import environment as env
from onetrainer_clone.arguments import parse

ROOT = Path(launch.__file__).parent
ALONE = ("__init__", "environment", "locks", "torch_build", "windows")  # of the standard library only
LAUNCH_FILES = ("launch.py", *(f"onetrainer_clone/{name}.py" for name in ALONE))
posix_only = pytest.mark.skipif(os.name == "nt", reason="makes programs of shell scripts, or compares process ids")

STUB_ARGUMENTS = """
from argparse import Namespace

def parse(argv):
    return Namespace(command=argv[0], pytest_arguments=argv[1:])
"""
STUB_CLI = """
import json, os, sys

def main(arguments, train, sample, window, run_tool):
    print(json.dumps({"argv": sys.argv, "prefix": sys.prefix, "folder": os.getcwd(), "process": os.getpid()}))
    return int(os.environ["EXIT_CODE"])
"""
# A build backend without requirements: pip installs the stub project for real, and needs no network.
STUB_PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
STUB_BACKEND = """
import zipfile

def build_editable(folder, config_settings=None, metadata_directory=None):
    with zipfile.ZipFile(f"{folder}/stub-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("stub-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: stub\\nVersion: 1\\n")
        wheel.writestr("stub-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("stub-1.dist-info/RECORD", "")
    return "stub-1-py3-none-any.whl"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A checkout with the real launcher and a stub of the program, in a folder with a blank in its name."""
    root = tmp_path / "a checkout"
    (root / "onetrainer_clone").mkdir(parents=True)
    for name in LAUNCH_FILES:
        shutil.copy(ROOT / name, root / name)
    (root / "onetrainer_clone" / "arguments.py").write_text(STUB_ARGUMENTS)
    (root / "onetrainer_clone" / "cli.py").write_text(STUB_CLI)
    (root / "pyproject.toml").write_text(STUB_PYPROJECT)
    (root / "backend.py").write_text(STUB_BACKEND)
    return root


def start(project: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the project's launch.py as a person does, from another folder."""
    command = [sys.executable, str(project / "launch.py"), *arguments]
    variables = {**os.environ, "EXIT_CODE": "0", "ONETRAINER_NO_VENV": "", **variables}
    return subprocess.run(command, check=False, cwd=project.parent, env=variables, capture_output=True, text=True)


class TestFromAPersonsSide:
    def test_fresh_checkout_is_set_up_for_real_and_only_once(self, project: Path) -> None:
        """Real venv, real pip: the slowest test here, and the only one that knows both."""
        first = start(project, "settings")
        assert first.returncode == 0, first.stderr
        assert "Successfully installed stub-1" in first.stderr
        assert json.loads(first.stdout)["prefix"] == str(project / ".venv"), "pip's words must not reach stdout"
        second = start(project, "settings", PATH="")
        assert (second.returncode, second.stderr) == (0, "")

    def ready(self, project: Path) -> Path:
        """An environment that counts as installed, without pip's minutes."""
        environment = project / ".venv"
        venv.create(environment, symlinks=os.name != "nt")
        version = sys.version_info[:2]
        (environment / env.STAMP).write_text(json.dumps(env.stamp(environment, version, set())))
        return environment

    def test_command_goes_on_in_the_environment_as_it_was_typed(self, project: Path) -> None:
        environment = self.ready(project)
        done = start(project, "train", "my preset", "--set", 'a="ü"', EXIT_CODE="7")
        assert done.returncode == 7, done.stderr
        told = json.loads(done.stdout)
        assert told["prefix"] == str(environment)
        assert told["argv"] == [str(project / "launch.py"), "train", "my preset", "--set", 'a="ü"']
        assert told["folder"] == str(project.parent), "relative paths mean the person's folder"

    @posix_only
    def test_inside_the_environment_it_goes_straight_on(self, project: Path) -> None:
        python = env.interpreter(self.ready(project))
        variables = {**os.environ, "EXIT_CODE": "3"}
        command = [str(python), str(project / "launch.py"), "settings"]
        process = subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True)
        told = json.loads(process.communicate()[0])
        assert (told["process"], process.returncode) == (process.pid, 3)

    def test_own_environment_is_left_to_the_person(self, project: Path) -> None:
        done = start(project, "settings", ONETRAINER_NO_VENV="1")
        assert json.loads(done.stdout)["prefix"] == sys.prefix
        assert not (project / ".venv").exists()

    @pytest.mark.parametrize(("arguments", "exit_code"), [(["--help"], 0), (["train", "--help"], 0), (["sing"], 2)])
    def test_help_and_wrong_words_are_answered_without_installing(
        self, project: Path, arguments: list[str], exit_code: int
    ) -> None:
        shutil.copy(ROOT / "onetrainer_clone" / "arguments.py", project / "onetrainer_clone" / "arguments.py")
        done = start(project, *arguments)
        assert done.returncode == exit_code
        assert "usage:" in done.stdout + done.stderr
        assert not (project / ".venv").exists()


class TestPythons:
    def test_old_python_can_read_the_file(self) -> None:
        source = (ROOT / "launch.py").read_text(encoding="utf-8")
        ast.parse(source, feature_version=(3, 7))  # the oldest that ast still knows
        assert "from __future__" not in source, "3.6 does not know the future of annotations"

    @pytest.mark.parametrize("version", [(3, 6), (3, 10), (3, 14)])
    def test_other_python_gets_a_sentence_before_anything_else_is_imported(
        self, version: tuple[int, int], tmp_path: Path
    ) -> None:
        shutil.copy(ROOT / "launch.py", tmp_path)  # alone: the program beside it would not parse
        pretend = f"import sys; sys.version_info = {(*version, 0)}; import runpy; runpy.run_path('launch.py')"
        done = subprocess.run(
            [sys.executable, "-c", pretend], cwd=tmp_path, check=False, capture_output=True, text=True
        )
        assert done.returncode == 2
        assert done.stderr.startswith(f"This is Python {version[0]}.{version[1]}; install Python 3.11, 3.12 or 3.13")
        assert done.stderr.count("\n") == 1

    def test_all_places_name_the_same_versions(self) -> None:
        fit = [version for version in [(3, minor) for minor in range(30)] if not launch.unfit(version)]
        assert fit == list(env.PYTHONS)
        required = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
        lowest, beyond = re.findall(r"3\.(\d+)", required)
        assert fit == [(3, minor) for minor in range(int(lowest), int(beyond))]

    def test_needs_nothing_but_the_standard_library(self) -> None:
        """-S: without the site-packages of this environment."""
        done = subprocess.run([sys.executable, "-S", "-c", "import launch"], cwd=ROOT, check=False, capture_output=True)
        assert done.returncode == 0, done.stderr


class TestWhatTheSystemLacks:
    @pytest.fixture
    def no_display(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("DISPLAY", raising=False)
        monkeypatch.setattr(sys, "platform", "linux")

    @pytest.fixture
    def programs(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
        """Make shell scripts the only programs that are found."""
        folder = tmp_path / "programs"
        folder.mkdir()
        monkeypatch.setenv("PATH", str(folder))

        def add(name: str, script: str) -> None:
            (folder / name).write_text(f"#!/bin/sh\n{script}\n")
            (folder / name).chmod(0o755)

        return add

    @pytest.mark.parametrize("command", [[], ["test"], ["demo"]])
    def test_window_without_tkinter_says_what_to_install(
        self, command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("DISPLAY", ":0")
        monkeypatch.setitem(sys.modules, "tkinter", None)
        with pytest.raises(SystemExit) as ended:
            launch.main(command)
        assert ended.value.code == 2
        told = capsys.readouterr().err
        assert all(way in told for way in ("apt install python3-tk", "dnf install python3-tkinter", "tcl/tk and IDLE"))

    @pytest.mark.parametrize("command", [["settings", "ema"], ["plan", "demo"]])
    def test_the_rest_runs_without_tkinter(
        self, command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setitem(sys.modules, "tkinter", None)
        assert launch.main(command) == 0
        assert capsys.readouterr().out

    @pytest.mark.parametrize(
        ("command", "display", "expected"),
        [
            ([], "", True),
            (["test"], "", True),
            (["demo"], ":0", True),
            (["demo"], "", False),
            (["demo", "--terminal"], ":0", False),
            (["demo", "--name", "mine"], ":0", False),
            (["train", "demo"], ":0", False),
            (["settings"], ":0", False),
        ],
    )
    def test_which_commands_are_kept_from_installing_without_tkinter(
        self, command: list[str], display: str, expected: bool, no_display: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DISPLAY", display)
        assert launch.opens_window(parse(command)) == expected

    @posix_only
    def test_tests_without_xvfb_say_what_to_install(
        self, no_display: None, programs: Callable[[str, str], None], capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as ended:
            launch.provide_display()
        assert ended.value.code == 2
        assert "apt install xvfb xdotool" in capsys.readouterr().err

    @posix_only
    def test_root_on_debian_gets_xvfb(
        self, no_display: None, programs: Callable[[str, str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: 0)
        xvfb = tmp_path / "programs" / "Xvfb"
        script = 'echo "$@" >> ASKED; [ "$1" = update ] || { : > XVFB; /bin/chmod +x XVFB; }'
        programs("apt-get", script.replace("ASKED", str(tmp_path / "asked")).replace("XVFB", str(xvfb)))
        launch.provide_display()
        update, install = (tmp_path / "asked").read_text().splitlines()
        assert update == "update"
        assert install.split()[0] == "install"
        assert {"xvfb", "xdotool", "-y"} <= set(install.split())

    @posix_only
    def test_failing_apt_is_told(
        self, no_display: None, programs: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: 0)
        programs("apt-get", "exit 100")
        with pytest.raises(SystemExit) as ended:
            launch.provide_display()
        assert ended.value.code == 1


class TestChecks:
    @pytest.mark.parametrize(("failing", "exit_code"), [("", 0), ("ruff", 1), ("pytest", 1)])
    def test_all_run_and_any_failure_counts(
        self, failing: str, exit_code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        seen = []

        def run_child(command: list[str], **options: Any) -> tuple[int, bool]:
            seen.append((command, options["env"]["OMP_NUM_THREADS"], options["env"]["MKL_NUM_THREADS"]))
            return int(failing in command if failing else False), False

        monkeypatch.setattr(launch, "run_child", run_child)
        assert launch.run_checks(["-k", "one"]) == exit_code
        told = capsys.readouterr().out
        headings = re.findall(r"=== (.*) ===", told)
        assert headings == ["ruff", "mypy", "import contracts", "pip check", "pytest"]
        assert len(seen) == len(headings)
        command, *threads = seen[-1]
        assert command[:3] == [sys.executable, "-m", "pytest"]
        assert command[-2:] == ["-k", "one"], "a person's own arguments come last, and so decide"
        assert threads == ["1", "1"]
        assert told.splitlines()[-1].startswith(f"Failed: {failing} (exit code 1)" if failing else "Passed: ruff, mypy")

    def test_ctrl_c_ends_them_all(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        monkeypatch.setattr(launch, "run_child", lambda command, **options: (1, True))
        assert launch.run_checks([]) == 130
        assert capsys.readouterr().out.count("===") == 2, "one heading, nothing after it"


class TestFixtures:
    def test_no_test_sees_the_persons_folders(self, tmp_path_factory: pytest.TempPathFactory) -> None:
        from onetrainer_clone import paths

        for folder in (paths.user_presets(), paths.default_cache(), paths.default_workspace()):
            assert tmp_path_factory.getbasetemp() in folder.parents

    def test_display_opens_windows(self, display: str) -> None:
        import tkinter

        root = tkinter.Tk()
        try:
            assert root.winfo_screenwidth() > 0
        finally:
            root.destroy()

    @posix_only
    def test_display_fails_loudly_where_there_is_none(self, tmp_path: Path) -> None:
        shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
        (tmp_path / "test_window.py").write_text("def test_window(display): pass\n")
        without = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(tmp_path)],
            env={**without, "PATH": str(tmp_path)},
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 1
        assert "neither a display nor Xvfb" in done.stdout
        assert "skipped" not in done.stdout

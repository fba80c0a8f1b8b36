"""What only Windows needs, as far as it can be looked at elsewhere."""

import ctypes
import io
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from onetrainer_clone import environment, windows
from onetrainer_clone.state import TrainingState, check
from onetrainer_clone.windows import LONG_PATHS, SHORT_PATHS, is_without_console, leave_console, longest_path


@pytest.mark.skipif(sys.platform == "win32", reason="there it depends on the person's settings")
def test_elsewhere_paths_are_long() -> None:
    assert longest_path() == LONG_PATHS


@pytest.mark.parametrize(
    ("library", "length"),
    [
        (SimpleNamespace(RtlAreLongPathsEnabled=lambda: 1), LONG_PATHS),
        (SimpleNamespace(RtlAreLongPathsEnabled=lambda: 0x7F00), SHORT_PATHS),  # a BOOLEAN is one byte of what returns
        (SimpleNamespace(), SHORT_PATHS),
    ],
)
def test_long_paths_are_asked_for(library: Any, length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(ctypes, "WinDLL", lambda _name: library, raising=False)
    assert longest_path() == length


def test_a_workspace_that_is_too_deep_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("onetrainer_clone.state.saving.longest_path", lambda: SHORT_PATHS)
    monkeypatch.setenv("ONETRAINER_HOME", str(tmp_path))
    for within, words in (("a", ""), ("/".join(["a" * 50] * 5), "Windows takes 259")):
        state = TrainingState.model_validate({"saving": {"workspace": f"/{within}", "name": "cat"}})
        said = [problem.message for problem in check(state) if "too long" in problem.message]
        assert len(said) == bool(words)
        assert all(words in one for one in said)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_trainer_leaves_the_console_and_writes_to_it_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[int] = []
    kernel = SimpleNamespace(FreeConsole=lambda: left.append(1))
    redirected = io.StringIO()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "platform", "win32")
        patch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)
        for stream, stays in ((Terminal(), False), (None, False), (redirected, True)):
            patch.setattr(sys, "stdout", stream)
            patch.setattr(sys, "stderr", redirected)
            leave_console()
            assert (sys.stdout is stream) is stays
            assert sys.stderr is redirected
            print("goes nowhere, or into the file")  # noqa: T201
            if not stays:
                sys.stdout.close()
    assert left == [1, 1, 1]
    assert redirected.getvalue() == "goes nowhere, or into the file\n"


@pytest.mark.parametrize(("program", "is_so"), [("pythonw.exe", True), ("python.exe", False), ("python3.11", False)])
def test_pythonw_stays_pythonw_and_says_in_a_box_why_it_ends(
    program: str, is_so: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "executable", f"/somewhere/{program}")
    assert is_without_console() is is_so
    commands: list[list[str]] = []
    boxes: list[str] = []

    def run_child(command: list[str]) -> tuple[int, bool]:
        commands.append(command)
        return 0, False

    monkeypatch.setattr(environment, "run_child", run_child)
    monkeypatch.setattr(windows, "show_message", boxes.append)
    environment.run_inside(Path(".venv"), ["launch.py"])
    assert (Path(commands[0][0]).name == "pythonw.exe") is is_so
    with pytest.raises(SystemExit):
        environment.refuse("This is why", 2)
    assert boxes == (["This is why"] if is_so else [])
    assert capsys.readouterr().err == ("" if is_so else "This is why\n")

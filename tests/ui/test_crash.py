"""A window that is killed: what was edited is there at the next start, which says what happened."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import waiting
from tests.ui.conftest import Window, close
from ui import memory
from ui.seat import read_state

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [
    pytest.mark.skipif(shutil.which("xdotool") is None, reason="needs xdotool, which drives X11"),
    pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX"),
]


def hands(*arguments: str) -> None:
    subprocess.run(["xdotool", *arguments], check=True, timeout=waiting.LIMIT, stdout=subprocess.DEVNULL)


def until(true: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    def alive() -> None:
        assert process.poll() is None, "the window ended"

    waiting.until(true, alive)


def kept_batch_size() -> int:
    file = memory.folder() / "state.json"
    return read_state(file)[0].training.batch_size if file.exists() else 0


def marked_run() -> str | None:
    try:
        return str(json.loads((memory.folder() / "open.json").read_bytes())["run"])
    except OSError:
        return None


def said(window: Window) -> str:
    return str(window.app.topbar.said.cget("text"))


@pytest.fixture
def process(display: str) -> "subprocess.Popen[bytes]":
    """The window as a person starts it, in a process of its own, with the demo's settings."""
    environment = {**os.environ, "ONETRAINER_NO_VENV": "1"}
    return subprocess.Popen([sys.executable, str(ROOT / "launch.py"), "window", "demo"], env=environment, cwd=ROOT)


def test_killed_after_an_edit(
    process: "subprocess.Popen[bytes]", make_window: Callable[..., Window], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person's hands change a setting and start the demo; the window dies; the next one has it all."""
    try:
        until(lambda: marked_run() == "", process)
        hands("search", "--sync", "--name", "OneTrainer Clone", "windowfocus", "--sync")
        hands("key", "ctrl+f")
        hands("type", "batch size")
        hands("key", "Return")
        hands("key", "ctrl+a")
        hands("type", "7")
        until(lambda: kept_batch_size() == 7, process)
        hands("key", "F5")
        until(lambda: marked_run() == "demo", process)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    window = make_window(None)
    assert window.app.store.state.training.batch_size == 7
    assert window.app.store.state.preset == "demo"
    assert window.app.store.unsaved
    assert "not closed last time" in said(window)
    assert "as you left them" in said(window)
    assert "'demo' was going on" in said(window)
    window.turn(0.2)
    close(window)
    assert said(make_window(None)) == ""

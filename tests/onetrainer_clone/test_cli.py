"""The command line: runs with their exit codes, Ctrl-C, the commands that open the window, and the terminal around it."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from onetrainer_clone import cli, journal
from onetrainer_clone.events import Ended, Logged, Progressed, Sampled, Saved, Started, Stepped, Warned
from onetrainer_clone.paths import user_presets
from onetrainer_clone.session import Controls, Emit, Stopped
from onetrainer_clone.settings import UserError
from onetrainer_clone.terminal import Terminal
from presets import store
from tests.onetrainer_clone.front import Front
from tests.onetrainer_clone.making import make_pictures
from tests.onetrainer_clone.test_events import STEP
from tests.waiting import LIMIT, until

# Training


def test_a_preset_is_trained_with_what_was_set(
    front: Front, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = front.run(
        "train", "demo", "--set", "training.steps=1e2", "--set", "concepts[0].loss_weight=1,5",
        "--set", "optimizer.optimizer=adamw 8-bit", "--set", "learning_rate.unet=",
        "--workspace", str(tmp_path), "--name", "猫",
    )  # fmt: skip
    (state,) = front.trained
    assert code == 0
    assert (state.training.steps, state.concepts[0].loss_weight) == (100, 1.5)
    assert (state.optimizer.optimizer, state.learning_rate.unet) == ("ADAMW_8BIT", None)
    assert state.run_folder == tmp_path / "猫"
    assert str(tmp_path / "猫") in capsys.readouterr().out
    assert isinstance(journal.read(tmp_path / "猫")[-1], Ended)


def test_a_value_may_hold_an_equals_sign_and_a_list_is_json(front: Front) -> None:
    assert front.run(
        "train", "demo", "--set", "concepts[0].trigger_words=a=b", "--set", 'sampling.prompts=[{"text": "x"}]',
        "--set", 'concepts[1]={"name": "new", "path": "demo:concepts/class"}',
    ) == 0  # fmt: skip
    assert front.trained[0].concepts[0].trigger_words == "a=b"
    assert [prompt.text for prompt in front.trained[0].sampling.prompts] == ["x"]
    assert [concept.name for concept in front.trained[0].concepts] == ["subject", "new", "class varied"]


def refuse(emit: Emit, controls: Controls) -> None:
    raise UserError("the GPU has too little memory: use a batch size of 1")


def fail(emit: Emit, controls: Controls) -> None:
    raise ZeroDivisionError("by zero")


def fill_the_disk(emit: Emit, controls: Controls) -> None:
    raise OSError(28, "No space left on device", "/x/cat.safetensors")


def stop(emit: Emit, controls: Controls) -> None:
    raise Stopped


@pytest.mark.parametrize(
    ("training", "code", "words"),
    [(refuse, 2, "too little memory: use a batch size of 1"), (fail, 1, "ZeroDivisionError: by zero"),
     (fill_the_disk, 2, "No space left on device"), (stop, 130, "Stopped.")],
)  # fmt: skip
def test_exit_codes_of_a_run(
    front: Front, capsys: pytest.CaptureFixture[str], training: Callable[[Emit, Controls], None], code: int, words: str
) -> None:
    front.training = training
    assert front.run("train", "demo") == code
    printed = capsys.readouterr()
    assert words in (printed.out if code == 130 else printed.err)
    assert ("Traceback" in printed.err) == (code == 1), "only a fault of ours shows its trace"


def test_every_event_as_a_line_of_json(front: Front, capsys: pytest.CaptureFixture[str]) -> None:
    def training(emit: Emit, controls: Controls) -> None:
        emit(Started("demo", "/x", 1, 1, ("猫",)))
        emit(Stepped(**{**STEP, "gradient_norm": float("inf")}))

    front.training = training
    assert front.run("train", "demo", "--json") == 0
    out = capsys.readouterr().out
    assert [json.loads(line)["event"] for line in out.splitlines()] == ["Started", "Stepped", "Ended"]
    assert out.isascii()


def test_the_terminal_shows_what_happens(front: Front, capsys: pytest.CaptureFixture[str]) -> None:
    def training(emit: Emit, controls: Controls) -> None:
        emit(Progressed("loading"))
        for done in range(0, 501, 5):
            emit(Progressed("caching", done, 500))
        emit(Started("demo", "/x", 2, 1, ("cat",)))
        emit(Warned("careful"))
        emit(Logged("by the way"))
        emit(Logged("the copy takes 0.01 GiB", note=True))
        emit(Stepped(**STEP))
        emit(Sampled(1, 0, "a cat", 7, "live", "/x/1.png"))
        emit(Saved(2, "/x/cat.safetensors", final=True))

    front.training = training
    assert front.run("train", "demo") == 0
    lines = capsys.readouterr().out.splitlines()
    for line in ("loading the model", "caching 500 of 500", "warning: careful", "by the way",
                 "note: the copy takes 0.01 GiB", "saved: /x/cat.safetensors",
                 "sample 'a cat' at step 1: /x/1.png", "Done. The result is in /x/cat.safetensors."):  # fmt: skip
        assert line in lines
    assert sum(line.startswith("caching") for line in lines) < 5, "no line per batch"


# Ctrl-C


def test_ctrl_c_stops_after_the_step_saves_and_loses_no_event(
    front: Front, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []

    def training(emit: Emit, controls: Controls) -> None:
        signal.raise_signal(signal.SIGINT)
        until(lambda: controls.stopping, lambda: list(map(emit, map(Logged, "0123456789"))))
        seen.append(controls.save_on_stop)
        emit(Saved(1, "/x/cat.safetensors", final=True))

    front.training = training
    before = signal.getsignal(signal.SIGINT)
    assert front.run("train", "demo") == 130
    assert seen == [True]
    assert "Stopped. The result so far is in /x/cat.safetensors." in capsys.readouterr().out
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_ctrl_c_does_no_harm(front: Front) -> None:
    def training(emit: Emit, controls: Controls) -> None:
        for _ in range(3):
            signal.raise_signal(signal.SIGINT)
            time.sleep(0.02)

    front.training = training
    assert front.run("train", "demo", "--json") == 130


def test_ctrl_c_before_the_run_is_there(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(cli, "begin", interrupted)
    assert front.run("train", "demo") == 130
    assert front.trained == []


def test_when_showing_fails_the_run_does_not_go_on_unseen(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = threading.Event()

    def training(emit: Emit, controls: Controls) -> None:
        emit(Logged("x"))
        until(lambda: controls.stopping)
        stopped.set()

    def broken(self: Terminal, event: object) -> None:
        raise BrokenPipeError

    front.training = training
    monkeypatch.setattr(Terminal, "on", broken)
    monkeypatch.setattr(os, "dup2", lambda *_: None)
    assert front.run("train", "demo") == 0
    assert stopped.wait(LIMIT)


# Window and demo


def test_commands_that_open_the_window(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    for arguments in ([], ["window"], ["window", "demo"], ["demo"]):
        assert front.run(*arguments) == 0
    assert front.opened == [(None, False), (None, False), ("demo", False), ("demo", True)]


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there is always a display")
def test_without_a_display_the_demo_says_so_and_trains(
    front: Front, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    assert front.run("demo") == 0
    assert (front.opened, [state.run_name for state in front.trained]) == ([], ["demo"])
    assert capsys.readouterr().err.startswith("There is no display for a window here")


def test_the_demo_with_options_trains_in_the_terminal(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    assert front.run("demo", "--set", "training.steps=5") == 0
    assert front.run("demo", "--terminal") == 0
    assert [state.training.steps for state in front.trained] == [5, 1000]


def test_an_own_preset_is_trained_by_its_name(front: Front) -> None:
    store.save("mein Kätzchen", store.find("demo").load())
    assert user_presets().is_dir()
    assert front.run("train", "mein Kätzchen") == 0
    assert front.trained[0].run_name == "mein Kätzchen"


# The terminal around it


def in_a_process(folder: Path, encoding: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    program = (
        "import sys; from onetrainer_clone import cli; from onetrainer_clone.arguments import parse;"
        "sys.exit(cli.main(parse(sys.argv[1:]), None, None, None, None))"
    )
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, timeout=LIMIT, check=False)


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_a_console_that_lacks_a_letter_does_not_end_the_command(tmp_path: Path, encoding: str) -> None:
    make_pictures(tmp_path / "猫", "猫.png", caption=None)
    done = in_a_process(
        tmp_path,
        encoding,
        "plan",
        "demo",
        "--set",
        f"concepts[0].path={tmp_path / '猫'}",
        "--set",
        "concepts[0].name=猫",
    )
    assert done.returncode == 0, done.stderr
    assert b"\\u732b" in done.stdout


def test_a_reader_that_goes_away_is_no_fault() -> None:
    program = "from onetrainer_clone import cli; from onetrainer_clone.arguments import parse;" + (
        "import sys; sys.exit(cli.main(parse(['settings']), None, None, None, None))"
    )
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.wait(LIMIT) == 0
        assert process.stderr.read() == b""

"""The command line: every command, every wrong input with its sentence and exit code, and Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onetrainer_clone import cli, journal
from onetrainer_clone.arguments import parse
from onetrainer_clone.drawing import Drawing
from onetrainer_clone.events import Ended, Logged, Progressed, Sampled, Saved, Started, Stepped, Warned
from onetrainer_clone.families import Family
from onetrainer_clone.paths import default_workspace, user_presets
from onetrainer_clone.session import Controls, Emit, Stopped
from onetrainer_clone.settings import Invalid, UserError
from onetrainer_clone.state import TrainingState
from onetrainer_clone.terminal import Terminal
from onetrainer_clone.tool_arguments import lora_from
from onetrainer_clone.tools import ToolSettings
from presets import store
from tests.onetrainer_clone.making import header_file, make_model, make_pictures
from tests.onetrainer_clone.test_events import STEP
from tests.onetrainer_clone.test_refused_before_start import lora_file
from tests.waiting import LIMIT, until

Run = Callable[..., int]


class Front:
    """What `cli.main` is given: a trainer, a drawer and a window that only remember what they were asked for."""

    def __init__(self) -> None:
        self.trained: list[TrainingState] = []
        self.drawn: list[Drawing] = []
        self.tools: list[ToolSettings] = []
        self.opened: list[tuple[str | None, bool]] = []
        self.training: Callable[[Emit, Controls], None] = lambda emit, controls: None

    def train(self, state: TrainingState, emit: Emit, controls: Controls) -> None:
        self.trained.append(state)
        self.training(emit, controls)

    def sample(self, drawing: Drawing, emit: Emit, controls: Controls) -> None:
        self.drawn.append(drawing)

    def run_tool(self, settings: ToolSettings, emit: Emit, controls: Controls) -> None:
        self.tools.append(settings)
        emit(Saved(0, "made", final=True))

    def window(self, preset: str | None, start: bool) -> int:
        self.opened.append((preset, start))
        return 0

    def run(self, *arguments: str) -> int:
        return cli.main(parse(arguments), self.train, self.sample, self.window, self.run_tool)


@pytest.fixture
def front() -> Front:
    return Front()


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


# Wrong input: exit code 2 and a sentence with the value, the rule and the way out


def xl(folder: Path) -> str:
    return str(make_model(folder / "xl", xl=True))


def empty(folder: Path) -> str:
    (folder / "empty").mkdir()
    return str(folder / "empty")


def preset(folder: Path, content: str) -> str:
    (folder / "my.json").write_text(content, encoding="utf-8")
    return str(folder / "my.json")


WRONG: dict[str, tuple[Callable[[Path], list[str]], str]] = {
    "missing model": (lambda f: ["demo", "--set", "model.source=gone"], "model.source: there is no folder 'gone'"),
    "no model": (lambda f: ["demo", "--set", f"model.source={empty(f)}"], "is not a diffusers model folder"),
    "SDXL": (
        lambda f: ["demo", "--set", f"model.source={xl(f)}"],
        "is an SDXL checkpoint: switch the model type to SDXL",
    ),
    "no concepts": (lambda f: ["demo", "--set", "concepts=[]"], "add a concept, a folder with pictures"),
    "missing folder": (
        lambda f: ["demo", "--set", "concepts[0].path=gone"],
        "concepts[0].path: there is no folder 'gone'",
    ),
    "negative weight": (
        lambda f: ["demo", "--set", "concepts[1].loss_weight=-1"],
        "concepts[1].loss_weight: must be at least 0 (was -1)",
    ),
    "batch size 0": (
        lambda f: ["demo", "--set", "training.batch_size=0"],
        "training.batch_size: must be at least 1 (was 0)",
    ),
    "odd resolution": (
        lambda f: ["demo", "--set", "training.resolution=500"],
        "500 is not a multiple of 16 (the bucket step): use 496 or 512",
    ),
    "no JSON": (lambda f: [preset(f, "{")], "my.json: this is not a preset: it is not JSON (line 1, column 2)"),
    "unknown key": (
        lambda f: [preset(f, '{"format": 1, "training": {"epoch": 3}}')],
        "my.json: training.epoch: there is no such setting; did you mean 'epochs'?",
    ),
    "newer": (lambda f: [preset(f, '{"format": 99}')], "written by a newer version of this program"),
    "no preset": (lambda f: ["nothing"], "there is no preset and no file 'nothing'; the presets are: demo"),
    "unwritable": (lambda f: ["demo", "--set", f"saving.workspace={__file__}/x"], "is a file; choose another folder"),
    "no value": (lambda f: ["demo", "--set", "training.epochs"], "write it as path=value, e.g. training.steps=500"),
    "no name": (lambda f: ["demo", "--set", "=5"], "there is no such setting"),
    "no setting": (lambda f: ["demo", "--set", "training.epoch=5"], "did you mean 'epochs'?"),
    "no list": (lambda f: ["demo", "--set", "training[0]=5"], "'training' is no list"),
    "no JSON group": (lambda f: ["demo", "--set", "training=5,"], "name it, as in training.length=..."),
    "no JSON list": (lambda f: ["demo", "--set", "concepts=cat"], "name it, as in concepts[0].name=..."),
    "bad name": (lambda f: ["demo", "--set", "saving.name=../x"], "must be a plain name, not a path"),
    "inf": (lambda f: ["demo", "--set", "noise.offset=inf"], "noise.offset: must be a finite number"),
    "bad choice": (lambda f: ["demo", "--set", "method=LORAX"], "must be one of LORA, FINE_TUNE, EMBEDDING"),
}


@pytest.mark.parametrize("command", ["train", "plan"])
@pytest.mark.parametrize("case", WRONG)
def test_wrong_input_gets_a_sentence(
    front: Front, tmp_path: Path, capsys: pytest.CaptureFixture[str], case: str, command: str
) -> None:
    make, words = WRONG[case]
    assert front.run(command, *make(tmp_path)) == 2
    printed = capsys.readouterr().err
    assert words in printed
    assert "Traceback" not in printed
    assert front.trained == []
    assert not default_workspace().exists(), "nothing is left behind"


def test_a_folder_without_pictures_stops_the_plan(
    front: Front, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert front.run("plan", "demo", "--set", f"concepts[0].path={empty(tmp_path)}") == 2
    assert "there are no pictures in" in capsys.readouterr().err


def test_every_wrong_setting_is_told_at_once(front: Front, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        front.run("train", "demo", "--set", "training.epochs=0", "--set", "nothing=1", "--set", "concepts[9].name=x")
        == 2
    )
    assert len(capsys.readouterr().err.splitlines()) == 3


def test_warnings_and_notes_are_said_before_the_run(front: Front, capsys: pytest.CaptureFixture[str]) -> None:
    assert front.run("train", "demo", "--set", "training.epochs=3") == 0
    assert "note: training.epochs: has an effect only while 'Length in' is Epochs" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["trane"], ["train"], ["plan"], ["sample"], ["train", "demo", "--colour"], ["demo", "x"]]
)
def test_arguments_that_are_none_exit_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(arguments)
    assert caught.value.code == 2
    assert capsys.readouterr().err


@pytest.mark.parametrize("command", [[], ["window"], ["demo"], ["train"], ["plan"], ["settings"], ["sample"], ["test"]])
def test_every_command_has_its_help(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse([*command, "--help"])
    assert caught.value.code == 0
    assert "Exit codes: 0 done, 2 wrong input, 130 stopped" in capsys.readouterr().out


def test_further_arguments_of_test_go_to_pytest() -> None:
    assert parse(["test", "-k", "plan", "-x", "tests/ui"]).pytest_arguments == ["-k", "plan", "-x", "tests/ui"]


# Plan and settings


def test_the_plan_of_the_demo(front: Front, capsys: pytest.CaptureFixture[str]) -> None:
    assert front.run("plan", "demo") == 0
    out = capsys.readouterr().out
    assert "subject" in out
    assert "50.0%" in out
    assert "200 samples and 50 steps per epoch, 20 epochs, 1,000 steps in total" in out


def test_the_plan_as_json_for_programs(front: Front, capsys: pytest.CaptureFixture[str]) -> None:
    assert front.run("plan", "demo", "--json", "--set", "training.epochs=3") == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["steps"], data["concepts"][0]["pictures"]) == (1000, 6)
    assert data["problems"] == [
        {"path": "training.epochs", "message": "has an effect only while 'Length in' is Epochs", "severity": "note"}
    ]


def test_a_plan_needs_no_model_but_says_that_one_is_missing(front: Front, capsys: pytest.CaptureFixture[str]) -> None:
    assert front.run("plan", "demo", "--set", "model.source=gone") == 2
    printed = capsys.readouterr()
    assert "1,000 steps in total" in printed.out
    assert "there is no folder 'gone'" in printed.err


def test_the_reference_of_every_setting(front: Front, capsys: pytest.CaptureFixture[str]) -> None:
    assert front.run("settings") == 0
    text = capsys.readouterr().out
    assert front.run("settings", "--json") == 0
    entries: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    by_path = {entry["path"]: entry for entry in entries}
    assert len(entries) == len(by_path) > 80
    assert all(f"{path} - {entry['label']}" in text for path, entry in by_path.items())
    assert by_path["training.epochs"]["limits"] == "from 1 up to 1,000,000"
    assert by_path["optimizer.prodigy.d0"]["only_while"] == "optimizer.optimizer is Prodigy"
    assert by_path["concepts[].repeats"]["only_while"] == "concepts[].balance is Repeats"
    assert by_path["method"]["choices"]["LORA"] == "LoRA"
    assert "preset" not in by_path


def test_the_reference_can_be_searched(front: Front, capsys: pytest.CaptureFixture[str]) -> None:
    assert front.run("settings", "gamma") == 0
    assert capsys.readouterr().out.startswith("noise.min_snr_gamma - Min-SNR gamma")
    assert front.run("settings", "no such word") == 2


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


# Pictures without training


def test_what_is_to_be_drawn(front: Front, tmp_path: Path) -> None:
    layer = "lora_te_text_model_encoder_layers_0_mlp_fc1"
    (words := tmp_path / "words").mkdir()
    for name in ("a:b.safetensors", "plain.safetensors"):
        header_file(tmp_path / name, {f"{layer}.lora_down.weight": (1, 96), f"{layer}.lora_up.weight": (384, 1)})
        header_file(words / name, {"emb_params": (1, 96)})
    code = front.run(
        "sample", "--model", "demo:model", "--prompt", "a cat", "--prompt", "a dog", "--count", "2", "--seed", "5",
        "--size", "64X128", "--sampler", "ddim", "--lora", f"{tmp_path}/a:b.safetensors:0.5",
        "--lora", f"{tmp_path}/plain.safetensors", "--out", str(tmp_path), "--dtype", "bf16",
        "--embedding", f"{words}/plain.safetensors", "--embedding", f"{words}/a:b.safetensors:<cat>",
    )  # fmt: skip
    (drawing,) = front.drawn
    assert code == 0
    assert [(one.text, one.seed) for one in drawing.prompts] == [("a cat", 5), ("a cat", 6), ("a dog", 5), ("a dog", 6)]
    assert {(one.width, one.height, one.sampler.value) for one in drawing.prompts} == {(64, 128, "DDIM")}
    assert [(Path(lora.path).name, lora.strength) for lora in drawing.loras] == [
        ("a:b.safetensors", 0.5), ("plain.safetensors", 1.0),
    ]  # fmt: skip
    assert [(Path(file.path).name, file.words) for file in drawing.embeddings] == [
        ("plain.safetensors", ("plain", "<plain>")), ("a:b.safetensors", ("<cat>",)),
    ]  # fmt: skip
    assert drawing.target == tmp_path
    assert drawing.model.unet_dtype == "BF16"


def test_a_column_of_a_grid_may_be_of_several_files(front: Front, tmp_path: Path) -> None:
    paths = [str(lora_file(tmp_path / f"{name}.safetensors", Family.SD15, "demo:model")) for name in "ab"]
    paths.append(str(header_file(tmp_path / "word.safetensors", {"emb_params": (1, 96)})))
    code = front.run(
        "sample", "--model", "demo:model", "--prompt", "a cat", "--grid", str(tmp_path / "g.png"), "--lora", paths[0],
        "--column", f"{paths[0]}:0.25", paths[1], paths[2], "--column", paths[1], "--strengths", "0.5,1",
    )  # fmt: skip
    assert code == 0
    (drawing,) = front.drawn
    assert [" | ".join(column.label.split("\n")) for column in drawing.columns] == [
        "the model alone", "a | strength 0.5", "a | strength 1", "a + b + word | strengths 0.25 + 0.5",
        "a + b + word | strengths 0.25 + 1", "b | strength 0.5", "b | strength 1",
    ]  # fmt: skip


def test_the_model_is_drawn_with_as_it_is_unless_said_otherwise(front: Front, tmp_path: Path) -> None:
    words = ("sample", "--model", "demo:model", "--prompt", "a cat", "--out", str(tmp_path))
    assert front.run(*words) == 0
    assert front.run(*words, "--vae", "demo:model", "--prediction", "v_prediction", "--zero-terminal-snr", "on") == 0
    plain, other = front.drawn
    assert {(prompt.width, prompt.height) for prompt in plain.prompts} == {(None, None)}
    assert (plain.model.vae, plain.model.prediction, plain.model.zero_terminal_snr) == ("", "AUTO", "AUTO")
    assert (other.model.vae, other.model.prediction, other.model.zero_terminal_snr) == ("demo:model", "V_PREDICTION", "ON")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--size", "512"], "--size 512: write it as width x height in pixels, e.g. 512x768"),
        (["--size", "²x²"], "write it as width x height"),
        (["--size", "100x64"], "--size: 100 is not a multiple of 8: use 96 or 104"),
        (["--size", "8x64"], "--size: must be at least 16 (was 8)"),
        (["--count", "0"], "--count must be at least 1 (was 0)"),
        (["--column", "a.pt", "b.pt"], "--column: only a grid has columns; add --grid FILE.png"),
        (["--cfg-scale", "0", "--count", "3"], "--cfg-scale: must be at least 1 (was 0)"),
        (["--seed", "-1"], "--seed: must be at least 0 (was -1)"),
        (["--steps", "0"], "--steps: must be at least 1 (was 0)"),
        (["--sampler", "MAGIC"], "--sampler: must be one of EULER_A, EULER,"),
        (["--dtype", "FP8"], "--dtype: must be one of FP32, FP16, BF16 (was 'FP8')"),
        (["--clip-skip", "0"], "--clip-skip: must be at least 1 (was 0)"),
        (["--lora", "gone.safetensors"], "--lora: there is no file 'gone.safetensors'"),
        (["--lora", "gone.safetensors:20"], "--lora: the strength must be at most 10 (was 20)"),
        (["--lora", "gone.safetensors:nan"], "--lora: the strength must be a finite number"),
        (["--model", "gone"], "--model: there is no folder 'gone'"),
        (["--out", __file__], "is a file: choose a folder"),
        (["--vae", "gone"], "--vae: 'gone' is not a VAE folder"),
        (["--prediction", "X0"], "--prediction: must be one of AUTO, EPSILON, V_PREDICTION (was 'X0')"),
        (["--zero-terminal-snr", "1"], "--zero-terminal-snr: must be one of AUTO, ON, OFF (was '1')"),
    ],
)
def test_what_cannot_be_drawn_is_said_once_in_the_words_of_the_options(
    front: Front, capsys: pytest.CaptureFixture[str], options: list[str], words: str
) -> None:
    assert front.run("sample", "--model", "demo:model", "--prompt", "a cat", *options) == 2
    err = capsys.readouterr().err
    assert words in err
    assert len(err.splitlines()) == 1
    assert front.drawn == []


@pytest.mark.parametrize("text", [r"C:\loras\cat.safetensors", r"C:\loras\cat.safetensors:0.8"])
def test_the_colon_of_a_windows_drive_is_no_strength(text: str) -> None:
    lora = lora_from(text)
    assert (lora.path, lora.strength) == (r"C:\loras\cat.safetensors", 0.8 if text.endswith("0.8") else 1.0)


def test_a_strength_that_is_no_number_is_said() -> None:
    with pytest.raises(Invalid, match=r"must be a number \(was 'full'\), as in FILE:0.8"):
        lora_from(r"C:\loras\cat.safetensors:full")


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

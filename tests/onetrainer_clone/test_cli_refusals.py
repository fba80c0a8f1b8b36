"""Wrong input on the command line: exit code 2 and a sentence with the value, the rule and the way out."""

from collections.abc import Callable
from pathlib import Path

import pytest

from onetrainer_clone.arguments import parse
from onetrainer_clone.paths import default_workspace
from tests.onetrainer_clone.front import Front
from tests.onetrainer_clone.making import make_model


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

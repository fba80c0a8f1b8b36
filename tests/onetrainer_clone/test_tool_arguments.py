"""The tools on the command line: every setting can be typed, and what is wrong is said in its words."""

import json
from pathlib import Path

import pytest

from onetrainer_clone.arguments import TOOLS as COMMANDS
from onetrainer_clone.arguments import parse
from onetrainer_clone.settings import Invalid, declarations
from onetrainer_clone.tool_arguments import by_place, option_of, parser_of, read
from onetrainer_clone.tools import TOOLS, Tool
from tests.onetrainer_clone.front import Front

BY_NAME = {tool.name: tool for tool in TOOLS}


def test_the_commands_are_the_tools() -> None:
    assert list(COMMANDS) == list(BY_NAME)


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_every_setting_is_in_the_help_with_its_words(tool: Tool) -> None:
    text = " ".join(parser_of(tool).format_help().split())
    for name, declaration in declarations(tool.settings).items():
        assert (name.upper() if by_place(declaration) else option_of(name, declaration)) in text
        assert declaration.label in text
        assert declaration.tip


def test_values_are_read_as_in_the_window() -> None:
    settings, as_json = read(
        BY_NAME["extract"],
        ["a.safetensors", "b", "c.safetensors", "--rank", "1e2", "--convs", "--no-text-encoders", "--measure", "share kept",
         "--energy", "0,5", "--layout", "diffusers", "--json"],
    )  # fmt: skip
    assert as_json
    assert settings.model_dump(mode="json", exclude_defaults=True) == {
        "base": "a.safetensors", "tuned": "b", "target": "c.safetensors", "rank": 100, "convs": True,
        "text_encoders": False, "measure": "ENERGY", "energy": 0.5, "layout": "DIFFUSERS",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--rank", "0"], "--rank: must be at least 1 (was 0)"),
        (["--conv-rank", "x"], "--conv-rank: must be a whole number (was 'x')"),
        (["--dtype", "FP8"], "--dtype: must be one of FP32, FP16, BF16 (was 'FP8')"),
    ],
)
def test_wrong_values_are_said_in_the_words_of_the_options(more: list[str], words: str) -> None:
    with pytest.raises(Invalid) as error:
        read(BY_NAME["extract"], ["a", "b", "c", *more])
    assert words in str(error.value)


def test_a_tool_runs_as_it_was_typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    front, source = Front(), tmp_path / "a.safetensors"
    source.write_bytes(b"")
    assert front.run("resize", str(source), str(tmp_path / "b.safetensors"), "--rank", "4") == 0
    [settings] = front.tools
    assert (settings.source, settings.rank) == (str(source), 4)  # type: ignore[union-attr]
    assert "made" in capsys.readouterr().out
    assert front.run("resize", str(source), str(source)) == 2
    assert "TARGET: is one of the sources" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        front.run("resize", "--nothing")
    with pytest.raises(SystemExit) as ended:
        front.run("resize", "--help")
    assert ended.value.code == 0
    assert len(front.tools) == 1


def test_a_header_is_inspected_without_the_trainer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, front = tmp_path / "it.safetensors", Front()
    header = json.dumps({"emb_params": {"dtype": "F32", "shape": [1, 768], "data_offsets": [0, 3072]}}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(3072))
    assert front.run("inspect", str(path), "--no-norms", "--json") == 0
    assert json.loads(capsys.readouterr().out)["kind"] == "an embedding"
    assert front.run("inspect", str(path), "--no-norms") == 0
    assert "an embedding for SD 1.5" in capsys.readouterr().out
    assert front.tools == []
    assert parse(["inspect", str(path)]).tool_arguments == [str(path)]

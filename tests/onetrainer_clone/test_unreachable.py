"""A network drive that is away answers with errors of its own (on Windows 59, 64, 1231 ...), not with 'not found'.

`Path.exists` and its like raise them; what a person typed is looked at with `os.path`, which says that it is not there.
"""

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from modules import last_save
from onetrainer_clone import backups, drawing, tool_checks, tools
from onetrainer_clone.past_runs import PastRun, run_folders, summarize
from onetrainer_clone.plan import make_plan
from onetrainer_clone.running import goes_on
from onetrainer_clone.settings import Invalid, UserError, replace
from onetrainer_clone.state import check
from presets import store

AWAY = "/nas-that-is-away"
DRAWING = {
    "model": {"source": f"{AWAY}/model.safetensors"}, "loras": [{"path": f"{AWAY}/lora.safetensors"}],
    "embeddings": [{"path": f"{AWAY}/cat.pt", "word": "cat"}], "prompts": [{"text": "a cat"}], "folder": f"{AWAY}/out",
}  # fmt: skip


@pytest.fixture(autouse=True)
def away(monkeypatch: pytest.MonkeyPatch) -> None:
    stat = os.stat

    def fails(path: Any, *arguments: Any, **options: Any) -> os.stat_result:
        if isinstance(path, str | os.PathLike) and str(path).startswith(AWAY):
            raise OSError(errno.EINVAL, "the network name is no longer available", os.fspath(path))
        return stat(path, *arguments, **options)

    monkeypatch.setattr(os, "stat", fails)


@pytest.mark.parametrize(
    ("path", "value", "is_said"),
    [
        ("model.source", f"{AWAY}/model.safetensors", True),
        ("model.source", f"{AWAY}/model", True),
        ("model.vae", f"{AWAY}/vae.safetensors", True),
        ("model.vae", f"{AWAY}/vae", True),
        ("concepts[0].path", f"{AWAY}/cats", True),
        ("adapter.source", f"{AWAY}/lora.safetensors", True),
        ("embedding.words", [{"placeholder": "<cat>", "source": f"{AWAY}/cat.pt"}], True),
        ("saving.workspace", f"{AWAY}/runs", False),  # its folder could be made, for all that is known
        ("saving.cache", f"{AWAY}/cache", False),
    ],
)
def test_a_setting_names_what_cannot_be_reached(path: str, value: Any, is_said: bool) -> None:
    state = replace(store.find("demo").load(), path, value)
    assert any(problem.path.startswith(path) for problem in check(state)) is is_said
    with suppress(Invalid):
        make_plan(state)


def test_tools_and_drawings_name_it_too() -> None:
    merge = tools.Merge(model=f"{AWAY}/model.safetensors", target=f"{AWAY}/out.safetensors")
    inspect = tools.Inspect(source=f"{AWAY}/model")
    assert all(f"{AWAY}/" in str(tool_checks.problems(one)[0]) for one in (merge, inspect))
    assert len(drawing.problems(drawing.Drawing.model_validate(DRAWING))) == 3
    with pytest.raises(UserError, match="there is no preset and no file"):
        store.find(f"{AWAY}/preset.json")


@pytest.mark.parametrize("look", [run_folders, backups.backups, goes_on])
def test_a_workspace_that_is_away_has_no_runs(look: Callable[[Path], object]) -> None:
    assert not look(Path(AWAY) / "runs")


def test_a_run_that_is_away_is_a_line_that_says_so() -> None:
    assert summarize(PastRun(Path(AWAY) / "runs" / "cat")).problem


def test_the_result_goes_to_another_folder(tmp_path: Path) -> None:
    state = replace(store.find("demo").load(), "saving.cache", f"{AWAY}/cache")
    assert len(last_save.places(replace(state, "saving.workspace", f"{AWAY}/runs"))) > 2

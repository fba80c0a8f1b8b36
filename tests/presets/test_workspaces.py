"""Workspaces that were used: remembered, the last one first, without what is gone."""

import os
from pathlib import Path

import pytest

from presets.workspaces import MOST, known, remember


def test_the_last_one_used_comes_first_and_what_is_gone_is_left_out(tmp_path: Path) -> None:
    assert known() == []
    folders = [tmp_path / name for name in "abc"]
    for folder in folders:
        folder.mkdir()
        remember(folder)
    remember(folders[0])
    assert known() == [folders[0], folders[2], folders[1]]
    folders[2].rmdir()
    assert known() == [folders[0], folders[1]]
    folders[2].mkdir()
    assert folders[2] in known(), "a drive that is there again"


def test_only_so_many_are_remembered_and_a_broken_file_is_none(tmp_path: Path) -> None:
    for number in range(MOST + 5):
        (tmp_path / str(number)).mkdir()
        remember(tmp_path / str(number))
    assert len(known()) == MOST
    file = Path(os.environ["ONETRAINER_HOME"]) / "workspaces.json"
    file.write_text("{")
    assert known() == []


def test_a_home_that_cannot_be_written_costs_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ONETRAINER_HOME", str(tmp_path / "file"))
    remember(tmp_path)
    assert known() == []

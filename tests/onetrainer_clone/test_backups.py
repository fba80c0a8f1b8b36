"""Backups by their folders: a replacement that is killed at any point leaves one of the two."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from onetrainer_clone.backups import REST, TENSORS, backups
from onetrainer_clone.paths import put_in_place


def made(folder: Path, content: str) -> Path:
    folder.mkdir(parents=True)
    (folder / REST).write_text(content)
    (folder / TENSORS).write_text(content)
    return folder


class Killed(BaseException):
    """Stands for the end of the process."""


def test_a_backup_gets_its_name_and_replaces_the_one_that_has_it(tmp_path: Path) -> None:
    old = made(tmp_path / "step0000003", "old")
    put_in_place(made(tmp_path / ".step0000003.1.part", "new"), old)
    assert [path.name for path in tmp_path.iterdir()] == ["step0000003"]
    assert (old / REST).read_text() == "new"


@pytest.mark.parametrize(("killed_at", "left"), [(1, "old"), (2, "old"), (3, "new")])
def test_a_replacement_killed_at_any_point_leaves_one_of_the_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed_at: int, left: str
) -> None:
    calls = [0]

    def counted(real: Any) -> Any:
        def act(*arguments: Any, **named: Any) -> Any:
            if str(arguments[0]).endswith(".old") and not os.path.exists(arguments[0]):
                return None  # there is nothing to be removed yet
            calls[0] += 1
            if calls[0] == killed_at:
                raise Killed
            return real(*arguments, **named)

        return act

    old, new = made(tmp_path / "step0000003", "old"), made(tmp_path / ".step0000003.1.part", "new")
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", counted(os.replace))
        patch.setattr(shutil, "rmtree", counted(shutil.rmtree))
        with pytest.raises(Killed):
            put_in_place(new, old)
    [found] = backups(tmp_path)
    assert found == old
    assert (found / REST).read_text() == left


def test_half_made_ones_and_other_files_are_no_backups(tmp_path: Path) -> None:
    made(tmp_path / ".step0000009.77.part", "half")
    (tmp_path / "step0000005").mkdir()
    (tmp_path / "notes").mkdir()
    first, second = made(tmp_path / "step0000010", "a"), made(tmp_path / "step0000002", "b")
    assert backups(tmp_path) == [second, first]
    assert backups(tmp_path / "nowhere") == []

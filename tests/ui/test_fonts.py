"""A second window leaves the fonts alone that the first one has mapped into its memory."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import LIMIT
from ui import fonts

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere customtkinter registers its fonts where they are")


@LINUX
def test_fonts_that_are_there_are_not_written_again(tmp_path: Path) -> None:
    def begin() -> dict[str, tuple[int, int]]:
        environment = {**os.environ, "HOME": str(tmp_path)}
        subprocess.run([sys.executable, "-c", "import ui"], env=environment, check=True, timeout=LIMIT)
        found = {path.name: path.stat() for path in (tmp_path / ".fonts").iterdir()}
        return {name: (stat.st_ino, stat.st_mtime_ns) for name, stat in found.items()}

    first = begin()
    assert "Roboto-Regular.ttf" in first
    assert begin() == first


def test_a_file_that_differs_is_exchanged_as_a_whole(tmp_path: Path) -> None:
    source, folder = tmp_path / "a.ttf", tmp_path / "fonts"
    folder.mkdir()
    source.write_bytes(b"new")
    (folder / "a.ttf").write_bytes(b"old")
    with open(folder / "a.ttf", "rb") as mapped:
        assert fonts.copy_whole(str(source), f"{folder}/") == str(folder / "a.ttf")
        assert mapped.read() == b"old", "whoever has it open keeps what it opened"
    assert (folder / "a.ttf").read_bytes() == b"new"
    assert [path.name for path in folder.iterdir()] == ["a.ttf"]


def test_only_customtkinter_is_given_another_way_to_copy() -> None:
    assert shutil.copy is fonts._copy

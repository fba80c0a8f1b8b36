"""The rules themselves: what Windows refuses is refused, and nothing else."""

import mmap
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.windows_rules import UNDER_RULES, linux_only, windows_rules

pytestmark = linux_only


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "folder" / "a.txt"
    path.parent.mkdir()
    path.write_text("text", encoding="utf-8")
    return path


MOVES: dict[str, Callable[[Path], object]] = {
    "unlink": lambda path: path.unlink(),
    "remove": lambda path: os.remove(path),  # noqa: PLW0108 - as it is patched
    "rename": lambda path: path.rename(path.with_name("b.txt")),
    "replaced": lambda path: os.replace(path, path.with_name("b.txt")),
    "replace": lambda path: os.replace(shutil.copy(path, path.with_name("b.txt")), path),
    "move": lambda path: shutil.move(path, path.with_name("b.txt")),
    "rename folder": lambda path: path.parent.rename(path.parent.with_name("other")),
    "rmtree": lambda path: shutil.rmtree(path.parent),
}


@pytest.mark.parametrize("move", MOVES)
def test_what_is_open_stays_where_it_is(file: Path, move: str) -> None:
    with windows_rules() as refused, file.open(encoding="utf-8"), pytest.raises(PermissionError):
        MOVES[move](file)
    assert refused
    assert file.read_text(encoding="utf-8") == "text"
    with windows_rules() as refused:
        MOVES[move](file)
    assert not refused


def test_what_is_mapped_stays_as_it_is(file: Path) -> None:
    with file.open("rb") as opened:
        mapped = mmap.mmap(opened.fileno(), 0, prot=mmap.PROT_READ)
    with windows_rules() as refused:
        with pytest.raises(PermissionError):
            file.unlink()
        with pytest.raises(OSError, match="mapped"):
            file.write_text("new", encoding="utf-8")
        with file.open("r+b"):
            mapped.close()
        file.write_text("new", encoding="utf-8")
        file.unlink()
    assert len(refused) == 2


def test_another_process_s_files_count(file: Path) -> None:
    program = "import sys; file = open(sys.argv[1]); print(flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", program, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child, windows_rules() as refused:
        assert child.stdout is not None
        child.stdout.readline()
        with pytest.raises(PermissionError):
            file.unlink()
        child.communicate()
        file.unlink()
    assert len(refused) == 1


def test_read_only_files_and_names_that_are_there(file: Path) -> None:
    other = file.with_name("b.txt")
    other.touch()
    with windows_rules() as refused:
        with pytest.raises(FileExistsError):
            file.rename(other)
        with pytest.raises(PermissionError, match="a folder"):
            os.replace(file, file.parent.parent)
        file.chmod(0o444)
        for call in (file.unlink, lambda: os.replace(other, file)):
            with pytest.raises(PermissionError, match="read-only"):
                call()
    assert len(refused) == 3


@pytest.mark.parametrize("name", ["a:b", "what?", "a|b", "a\nb", "end.", "end ", "con", "NUL.txt", "com1 .png", "a\\b"])
def test_unfit_names(tmp_path: Path, name: str) -> None:
    (tmp_path / "a").touch()
    with windows_rules() as refused:
        for make in (Path.mkdir, Path.touch, lambda path: path.write_text("", encoding="utf-8")):
            with pytest.raises(OSError, match="refuse"):
                make(tmp_path / name)
        with pytest.raises(OSError, match="refuse"):
            os.replace(tmp_path / "a", tmp_path / name)
    assert len(refused) == 4
    assert os.listdir(tmp_path) == ["a"]


def test_the_files_under_the_rules_are_there() -> None:
    assert [name for name in UNDER_RULES if not (Path(__file__).parent / name).is_file()] == []

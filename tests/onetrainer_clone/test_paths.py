"""Paths as they are written, names that every system takes, and files that are there whole or not at all."""

import os
import threading
import time
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onetrainer_clone import paths
from onetrainer_clone.paths import (
    DEMO,
    in_order,
    move,
    name_problem,
    put_in_place,
    remove,
    resolve,
    write_file,
    write_whole,
)
from tests.windows_rules import linux_only, windows_rules


def test_a_path_as_a_person_writes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PICTURES", "/pictures")
    assert resolve("~/cats") == Path.home() / "cats"
    assert resolve("$PICTURES/cats") == Path("/pictures/cats")
    assert resolve("$UNKNOWN_VARIABLE/cats") == Path("$UNKNOWN_VARIABLE/cats")
    assert resolve("~nobody_of_this_name/cats") == Path("~nobody_of_this_name/cats")
    assert resolve("demo:model") == DEMO / "model"
    assert (resolve("demo:model") / "model_index.json").is_file()


def test_one_folder_for_everything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ONETRAINER_HOME", str(tmp_path))
    assert {paths.user_presets(), paths.default_cache(), paths.default_workspace()} == {
        tmp_path / "presets", tmp_path / "cache", tmp_path / "workspace",
    }  # fmt: skip


def test_without_it_the_person_s_own_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ONETRAINER_HOME")
    for folder in (paths.user_presets(), paths.default_cache(), paths.default_workspace()):
        assert folder.is_absolute()
        assert paths.APP in folder.parts


# Names


@pytest.mark.parametrize(
    "name", ["cat", "Katze weiß", "猫", "🐈‍⬛", "a.b", "-x", "100 %", "con man", "a" * 150, "猫" * 50]
)
def test_any_unicode_is_a_name(name: str, tmp_path: Path) -> None:
    assert name_problem(name) == ""
    (tmp_path / f"{name}.json").touch()
    (tmp_path / f"{name}-123").mkdir()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "must not be empty"),
        (" \t", "must not be empty"),
        ("a/b", "not a path"),
        ("a\\b", "not a path"),
        ("../up", "not a path"),
        ("C:x", "not a path"),
        ("what?", "not a path"),
        ("zero\0", "not a path"),
        ("line\nbreak", "not a path"),
        (".hidden", "begin or end"),
        ("..", "begin or end"),
        ("end.", "begin or end"),
        (" a", "begin or end"),
        ("con", "Windows keeps"),
        ("NUL.tar.gz", "Windows keeps"),
        ("COM1", "Windows keeps"),
        ("com¹", "Windows keeps"),
        ("aux .txt", "Windows keeps"),
        ("a" * 151, "too long"),
        ("猫" * 51, "was 153"),
        ("\ud83d", "must be text"),
    ],
)
def test_what_is_no_name_is_said_in_words(name: str, words: str) -> None:
    assert words in name_problem(name)


@given(st.text(st.characters(), max_size=200))
def test_any_text_is_a_name_or_not_but_never_a_fault(name: str) -> None:
    assert name_problem(name) or Path(name).name == name


# Files


def test_a_file_is_written_with_its_folders(tmp_path: Path) -> None:
    write_whole(tmp_path / "a" / "b" / "c.txt", "ä\n")
    assert (tmp_path / "a" / "b" / "c.txt").read_bytes() == "ä\n".encode()
    write_whole(tmp_path / "a" / "b" / "c.txt", b"new")
    assert (tmp_path / "a" / "b" / "c.txt").read_bytes() == b"new"
    assert os.listdir(tmp_path / "a" / "b") == ["c.txt"]


@pytest.mark.parametrize("name", ["a" * 255, "猫" * 85])
def test_the_longest_name_that_a_disk_takes_can_be_written(tmp_path: Path, name: str) -> None:
    write_whole(tmp_path / name, "x")
    assert os.listdir(tmp_path) == [name]


def fail(file: BinaryIO) -> None:
    file.write(b"half")
    raise OSError(28, "No space left on device")


def interrupt(file: BinaryIO) -> None:
    file.write(b"half")
    raise KeyboardInterrupt


def test_what_fails_halfway_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    for there in (False, True):
        for half in (fail, interrupt):
            with pytest.raises((OSError, KeyboardInterrupt)):
                write_file(path, half)
            assert os.listdir(tmp_path) == (["a.txt"] if there else [])
        write_whole(path, "old")
    assert path.read_text() == "old"


@pytest.mark.parametrize("call", ["replace", "fsync"])
def test_a_disk_that_fails_at_the_last_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    path = tmp_path / "a.txt"
    write_whole(path, "old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, full)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


# On Windows, where nothing that a program has open is moved or deleted


def let_go(held: BinaryIO, refused: list[str]) -> threading.Thread:
    """Closes the file once something was refused because of it."""

    def wait() -> None:
        while not refused:
            time.sleep(0.002)
        held.close()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


@linux_only
def test_what_another_program_holds_for_a_moment_is_replaced_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "HELD_SECONDS", 60.0)
    path = tmp_path / "folder" / "a.txt"
    write_whole(path, "old")
    with windows_rules() as refused:
        thread = let_go(path.open("rb"), refused)
        write_whole(path, "new")
    thread.join()
    assert refused
    assert path.read_text(encoding="utf-8") == "new"
    with windows_rules() as refused:
        thread = let_go(path.open("rb"), refused)
        move(path.parent, tmp_path / "other")
    thread.join()
    assert refused
    assert os.listdir(tmp_path / "other") == ["a.txt"]


@linux_only
def test_what_is_read_only_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change of a thousand captions would take as many times as long."""
    monkeypatch.setattr(paths, "HELD_SECONDS", float("inf"))
    path = tmp_path / "a.txt"
    write_whole(path, "old")
    path.chmod(0o444)
    with windows_rules():
        with pytest.raises(PermissionError):
            write_whole(path, "new")
        with pytest.raises(PermissionError):
            remove(path)
    assert path.read_text(encoding="utf-8") == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


@linux_only
def test_what_another_program_keeps_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_whole(path, "old")
    with windows_rules(), path.open("rb"), pytest.raises(PermissionError):
        write_whole(path, "new")
    assert path.read_text(encoding="utf-8") == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


@linux_only
def test_a_folder_that_cannot_take_its_place_leaves_the_one_that_is_there(tmp_path: Path) -> None:
    folder, made = tmp_path / "folder", tmp_path / "made"
    for one in (folder, made):
        write_whole(one / "a.txt", one.name)
    for held in (folder, made):
        with windows_rules(), (held / "a.txt").open("rb"), pytest.raises(PermissionError):
            put_in_place(made, folder)
        assert {path.name: (path / "a.txt").read_text(encoding="utf-8") for path in tmp_path.iterdir()} == {
            "folder": "folder", "made": "made",
        }  # fmt: skip
    with windows_rules():
        put_in_place(made, folder)
    assert (folder / "a.txt").read_text(encoding="utf-8") == "made"
    assert os.listdir(tmp_path) == ["folder"]


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    path, seen, going_on = tmp_path / "a.txt", set(), True
    write_whole(path, "0" * 50_000)

    def look() -> None:
        while going_on:
            seen.add(path.read_bytes())

    reader = threading.Thread(target=look)
    reader.start()
    for number in range(40):
        write_whole(path, str(number % 10) * 50_000)
    going_on = False
    reader.join()
    assert {len(content) for content in seen} == {50_000}
    assert all(len(set(content)) == 1 for content in seen)


def test_files_written_within_a_write_do_not_meet(tmp_path: Path) -> None:
    def outer(file: BinaryIO) -> None:
        file.write(b"outer")
        write_whole(tmp_path / "inner.txt", "inner")

    write_file(tmp_path / "outer.txt", outer)
    assert (tmp_path / "outer.txt").read_text() == "outer"
    assert (tmp_path / "inner.txt").read_text() == "inner"


@pytest.mark.parametrize("count", [0, 1, 4000, 4001, 12_345])
def test_many_names_are_sorted_in_pieces(count: int) -> None:
    names = [str(number * 7919 % 100_003) for number in range(count)]
    assert list(in_order(names)) == sorted(names)

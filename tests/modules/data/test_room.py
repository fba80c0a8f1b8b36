"""Room in the cache: what goes, what stays, and that runs in other processes, also killed ones, are heeded."""

import multiprocessing
import os
import signal
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
import torch

from modules.data.room import ANNOUNCED, Room, in_use, make_room
from modules.data.store import Store, digest
from onetrainer_clone.locks import FileLock
from tests.waiting import LIMIT

HOUR = 3600.0


def put(cache: Path, name: str, hours_ago: float = 0.0) -> Path:
    """An entry of about 2 KiB that was last used so long ago."""
    store = Store(cache / "latents")
    store.put(digest(name), {"mean": torch.zeros(500)})
    path = store._path(digest(name))
    os.utime(path, (time.time() - hours_ago * HOUR,) * 2)
    return path


def size(*paths: Path) -> int:
    return sum(path.stat().st_size for path in paths)


def test_what_was_not_used_for_longest_goes_first_and_no_more_than_needed(tmp_path: Path) -> None:
    paths = [put(tmp_path, name, hours) for name, hours in (("a", 5), ("b", 9), ("c", 1), ("d", 7))]
    assert make_room(tmp_path, size(*paths)) == Room(size(*paths), 0)
    kept = size(paths[0], paths[2])
    assert make_room(tmp_path, size(*paths[:2])) == Room(kept, 2)
    assert [path.exists() for path in paths] == [True, False, True, False]


def test_no_limit_removes_nothing(tmp_path: Path) -> None:
    path = put(tmp_path, "a", 99)
    assert make_room(tmp_path, 0) == Room(size(path), 0)


def test_what_is_read_counts_as_used(tmp_path: Path) -> None:
    old, older = put(tmp_path, "a", 5), put(tmp_path, "b", 9)
    assert Store(tmp_path / "latents").get(digest("b")) is not None
    make_room(tmp_path, size(older))
    assert [old.exists(), older.exists()] == [False, True]


def test_a_damaged_entry_that_is_only_looked_at_does_not(tmp_path: Path) -> None:
    damaged, good = put(tmp_path, "a", 9), put(tmp_path, "b", 5)
    damaged.write_bytes(damaged.read_bytes()[:-1])
    os.utime(damaged, (time.time() - 9 * HOUR,) * 2)
    assert Store(tmp_path / "latents").get(digest("a")) is None
    make_room(tmp_path, size(good))
    assert [damaged.exists(), good.exists()] == [False, True]


def test_what_killed_writers_left_is_removed_with_the_rest(tmp_path: Path) -> None:
    left = tmp_path / "latents" / "aa" / ".123-4.part"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"x" * 5000)
    os.utime(left, (1, 1))
    assert make_room(tmp_path, 100) == Room(0, 1)


def test_a_run_keeps_what_it_has_used_whatever_the_limit(tmp_path: Path) -> None:
    before = [put(tmp_path, name, 5) for name in "ab"]
    with in_use(tmp_path):
        Store(tmp_path / "latents").get(digest("a"))
        new = put(tmp_path, "c")
        assert make_room(tmp_path, 1) == Room(size(before[0], new), 1)
        assert [before[0].exists(), before[1].exists(), new.exists()] == [True, False, True]
    assert make_room(tmp_path, 1) == Room(0, 2)
    assert not list((tmp_path / ANNOUNCED).iterdir())


def use(cache: Path, name: str, pipe: Connection) -> None:
    """Another run: uses one entry, tells, and goes on until it is told."""
    with in_use(cache):
        found = Store(cache / "latents").get(digest(name))
        pipe.send(found is not None)
        pipe.recv()
        pipe.send(Store(cache / "latents").get(digest(name)) is not None)


posix = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")


@pytest.mark.parametrize("killed", [pytest.param(True, marks=posix), False])
def test_a_run_in_another_process_keeps_its_entries_until_it_ends_or_is_killed(tmp_path: Path, killed: bool) -> None:
    needed, other = put(tmp_path, "needed", 5), put(tmp_path, "other", 1)
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=use, args=(tmp_path, "needed", theirs), daemon=True)
    process.start()
    assert ours.recv()
    with in_use(tmp_path):  # a run that begins later does not shorten what the earlier one needs
        assert make_room(tmp_path, 1).removed == 1
    assert [needed.exists(), other.exists()] == [True, False]
    if killed and process.pid is not None:
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        assert list((tmp_path / ANNOUNCED).iterdir()), "otherwise this shows nothing"
    else:
        ours.send("end")
        assert ours.recv()
        process.join()
    assert make_room(tmp_path, 1) == Room(0, 1)
    assert not list((tmp_path / ANNOUNCED).iterdir())


def churn(cache: Path, number: int, result: "multiprocessing.Queue[list[str]]") -> None:
    """A run that fills, reads and makes room over and over; tells what it missed of what it needs."""
    lost = []
    for turn in range(6):
        with in_use(cache):
            store = Store(cache / "latents")
            mine = [f"{number if own else 'shared'} {turn} {entry}" for own in (True, False) for entry in range(8)]
            for name in mine:
                if store.get(digest(name)) is None:
                    store.put(digest(name), {"mean": torch.full((500,), float(turn))})
            make_room(cache, 40_000)
            fresh = Store(cache / "latents")
            lost += [name for name in mine if fresh.get(digest(name)) is None]
    result.put(lost)


def test_two_runs_at_once_that_both_make_room_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    result: multiprocessing.Queue[list[str]] = context.Queue()
    both = [context.Process(target=churn, args=(tmp_path, number, result), daemon=True) for number in range(2)]
    for process in both:
        process.start()
    assert [result.get(timeout=LIMIT) for _ in both] == [[], []]
    for process in both:
        process.join()
    assert make_room(tmp_path, 40_000).bytes <= 40_000


def test_while_another_makes_room_a_run_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modules.data.room.WAIT_SECONDS", 0.3)
    path = put(tmp_path, "a", 9)
    with FileLock(tmp_path / ".room.lock"):
        begun = time.monotonic()
        assert make_room(tmp_path, 1).removed == 0
        assert time.monotonic() - begun >= 0.3
    assert path.exists()


def test_a_cache_that_cannot_be_written_is_used_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with in_use(tmp_path / "file" / "cache"):
        pass
    with pytest.raises(OSError, match="Not a directory"):
        make_room(tmp_path / "file" / "cache", 1)

"""The journal: what was told can be read again, also after a crash."""

import errno
import json
import math
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onetrainer_clone.events import Ended, Event, Logged, Progressed, Sampled, Saved, Started, Stepped, Warned
from onetrainer_clone.journal import JOURNAL, Journal, read, rewind
from tests.onetrainer_clone.test_events import STEP
from tests.waiting import LIMIT

KINDS = [kind for kind in get_args(Event) if kind is not Progressed]


def write(folder: Path, *events: Event) -> None:
    journal = Journal(folder)
    for event in events:
        journal(event)
    journal.close()


def step(number: int) -> Stepped:
    return Stepped(**{**STEP, "step": number})


@settings(max_examples=50, deadline=None)
@given(st.lists(st.one_of([st.from_type(kind) for kind in KINDS]), max_size=5))
def test_every_kind_of_event_comes_back(tmp_path_factory: pytest.TempPathFactory, events: list[Event]) -> None:
    folder = tmp_path_factory.mktemp("run")
    write(folder, *events)
    assert [repr(event) for event in read(folder)] == [repr(event) for event in events]


def test_progress_is_not_kept(tmp_path: Path) -> None:
    write(tmp_path, Progressed("caching", 3, 9), Logged("kept"))
    assert read(tmp_path) == [Logged("kept")]


@pytest.mark.parametrize("text", ["a\u2028b", "a\x85b", "a\x0cb", "a\nb\r\n", "\udcff", "🐈", '"\\'])
def test_odd_characters_do_not_tear_a_line(tmp_path: Path, text: str) -> None:
    event = Sampled(1, 0, text, 0, "live", f"/x/{text}.png")
    write(tmp_path, event, Logged("after"))
    assert read(tmp_path) == [event, Logged("after")]


def test_an_infinite_figure_does_not_end_the_journal(tmp_path: Path) -> None:
    write(tmp_path, Stepped(**{**STEP, "gradient_norm": math.inf}), Logged("after"))
    assert [type(event) for event in read(tmp_path)] == [Stepped, Logged]
    for line in (tmp_path / JOURNAL).read_text().splitlines():
        json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_a_line_cut_off_by_a_crash_is_left_out_and_the_next_run_starts_a_new_one(tmp_path: Path) -> None:
    write(tmp_path, step(1), step(2))
    path = tmp_path / JOURNAL
    path.write_bytes(path.read_bytes()[:-30])
    assert read(tmp_path) == [step(1)]
    write(tmp_path, step(3))
    assert read(tmp_path) == [step(1), step(3)]


def test_lines_of_later_versions_and_rubbish_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, step(1))
    with open(tmp_path / JOURNAL, "ab") as file:
        file.write(
            b'{"event": "Teleported", "to": "moon"}\n5\n[]\nnull\n\n{"event": "Saved"}\n\xff\xfe\n' + b"[" * 200_000
        )
        file.write(b"\n")
    write(tmp_path, step(2))
    assert read(tmp_path) == [step(1), step(2)]


def test_events_can_be_read_while_the_run_goes_on(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal(step(1))
    assert read(tmp_path) == [step(1)]
    journal.close()


def test_every_line_has_its_time(tmp_path: Path) -> None:
    write(tmp_path, step(1))
    assert json.loads((tmp_path / JOURNAL).read_text())["time"] > 1_700_000_000


def test_rewinding_leaves_out_what_comes_after_a_step_and_the_end(tmp_path: Path) -> None:
    begun = Started("cat", str(tmp_path), 10, 1, ("cat",))
    sampled = Sampled(1, 0, "a\u2028cat", 0, "live", "x.png")
    write(tmp_path, begun, step(1), sampled, Ended("stopped"), step(2), Warned("between"), step(3), Saved(3, "x"))
    rewind(tmp_path, 2)
    assert read(tmp_path) == [begun, step(1), sampled, step(2), Warned("between")]
    rewind(tmp_path, 0)
    assert read(tmp_path) == [begun]


def test_rewinding_what_is_not_there_makes_an_empty_journal(tmp_path: Path) -> None:
    rewind(tmp_path, 5)
    assert read(tmp_path) == []


# Drives that are full, gone or asleep


@pytest.fixture
def no_room(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """While the list is not empty: so many bytes are taken by each write, then the disk is full."""
    room: list[int] = []
    real = os.write

    def write(descriptor: int, data: bytes) -> int:
        if not room:
            return real(descriptor, data)
        if room[0] <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken = real(descriptor, bytes(data)[: room[0]])
        room[0] -= taken
        return taken

    monkeypatch.setattr("onetrainer_clone.journal.os.write", write)
    return room


@pytest.mark.parametrize("room", [0, 1, 40])
def test_a_full_disk_leaves_no_half_line_and_nothing_is_lost_once_there_is_room(
    tmp_path: Path, no_room: list[int], room: int
) -> None:
    journal = Journal(tmp_path)
    journal(step(1))
    no_room.append(room)
    for number in (2, 3):
        with pytest.raises(OSError, match="No space left"):
            journal(step(number))
    assert read(tmp_path) == [step(1)]
    assert (tmp_path / JOURNAL).read_bytes().endswith(b"}\n")
    no_room.clear()
    journal(step(4))
    journal.close()
    assert read(tmp_path) == [step(number) for number in (1, 2, 3, 4)]


def test_a_disk_that_stays_full_is_told_at_the_end(tmp_path: Path, no_room: list[int]) -> None:
    journal = Journal(tmp_path)
    journal(step(1))
    no_room.append(0)
    for act in (lambda: journal(step(2)), journal.close):
        with pytest.raises(OSError, match="No space left"):
            act()
    assert read(tmp_path) == [step(1)]


def test_a_folder_that_vanishes_gets_a_new_journal(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "run")
    journal(step(1))
    (tmp_path / "run").rename(tmp_path / "away")
    journal(step(2))
    journal.close()
    assert (read(tmp_path / "away"), read(tmp_path / "run")) == ([step(1)], [step(2)])


def test_a_drive_that_stalls_holds_nobody_up_for_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onetrainer_clone.journal.ANSWER_SECONDS", 0.2)
    awake, real = threading.Event(), os.write

    def asleep(descriptor: int, data: bytes) -> int:
        awake.wait(LIMIT)
        return real(descriptor, data)

    monkeypatch.setattr("onetrainer_clone.journal.os.write", asleep)
    journal = Journal(tmp_path)
    waited: list[float] = []
    wait_for = journal._change.wait_for

    def noted(true: Callable[[], object], seconds: float | None = None) -> Any:
        waited.extend(() if seconds is None else (seconds,))  # its own thread waits without an end
        return wait_for(true, seconds)

    monkeypatch.setattr(journal._change, "wait_for", noted)
    for number in range(1, 51):
        with pytest.raises(OSError, match="does not answer"):
            journal(step(number))
    assert waited == [0.2] + [0.0] * 49, "only the first waits"
    monkeypatch.setattr("onetrainer_clone.journal.ANSWER_SECONDS", LIMIT)
    awake.set()
    journal.close()
    assert read(tmp_path) == [step(number) for number in range(1, 51)]

"""A journal that grows while it is read: every event once, in order, whoever writes it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from onetrainer_clone.events import Ended, Sampled, Stepped, to_json
from onetrainer_clone.journal import JOURNAL, Journal, rewind
from onetrainer_clone.journal_reader import JournalReader, Peak, Rewound
from onetrainer_clone.settings import UserError
from tests.onetrainer_clone.test_past_runs import started, step


def steps_in(reader: JournalReader) -> list[int]:
    return [event.step for _, event in reader.news() if isinstance(event, Stepped)]


def test_what_comes_is_told_once_and_half_a_line_waits(tmp_path: Path) -> None:
    journal, reader = Journal(tmp_path), JournalReader(tmp_path)
    assert list(reader.news()) == []
    journal(started())
    journal(step(1))
    assert [type(event).__name__ for _, event in reader.news()] == ["Started", "Stepped"]
    assert list(reader.news()) == []
    journal(step(2))
    line = json.dumps({"time": 3.0, **to_json(step(3))}) + "\n"
    with (tmp_path / JOURNAL).open("a", encoding="utf-8") as file:
        file.write(line[:40])
        file.flush()
        assert steps_in(reader) == [2]
        assert steps_in(reader) == []
        file.write(line[40:])
    assert steps_in(reader) == [3]
    journal.close()


def test_of_many_steps_so_many_are_told_at_a_time_and_the_last(tmp_path: Path) -> None:
    journal, reader = Journal(tmp_path), JournalReader(tmp_path, most_steps=10)
    for number in range(1, 101):
        journal(step(number))
    assert steps_in(reader) == [*range(1, 101, 10), 100]
    for number in range(101, 106):
        journal(step(number))
    journal(Ended("done"))
    assert steps_in(reader) == [101, 102, 103, 104, 105]
    journal.close()


def test_the_peaks_between_the_steps_that_are_told_are_told_as_such(tmp_path: Path) -> None:
    journal, reader = Journal(tmp_path), JournalReader(tmp_path, most_steps=10)
    for number in range(1, 101):
        loss = 9.0 if number == 37 else float("nan") if number == 36 else 0.5
        journal(replace(step(number, loss), gradient_norm=7.0 if number in (37, 55) else -1.0 if number % 2 else 0.1))
    told = [event for _, event in reader.news()]
    assert [event.step for event in told if isinstance(event, Stepped)] == [*range(1, 101, 10), 100]
    peaks = {event.step: event.stepped for event in told if isinstance(event, Peak)}
    assert peaks[37].loss == 9.0
    assert peaks[55].gradient_norm == 7.0
    assert len(peaks) <= 20
    numbers = [event.step for event in told if isinstance(event, Stepped | Peak)]
    assert numbers == sorted(set(numbers))
    journal.close()


def test_a_run_that_was_resumed_tells_anew(tmp_path: Path) -> None:
    journal, reader = Journal(tmp_path), JournalReader(tmp_path)
    for number in range(1, 9):
        journal(step(number))
    journal.close()
    assert len(steps_in(reader)) == 8
    rewind(tmp_path, 5)
    with pytest.raises(Rewound):
        list(reader.news())
    assert steps_in(JournalReader(tmp_path)) == [1, 2, 3, 4, 5]
    (tmp_path / JOURNAL).unlink()
    with pytest.raises(UserError, match="cannot be read"):
        list(reader.news())


def test_files_that_come_later_are_told_of_where_they_lie_now(tmp_path: Path) -> None:
    journal, reader = Journal(tmp_path), JournalReader(tmp_path)
    journal(started())  # in /x
    list(reader.news())
    journal(Sampled(0, 0, "a cat", 0, "live", "/x/samples/a.png"))
    ((_, event),) = reader.news()
    assert isinstance(event, Sampled)
    assert event.path == str(tmp_path / "samples" / "a.png")
    journal.close()

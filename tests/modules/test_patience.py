"""What is said while a drive lets the run wait."""

import threading

import pytest

from modules import patience
from modules.patience import patient, waiting_for_pictures
from onetrainer_clone.events import Event, Logged, Warned
from tests.waiting import LIMIT


def test_the_wait_is_told_before_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "SECONDS", 0.0)
    told: list[Event] = []
    begun = threading.Event()

    def slow(event: Event) -> None:
        begun.set()
        threading.Event().wait(0.05)
        told.append(event)

    with patient(slow, "writing the backup"):
        assert begun.wait(LIMIT)
    assert [type(event) for event in told] == [Warned, Logged]


def test_what_is_quick_is_not_spoken_of() -> None:
    told: list[Event] = []
    with patient(told.append, "writing the backup"):
        pass
    assert not told


def test_a_wait_for_pictures_is_told_every_half_minute_whatever_the_looks_are() -> None:
    told: list[Event] = []
    for look in range(1, 100):
        waiting_for_pictures(told.append, 0.9 * look, 0.9 * (look - 1))
    assert [event.message.split(" for ")[1][:10] for event in told if isinstance(event, Warned)] == [
        "31 seconds", "60 seconds",
    ]  # fmt: skip

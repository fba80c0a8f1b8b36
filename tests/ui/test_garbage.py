"""The garbage collector stays on the window's thread, and out of its way while a worker makes many objects."""

import gc
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from ui.garbage import MANY, Collector, undisturbed


class Thing:
    pass


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()
    gc.collect()
    gc.freeze()  # as it was for the file, see tests/conftest.py


def test_nothing_is_collected_while_many_objects_are_made_nor_are_they_looked_at_later() -> None:
    begun: list[dict[str, Any]] = []
    frozen = gc.get_freeze_count()

    def listen(phase: str, info: dict[str, Any]) -> None:
        if phase == "start":
            begun.append(info)

    gc.callbacks.append(listen)
    try:
        with undisturbed(), undisturbed():
            made = [Thing() for _ in range(2 * MANY)]
        assert gc.isenabled()
        assert not begun
    finally:
        gc.callbacks.remove(listen)
    assert gc.get_freeze_count() >= frozen + 2 * MANY
    gone = weakref.ref(made[0])
    made.clear()
    assert gone() is None, "what is frozen still goes when nothing refers to it"


def test_after_a_small_job_all_is_as_it_was() -> None:
    frozen = gc.get_freeze_count()
    with pytest.raises(ZeroDivisionError), undisturbed():
        _ = 1 / gc.isenabled()
    assert gc.isenabled()
    assert gc.get_freeze_count() == frozen


class Circle:
    """Garbage that only a collection takes away; it notes on which thread."""

    def __init__(self, gone: list[threading.Thread]):
        self.itself, self.gone = self, gone

    def __del__(self) -> None:
        self.gone.append(threading.current_thread())


def test_with_a_window_garbage_goes_on_its_thread_alone() -> None:
    gone: list[threading.Thread] = []
    collector = Collector()
    try:

        def make_garbage() -> None:
            for _ in range(5 * gc.get_threshold()[0]):
                Circle(gone)

        worker = threading.Thread(target=make_garbage)
        worker.start()
        worker.join()
        assert not gone
        collector.turn()
        assert set(gone) == {threading.current_thread()}
        with undisturbed():
            make_garbage()
            collector.turn()
        assert len(gone) == 5 * gc.get_threshold()[0], "a worker is not disturbed"
        assert not gc.isenabled()
    finally:
        collector.close()
    assert gc.isenabled()


def test_every_generation_gets_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    collector, asked, now = Collector(), list[int](), [0.0]
    try:
        monkeypatch.setattr("ui.garbage.time.monotonic", lambda: now[0])
        monkeypatch.setattr("ui.garbage.gc.collect", lambda generation=2: asked.append(generation))
        collector._full = 0.0
        for counts in ((0, 0, 0), (9_999_999, 0, 0), (9_999_999, 99, 0), (9_999_999, 99, 99)):
            monkeypatch.setattr("ui.garbage.gc.get_count", lambda counts=counts: counts)
            collector.turn()
        now[0] = 61.0
        collector.turn()
        collector.turn()
    finally:
        monkeypatch.undo()
        collector.close()
    assert asked == [0, 1, 1, 2, 1]

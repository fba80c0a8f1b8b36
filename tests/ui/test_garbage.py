"""The garbage collector stays out of the way of the window while a worker makes many objects."""

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from ui.garbage import MANY, undisturbed


class Thing:
    pass


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    gc.collect()
    yield
    gc.unfreeze()


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

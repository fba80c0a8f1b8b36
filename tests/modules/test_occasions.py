"""When it is time for something."""

import pytest

from modules.data.batches import Step
from modules.occasions import Timer
from onetrainer_clone.state.common import Every


def step(number: int, epoch: int = 0, ends_epoch: bool = False) -> Step:
    return Step(number, epoch, ends_epoch, [])


@pytest.mark.parametrize("amount", [1, 3])
def test_every_so_many_steps(amount: int) -> None:
    timer = Timer(Every.model_validate({"unit": "STEPS", "amount": amount}))
    assert [n for n in range(1, 10) if timer.due(step(n))] == list(range(amount, 10, amount))


def test_every_so_many_epochs_at_their_last_step() -> None:
    timer = Timer(Every.model_validate({"unit": "EPOCHS", "amount": 2}))
    walk = [step(n, (n - 1) // 3, n % 3 == 0) for n in range(1, 13)]
    assert [found.number for found in walk if timer.due(found)] == [6, 12]


def test_every_so_many_minutes_from_the_last_time() -> None:
    now = [0.0]
    timer = Timer(Every.model_validate({"unit": "MINUTES", "amount": 2}), lambda: now[0])
    due = []
    for second in range(0, 600, 50):
        now[0] = second
        if timer.due(step(1)):
            due.append(second)
    assert due == [150, 300, 450]


def test_never() -> None:
    assert not any(Timer(Every()).due(step(n, n, True)) for n in range(1, 50))

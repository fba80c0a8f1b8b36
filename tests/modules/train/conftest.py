"""Small states, and two runs of them that many tests look at."""

from pathlib import Path
from typing import Any

import pytest

from onetrainer_clone.state import TrainingState
from tests.modules.small import SUBJECT, regularization, run, small_state
from tests.modules.train.runs import EMA, EVERYTHING, Make, Plain, Whole, validation


@pytest.fixture
def make(tmp_path: Path, cache: Path) -> Make:
    """A small state with changes; every run of a test has a workspace of its own."""
    count = iter(range(100))

    def state(**changes: Any) -> TrainingState:
        own = tmp_path / f"run {next(count)}"
        base: dict[str, Any] = {"saving.cache": str(cache), "saving.workspace": str(own)}
        return small_state(tmp_path, **base, **changes)

    return state


@pytest.fixture
def with_validation(tmp_path: Path) -> dict[str, Any]:
    return {"concepts": [SUBJECT, regularization(tmp_path), validation(tmp_path)]}


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Plain:
    """The result and the events of the small state as it is: what others are compared with."""
    return run(small_state(tmp_path_factory.mktemp("plain"), **{"saving.cache": str(cache)}))


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Whole:
    """The same with samples, saves, backups, validation and an average: the state, the result and the events."""
    folder = tmp_path_factory.mktemp("whole")
    concepts = [SUBJECT, regularization(folder), validation(folder)]
    state = small_state(folder, concepts=concepts, **EVERYTHING, **EMA, **{"saving.cache": str(cache)})
    return (state, *run(state))

"""The short version of `tests.kill`: whatever moment a run is killed at, nothing is lost."""

import sys
from pathlib import Path

import pytest

from tests.kill import kill_many


@pytest.mark.timeout(900)
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL and the fork server are POSIX")
def test_runs_killed_at_random_moments_lose_nothing(tmp_path: Path) -> None:
    assert kill_many(tmp_path, kills=5, seed=1) == []

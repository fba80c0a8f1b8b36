"""The demo model, and folders for runs."""

from pathlib import Path

import pytest

from modules.models.sd15 import StableDiffusion15
from tests.modules.small import demo_model


@pytest.fixture(scope="session")
def model() -> StableDiffusion15:
    """The demo model, for tests that leave it as it is."""
    return demo_model()


@pytest.fixture
def fresh_model() -> StableDiffusion15:
    """The demo model, for tests that change it."""
    return demo_model()


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that runs share, so that few pictures are encoded in the whole session."""
    return tmp_path_factory.mktemp("cache")

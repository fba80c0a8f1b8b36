"""A front end that remembers."""

import pytest

from tests.onetrainer_clone.front import Front


@pytest.fixture
def front() -> Front:
    return Front()

"""A training environment in small, in a folder of the test's own."""

import pytest

from tests.support.training_environments import Small


@pytest.fixture
def small(tmp_path):
    return Small(tmp_path)

"""A small repository on a Hub of the test's own, asked through the door."""

import pytest

from desktop_app.network.hub import Hub
from tests.support.hub import MIB, Generated

MODEL = Generated(2 * MIB + 5, seed=1)


@pytest.fixture
def repo(hub):
    return hub.add_repo("small/Tiny-GGUF", {"tiny.Q4_0.gguf": MODEL}, gguf={"total": 7, "architecture": "llama"})


@pytest.fixture
def asking(repo, door):
    """What the library asks the Hub with."""
    return Hub(door)

"""Fixtures of the tests of transfers: where a file comes from, and where it goes."""

import pytest

from tests.unit.library.transfers import MODEL, NAME, REPO, hub_source


@pytest.fixture
def source(hub, door):
    """A Hub of the test's own that has the model."""
    return hub_source(door, hub.add_repo(REPO, {NAME: MODEL}).sha)


@pytest.fixture
def target(tmp_path):
    """Where the model is to be."""
    return tmp_path / "models" / NAME


@pytest.fixture
def part(target):
    """What is there of the file; its folder is made."""
    target.parent.mkdir(parents=True)
    return target.with_name(f"{NAME}.part")

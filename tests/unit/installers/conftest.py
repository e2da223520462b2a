"""What several tests of the installers need."""

import pytest

from tests.support.fake_tools import FakeTools, lacks_scripts
from tests.support.mac_bundle import make_bundle


@pytest.fixture
def tools(tmp_path, monkeypatch):
    """Tools that record how they are called; there are no others."""
    if lacks_scripts():
        pytest.skip("scripts cannot stand for programs here")
    return FakeTools(tmp_path / "tools", monkeypatch)


@pytest.fixture
def bundle(tmp_path):
    """The bundle of a program for macOS, as it was frozen."""
    return make_bundle(tmp_path / "frozen" / "Moatless.app")

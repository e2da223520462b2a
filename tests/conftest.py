"""What holds for every test: no display, no data of the person at the computer, no noise, nothing left behind.

Markers come from the folder a test lies in; tests marked `long` run only when asked for (`make test-long`).
"""

import gc
import logging
import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
# Nothing that a test starts may reach the real Hub: there is nobody at this address. Tests bring one of their own.
os.environ["HF_ENDPOINT"] = "http://127.0.0.1:9"
os.environ["NO_PROXY"] = "*"
# Some containers forbid Python to keep what it has compiled. Hundreds of processes would do it all over again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

import pytest

from desktop_app.library.starter import is_present, starter_path
from desktop_app.network.door import Door
from desktop_app.network.journal import Journal
from desktop_app.paths import DataFolder
from tests.support.hub import LoopbackHub
from tests.support.leaks import LeakCheck, watch_qt
from tests.support.logfail import UnexpectedRecords

TIERS = ("gui", "process", "e2e")
_XDG = ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME")
PERSONAL = ("HOME", *_XDG, "USERPROFILE", "APPDATA", "LOCALAPPDATA")
_HERE = Path(__file__).parent


def pytest_sessionstart(session):
    sys.dont_write_bytecode = False
    if "PySide6.QtCore" in sys.modules:  # by pytest-qt
        watch_qt()


def pytest_collection_modifyitems(config, items):
    for item in items:
        if item.path.is_relative_to(_HERE):
            tier = item.path.relative_to(_HERE).parts[0]
            if tier in TIERS:
                item.add_marker(tier)
    if "long" not in config.option.markexpr:
        long = [item for item in items if item.get_closest_marker("long")]
        items[:] = [item for item in items if item not in long]
        config.hook.pytest_deselected(items=long)


def pytest_collection_finish():
    """What is there by now stays: a garbage collection need not look through hundreds of thousands of objects."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def no_personal_folders(tmp_path_factory):
    """A program started without --data-dir by a test must not find the data of the person at the computer."""
    with pytest.MonkeyPatch.context() as patch:
        for name in PERSONAL:
            patch.setenv(name, str(tmp_path_factory.mktemp(name.lower())))
        yield


@pytest.fixture(autouse=True)
def nothing_leaks(request):
    """Fail a test that leaves timers, threads, processes or windows behind. One that failed anyway is left in peace."""
    failed_before = request.session.testsfailed
    check = LeakCheck()
    yield
    leaks = check.leaks()
    if leaks and request.session.testsfailed == failed_before:
        pytest.fail("The test left behind " + "; ".join(leaks), pytrace=False)


@pytest.fixture(autouse=True)
def no_unexpected_log_records(nothing_leaks):
    """Fail a test that logs a warning or worse; tests/support/logfail.py says how to expect one."""
    handler = UnexpectedRecords()
    logging.getLogger().addHandler(handler)
    yield
    logging.getLogger().removeHandler(handler)
    if handler.lines:
        pytest.fail("Unexpected log records:\n" + "\n".join(handler.lines), pytrace=False)


@pytest.fixture
def data_folder(tmp_path):
    """A data folder of the test's own, made."""
    folder = DataFolder(tmp_path / "data")
    folder.create()
    return folder


@pytest.fixture
def unreachable(tmp_path):
    """The path of a file that the system cannot even look for, as on a drive that does not answer."""
    return tmp_path / ("far" * 100) / "m.gguf"


@pytest.fixture
def hub():
    """A Hub of the test's own, empty."""
    with LoopbackHub() as hub:
        yield hub


@pytest.fixture
def door(hub, tmp_path):
    """An open door to that Hub."""
    door = Door(Journal(tmp_path / "connections.jsonl"), endpoint=hub.url)
    yield door
    door.close()


@pytest.fixture(scope="session")
def starter_model():
    """The path of the starter model."""
    if not is_present():
        pytest.fail("The starter model is not there; `make setup` fetches it.", pytrace=False)
    return starter_path()


@pytest.fixture(scope="session")
def trained(tmp_path_factory, starter_model):
    """Tiny models and real adapters for them, made when a test asks for one."""
    from tests.support.trained_adapters import TrainedAdapters  # torch takes seconds to be there

    return TrainedAdapters(tmp_path_factory.mktemp("trained"), starter_model)

"""A training environment in small and the job that looks after it, in a folder of the test's own."""

import pytest

from desktop_app.finetune.environment.outlook import Packaged
from desktop_app.finetune.environment.status import State
from desktop_app.jobs.environment import TrainingEnvironment
from desktop_app.jobs.preferences import Preferences
from desktop_app.paths import DataFolder
from desktop_app.settings import options
from tests.support.training_environments import COMPUTER, Small


@pytest.fixture
def small(tmp_path):
    return Small(tmp_path / "small")


@pytest.fixture
def preferences(small, background):
    preferences = Preferences(DataFolder(small.root / "data"), background)
    preferences.set(options.TRAINING_FOLDER, str(small.wheels))
    return preferences


@pytest.fixture
def make(qtbot, small, preferences, background):
    """Make the job and wait until it knows how things stand."""
    made = []

    def make(ask_gpu=lambda: None, background=background):
        packaged = Packaged(small.program, small.locks, COMPUTER, ask_gpu, small.verify)
        folder = DataFolder(small.root / "data")
        environment = TrainingEnvironment(background, folder, preferences, small.door, packaged)
        made.append(environment)
        qtbot.waitUntil(lambda: environment.state is not None)
        return environment

    yield make
    for environment in made:
        environment.close()


@pytest.fixture
def install(qtbot):
    """Set it up and wait until it is ready."""

    def install(environment):
        environment.install()
        qtbot.waitUntil(lambda: environment.state == State.READY and not environment.is_busy, timeout=60_000)

    return install

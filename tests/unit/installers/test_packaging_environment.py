"""The environment that packages are made of: not the one of the checkout, with llama.cpp for all computers."""

import pytest

from installers.environment import Environment
from installers.packaging import packaging_environment as module
from installers.packaging.places import ENVIRONMENT, ROOT


class FakeEnvironment:
    """Notes what pip is asked for."""

    def __init__(self, folder):
        self.packages = folder
        self.asked, self.remembered, self.ready = [], {}, set()

    def create(self):
        self.asked.append("create")

    def forget_damaged_packages(self):
        self.asked.append("repair")

    def is_ready(self, extra):
        return extra in self.ready

    def install(self, extra):
        self.asked.append(extra)
        self.ready.add(extra)

    def pip(self, _title, arguments):
        self.asked.append(arguments[-1])
        self.packages.joinpath("llama_cpp_python-1.dist-info").mkdir(exist_ok=True)

    def notes(self):
        return self.remembered

    def remember(self, **changes):
        self.remembered |= changes


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    path = tmp_path / "llama.whl"
    path.write_bytes(b"portable")
    monkeypatch.setattr(module, "build_wheel", lambda _: path)
    monkeypatch.setattr(module, "place_starter_model", lambda _: None)
    return path


@pytest.fixture
def environment(tmp_path):
    return FakeEnvironment(tmp_path)


def test_it_is_not_the_one_of_the_checkout():
    found = module.packaging_environment()
    assert (found.root, found.folder) == (ROOT, ENVIRONMENT)
    assert found.python.is_relative_to(ENVIRONMENT)
    assert Environment(ROOT).folder == ROOT / ".venv"


def test_the_llama_for_all_computers_is_there_before_pip_could_build_another(environment, wheel):
    module.set_up(environment)
    assert environment.asked == ["create", "repair", str(wheel), "package"]


def test_what_was_done_is_not_done_again(environment, wheel):
    module.set_up(environment)
    environment.asked.clear()
    module.set_up(environment)
    assert environment.asked == ["create", "repair"]


def test_another_wheel_takes_the_place_of_the_one_before(environment, wheel):
    module.set_up(environment)
    environment.asked.clear()
    wheel.write_bytes(b"with a GPU")
    module.set_up(environment)
    assert str(wheel) in environment.asked


def test_a_llama_that_has_gone_is_installed_again(environment, wheel):
    module.set_up(environment)
    environment.packages.joinpath("llama_cpp_python-1.dist-info").rmdir()
    environment.asked.clear()
    module.set_up(environment)
    assert str(wheel) in environment.asked

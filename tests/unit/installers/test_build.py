"""The door to packages: what each system makes, in which order, and what is told of it."""

import hashlib
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from desktop_app.errors import UserError
from installers import build as door
from installers.build import TARGETS, build, main, results_table, wanted_targets
from installers.packaging.places import ROOT


@pytest.fixture
def steps(tmp_path, monkeypatch):
    """What was done, in order; nothing is really frozen or packed."""
    done = []
    frozen = tmp_path / "moatless"
    frozen.mkdir()

    def note(name, result=None):
        def act(*_):
            done.append(name)
            return result

        return act

    monkeypatch.setattr(door, "_check_tools", note("tools"))
    monkeypatch.setattr(door, "set_up", note("environment"))
    monkeypatch.setattr(door, "check_qt_libraries", note("libraries"))
    monkeypatch.setattr(door, "freeze", note("freeze", frozen))
    monkeypatch.setattr(door, "write_notices", note("notices"))
    monkeypatch.setattr(door, "inspect", note("inspect", "sizes"))
    monkeypatch.setattr(door, "import_module", lambda name: Packer(name, tmp_path, done))
    return done


class Packer:
    """A module that makes packages."""

    def __init__(self, name, folder, done):
        self._name, self._folder, self._done = name, folder, done

    def build(self, _folder, _dist):
        self._done.append(self._name)
        package = self._folder / f"{self._name}.package"
        package.write_bytes(b"content")
        return package


def test_without_a_name_all_is_made_that_this_system_can_make():
    assert wanted_targets([], "linux") == ["folder", "deb", "tarball", "appimage"]
    assert wanted_targets([], "darwin") == ["app", "dmg"]
    assert wanted_targets([], "win32") == ["folder", "setup"]


def test_an_image_for_macos_is_made_of_a_bundle_that_is_signed_first():
    assert wanted_targets(["dmg"], "darwin") == ["app", "dmg"]


def test_targets_are_made_in_their_order_whatever_the_order_of_the_names():
    assert wanted_targets(["tarball", "deb"], "linux") == ["deb", "tarball"]


def test_what_this_system_cannot_make_is_refused_with_what_it_can():
    with pytest.raises(UserError, match="setup is nothing") as told:
        wanted_targets(["setup"], "linux")
    assert "folder, deb, tarball, appimage" in told.value.hint


def test_other_systems_make_nothing():
    with pytest.raises(UserError, match="Linux, macOS and Windows"):
        wanted_targets([], "sunos5")


@pytest.mark.parametrize("module", sorted({module for made in TARGETS.values() for module in made.values() if module}))
def test_every_target_has_somebody_who_makes_it(module):
    assert callable(import_module(module).build)


def test_nothing_is_packed_before_it_was_looked_over(steps, capsys):
    build(["folder", "deb"], "linux")
    assert steps == [
        "tools",
        "environment",
        "libraries",
        "freeze",
        "notices",
        "inspect",
        "installers.linux.deb",
    ]
    assert "sizes" in capsys.readouterr().out


def test_a_table_tells_what_was_made(steps, capsys, monkeypatch):
    assert main(["tarball"], "linux") == 0
    row = capsys.readouterr().out.strip().splitlines()[-1]
    assert row.split()[0].endswith("installers.linux.tarball.package")
    assert row.split()[-1] == hashlib.sha256(b"content").hexdigest()


def test_what_is_wrong_is_one_sentence(steps, capsys, monkeypatch):
    def refuse(_):
        raise UserError("The program is too large.", "Make it smaller.")

    monkeypatch.setattr(door, "inspect", refuse)
    assert main(["folder"], "linux") == 1
    assert capsys.readouterr().err.strip().startswith("The program is too large.")
    assert not any(step.startswith("installers") for step in steps)


def test_a_package_that_is_too_large_to_download_is_refused(steps, monkeypatch):
    monkeypatch.setattr(door, "MOST_BYTES", 6)
    with pytest.raises(UserError, match="should have to download"):
        build(["deb"], "linux")


def test_tools_that_are_not_there_are_named(monkeypatch):
    monkeypatch.setattr(door.shutil, "which", lambda name: None if name == "readelf" else f"/usr/bin/{name}")
    with pytest.raises(UserError, match="readelf") as told:
        build(["folder"], "linux")
    assert "binutils" in told.value.hint


def test_a_folder_has_a_size_and_no_hash(tmp_path):
    tmp_path.joinpath("inside").write_bytes(bytes(1_500_000))
    tmp_path.joinpath("link").symlink_to("inside")
    assert results_table([tmp_path]).split() == [str(tmp_path), "1.5", "MB"]
    assert Path(results_table([tmp_path]).split()[0]).is_dir()


def test_the_doors_need_nothing_but_python():
    """What they import is there before anything is installed."""
    makers = sorted({module for made in TARGETS.values() for module in made.values() if module})
    code = "import sys; sys.path.insert(0, '.'); import " + ", ".join(
        ["installers.build", "installers.checkout", *makers]
    )
    done = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""

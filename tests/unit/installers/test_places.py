"""What packages are called, which updates and releases rely on, and where things are in a frozen program."""

import re
from pathlib import Path

import pytest

from desktop_app import __version__
from installers.packaging.places import contents, file_name, program


@pytest.mark.parametrize(
    ("kind", "machine", "name"),
    [
        ("deb", "x86_64", "moatless_1.2.0_amd64.deb"),
        ("deb", "aarch64", "moatless_1.2.0_arm64.deb"),
        ("tarball", "x86_64", "moatless-1.2.0-linux-x86_64.tar.gz"),
        ("appimage", "aarch64", "Moatless-1.2.0-aarch64.AppImage"),
        ("dmg", "arm64", "Moatless-1.2.0-arm64.dmg"),
        ("setup", "AMD64", "Moatless-1.2.0-setup.exe"),
        ("setup", "ARM64", "Moatless-1.2.0-setup-arm64.exe"),
    ],
)
def test_a_package_is_named_after_version_and_processor(kind, machine, name):
    assert file_name(kind, "1.2.0", machine) == name


def test_the_version_is_that_of_the_program():
    assert file_name("tarball", machine="x86_64") == f"moatless-{__version__}-linux-x86_64.tar.gz"


def test_packages_of_one_version_do_not_take_each_others_place():
    kinds = ("deb", "tarball", "appimage", "dmg", "setup")
    names = {file_name(kind, "1.2.0", machine) for kind in kinds for machine in ("x86_64", "arm64")}
    assert len(names) == 2 * len(kinds)
    assert all(re.fullmatch(r"[\w.-]+", name) for name in names)


@pytest.mark.parametrize(
    ("system", "started", "inside"),
    [
        ("linux", "moatless", "_internal"),
        ("win32", "moatless-cli.exe", "_internal"),
        ("darwin", "Contents/MacOS/Moatless", "Contents/Frameworks"),
    ],
)
def test_every_system_has_its_own_form_of_a_program(system, started, inside):
    assert program(Path("x"), system) == Path("x", started)
    assert contents(Path("x"), system) == Path("x", inside)

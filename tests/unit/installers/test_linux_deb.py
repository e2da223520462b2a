"""The Debian package: what is in it, and what it asks whom when it is removed."""

import os
import shutil
import subprocess
import sys

import pytest

from desktop_app import __version__
from desktop_app.paths import APPLICATION_NAME
from desktop_app.product import HOMEPAGE, IDENTIFIER, SUMMARY
from installers.linux import deb, dependencies, staging
from installers.linux.changes import releases
from installers.linux.debian_words import copyright_file, extended_description
from tests.support.frozen_folder import make_frozen_folder, write_pngs

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="made of programs and links as Unix has them")

PRERM = deb._SCRIPTS / "prerm"


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Return the tree that is packed and the words it is packed with, of a frozen folder made under a narrow umask."""
    packed = tmp_path / "packed"
    commands = []

    def run_tool(*words, environment=None):
        commands.append([str(word) for word in words])
        if "--build" in words:
            shutil.copytree(words[-2], packed, symlinks=True)
            words[-1].write_text("a package")
        return "amd64\n"

    monkeypatch.setattr(staging, "write_pngs", write_pngs)
    monkeypatch.setattr(deb, "run_tool", run_tool)
    monkeypatch.setattr(deb, "needs", lambda folder: dependencies.Needs(("libc6 (>= 2.34)", "libegl1"), ("xdg-utils",)))
    before = os.umask(0o077)
    try:
        deb.build(make_frozen_folder(tmp_path / "folder" / "moatless"), tmp_path / "dist")
    finally:
        os.umask(before)
    return packed, commands


def fields(tree):
    lines = tree.joinpath("DEBIAN", "control").read_text("utf-8").splitlines()
    return dict(line.split(": ", 1) for line in lines if not line.startswith(" "))


def mode(path):
    return path.stat().st_mode & 0o777


def test_the_program_is_installed_once_and_found_on_the_path(package):
    tree, _ = package
    assert (tree / "usr/bin/moatless").readlink().as_posix() == "/opt/moatless/moatless"
    assert (tree / "opt/moatless/_internal/libone.so").readlink().as_posix() == "libone.so.1"
    assert (tree / "usr/share/applications" / f"{IDENTIFIER}.desktop").exists()


def test_everyone_may_read_and_only_programs_are_executable(package):
    tree, _ = package
    assert {mode(path) for path in (tree, *tree.rglob("*")) if path.is_dir()} == {0o755}
    assert mode(tree / "opt/moatless/moatless") == mode(tree / "opt/moatless/_internal/bin/uv") == 0o755
    assert mode(tree / "opt/moatless/_internal/libone.so.1") == 0o644
    assert mode(tree / "opt/moatless/_internal/assets/licenses.json") == 0o644
    assert mode(tree / "usr/share/applications" / f"{IDENTIFIER}.desktop") == 0o644
    assert mode(tree / "DEBIAN/prerm") == 0o755


def test_it_says_what_it_is_and_what_it_needs(package):
    said = fields(package[0])
    assert (said["Package"], said["Version"], said["Architecture"]) == ("moatless", __version__, "amd64")
    assert (said["Depends"], said["Recommends"]) == ("libc6 (>= 2.34), libegl1", "xdg-utils")
    assert (said["Description"], said["Homepage"]) == (SUMMARY, HOMEPAGE)
    assert int(said["Installed-Size"]) >= 10


def test_every_file_has_its_sum(package):
    tree, _ = package
    listed = {line.split("  ")[1] for line in tree.joinpath("DEBIAN", "md5sums").read_text().splitlines()}
    files = {path for path in tree.rglob("*") if path.is_file() and not path.is_symlink()}
    assert listed == {path.relative_to(tree).as_posix() for path in files if "DEBIAN" not in path.parts}


def test_all_belongs_to_root_and_is_called_as_it_should(package, tmp_path):
    build = package[1][-1]
    assert build[:2] == ["dpkg-deb", "--root-owner-group"]
    assert (tmp_path / "dist" / deb.file_name("deb")).read_text() == "a package"


def test_the_changelog_has_all_versions():
    entry = deb._changelog_entry(releases()[0])
    assert entry.startswith(f"moatless ({__version__}) stable; urgency=medium\n\n  * ")
    assert f"\n -- {deb.MAINTAINER}  " in entry
    assert max(len(line) for line in entry.splitlines() if line.startswith("  ")) <= 80


def test_no_line_of_the_texts_ends_a_field_too_early():
    assert all(line.startswith(" ") and line.strip() for line in extended_description().splitlines())
    copyright_lines = copyright_file("/opt/moatless").splitlines()
    terms = copyright_lines[copyright_lines.index("License: Expat") + 1 :]
    assert all(line.startswith(" ") and line.strip() for line in terms)
    assert "Copyright: 2026 The Moatless authors" in copyright_lines
    assert any("/opt/moatless/_internal/assets/licenses.json" in line for line in copyright_lines)


# ------------------------------------------------------------ when it is removed


@pytest.fixture
def remove(tmp_path):
    """Return a function that runs the script as dpkg does, and returns what it says and whom it has asked what."""
    asked = tmp_path / "asked.txt"
    for name, script in (
        ("runuser", f'echo "$@" >> "{asked}"\nexit 1'),
        ("getent", "echo zoe:x:1000:1000::/home/zoe:/bin/sh"),
        ("id", "echo 1000"),
    ):
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def run(*words, terminal=False, **variables):
        environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "LANG": "C.UTF-8", **variables}
        mine, its = os.openpty()
        try:
            ends = {"stdin": its if terminal else subprocess.DEVNULL, "stdout": its}
            subprocess.run(["sh", PRERM, *words], env=environment, stderr=subprocess.STDOUT, check=True, **ends)
            os.write(its, b"#")  # so that there is something to read
            said = os.read(mine, 10_000).decode()
        finally:
            os.close(mine)
            os.close(its)
        return said.rstrip("#").strip(), asked.read_text() if asked.exists() else ""

    return run


def test_who_removes_it_in_a_terminal_is_asked_as_that_person(remove):
    said, asked = remove("remove", terminal=True, SUDO_USER="zoe")
    assert asked.startswith("-u zoe -- env -i HOME=/home/zoe ")
    assert asked.endswith("/usr/bin/moatless remove-data\n")
    assert f"~/.local/share/{APPLICATION_NAME}" in said


@pytest.mark.parametrize(
    ("terminal", "variables"),
    [
        (False, {"SUDO_USER": "zoe"}),
        (True, {}),
        (True, {"SUDO_USER": "root"}),
        (True, {"SUDO_USER": "zoe", "DEBIAN_FRONTEND": "noninteractive"}),
    ],
)
def test_nobody_is_asked_where_no_person_sits(remove, terminal, variables):
    said, asked = remove("remove", terminal=terminal, **variables)
    assert asked == ""
    assert f"~/.local/share/{APPLICATION_NAME}" in said


@pytest.mark.parametrize(
    "words", [("upgrade", "2.0.0"), ("failed-upgrade", "0.1.0"), ("deconfigure", "in-favour", "x", "2")]
)
def test_an_upgrade_asks_and_says_nothing(remove, words):
    assert remove(*words, terminal=True, SUDO_USER="zoe") == ("", "")

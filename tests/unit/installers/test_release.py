"""Signing a release: programs believe it, checksums tell the truth, and what does not fit is refused."""

import hashlib
import runpy
import shutil
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import pytest

from desktop_app import __version__, product
from desktop_app.errors import UserError
from desktop_app.network.release import RELEASES, Feed, newer, read_announcement, read_key
from installers import release
from installers.linux.changes import releases
from installers.packaging.places import file_name
from tests.support.release_server import ANOTHER_PRIVATE, PRIVATE, PUBLIC

ROOT = Path(__file__).resolve().parents[3]
SECRET = b64encode(PRIVATE).decode()
NAMES = [file_name(kind, machine=machine) for _system, machine, kind in release.KINDS]


@pytest.fixture
def public(tmp_path):
    path = tmp_path / "release-key.txt"
    path.write_text(b64encode(PUBLIC).decode() + "\n")
    return path


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "packages"
    folder.mkdir()
    for name in NAMES:
        folder.joinpath(name).write_bytes(f"the package {name}".encode())
    return folder


def refused(folder, public, secret=SECRET):
    with pytest.raises(UserError) as told:
        release.sign(folder, secret, public)
    assert not {release.SUMS, release.ANNOUNCEMENT} & {path.name for path in folder.iterdir()}
    return str(told.value)


# ------------------------------------------------------------ signing


def test_what_was_signed_is_believed_by_programs_with_that_key(folder, public):
    signed = release.sign(folder, SECRET, public)
    announcement = folder.joinpath(release.ANNOUNCEMENT).read_bytes()
    assert newer(announcement, Feed("", PUBLIC, "0.0.1")) == signed
    assert read_announcement(announcement, read_key(public.read_text())) == signed
    assert (signed.version, signed.page) == (__version__, f"{RELEASES}/tag/v{__version__}")
    assert signed.notes == releases()[0].items
    assert signed.date == releases()[0].date.isoformat()


def test_every_package_is_announced_with_its_size_hash_and_address(folder, public):
    signed = release.sign(folder, SECRET, public)
    assert [(each.system, each.machine, each.kind) for each in signed.files] == list(release.KINDS)
    assert [each.name for each in signed.files] == NAMES
    for package in signed.files:
        content = folder.joinpath(package.name).read_bytes()
        assert (package.size_bytes, package.sha256) == (len(content), hashlib.sha256(content).hexdigest())
        assert package.url == f"{RELEASES}/download/v{__version__}/{package.name}"


def test_the_announcement_is_called_as_programs_ask_for_it(folder, public):
    release.sign(folder, SECRET, public)
    assert folder.joinpath(product.UPDATES_URL.removeprefix(f"{RELEASES}/latest/download/")).is_file()


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="the tool is not there")
def test_the_sums_are_those_that_the_usual_tool_checks(folder, public):
    release.sign(folder, SECRET, public)
    checked = subprocess.run(["sha256sum", "--check", release.SUMS], cwd=folder, capture_output=True, text=True)
    assert checked.stdout.splitlines() == [f"{name}: OK" for name in NAMES]
    assert checked.returncode == 0


def test_signing_again_gives_the_same(folder, public):
    release.sign(folder, SECRET, public)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    release.sign(folder, SECRET, public)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_package_is_named(folder, public, name):
    folder.joinpath(name).unlink()
    assert f"Missing: {name}." in refused(folder, public)


def test_a_package_of_another_version_is_named(folder, public):
    other = file_name("deb", "99.0.0", "x86_64")
    folder.joinpath(other).write_bytes(b"x")
    assert f"is no package of version {__version__}: {other}." in refused(folder, public)


def test_an_empty_package_is_refused(folder, public):
    folder.joinpath(NAMES[0]).write_bytes(b"")
    assert f"{NAMES[0]} is empty." in refused(folder, public)


def test_a_folder_that_is_not_there_is_one_without_packages(tmp_path, public):
    with pytest.raises(UserError, match="does not have all packages"):
        release.sign(tmp_path / "nowhere", SECRET, public)


def test_what_is_new_has_to_be_of_this_version(folder, public, monkeypatch):
    monkeypatch.setattr(release, "__version__", "99.0.0")
    for path in list(folder.iterdir()):
        path.rename(folder / path.name.replace(__version__, "99.0.0"))
    monkeypatch.setattr(release, "file_name", lambda kind, machine: file_name(kind, "99.0.0", machine))
    assert f"This is version 99.0.0, and the newest one in docs/changes.md is {__version__}." in refused(folder, public)


# ------------------------------------------------------------ keys


@pytest.mark.parametrize("secret", ["", "no key", "AAAA", b64encode(b"x" * 33).decode()])
def test_without_the_private_key_nothing_is_signed(folder, public, secret):
    assert "does not have the private release key" in refused(folder, public, secret)


def test_keys_that_do_not_belong_together_sign_nothing(folder, public):
    told = refused(folder, public, b64encode(ANOTHER_PRIVATE).decode())
    assert "do not belong together" in told
    assert b64encode(ANOTHER_PRIVATE).decode() not in told


def test_without_a_public_key_nothing_is_signed(folder, tmp_path):
    assert "There is no release key in" in refused(folder, tmp_path / "none.txt")


def test_a_new_pair_is_made_once_and_its_private_part_is_in_no_file(folder, tmp_path):
    path = tmp_path / "key" / "release-key.txt"
    path.parent.mkdir()
    told = release.new_key(path)
    secret = told.splitlines()[-1]
    assert release.sign(folder, secret, path).version == __version__
    assert secret not in path.read_text()
    with pytest.raises(UserError, match="There is a release key in"):
        release.new_key(path)


def test_the_release_key_is_not_that_of_these_tests():
    """Whose private part everybody knows."""
    path = ROOT / "assets" / "release-key.txt"
    if path.exists():
        assert read_key(path.read_text()) != PUBLIC


# ------------------------------------------------------------ the command


def run(monkeypatch, capsys, *arguments):
    """Start it as a person does."""
    monkeypatch.setattr(sys, "argv", ["release.py", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(ROOT / "installers" / "release.py"), run_name="__main__")
    told = capsys.readouterr()
    return ended.value.code, told.out, told.err


def test_the_command_signs_with_the_key_in_the_variable(folder, public, monkeypatch, capsys):
    monkeypatch.setenv(release.KEY_VARIABLE, SECRET)
    monkeypatch.setattr("desktop_app.paths.bundled", lambda name: public)
    assert run(monkeypatch, capsys, "sign", folder) == (
        0,
        f"Moatless {__version__}: {len(NAMES)} packages, signed.\n",
        "",
    )


def test_the_command_says_in_a_sentence_what_is_missing(folder, public, monkeypatch, capsys):
    monkeypatch.delenv(release.KEY_VARIABLE, raising=False)
    monkeypatch.setattr("desktop_app.paths.bundled", lambda name: public)
    status, said, error = run(monkeypatch, capsys, "sign", folder)
    assert (status, said) == (1, "")
    assert error.startswith("The variable MOATLESS_RELEASE_KEY does not have the private release key.")


def test_the_command_makes_a_pair_of_keys(tmp_path, monkeypatch, capsys):
    path = tmp_path / "new.txt"
    monkeypatch.setattr("desktop_app.paths.bundled", lambda name: path)
    status, said, _ = run(monkeypatch, capsys, "new-key")
    assert status == 0
    assert len(read_key(said.splitlines()[-1])) == len(read_key(path.read_text())) == 32

"""The archive for every distribution: the same bytes for the same program, installed and removed by one person."""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile

import pytest

from desktop_app.paths import APPLICATION_NAME
from desktop_app.product import IDENTIFIER
from installers.linux import staging, tarball
from installers.linux.changes import build_time
from tests.support.frozen_folder import make_frozen_folder, write_pngs

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="made of scripts and links as Unix has them")


@pytest.fixture
def archive(tmp_path, monkeypatch):
    monkeypatch.setattr(staging, "write_pngs", write_pngs)
    return tarball.build(make_frozen_folder(tmp_path / "folder" / "moatless"), tmp_path / "dist")


@pytest.fixture
def home(tmp_path):
    """The folder of a person whose name asks for care in a menu entry and in a script."""
    folder = tmp_path / "Zoë $van 'den' 100% Berg"
    folder.mkdir()
    return folder


@pytest.fixture
def unpacked(archive, tmp_path):
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path / "unpacked", filter="tar")
    return next((tmp_path / "unpacked").iterdir())


def run(script, home, **variables):
    """Run a script as this person, without a terminal, and return its exit status and what it says."""
    result = subprocess.run(
        ["sh", script],
        env={"HOME": str(home), "PATH": os.environ["PATH"], **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return result.returncode, result.stdout


def program(home):
    return home / ".local" / "opt" / "moatless"


def entry(home):
    return home / ".local" / "share" / "applications" / f"{IDENTIFIER}.desktop"


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}


def test_everything_is_below_one_folder_and_of_root_and_of_the_day_of_the_version(archive):
    with tarfile.open(archive) as packed:
        entries = packed.getmembers()
    assert {entry.name.partition("/")[0] for entry in entries} == {archive.name.removesuffix(".tar.gz")}
    assert {(entry.uid, entry.gid, entry.uname, entry.mtime) for entry in entries} == {(0, 0, "root", build_time())}
    assert [entry.name for entry in entries] == sorted(entry.name for entry in entries)


def test_the_same_program_gives_the_same_bytes(archive, tmp_path):
    before = hashlib.sha256(archive.read_bytes()).hexdigest()
    tarball.build(make_frozen_folder(tmp_path / "again" / "moatless"), tmp_path / "dist")
    assert hashlib.sha256(archive.read_bytes()).hexdigest() == before


def test_it_has_the_program_and_what_installs_it(unpacked):
    assert {path.name for path in unpacked.iterdir()} == {"_internal", "install", "moatless", "share", "uninstall"}
    assert all(os.access(unpacked / name, os.X_OK) for name in ("install", "moatless", "uninstall", "_internal/bin/uv"))


def test_it_is_installed_for_one_person(unpacked, home):
    status, said = run(unpacked / "install", home)
    assert (status, str(program(home)) in said) == (0, True)
    assert (home / ".local/bin/moatless").resolve() == program(home) / "moatless"
    assert (home / ".local/share/icons/hicolor/scalable/apps" / f"{IDENTIFIER}.svg").exists()
    assert files(program(home)) == files(unpacked)


def test_the_menu_entry_names_the_installed_program(unpacked, home):
    run(unpacked / "install", home)
    command = next(line for line in entry(home).read_text("utf-8").splitlines() if line.startswith("Exec="))
    path = str(program(home) / "moatless")
    assert command == f'Exec="{path.replace("$", chr(92) * 2 + "$").replace("%", "%%")}"'


def test_a_newer_one_takes_the_place_of_the_older_and_leaves_what_was_kept(unpacked, home):
    run(unpacked / "install", home)
    kept = home / ".local" / "share" / APPLICATION_NAME / "moatless.db"
    kept.parent.mkdir()
    kept.write_text("chats")
    program(home).joinpath("_internal", "of-the-older").write_text("a library")
    unpacked.joinpath("_internal", "of-the-newer").write_text("a library")
    assert run(unpacked / "install", home)[0] == 0
    assert files(program(home)) == files(unpacked)
    assert kept.read_text() == "chats"
    assert [path.name for path in program(home).parent.iterdir()] == ["moatless"]


def test_what_cannot_be_copied_leaves_the_older_one(unpacked, home, tmp_path):
    run(unpacked / "install", home)
    before = files(program(home))
    copy = tmp_path / "programs" / "cp"
    copy.parent.mkdir()
    copy.write_text("#!/bin/sh\necho 'No space left on device' >&2\nexit 1\n")
    copy.chmod(0o755)
    status, _ = run(unpacked / "install", home, PATH=f"{copy.parent}:{os.environ['PATH']}")
    assert status != 0
    assert files(program(home)) == before
    assert [path.name for path in program(home).parent.iterdir()] == ["moatless"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells in /proc what runs")
@pytest.mark.parametrize("name", ["install", "uninstall"])
def test_a_running_program_is_left_alone(unpacked, home, name):
    run(unpacked / "install", home)
    shutil.copy(shutil.which("cat"), program(home) / "moatless")
    with subprocess.Popen([program(home) / "moatless"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as running:
        status, said = run(unpacked / name, home)
        running.stdin.close()
    assert (status, said) == (1, "Moatless is running. Close it, then run this again.\n")
    assert (program(home) / "moatless").exists()


def test_an_administrator_is_sent_away(unpacked, home):
    status, said = run(unpacked / "install", home, SUDO_USER="zoe")
    assert status == 1
    assert "without sudo" in said
    assert list(home.iterdir()) == []


def test_the_installed_one_does_not_install_itself(unpacked, home):
    run(unpacked / "install", home)
    status, said = run(program(home) / "install", home)
    assert (status, "newer archive" in said) == (1, True)
    assert (program(home) / "moatless").exists()


def test_without_a_terminal_it_is_removed_and_what_was_kept_stays(unpacked, home):
    run(unpacked / "install", home)
    kept = home / ".local" / "share" / APPLICATION_NAME / "moatless.db"
    kept.parent.mkdir()
    kept.write_text("chats")
    status, said = run(program(home) / "uninstall", home)
    assert status == 0
    assert str(kept.parent) in said
    assert {path for path in home.rglob("*") if not path.is_dir()} == {kept}
    assert not program(home).exists()


def test_in_a_terminal_it_asks_about_the_rest_before_it_is_gone(unpacked, home):
    run(unpacked / "install", home)
    mine, its = os.openpty()
    try:
        subprocess.run(
            ["sh", program(home) / "uninstall"],
            env={"HOME": str(home), "PATH": os.environ["PATH"]},
            stdin=its,
            stdout=its,
            stderr=its,
            check=True,
        )
    finally:
        os.close(mine)
        os.close(its)
    assert (home / "calls.txt").read_text() == "started with remove-data\n"
    assert not program(home).exists()


def test_where_it_is_not_there_is_nothing_to_remove(unpacked, home):
    status, said = run(unpacked / "uninstall", home)
    assert (status, said) == (1, f"Moatless is not installed in {program(home)}.\n")


def test_another_program_of_that_name_stays(unpacked, home):
    link = home / ".local" / "bin" / "moatless"
    link.parent.mkdir(parents=True)
    link.write_text("my own")
    status, said = run(unpacked / "install", home)
    assert (status, f"another {link}, which stays" in said) == (0, True)
    run(program(home) / "uninstall", home)
    assert link.read_text() == "my own"

"""What a foreign program gets to know of this one: nothing that could take the place of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from desktop_app.child_environment import (
    OWN_FILE,
    ProgramFile,
    foreign_environment,
    own_program,
    program_folder,
    start_foreign,
)

OURS = Path("/opt/moatless/_internal")


def test_what_belongs_to_this_program_is_not_inherited():
    inherited = {
        "PYTHONPATH": "/ours",
        "PYTHONHOME": "/ours",
        "_PYI_ARCHIVE_FILE": "/ours",
        "_PYI_PARENT_PROCESS_LEVEL": "1",
        "QT_PLUGIN_PATH": "/ours",
        "QML2_IMPORT_PATH": "/ours",
        "GGML_BACKEND_PATH": "/foreign",
        "LLAMA_CPP_LIB_PATH": "/foreign",
    }
    kept = {"PATH": "/usr/bin", "LD_LIBRARY_PATH": "/cuda", "HOME": "/home/me"}
    assert foreign_environment(None, {**inherited, **kept}) == kept
    assert foreign_environment(None, inherited, LANG="C") == {"LANG": "C"}


def test_libraries_of_a_packaged_program_are_not_inherited():
    for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"):
        assert foreign_environment(OURS, {name: str(OURS)}) == {}
        assert foreign_environment(OURS, {name: str(OURS), f"{name}_ORIG": "/cuda"}) == {name: "/cuda"}


def test_programs_of_a_packaged_program_are_not_found_in_the_place_of_the_systems():
    path = os.pathsep.join(["/usr/bin", str(OURS), str(OURS / "bin"), "/opt/moatless-tools"])
    assert foreign_environment(OURS, {"PATH": path})["PATH"] == os.pathsep.join(["/usr/bin", "/opt/moatless-tools"])
    assert foreign_environment(None, {"PATH": path})["PATH"] == path


def test_it_has_nobody_to_ask_and_gets_what_is_added(tmp_path):
    code = "import os, sys; print(os.environ['ADDED'], repr(sys.stdin.read()))"
    environment = foreign_environment(None, os.environ, ADDED="this")
    command = [sys.executable, "-I", "-c", code]
    with start_foreign(command, environment, stdout=subprocess.PIPE) as process:
        said, _ = process.communicate()
    assert said.split() == [b"this", b"''"]


def test_in_a_checkout_there_is_no_packaged_program():
    assert program_folder() is None


def test_a_frozen_program_starts_itself_again(monkeypatch):
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", "/opt/moatless/moatless")
    monkeypatch.setattr(sys, "platform", "linux")
    assert own_program() == ["/opt/moatless/moatless"]


def test_on_windows_the_program_with_a_console_does_what_has_no_window(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "Moatless.exe"))
    monkeypatch.setattr(sys, "platform", "win32")
    assert own_program() == [str(tmp_path / "moatless-cli.exe")]


def test_a_checkout_does_not_run_what_lies_in_the_current_folder(tmp_path):
    tmp_path.joinpath("desktop_app.py").write_text("print('planted')", "utf-8")
    done = subprocess.run([*own_program(), "--version"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "planted" not in done.stdout
    assert done.stdout.startswith("Moatless")


# ------------------------------------------------------------ another version in this one's place


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "moatless"
    path.write_bytes(b"a program")
    return path


def install(path, content):
    """Put another file in its place, as package managers do."""
    new = path.with_name("moatless.new")
    new.write_bytes(content)
    new.replace(path)


def test_a_program_that_is_as_it_was_started_has_nothing_to_tell(path):
    own = ProgramFile(path)
    assert own.updated_meanwhile() is None
    os.utime(path, ns=(0, path.stat().st_mtime_ns))  # a backup has read it
    assert own.updated_meanwhile() is None


def test_a_program_whose_file_was_replaced_says_so(path):
    own = ProgramFile(path)
    install(path, b"a longer program")
    assert str(own.updated_meanwhile()) == "Moatless was updated while it was open. Restart it to use the new version."


def test_the_same_package_installed_once_more_is_no_update(path):
    own, was = ProgramFile(path), path.stat()
    install(path, b"a program")
    os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))  # packages bring it along
    assert own.updated_meanwhile() is None


def test_a_program_that_was_removed_is_no_update(path):
    own = ProgramFile(path)
    path.unlink()
    assert own.updated_meanwhile() is None


def test_a_checkout_is_never_updated_meanwhile():
    assert ProgramFile(None).updated_meanwhile() is None
    assert OWN_FILE.updated_meanwhile() is None

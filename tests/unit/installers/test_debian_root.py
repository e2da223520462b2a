"""The clean Debian that packages are tried in: made once, unpacked anew each time, and entered with nothing of ours."""

import tarfile

import pytest

from desktop_app.errors import UserError
from installers.trial import debian_root
from installers.trial.debian_root import DebianRoot, make_root

MAKE = """
root = Path(arguments[-1])
for name in ("etc/os-release", "var/cache/apt/archives/one.deb"):
    root.joinpath(name).parent.mkdir(parents=True, exist_ok=True)
    root.joinpath(name).write_text("text")
"""


def test_it_is_made_once_and_kept_without_what_was_downloaded(tools, tmp_path):
    tools.answer("debootstrap", does=MAKE)
    archive = make_root(tmp_path / "work" / "debian.tar")
    assert make_root(archive) == archive
    assert [call[:2] for call in tools.calls_of("debootstrap")] == [["--variant=minbase", "bookworm"]]
    with tarfile.open(archive) as packed:
        assert [entry.name for entry in packed if entry.isfile()] == ["./etc/os-release"]
    assert list(archive.parent.iterdir()) == [archive]


def test_what_debootstrap_says_is_told_and_nothing_half_made_is_kept(tools, tmp_path):
    tools.answer("debootstrap", output="E: Couldn't download packages", status=1)
    with pytest.raises(UserError, match="Couldn't download packages"):
        make_root(tmp_path / "debian.tar")
    assert not (tmp_path / "debian.tar").exists()


def test_without_debootstrap_it_is_said_how_to_get_it(tools, tmp_path):
    with pytest.raises(UserError, match="no debootstrap") as caught:
        make_root(tmp_path / "debian.tar")
    assert "apt install debootstrap" in caught.value.hint


def test_commands_have_no_network_unless_they_ask_for_it(tmp_path):
    root = DebianRoot(tmp_path)
    assert "--net" in root.command("true")
    assert "--net" not in root.command("apt-get", "update", network=True)


def test_commands_are_run_as_somebody_with_an_environment_of_their_own(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET", "ours")
    calls = []
    monkeypatch.setattr(debian_root.subprocess, "run", lambda words, **ways: calls.append((words, ways)))
    DebianRoot(tmp_path).run("moatless", "selftest", user="zoe", variables={"HOME": "/home/zoe"})
    ((words, ways),) = calls
    assert words[-5:] == ["-u", "zoe", "--", "moatless", "selftest"]
    assert ways["env"]["HOME"] == "/home/zoe"
    assert "SECRET" not in ways["env"]

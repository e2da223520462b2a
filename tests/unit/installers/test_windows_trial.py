"""Trying a setup program, and preparing a release machine to sign."""

import base64
from pathlib import Path

import pytest

from installers.packaging.selftest import DATA
from installers.windows import certificate, trial

# What the fakes do as the real ones would.
INSTALL = """
target = Path(next(each for each in arguments if each.startswith("/DIR="))[5:])
(target / "_internal").mkdir(parents=True)
for name in ("moatless-cli.exe", "unins000.exe"):
    shutil.copy(sys.argv[0], target / name)
"""
SELFTEST = "Path(arguments[1]).mkdir(parents=True)"
UNINSTALL = "here = Path(sys.argv[0]).parent; shutil.rmtree(here / '_internal'); (here / 'moatless-cli.exe').unlink()"


@pytest.fixture
def package(tools, tmp_path):
    tools.answer("setup.exe", does=INSTALL)
    tools.answer("moatless-cli.exe", "selftest", output='{"check": "engine", "ok": true}\n', does=SELFTEST)
    tools.answer("unins000.exe", does=UNINSTALL)
    return tools.put(tmp_path / "setup.exe")


def test_it_is_installed_tried_and_removed_without_a_question(tools, package, capsys):
    assert trial.main([str(package)]) == 0
    assert '"ok": true' in capsys.readouterr().out
    assert [call[0] for call in tools.calls] == ["setup.exe", "moatless-cli.exe", "unins000.exe"]
    for name in ("setup.exe", "unins000.exe"):
        assert {"/VERYSILENT", "/SUPPRESSMSGBOXES"} <= set(tools.calls_of(name)[0])
    assert "/CURRENTUSER" in tools.calls_of("setup.exe")[0]


def test_it_works_in_a_folder_with_an_awkward_name(tools, package):
    trial.main([str(package)])
    (folder,) = [Path(word[5:]).name for word in tools.calls_of("setup.exe")[0] if word.startswith("/DIR=")]
    assert " " in folder
    assert not folder.isascii()


def test_a_program_that_fails_is_told(tools, package, capsys):
    tools.answer("moatless-cli.exe", "selftest", trouble="The engine did not start.", status=1)
    assert trial.main([str(package)]) == 1
    assert "The engine did not start." in capsys.readouterr().err


def test_what_uninstalling_leaves_is_told(tools, package, capsys):
    tools.answer("unins000.exe")
    assert trial.main([str(package)]) == 1
    assert "has left" in capsys.readouterr().err


def test_data_that_went_with_the_program_is_told(tools, package, tmp_path, capsys):
    gone = f"shutil.rmtree(here.parent / {DATA.parts[0]!r})"
    tools.answer("unins000.exe", does=f"{UNINSTALL}; {gone}")
    assert trial.main([str(package)]) == 1
    assert "has deleted what the person made" in capsys.readouterr().err


# ------------------------------------------------------------ the certificate


@pytest.fixture
def given(tools, monkeypatch):
    monkeypatch.setenv(certificate.CERTIFICATE, base64.b64encode(b"the certificate").decode())
    monkeypatch.setenv(certificate.PASSWORD, "correct horse")
    tools.answer("certutil", does="answer['output'] = Path(arguments[-2]).read_text()")
    return tools


def test_the_certificate_goes_into_the_store_of_the_user(given):
    assert certificate.main() == 0
    (call,) = given.calls_of("certutil")
    assert call[:3] == ["-user", "-p", "correct horse"]
    assert not Path(call[-2]).exists()


def test_a_wrong_password_is_told_and_not_shown(given, capsys):
    given.answer("certutil", trouble="The specified network password is not correct.", status=1)
    assert certificate.main() == 1
    said = capsys.readouterr()
    assert "not correct" in said.err
    assert "correct horse" not in said.out + said.err


def test_without_a_certificate_nothing_is_done(given, monkeypatch):
    monkeypatch.delenv(certificate.CERTIFICATE)
    assert certificate.main() == 0
    assert given.calls == []

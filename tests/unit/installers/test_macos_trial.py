"""Trying a mounted image, and preparing a release machine to sign."""

import base64

import pytest

from desktop_app.errors import UserError
from installers.macos import keychain, notarize, sign, trial
from installers.packaging import selftest as packaged_selftest

SHA1 = "0123456789ABCDEF0123456789ABCDEF01234567"


# ------------------------------------------------------------ the image


@pytest.fixture
def image(tools, tmp_path):
    """An image whose program is a fake too; mounting puts it in place."""
    program = tools.put(tmp_path / "image" / "Moatless.app" / "Contents" / "MacOS" / "Moatless")
    mount = f"shutil.copytree({str(program.parents[3])!r}, arguments[arguments.index('-mountpoint') + 1])"
    tools.answer("codesign")
    tools.answer("hdiutil", "attach", does=mount)
    tools.answer("hdiutil", "detach")
    return tmp_path / "Moatless.dmg"


ENVIRONMENT = "answer['output'] = json.dumps(dict(os.environ))"


def test_the_program_in_the_image_tries_itself(tools, image, capsys):
    tools.answer("Moatless", output='{"check": "engine", "ok": true}\n')
    assert trial.main([str(image)]) == 0
    assert '"ok": true' in capsys.readouterr().out
    (call,) = tools.calls_of("Moatless")
    assert (call[0], call[-1]) == ("--data-dir", "selftest")
    attach = tools.calls_of("hdiutil")[0]
    assert {"-readonly", "-nobrowse", str(image)} <= set(attach)


def test_nothing_of_the_machine_that_builds_reaches_it(tools, image, capsys, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/secrets")
    tools.answer("Moatless", does=ENVIRONMENT)
    trial.main([str(image)])
    said = capsys.readouterr().out
    assert "/secrets" not in said
    assert '"PATH": "/usr/bin:/bin:/usr/sbin:/sbin"' in said


def test_an_image_whose_program_fails_is_detached_and_refused(tools, image, capsys):
    tools.answer("Moatless", output='{"check": "engine", "ok": false}\n', status=1)
    assert trial.main([str(image)]) == 1
    assert '"ok": false' in capsys.readouterr().err
    assert tools.calls[-1][:2] == ["hdiutil", "detach"]


def test_a_signature_that_does_not_fit_is_noticed(tools, image):
    tools.answer("codesign", status=1)
    with pytest.raises(UserError, match="codesign has failed"):
        trial.try_image(image)


def test_the_home_of_the_trial_is_awkward():
    name = packaged_selftest.DATA.parts[0]
    assert " " in name
    assert not name.isascii()


# ------------------------------------------------------------ the release machine


@pytest.fixture
def machine(tools, tmp_path, monkeypatch):
    """A machine of a release: what its workflow gives, and where it tells the steps that follow."""
    following = tmp_path / "following"
    secrets = {keychain.CERTIFICATE: b"certificate", keychain.NOTARY_KEY: b"notary key"}
    for name, content in secrets.items():
        monkeypatch.setenv(name, base64.b64encode(content).decode())
    monkeypatch.setenv(keychain.PASSWORD, "correct horse")
    monkeypatch.setenv("GITHUB_ENV", str(following))
    imported = "shutil.copy(arguments[1], arguments[1] + '.seen')"
    tools.answer("security", "import", does=imported)
    tools.answer("security", "find-identity", output=f'  1) {SHA1} "Developer ID Application: Moatless (ABCDE)"\n')
    tools.answer("security", output='    "/Users/me/Library/Keychains/login.keychain-db"\n')
    return following


def test_the_steps_that_follow_know_what_to_sign_with(tools, machine, tmp_path):
    assert keychain.main(tmp_path) == 0
    told = dict(line.split("=", 1) for line in machine.read_text().splitlines())
    assert told == {sign.IDENTITY: SHA1, notarize.KEY: str(tmp_path / "notary.p8")}
    assert (tmp_path / "notary.p8").read_bytes() == b"notary key"
    assert (tmp_path / "certificate.p12.seen").read_bytes() == b"certificate"


def test_the_file_with_the_certificate_does_not_stay(tools, machine, tmp_path):
    keychain.main(tmp_path)
    assert not (tmp_path / "certificate.p12").exists()


def test_codesign_may_use_it_unasked_and_the_other_keychains_stay(tools, machine, tmp_path):
    keychain.main(tmp_path)
    calls = tools.calls_of("security")
    listed = next(call for call in calls if call[0] == "list-keychains" and "-s" in call)
    assert listed[-1] == "/Users/me/Library/Keychains/login.keychain-db"
    assert listed[-2] == str(tmp_path / "moatless-release.keychain-db")
    assert any(call[0] == "set-key-partition-list" and "codesign:" in call[2] for call in calls)


def test_a_password_is_never_shown(tools, machine, tmp_path, capsys):
    tools.answer("security", "import", trouble="MAC verification failed (wrong password?)", status=1)
    assert keychain.main(tmp_path) == 1
    said = capsys.readouterr()
    assert "wrong" in said.err
    assert "correct horse" not in said.out + said.err
    assert not machine.exists()
    assert not (tmp_path / "certificate.p12").exists()


def test_a_certificate_for_something_else_is_refused(tools, machine, tmp_path, capsys):
    tools.answer("security", "find-identity", output=f'  1) {SHA1} "Apple Development: Somebody"\n')
    assert keychain.main(tmp_path) == 1
    assert "Developer ID Application" in capsys.readouterr().err


def test_without_a_certificate_nothing_is_done(tools, machine, tmp_path, monkeypatch):
    monkeypatch.setenv(keychain.CERTIFICATE, "")
    assert keychain.main(tmp_path) == 0
    assert tools.calls == []
    assert not machine.exists()

"""The disk image: what is in it, what is done with it, and that macOS is asked again when it is busy."""

import pytest

from desktop_app import __version__
from desktop_app.errors import UserError
from installers.macos import dmg, notarize, sign
from installers.packaging.places import file_name

BUSY = "hdiutil: create failed - Resource busy"
COPY = "shutil.copytree(arguments[-2], arguments[-1], symlinks=True)"
# The fake image is the list of what was in the folder.
CREATE = """
source = Path(arguments[arguments.index("-srcfolder") + 1])
Path(arguments[-1]).write_text("\\n".join(sorted(str(each.relative_to(source)) for each in source.rglob("*"))))
"""


@pytest.fixture(autouse=True)
def waited(monkeypatch):
    """How often and how long it was waited, instead of waiting; and nothing to sign with."""
    waited = []
    monkeypatch.setattr(dmg.time, "sleep", waited.append)
    for name in (sign.IDENTITY, notarize.KEY, notarize.KEY_ID, notarize.ISSUER):
        monkeypatch.delenv(name, raising=False)
    return waited


@pytest.fixture
def mac(tools):
    tools.answer("ditto", does=COPY)
    tools.answer("codesign")
    tools.answer("xcrun", "submit", output='{"id": "1", "status": "Accepted"}')
    tools.answer("xcrun", "staple")
    return tools


def test_the_image_has_the_bundle_beside_a_link_to_where_programs_are(mac, bundle, tmp_path):
    mac.answer("hdiutil", does=CREATE)
    image = dmg.build(bundle, tmp_path / "dist")
    assert image == tmp_path / "dist" / file_name("dmg")
    inside = image.read_text().splitlines()
    assert [name for name in inside if "/" not in name] == ["Applications", "Moatless.app"]
    assert "Moatless.app/Contents/MacOS/Moatless" in inside


def test_a_mounted_image_is_called_like_the_program_and_its_version(mac, bundle, tmp_path):
    mac.answer("hdiutil", does=CREATE)
    dmg.build(bundle, tmp_path / "dist")
    call = mac.calls_of("hdiutil")[0]
    assert call[call.index("-volname") + 1] == f"Moatless {__version__}"


def test_nothing_but_the_image_is_left(mac, bundle, tmp_path):
    mac.answer("hdiutil", does=CREATE)
    image = dmg.build(bundle, tmp_path / "work" / "dist")
    assert [path for path in (tmp_path / "work").rglob("*") if path.is_file()] == [image]


def test_what_an_interrupted_build_has_left_does_not_get_in(mac, bundle, tmp_path):
    mac.answer("hdiutil", does=CREATE)
    old = tmp_path / "dmg" / "old"
    old.mkdir(parents=True)
    assert "old" not in dmg.build(bundle, tmp_path / "dist").read_text().splitlines()


def test_a_busy_system_is_asked_again(mac, bundle, tmp_path, waited):
    for _ in range(2):
        mac.answer("hdiutil", trouble=BUSY, status=1, once=True)
    mac.answer("hdiutil", does=CREATE)
    assert dmg.build(bundle, tmp_path / "dist").is_file()
    assert waited == [dmg.WAIT_S] * 2


def test_a_system_that_stays_busy_is_given_up(mac, bundle, tmp_path, waited):
    mac.answer("hdiutil", trouble=BUSY, status=1)
    with pytest.raises(UserError, match="Resource busy"):
        dmg.build(bundle, tmp_path / "dist")
    assert len(mac.calls_of("hdiutil")) == dmg.TRIES
    assert len(waited) == dmg.TRIES - 1


def test_any_other_trouble_is_told_at_once(mac, bundle, tmp_path, waited):
    mac.answer("hdiutil", trouble="hdiutil: create failed - No space left on device", status=1)
    with pytest.raises(UserError, match="No space left on device"):
        dmg.build(bundle, tmp_path / "dist")
    assert waited == []


def test_with_an_identity_the_image_is_signed_then_shown_to_apple(mac, bundle, tmp_path, monkeypatch):
    monkeypatch.setenv(sign.IDENTITY, "Developer ID Application: Moatless")
    for name in (notarize.KEY, notarize.KEY_ID, notarize.ISSUER):
        monkeypatch.setenv(name, "given")
    mac.answer("hdiutil", does=CREATE)
    image = dmg.build(bundle, tmp_path / "dist")
    after = [call for call in mac.calls if call[-1] == str(image) or str(image) in call]
    assert [call[0] for call in after] == ["hdiutil", "codesign", "xcrun", "xcrun"]
    assert "--timestamp" in after[1]


def test_without_one_it_is_not(mac, bundle, tmp_path, capsys):
    mac.answer("hdiutil", does=CREATE)
    image = dmg.build(bundle, tmp_path / "dist")
    assert mac.calls_of("codesign") == []
    assert f"{image.name} is not signed by anyone" in capsys.readouterr().out

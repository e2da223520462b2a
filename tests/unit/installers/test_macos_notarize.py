"""Showing a bundle or an image to Apple: only the word Accepted counts."""

import json
from itertools import pairwise

import pytest

from desktop_app.errors import UserError
from installers.macos import app, notarize, sign

ACCEPTED, INVALID = (json.dumps({"id": "1234", "status": status}) for status in ("Accepted", "Invalid"))


@pytest.fixture(autouse=True)
def nothing_configured(monkeypatch):
    for name in (sign.IDENTITY, notarize.KEY, notarize.KEY_ID, notarize.ISSUER):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def configured(monkeypatch):
    monkeypatch.setenv(sign.IDENTITY, "Developer ID Application: Moatless")
    for name, value in {notarize.KEY: "/keys/notary.p8", notarize.KEY_ID: "K1", notarize.ISSUER: "I1"}.items():
        monkeypatch.setenv(name, value)


def apple_says(tools, submitted, exit_status=0, trouble=""):
    tools.answer("ditto")
    tools.answer("codesign")
    tools.answer("xcrun", "submit", output=submitted, trouble=trouble, status=exit_status)
    tools.answer("xcrun", "log", output="The signature of uv is invalid.")
    tools.answer("xcrun", "staple")


def verbs(tools):
    return [next(word for word in call if word in ("submit", "log", "staple")) for call in tools.calls_of("xcrun")]


def test_an_accepted_bundle_gets_its_ticket(configured, tools, bundle):
    apple_says(tools, ACCEPTED)
    notarize.notarize(bundle)
    assert verbs(tools) == ["submit", "staple"]
    assert tools.calls_of("xcrun")[-1] == ["stapler", "staple", str(bundle)]


def test_apple_is_told_whose_it_is_and_waited_for(configured, tools, bundle):
    apple_says(tools, ACCEPTED)
    notarize.notarize(bundle)
    submit = tools.calls_of("xcrun")[0]
    given = dict(pairwise(submit))
    assert (given["--key"], given["--key-id"], given["--issuer"]) == ("/keys/notary.p8", "K1", "I1")
    assert "--wait" in submit


def test_a_bundle_is_sent_as_an_archive_that_keeps_its_links(configured, tools, bundle):
    apple_says(tools, ACCEPTED)
    notarize.notarize(bundle)
    ditto = tools.calls_of("ditto")[0]
    assert ditto[:4] == ["-c", "-k", "--keepParent", str(bundle)]
    assert ditto[-1] == tools.calls_of("xcrun")[0][2]


def test_an_image_is_sent_as_it_is(configured, tools, tmp_path):
    image = tmp_path / "Moatless.dmg"
    image.write_bytes(b"image")
    apple_says(tools, ACCEPTED)
    notarize.notarize(image)
    assert tools.calls_of("ditto") == []
    assert tools.calls_of("xcrun")[0][2] == str(image)


@pytest.mark.parametrize("exit_status", [0, 1])
def test_what_is_not_accepted_is_refused_with_the_reason_whatever_the_tool_returns(
    configured, tools, bundle, capsys, exit_status
):
    apple_says(tools, INVALID, exit_status)
    with pytest.raises(UserError, match=r"Apple did not accept Moatless.app: Invalid"):
        notarize.notarize(bundle)
    assert verbs(tools) == ["submit", "log"]
    assert "The signature of uv is invalid." in capsys.readouterr().out


@pytest.mark.parametrize("said", ["", "Conducting pre-submission checks", "[]"])
def test_an_answer_without_the_word_is_no_acceptance(configured, tools, bundle, said):
    apple_says(tools, said)
    with pytest.raises(UserError, match="did not accept"):
        notarize.notarize(bundle)
    assert verbs(tools) == ["submit"]


def test_what_hinders_the_tool_is_told_in_its_words(configured, tools, bundle):
    apple_says(tools, "", 69, "HTTP status code: 401. Unauthenticated.")
    with pytest.raises(UserError, match="Unauthenticated"):
        notarize.notarize(bundle)


# ------------------------------------------------------------ the bundle as a whole


def test_a_bundle_is_signed_before_apple_sees_it_and_stays_where_it_is(configured, tools, bundle, tmp_path):
    apple_says(tools, ACCEPTED)
    assert app.build(bundle, tmp_path / "dist") == bundle
    names = [call[0] for call in tools.calls]
    assert names.index("ditto") > max(place for place, name in enumerate(names) if name == "codesign")
    assert verbs(tools) == ["submit", "staple"]


def test_without_an_identity_the_bundle_is_built_and_it_is_said_what_that_means(tools, bundle, tmp_path, capsys):
    apple_says(tools, ACCEPTED)
    app.build(bundle, tmp_path / "dist")
    assert tools.calls_of("xcrun") == []
    assert "not signed by anyone" in capsys.readouterr().out


def test_an_identity_without_a_notary_is_said_too(tools, bundle, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv(sign.IDENTITY, "Developer ID Application: Moatless")
    apple_says(tools, ACCEPTED)
    app.build(bundle, tmp_path / "dist")
    assert tools.calls_of("xcrun") == []
    assert "Apple was not shown it" in capsys.readouterr().out

"""Signing a bundle: all code in it, the inner before the outer, with no more rights than are needed."""

from pathlib import Path

import pytest

from desktop_app.errors import UserError
from installers.macos import sign

IDENTITY = "Developer ID Application: Moatless (ABCDE12345)"
CODE = {
    "MacOS/Moatless": False,  # the bundle is signed by it
    "Frameworks/bin/uv": True,
    "Frameworks/llama_cpp/lib/libllama.dylib": True,
    "Frameworks/PySide6/QtCore.abi3.so": True,
    "Frameworks/PySide6/Qt/lib/QtCore.framework/Versions/A": True,
    "Frameworks/PySide6/Qt/lib/QtCore.framework/Versions/A/QtCore": True,
}


@pytest.fixture
def codesign(tools):
    """Return a function that signs a bundle and returns how codesign was called."""
    tools.answer("codesign")

    def signed(bundle):
        sign.sign_bundle(bundle)
        return tools.calls_of("codesign")

    return signed


def signatures(calls):
    return [Path(call[-1]) for call in calls if "--sign" in call]


def test_all_code_is_signed_once_and_links_are_not(bundle, codesign):
    signed = signatures(codesign(bundle))
    wanted = {bundle / "Contents" / name for name, is_signed_by_itself in CODE.items() if is_signed_by_itself}
    assert sorted(signed) == sorted({*wanted, bundle})


def test_whatever_is_within_something_is_signed_before_it(bundle, codesign):
    signed = signatures(codesign(bundle))
    assert signed[-1] == bundle
    for position, path in enumerate(signed):
        assert not [later for later in signed[position:] if path in later.parents]


def test_data_is_not_taken_for_code(bundle, codesign):
    names = {path.name for path in signatures(codesign(bundle))}
    assert not names & {"Info.plist", "moatless.svg", "__main__.py"}


def test_a_file_that_is_shorter_than_the_mark_of_code_is_data(bundle, codesign):
    bundle.joinpath("Contents", "Resources", "short").write_bytes(b"\xcf\xfa")
    assert "short" not in {path.name for path in signatures(codesign(bundle))}


def test_with_an_identity_everything_is_hardened_and_has_a_time(bundle, codesign, monkeypatch):
    monkeypatch.setenv(sign.IDENTITY, IDENTITY)
    for call in codesign(bundle)[:-1]:
        assert call[call.index("--sign") + 1] == IDENTITY
        assert call[call.index("--options") + 1] == "runtime"
        assert "--timestamp" in call


def test_without_an_identity_libraries_of_nobody_may_be_loaded(bundle, codesign, monkeypatch):
    monkeypatch.delenv(sign.IDENTITY, raising=False)
    for call in codesign(bundle)[:-1]:
        assert call[call.index("--sign") + 1] == "-"
        assert not {"--options", "--timestamp"} & set(call)


def test_only_the_bundle_gets_rights(bundle, codesign):
    with_rights = [call for call in codesign(bundle) if "--entitlements" in call]
    assert [call[-1] for call in with_rights] == [str(bundle)]
    assert with_rights[0][with_rights[0].index("--entitlements") + 1] == str(sign.ENTITLEMENTS)


def test_what_was_signed_is_checked_and_only_checked_all_at_once(bundle, codesign):
    calls = codesign(bundle)
    assert [position for position, call in enumerate(calls) if "--deep" in call] == [len(calls) - 1]
    assert "--verify" in calls[-1]
    assert "--strict" in calls[-1]


def test_what_codesign_refuses_is_told_in_its_words(bundle, tools):
    tools.answer("codesign", trouble="resource fork, Finder information, or similar detritus not allowed", status=1)
    with pytest.raises(UserError, match=r"codesign has failed. It said: resource fork"):
        sign.sign_bundle(bundle)


def test_a_system_without_codesign_is_told_so(bundle, tools):
    with pytest.raises(UserError, match="codesign could not be started"):
        sign.sign_bundle(bundle)

"""What macOS is told about the program before it starts it."""

import plistlib
import re

from desktop_app import __version__
from desktop_app.paths import APPLICATION_NAME
from desktop_app.product import IDENTIFIER
from installers.macos.bundle import info_plist
from installers.macos.sign import ENTITLEMENTS


def test_a_bundle_says_who_it_is_and_which_version():
    told = info_plist()
    assert (told["CFBundleIdentifier"], told["CFBundleName"]) == (IDENTIFIER, APPLICATION_NAME)
    assert {told["CFBundleVersion"], told["CFBundleShortVersionString"]} == {__version__}
    assert re.fullmatch(r"[A-Za-z0-9.-]+", told["CFBundleIdentifier"])


def test_it_starts_from_the_macos_on_that_qt_is_made_for():
    assert info_plist()["LSMinimumSystemVersion"] == "13.0"


def test_the_window_is_sharp_and_in_the_dock():
    told = info_plist()
    assert told["NSHighResolutionCapable"] is True
    assert not {"LSUIElement", "LSBackgroundOnly"} & told.keys()


def test_it_can_be_written_as_a_plist():
    assert plistlib.loads(plistlib.dumps(info_plist())) == info_plist()


def test_nothing_is_allowed_but_what_ctypes_needs():
    allowed = plistlib.loads(ENTITLEMENTS.read_bytes())
    assert allowed == {"com.apple.security.cs.allow-unsigned-executable-memory": True}

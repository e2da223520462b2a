"""What macOS reads about the program before it starts it: the Info.plist of the bundle, which PyInstaller writes.

The processes that the program starts of itself (engine, commands) are the same executable of the same bundle. They
draw nothing and so should have no icon in the Dock; `LSUIElement` would hide the window's icon along with theirs and is
therefore not set. Nobody has seen this on a Mac yet: to be looked at with the first build.
"""

from typing import Any

from desktop_app import __version__
from desktop_app.paths import APPLICATION_NAME
from desktop_app.product import IDENTIFIER

LEAST_SYSTEM = "13.0"  # of PySide6's wheels


def info_plist() -> dict[str, Any]:
    """Return the entries of Info.plist that PyInstaller cannot know; it adds the names of program and icon."""
    return {
        "CFBundleIdentifier": IDENTIFIER,
        "CFBundleName": APPLICATION_NAME,
        "CFBundleDisplayName": APPLICATION_NAME,
        "CFBundleShortVersionString": __version__,
        "CFBundleVersion": __version__,
        "LSMinimumSystemVersion": LEAST_SYSTEM,
        "LSApplicationCategoryType": "public.app-category.productivity",
        "NSHighResolutionCapable": True,
        # A Mac with two GPUs may stay with the one that saves power while nothing is drawn.
        "NSSupportsAutomaticGraphicsSwitching": True,
    }

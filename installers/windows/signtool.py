"""Signs programs and libraries for Windows where there is a certificate, which SmartScreen wants to see."""

import os
from collections.abc import Iterable
from pathlib import Path

from desktop_app.errors import UserError
from desktop_app.paths import APPLICATION_NAME
from installers.packaging.tools import run_tool

CERTIFICATE = "MOATLESS_WINDOWS_CERTIFICATE"  # variable: SHA-1 of a certificate in the store, wherever its key is
TIMESTAMP = "http://timestamp.digicert.com"


def is_configured() -> bool:
    return bool(os.environ.get(CERTIFICATE))


def sign(files: Iterable[Path]) -> None:
    """Sign files; a signature that one has is replaced.

    Raises:
        UserError: If the tool is not there or refuses.
    """
    run_tool(*command(), *files)


def command() -> list[str]:
    """Return the tool with what it needs to know; the files come after.

    Raises:
        UserError: If there is no tool.
    """
    wanted = ["/sha1", os.environ[CERTIFICATE], "/fd", "sha256", "/tr", TIMESTAMP, "/td", "sha256"]
    return [str(_tool()), "sign", *wanted, "/d", APPLICATION_NAME]


def _tool() -> Path:
    """Return the newest one; kits of several versions may be installed, and none is on the PATH."""
    programs = os.environ.get("PROGRAMFILES(X86)", r"C:\Program Files (x86)")
    found = Path(programs, "Windows Kits", "10", "bin").glob("10.*/x64/signtool.exe")
    newest = max(found, key=lambda path: [int(part) for part in path.parts[-3].split(".")], default=None)
    if newest is None:
        raise UserError(
            "There is a certificate but no signtool.exe to sign with.",
            "Add the Windows SDK to Visual Studio with its installer, then build again.",
        )
    return newest

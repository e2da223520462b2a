"""Gives a release machine what it signs with: `python -m installers.macos.keychain`, which its workflow runs.

A keychain of its own holds the certificate while the machine lives, and the key for Apple's notary lies in a file. Both
come from secrets; where there are none, the build says that it is not signed. At home the keychain that a person has
does all this, and nothing here is needed.
"""

import base64
import os
import re
import secrets
import sys
from pathlib import Path

from desktop_app.errors import UserError
from installers.macos.notarize import KEY
from installers.macos.sign import IDENTITY
from installers.packaging.tools import run_tool

# Variables that the workflow fills with secrets: two files, in base64, and the password of the first.
CERTIFICATE, PASSWORD, NOTARY_KEY = "MACOS_CERTIFICATE", "MACOS_CERTIFICATE_PASSWORD", "MACOS_NOTARY_KEY"
_NAME = "moatless-release.keychain-db"


def main(folder: Path) -> int:
    """Make both in a folder and tell the steps that follow; return the exit status."""
    if not os.environ.get(CERTIFICATE):
        print("There is no certificate: what is built here will not be signed.")
        return 0
    try:
        found = {IDENTITY: add_certificate(folder)}
        if os.environ.get(NOTARY_KEY):
            found[KEY] = str(_write_secret(folder / "notary.p8", NOTARY_KEY))
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    with Path(os.environ["GITHUB_ENV"]).open("a", encoding="utf-8") as following:
        following.writelines(f"{name}={value}\n" for name, value in found.items())
    return 0


def add_certificate(folder: Path) -> str:
    """Make a keychain with the certificate, which codesign may use unasked, and return its SHA-1.

    Raises:
        UserError: If the certificate or its password is not accepted, or it is none to sign with.
    """
    keychain, password = folder / _NAME, secrets.token_hex()
    run_tool("security", "create-keychain", "-p", password, keychain)
    run_tool("security", "set-keychain-settings", keychain)  # without this it locks itself after five minutes
    run_tool("security", "unlock-keychain", "-p", password, keychain)
    certificate = _write_secret(folder / "certificate.p12", CERTIFICATE)
    try:
        given = ("-P", os.environ[PASSWORD])
        run_tool("security", "import", certificate, "-k", keychain, *given, "-T", "/usr/bin/codesign")
    finally:
        certificate.unlink()
    partitions = "apple-tool:,apple:,codesign:"
    run_tool("security", "set-key-partition-list", "-S", partitions, "-s", "-k", password, keychain)
    known = re.findall(r'"(.+)"', run_tool("security", "list-keychains", "-d", "user"))
    run_tool("security", "list-keychains", "-d", "user", "-s", keychain, *known)
    identities = run_tool("security", "find-identity", "-v", "-p", "codesigning", keychain)
    sha1 = re.search(r'\b([0-9A-F]{40}) "Developer ID Application', identities)
    if sha1 is None:
        raise UserError(
            "The certificate is none that programs are signed with. Apple calls it Developer ID Application."
        )
    return sha1[1]


def _write_secret(path: Path, variable: str) -> Path:
    path.touch(0o600)
    path.write_bytes(base64.b64decode(os.environ[variable]))
    return path


if __name__ == "__main__":
    sys.exit(main(Path(os.environ["RUNNER_TEMP"])))

"""Signs a release: `python installers/release.py sign FOLDER`, and once before the first one, `... new-key`.

Run it with the environment's Python (`.venv/bin/python`), as it needs `cryptography`. `sign` reads the packages of all
systems in FOLDER and writes beside them SHA256SUMS, for people, and moatless-release.json, which the program asks for
and believes (desktop_app/network/release.py); all of FOLDER is then published. The private key is in no file of this
project: `new-key` prints it once, for the secret store of whoever publishes, which gives it in MOATLESS_RELEASE_KEY.
"""

import argparse
import os
import sys
from base64 import b64encode
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from desktop_app import __version__
from desktop_app.errors import UserError
from desktop_app.network.release import (
    APPIMAGE,
    DEB,
    DMG,
    FORMAT,
    KEY_FILE,
    RELEASES,
    SETUP,
    TARBALL,
    Package,
    Release,
    announce,
    read_announcement,
    read_key,
)
from desktop_app.paths import bundled
from desktop_app.product import UPDATES_URL
from installers.linux.changes import releases
from installers.packaging.places import file_name
from installers.packaging.tools import file_sha256

KEY_VARIABLE = "MOATLESS_RELEASE_KEY"
SUMS = "SHA256SUMS"
ANNOUNCEMENT = UPDATES_URL.rpartition("/")[2]
KINDS = (
    ("linux", "x86_64", DEB),
    ("linux", "x86_64", TARBALL),
    ("linux", "x86_64", APPIMAGE),
    ("linux", "aarch64", DEB),
    ("linux", "aarch64", TARBALL),
    ("linux", "aarch64", APPIMAGE),
    ("macos", "arm64", DMG),
    ("macos", "x86_64", DMG),
    ("windows", "x86_64", SETUP),
)


def main(arguments: list[str]) -> int:
    """Do what was asked for and return the exit status."""
    parser = argparse.ArgumentParser("release", description="Sign a release.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    sign_verb = verbs.add_parser("sign", help=f"write {SUMS} and {ANNOUNCEMENT} beside the packages in FOLDER")
    sign_verb.add_argument("folder", type=Path, metavar="FOLDER")
    verbs.add_parser("new-key", help="make the pair of keys that releases are signed with")
    wanted = parser.parse_args(arguments)
    try:
        if wanted.verb == "sign":
            release = sign(wanted.folder, os.environ.get(KEY_VARIABLE, ""), bundled(KEY_FILE))
            print(f"Moatless {release.version}: {len(release.files)} packages, signed.")
        else:
            print(new_key(bundled(KEY_FILE)))
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def new_key(public_path: Path) -> str:
    """Make a pair of keys, write the public one and return what to do with the private one.

    Raises:
        UserError: If there is a public one already.
    """
    private = Ed25519PrivateKey.generate()
    try:
        with public_path.open("x", encoding="ascii", newline="\n") as file:
            file.write(f"{_text(private.public_key().public_bytes_raw())}\n")
    except FileExistsError as error:
        raise UserError(
            f"There is a release key in {public_path} already. The programs that are out there believe only it and "
            "would refuse every release that is signed with another one.",
            "Delete the file only if the private key is lost or was seen by somebody.",
        ) from error
    return (
        f"The public key is in {public_path}; commit it. The private key is the line below and is shown only now: put "
        f"it into the secret store of the release workflow as {KEY_VARIABLE}, and keep a copy on paper.\n"
        f"{_text(private.private_bytes_raw())}"
    )


def sign(folder: Path, private_text: str, public_path: Path) -> Release:
    """Write checksums and the signed announcement of the packages in a folder, and return what is announced.

    Args:
        folder: Has the packages of all systems, and nothing else.
        private_text: The private key, in base64.
        public_path: The public key that programs of this version have inside.

    Raises:
        UserError: If packages are missing or are not of this version, or the keys do not belong together.
    """
    private, public = _keys(private_text, public_path)
    packages = _packages(folder)
    newest = releases()[0]
    if newest.version != __version__:
        raise UserError(
            f"This is version {__version__}, and the newest one in docs/changes.md is {newest.version}.",
            "Write there what is new.",
        )
    release = Release(
        FORMAT,
        __version__,
        newest.date.isoformat(),
        f"{RELEASES}/tag/v{__version__}",
        newest.items or (newest.summary,),
        packages,
    )
    announcement = announce(release, private)
    assert read_announcement(announcement, public) == release  # as programs will read it
    sums = "".join(f"{each.sha256}  {each.name}\n" for each in packages)
    folder.joinpath(SUMS).write_text(sums, "utf-8", newline="\n")
    folder.joinpath(ANNOUNCEMENT).write_bytes(announcement)
    return release


def _keys(private_text: str, public_path: Path) -> tuple[bytes, bytes]:
    try:
        public = read_key(public_path.read_text("ascii"))
    except (OSError, ValueError) as error:
        raise UserError(
            f"There is no release key in {public_path}, so no program could check the signature.",
            "Make a pair with “new-key” first.",
        ) from error
    try:
        private = read_key(private_text)
    except ValueError as error:
        raise UserError(
            f"The variable {KEY_VARIABLE} does not have the private release key.",
            "Set it to what new-key has printed, in base64.",
        ) from error
    if Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw() != public:
        raise UserError(
            f"The private key in {KEY_VARIABLE} and the public one in {public_path} do not belong together, so every "
            "program would refuse this release.",
            "Use the pair that new-key has made.",
        )
    return private, public


def _packages(folder: Path) -> tuple[Package, ...]:
    names = {file_name(kind, machine=machine): (system, machine, kind) for system, machine, kind in KINDS}
    found = {path.name for path in folder.iterdir()} - {SUMS, ANNOUNCEMENT} if folder.is_dir() else set()
    if missing := sorted(names.keys() - found):
        raise UserError(
            f"{folder} does not have all packages of version {__version__}. Missing: {', '.join(missing)}.",
            "Build them on their systems and put them there.",
        )
    if strange := sorted(found - names.keys()):
        raise UserError(
            f"{folder} has what is no package of version {__version__}: {', '.join(strange)}.", "Take it out."
        )
    return tuple(_package(folder / name, *about) for name, about in names.items())


def _package(path: Path, system: str, machine: str, kind: str) -> Package:
    size_bytes = path.stat().st_size
    if not size_bytes:
        raise UserError(f"{path} is empty.", "Build it again.")
    url = f"{RELEASES}/download/v{__version__}/{path.name}"
    return Package(system, machine, kind, path.name, url, size_bytes, file_sha256(path))


def _text(key: bytes) -> str:
    return b64encode(key).decode("ascii")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

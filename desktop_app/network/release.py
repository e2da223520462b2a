"""What a release announces of itself, and when it is believed: only if it is signed with the key of this project.

The announcement is one JSON file: what is signed, as base64 of JSON, and the Ed25519 signature of just those bytes, so
that nothing has to be understood before the signature was checked. `installers/release.py` writes it.
"""

import logging
import re
from base64 import b64decode
from dataclasses import dataclass
from typing import Annotated

import msgspec

from desktop_app import __version__, product
from desktop_app.errors import UserError
from desktop_app.paths import bundled

FORMAT = 1
KEY_BYTES = 32
KEY_FILE = "release-key.txt"  # among the files that ship with the program: the public key, in base64
RELEASES = f"{product.HOMEPAGE}/releases"
DEB, TARBALL, APPIMAGE, DMG, SETUP = "deb", "tarball", "appimage", "dmg", "setup"

_VERSION = re.compile(r"(\d{1,9}(?:\.\d{1,9}){0,5})(?:[-.]?(dev|a|alpha|b|beta|rc)\.?(\d{0,9}))?", re.ASCII)
_STAGES = {"dev": 0, "a": 1, "alpha": 1, "b": 2, "beta": 2, "rc": 3}
_FINISHED = 4

_log = logging.getLogger(__name__)


class Package(msgspec.Struct, frozen=True):
    """One file of a release, for one kind of computer and one way of installing.

    Attributes:
        system: linux, macos or windows.
        machine: The processor, as that system calls it: x86_64, aarch64, arm64.
        kind: deb, tarball, appimage, dmg or setup.
        name: Of the file.
    """

    system: str
    machine: str
    kind: str
    name: str
    url: str
    size_bytes: Annotated[int, msgspec.Meta(gt=0)]
    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class Release(msgspec.Struct, frozen=True):
    """What is signed.

    Attributes:
        date: As 2026-11-28.
        page: The address of the release notes.
        notes: What is new, in a few lines.
    """

    format: int
    version: str
    date: str
    page: str
    notes: tuple[str, ...]
    files: tuple[Package, ...]


@dataclass(frozen=True)
class Feed:
    """Where releases are announced, and what decides whether one is for this program.

    Attributes:
        key: That they are signed with; None if this program was built without.
        version: Of this program.
    """

    url: str
    key: bytes | None
    version: str


class _Announcement(msgspec.Struct, frozen=True):
    signed: bytes
    signature: bytes


class _Form(msgspec.Struct, frozen=True):
    format: int


def this_feed() -> Feed:
    """Return the one of this program."""
    return Feed(product.UPDATES_URL, public_key(), __version__)


def public_key() -> bytes | None:
    """Return the key that releases are signed with; None if this program was built without one that can be read."""
    try:
        return read_key(bundled(KEY_FILE).read_text("ascii"))
    except (OSError, ValueError) as error:
        _log.info("no release key: %s", error)
        return None


def read_key(text: str) -> bytes:
    """Return a key that is written in base64.

    Raises:
        ValueError: If it is none.
    """
    key = b64decode(text.strip(), validate=True)
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key has {KEY_BYTES} bytes, and this has {len(key)}")
    return key


def announce(release: Release, private_key: bytes) -> bytes:
    """Return the announcement of a release, signed."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    signed = msgspec.json.encode(release)
    signature = Ed25519PrivateKey.from_private_bytes(private_key).sign(signed)
    return msgspec.json.encode(_Announcement(signed, signature))


def read_announcement(announcement: bytes, key: bytes) -> Release:
    """Return what a release announces, once its signature was checked.

    Raises:
        UserError: If it is not signed with this key, or cannot be understood.
    """
    try:
        parts = msgspec.json.decode(announcement, type=_Announcement)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UserError(
            "What came in place of the news about releases is something else.",
            f"Try again later, or look at {RELEASES} yourself.",
        ) from error
    _check_signature(parts, key)
    return _understood(parts.signed)


def newer(announcement: bytes, feed: Feed) -> Release | None:
    """Return the release that was announced, or None if it is the version of this program.

    Raises:
        UserError: If it is older, not signed with the key, or cannot be understood.
    """
    release = read_announcement(announcement, key_of(feed))
    announced, own = version_order(release.version), version_order(feed.version)
    if announced < own:
        raise UserError(
            f"The version that is announced, {release.version}, is older than this one, {feed.version}.",
            "There is nothing to do.",
        )
    return release if announced > own else None


def key_of(feed: Feed) -> bytes:
    """Return the key.

    Raises:
        UserError: If there is none.
    """
    if feed.key is None:
        raise UserError(
            "This Moatless has no release key. It could not tell a real release from a forged one, so it does not look "
            "for any.",
            f"You find new versions at {RELEASES}.",
        )
    return feed.key


def version_order(version: str) -> tuple[tuple[int, ...], int, int]:
    """Return what versions are compared by: 1.9 < 1.10.dev1 < 1.10a2 < 1.10b1 < 1.10rc1 < 1.10.

    Raises:
        UserError: If it is no version.
    """
    match = _VERSION.fullmatch(version)
    if match is None:
        raise UserError(f"“{version[:40]}” is not the number of a version.", f"Look at {RELEASES} yourself.")
    numbers = [int(number) for number in match[1].split(".")]
    while numbers and not numbers[-1]:  # 1.0 is 1
        numbers.pop()
    return tuple(numbers), _STAGES.get(match[2], _FINISHED), int(match[3] or 0)


def _check_signature(parts: _Announcement, key: bytes) -> None:
    # It takes its time to load, and nobody needs it before a release is there to be looked at.
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(key).verify(parts.signature, parts.signed)
    except InvalidSignature as error:
        raise UserError(
            "The news about releases is not signed with the key of Moatless. Somebody may have changed it, so nothing "
            "of it is believed.",
            "Use Moatless as it is, and try again another day.",
        ) from error


def _understood(signed: bytes) -> Release:
    try:
        if msgspec.json.decode(signed, type=_Form).format == FORMAT:
            return msgspec.json.decode(signed, type=Release)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UserError("The news about releases is incomplete.", f"Look at {RELEASES} yourself.") from error
    raise UserError(
        "There are new versions, but this one is too old to understand what is said about them.",
        f"Look at {RELEASES} yourself.",
    )

"""The page with the releases on the loopback interface: an announcement, signed, behind a redirect, and the packages.

As on the real one, the address that the program asks leads on to another origin. Faults are those of hub_server.py.
"""

from base64 import b64decode, b64encode

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from desktop_app.library.installation import Installation
from desktop_app.network.release import FORMAT, TARBALL, Feed, Package, Release, announce
from tests.support.hub_content import MIB, Blob, Generated
from tests.support.hub_server import Answer, Asked, Book, Faults, Request, Server

PRIVATE = b"p" * 32
PUBLIC = Ed25519PrivateKey.from_private_bytes(PRIVATE).public_key().public_bytes_raw()
ANOTHER_PRIVATE = b"q" * 32
OWN_VERSION = "1.2.0"  # of the program that asks
NEWER = "1.10.0"
HERE = Installation("linux", "x86_64", TARBALL)
CONTENT = Generated(2 * MIB + 5, seed=3)
NOTES = ("Chats can be printed.", "Teaching is twice as fast.")
LATEST, STORED = "/releases/latest/download/moatless-release.json", "/stored/moatless-release.json"


class LoopbackReleases:
    """A context manager; `announcement` and `faults` may be changed at any time."""

    def __init__(self) -> None:
        self._book = Book()
        self._servers: list[Server] = []
        self.announcement: bytes | Answer = b""
        self.package = Blob(CONTENT)

    def __enter__(self) -> "LoopbackReleases":
        self._servers = [
            Server(0, "hub", self._answer, self._book),
            Server(0, "cdn", self._answer_of_store, self._book),
        ]
        self.announce()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Cut all connections and listen no more."""
        while self._servers:
            self._servers.pop().stop()

    @property
    def faults(self) -> Faults:
        return self._book.faults

    @property
    def requests(self) -> list[Request]:
        return self._book.requests

    @property
    def store_url(self) -> str:
        return f"http://127.0.0.1:{self._servers[1].port}"

    def feed(self, key: bytes | None = PUBLIC, version: str = OWN_VERSION) -> Feed:
        """Return what a program knows of this page."""
        return Feed(f"http://127.0.0.1:{self._servers[0].port}{LATEST}", key, version)

    def release(self, version: str = NEWER, **about: object) -> Release:
        """Return a release with a package for `HERE`."""
        package = Package(
            HERE.system,
            HERE.machine,
            HERE.kind,
            f"moatless-{version}-linux-x86_64.tar.gz",
            f"{self.store_url}/package",
            CONTENT.size,
            CONTENT.sha256(),
        )
        page = "https://example.org/releases/tag/v1"
        return msgspec.structs.replace(Release(FORMAT, version, "2026-12-24", page, NOTES, (package,)), **about)

    def announce(self, release: Release | None = None, private: bytes = PRIVATE) -> None:
        """Announce a release, by default a newer one."""
        self.announcement = announce(release or self.release(), private)

    def _answer(self, asked: Asked) -> Answer:
        if asked.path == LATEST:
            return Answer(status=302, headers={"Location": f"{self.store_url}{STORED}"})
        return Answer(b"Not Found", 404)

    def _answer_of_store(self, asked: Asked) -> Answer:
        if asked.path == STORED:
            return self.announcement if isinstance(self.announcement, Answer) else Answer(self.announcement)
        if asked.path == "/package":
            return Answer(self.package, headers={"ETag": '"package"'})
        return Answer(b"Not Found", 404)


def tampered(announcement: bytes, before: bytes, after: bytes) -> bytes:
    """Return an announcement of which something was changed after it was signed."""
    parts = msgspec.json.decode(announcement)
    signed = b64decode(parts["signed"])
    assert before in signed
    return msgspec.json.encode({**parts, "signed": b64encode(signed.replace(before, after)).decode()})

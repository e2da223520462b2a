"""Asking for a new version of this program: one request to one address, of which nothing is believed unsigned.

The request says the name and version of the program and nothing else, as every request does.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2

from desktop_app.errors import UserError
from desktop_app.network.client import make_client, pieces_of
from desktop_app.network.door import Door, purpose
from desktop_app.network.incoming import WHOLE, Incoming, size_of, start_of
from desktop_app.network.release import RELEASES, Feed, Package, key_of

MAX_ANNOUNCEMENT_BYTES = 256_000
THE_PAGE = "The page with the releases"


def ask(door: Door, feed: Feed) -> bytes:
    """Return what is announced now, as it came; `release.newer` says what it means.

    Raises:
        UserError: If there is no key to check an answer with (nothing is asked then), or no answer.
    """
    key_of(feed)
    with (
        purpose("Look for a new version of Moatless"),
        make_client(door, THE_PAGE) as client,
        _told("the newest version"),
        client.stream("GET", feed.url, headers=WHOLE) as response,
    ):
        response.raise_for_status()
        announcement = bytearray()
        for piece in pieces_of(response, THE_PAGE):
            announcement += piece
            if len(announcement) > MAX_ANNOUNCEMENT_BYTES:
                raise UserError(
                    "Far more came than the news about a release, so it was not read to its end.",
                    f"Try again later, or look at {RELEASES} yourself.",
                )
        return bytes(announcement)


@contextmanager
def open_package(door: Door, package: Package, start: int) -> Iterator[Incoming]:
    """Begin to receive a package from an offset on.

    Raises:
        UserError: If it cannot be had.
    """
    with make_client(door, THE_PAGE) as client, _told(f"“{package.name}”"):
        headers = {**WHOLE, "range": f"bytes={start}-"}
        with client.stream("GET", package.url, headers=headers) as response:
            if response.status_code == 416:  # the file ends before that
                yield Incoming(start, "", iter(()))
                return
            response.raise_for_status()
            yield Incoming(start_of(response), "", pieces_of(response, THE_PAGE), size_of(response))


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Tell in a sentence why something was not to be had."""
    try:
        yield
    except httpx2.HTTPStatusError as error:
        raise UserError(f"{THE_PAGE} does not have {what}.", f"Try again later, or look at {RELEASES}.") from error
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        raise UserError(
            f"{THE_PAGE} gave an answer about {what} that makes no sense.", f"Try again later, or look at {RELEASES}."
        ) from error

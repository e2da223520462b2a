"""Asking for a new version: one request that says nothing of anybody, and an answer believed if it is signed."""

import re
from itertools import pairwise

import msgspec
import pytest

from desktop_app import __version__, product
from desktop_app.errors import TryAgain, UserError
from desktop_app.network import release as release_module
from desktop_app.network.door import Offline, Stop, purpose
from desktop_app.network.release import RELEASES, Feed, newer, this_feed, version_order
from desktop_app.network.updates import MAX_ANNOUNCEMENT_BYTES, ask, open_package
from tests.support.hub_server import Answer
from tests.support.release_server import (
    ANOTHER_PRIVATE,
    CONTENT,
    LATEST,
    NEWER,
    NOTES,
    OWN_VERSION,
    PUBLIC,
    STORED,
    LoopbackReleases,
    tampered,
)
from tests.unit.network.steps import wait_until, working


@pytest.fixture
def page():
    with LoopbackReleases() as page:
        yield page


def check(door, page, **feed):
    """Ask, and return what the answer means."""
    known = page.feed(**feed)
    return newer(ask(door, known), known)


def refused(door, page, **feed):
    with pytest.raises(UserError) as told:
        check(door, page, **feed)
    return str(told.value)


# ------------------------------------------------------------ what is announced


def test_a_newer_version_is_found_with_all_that_was_said_of_it(door, page):
    found = check(door, page)
    assert found == page.release()
    assert (found.version, found.notes) == (NEWER, NOTES)
    (package,) = found.files
    assert (package.size_bytes, package.sha256) == (CONTENT.size, CONTENT.sha256())


def test_the_same_version_is_nothing_new(door, page):
    page.announce(page.release(OWN_VERSION))
    assert check(door, page) is None


@pytest.mark.parametrize("version", ["1.1.9", "1.2.0rc1", "0.9"])
def test_an_older_version_is_told_and_never_offered(door, page, version):
    page.announce(page.release(version))
    assert f"{version}, is older than this one, {OWN_VERSION}." in refused(door, page)


def test_who_has_a_preview_is_offered_the_finished_version(door, page):
    page.announce(page.release("1.3.0"))
    assert check(door, page, version="1.3.0rc2").version == "1.3.0"


def test_versions_are_compared_as_numbers_and_not_as_words():
    ordered = ["0.9", "1.2", "1.2.1", "1.9.9", "1.10.dev1", "1.10a1", "1.10.0-alpha.2", "1.10b1", "1.10-beta3"]
    ordered += ["1.10rc2", "1.10rc10", "1.10", "1.10.1", "2", "10.0"]
    for lower, higher in pairwise(ordered):
        assert version_order(lower) < version_order(higher)
    assert version_order("1.0") == version_order("1.0.0") == version_order("1")
    assert version_order(__version__) == version_order(f"{__version__}.0")


@pytest.mark.parametrize(
    "version", ["", "new", "1..2", "v1.2", "1.2.0 ", "1.2.x", "\N{ARABIC-INDIC DIGIT THREE}", "9" * 5000]
)
def test_what_is_no_version_is_refused(door, page, version):
    page.announce(page.release(version))
    assert "is not the number of a version." in refused(door, page)


# ------------------------------------------------------------ what is believed


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'"1.10.0"', b'"1.10.1"'),
        (CONTENT.sha256().encode(), b"0" * 64),
        (b"/package", b"/another"),
        (b"printed", b"praised"),
    ],
)
def test_what_was_changed_after_it_was_signed_is_not_believed(door, page, before, after):
    page.announcement = tampered(page.announcement, before, after)
    assert "is not signed with the key of Moatless." in refused(door, page)


def test_what_somebody_else_has_signed_is_not_believed(door, page):
    page.announce(private=ANOTHER_PRIVATE)
    assert "is not signed with the key of Moatless." in refused(door, page)


def test_nothing_is_understood_before_the_signature_was_checked(door, page, monkeypatch):
    """Whatever lies in an announcement that is not ours never comes to be read."""
    page.announce(page.release("no version"), private=ANOTHER_PRIVATE)
    monkeypatch.setattr(release_module, "_understood", lambda signed: pytest.fail("it was read"))
    assert "is not signed" in refused(door, page)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Log in to this network</html>",
        b"[]",
        b'{"signed": 1}',
        b'{"signed": "!", "signature": "!"}',
        b"\xff",
    ],
)
def test_what_is_no_announcement_is_told(door, page, body):
    page.announcement = body
    assert "What came in place of the news about releases is something else." in refused(door, page)


def test_a_signature_of_another_length_is_a_wrong_one(door, page):
    page.announcement = msgspec.json.encode({**msgspec.json.decode(page.announcement), "signature": "AAAA"})
    assert "is not signed" in refused(door, page)


def test_of_a_later_kind_of_announcement_it_says_where_to_look(door, page):
    page.announce(page.release(format=2))
    told = refused(door, page)
    assert "too old to understand" in told
    assert RELEASES in told


@pytest.mark.parametrize("wrong", [{"size_bytes": 0}, {"size_bytes": -1}, {"sha256": "00"}, {"sha256": "g" * 64}])
def test_a_package_that_could_not_be_checked_is_none(door, page, wrong):
    release = page.release()
    page.announce(msgspec.structs.replace(release, files=(msgspec.structs.replace(release.files[0], **wrong),)))
    assert "is incomplete" in refused(door, page)


def test_a_huge_answer_is_not_read_to_its_end(door, page):
    page.announcement = Answer(b" " * (40 * MAX_ANNOUNCEMENT_BYTES))
    assert "Far more came than the news about a release" in refused(door, page)
    received = [line.received_bytes for line in door.journal.read()]
    assert MAX_ANNOUNCEMENT_BYTES < max(received) < 2 * MAX_ANNOUNCEMENT_BYTES


# ------------------------------------------------------------ the key


def test_without_a_release_key_nothing_is_asked(door, page):
    told = refused(door, page, key=None)
    assert "has no release key" in told
    assert RELEASES in told
    assert page.requests == []
    with pytest.raises(UserError, match="has no release key"):
        newer(page.announcement, page.feed(key=None))


@pytest.mark.parametrize("text", [None, "", "no key", "AAAA"])
def test_a_key_that_cannot_be_read_is_none(tmp_path, monkeypatch, text):
    path = tmp_path / "release-key.txt"
    if text is not None:
        path.write_text(text)
    monkeypatch.setattr(release_module, "bundled", tmp_path.joinpath)
    assert this_feed().key is None


def test_the_program_asks_where_this_project_publishes_with_the_key_that_came_with_it(tmp_path, monkeypatch):
    tmp_path.joinpath("release-key.txt").write_text(f"{msgspec.json.encode(PUBLIC).decode().strip(chr(34))}\n")
    monkeypatch.setattr(release_module, "bundled", tmp_path.joinpath)
    assert this_feed() == Feed(product.UPDATES_URL, PUBLIC, __version__)
    assert product.UPDATES_URL.startswith("https://")


# ------------------------------------------------------------ the request


def test_it_is_one_request_and_its_redirect_and_both_are_listed(door, page):
    check(door, page)
    assert [(request.method, request.host_kind, request.path, request.query) for request in page.requests] == [
        ("GET", "hub", LATEST, ""),
        ("GET", "cdn", STORED, ""),
    ]
    lines = door.journal.read()
    assert [(line.host, line.why, line.outcome) for line in lines] == [
        ("127.0.0.1", "Look for a new version of Moatless", "")
    ] * 2
    assert lines[0].received_bytes == len(page.announcement)


def test_the_request_names_the_program_and_its_version_and_nothing_more(door, page, monkeypatch):
    seen = []
    answer = page._servers[0].RequestHandlerClass.do_GET
    monkeypatch.setattr(
        "tests.support.hub_server._Handler.do_GET",
        lambda handler: (seen.append(dict(handler.headers.items())), answer(handler)),
    )
    check(door, page)
    check(door, page)
    assert {name.lower() for headers in seen for name in headers} == {
        *("host", "accept", "accept-encoding", "connection", "user-agent")
    }
    assert {headers["user-agent"] for headers in seen} == {f"Moatless/{__version__}"}
    assert seen[:2] == seen[2:]


def test_offline_nothing_is_asked(door, page):
    door.set_open(False)
    with pytest.raises(Offline):
        check(door, page)
    assert page.requests == []
    assert door.journal.read() == ()


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_page_that_is_not_there_is_told(door, page, status):
    page.announcement = Answer(b"Not Found", status)
    assert "The page with the releases does not have the newest version." in refused(door, page)
    assert door.journal.read()[0].outcome == "refused"


@pytest.mark.parametrize(
    ("status", "words"), [(429, "asks to wait"), (500, "has trouble of its own"), (503, "has trouble of its own")]
)
def test_trouble_over_there_is_told_of_the_right_place(door, page, status, words):
    page.announcement = Answer(b"", status)
    with pytest.raises(TryAgain, match=f"The page with the releases {words}"):
        check(door, page)


def test_nobody_there_is_told_of_the_right_place(door, page):
    feed = page.feed()
    page.stop()
    with pytest.raises(TryAgain, match=re.escape("The page with the releases cannot be reached.")):
        ask(door, feed)


def test_an_answer_that_leads_round_in_circles_is_given_up(door, page):
    page.announcement = Answer(status=302, headers={"Location": f"{page.store_url}{STORED}"})
    assert "makes no sense" in refused(door, page)


def test_an_answer_that_is_waited_for_can_be_stopped(door, page):
    page.faults.hang = True
    stop = Stop()

    def wait():
        with purpose("", stop):
            ask(door, page.feed())

    with working(wait) as work:
        wait_until(lambda: page.requests)
        stop.set()
        with pytest.raises(TryAgain, match="The connection was lost"):
            work.wait()


# ------------------------------------------------------------ the package


@pytest.mark.parametrize("start", [0, 1_000_000])
def test_a_package_comes_from_where_it_was_left(door, page, start):
    (package,) = page.release().files
    with purpose("Download"), open_package(door, package, start) as incoming:
        assert incoming.start == start
        assert sum(len(piece) for piece in incoming.pieces) == CONTENT.size - start
    assert page.requests[-1].range == f"bytes={start}-"


def test_beyond_its_end_nothing_comes(door, page):
    (package,) = page.release().files
    with open_package(door, package, CONTENT.size) as incoming:
        assert list(incoming.pieces) == []


def test_a_package_that_is_gone_is_told(door, page):
    gone = msgspec.structs.replace(page.release().files[0], url=f"{page.store_url}/gone")
    with (
        pytest.raises(UserError, match=re.escape("does not have “moatless-1.10.0-linux-x86_64.tar.gz”.")),
        open_package(door, gone, 0),
    ):
        pass

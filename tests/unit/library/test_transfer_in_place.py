"""Something else comes in place of the file, or all of it in place of the rest: what is there stays, if it is right."""

import pytest

from desktop_app.errors import TryAgain, UserError
from desktop_app.library.transfer import WrongContent
from desktop_app.storage.records import RemoteFile
from tests.support.hub import Faults
from tests.unit.library.transfers import (
    CONTENT,
    FILE,
    MODEL,
    NAME,
    REPO,
    Impatient,
    Pieces,
    get,
    hub_source,
)

PAGE = b"<html>Please log in to the network of this hotel.</html>"
IN_PLACE = "What came in place of “tiny.Q4_0.gguf” is not the file of"


# ------------------------------------------------------------ something else


@pytest.mark.parametrize("no_length", [False, True])
def test_a_page_in_place_of_the_rest_leaves_what_is_there(hub, source, part, target, no_length):
    part.write_bytes(CONTENT[:2_000_000])
    hub.faults = Faults(page=PAGE, no_length=no_length)
    with pytest.raises(WrongContent, match=f"{IN_PLACE} 2,097,157 bytes that was announced") as told:
        get(source, FILE, target)
    assert "do that in a browser, then press Resume" in told.value.hint
    assert part.read_bytes() == CONTENT[:2_000_000]
    hub.faults = Faults()
    get(source, FILE, target)
    assert target.read_bytes() == CONTENT
    assert hub.bytes_sent == MODEL.size - 2_000_000


@pytest.mark.parametrize("no_length", [False, True])
def test_a_page_that_comes_first_does_not_become_the_beginning(hub, source, target, no_length):
    hub.faults = Faults(page=PAGE, no_length=no_length)
    with pytest.raises(WrongContent, match=IN_PLACE):
        get(source, FILE, target)
    hub.faults = Faults()
    get(source, FILE, target)
    assert target.read_bytes() == CONTENT
    assert hub.bytes_sent == MODEL.size


@pytest.mark.parametrize("more", [-100, 100])
def test_a_file_of_another_size_is_refused_before_anything_of_it_is_stored(source, part, target, more):
    with pytest.raises(WrongContent, match=IN_PLACE):
        get(source, RemoteFile(NAME, MODEL.size + more, MODEL.sha256()), target)
    assert not target.exists()
    assert part.stat().st_size == 0


def test_a_file_that_is_shorter_than_what_is_there_is_refused(hub, door, part, target):
    hub.add_repo(REPO, {NAME: CONTENT[:1_000_000]})
    part.write_bytes(CONTENT[:1_500_000])
    with pytest.raises(WrongContent, match=IN_PLACE):
        get(hub_source(door), RemoteFile(NAME, MODEL.size), target)
    assert part.stat().st_size == 1_500_000


@pytest.mark.parametrize("start", [5, MODEL.size + 5])
def test_another_part_than_was_asked_for_is_not_taken(target, start):
    with pytest.raises(UserError, match="another part of the file"):
        get(Pieces(CONTENT, start=start), FILE, target)


# ------------------------------------------------------------ all of it, where the rest was asked for


def test_where_ranges_are_not_known_what_is_there_is_passed_over(hub, source, part, target):
    part.write_bytes(CONTENT[:1_000_000])
    hub.faults.ignore_ranges = True
    told = []
    get(source, FILE, target, progress=told.append)
    assert target.read_bytes() == CONTENT
    assert hub.bytes_sent == MODEL.size
    assert told == sorted(told)
    assert told[0] == 1_000_000


def test_where_ranges_are_not_known_a_lost_connection_costs_nothing_that_is_there(hub, source, part, target):
    part.write_bytes(CONTENT[:2_000_000])
    hub.faults = Faults(ignore_ranges=True, drop_after=[1000] * 6)
    stop = Impatient()
    with pytest.raises(TryAgain, match="stopped at 2 MB of 2 MB"):
        get(source, FILE, target, stop)
    assert part.read_bytes() == CONTENT[:2_000_000]
    get(source, FILE, target)
    assert target.read_bytes() == CONTENT


def test_what_is_there_and_proves_to_be_of_something_else_is_fetched_anew(hub, source, part, target):
    part.write_bytes(b"x" * 1_000_000)
    hub.faults.ignore_ranges = True
    get(source, FILE, target)
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("ignore_ranges", [False, True])
def test_nobody_has_to_say_how_long_a_file_is(hub, source, part, target, ignore_ranges):
    part.write_bytes(CONTENT[:1_000_000])
    hub.faults = Faults(no_length=True, ignore_ranges=ignore_ranges)
    get(source, FILE, target)
    assert target.read_bytes() == CONTENT

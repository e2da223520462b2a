"""Fetching a file from the Hub: whole or not at all, no byte twice, and nothing that is not what was announced."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.errors import TryAgain
from desktop_app.library.transfer import Stopped, WrongContent
from desktop_app.network import client
from desktop_app.network.door import Stop, purpose
from desktop_app.storage.records import RemoteFile
from tests.support.hub import MIB, Faults, Generated
from tests.unit.library.transfers import (
    CONTENT,
    FILE,
    MODEL,
    NAME,
    REPO,
    Impatient,
    Pieces,
    content,
    get,
    hub_source,
    remote,
)
from tests.unit.network.steps import wait_until, working

SMALL = Generated(50_000, seed=2)


@pytest.fixture
def repo(hub):
    return hub.add_repo(REPO, {NAME: MODEL})


def there(target):
    """The names of what is beside a file, itself included."""
    return sorted(path.name for path in target.parent.iterdir())


def asked(hub):
    """From which byte on the CDN was asked, each time."""
    ranges = [request.range for request in hub.requests if request.host_kind == "cdn"]
    return [int(text.removeprefix("bytes=").removesuffix("-")) for text in ranges]


# ------------------------------------------------------------ whole


def test_a_file_comes_whole_and_nothing_else_is_left(hub, source, target):
    told = []
    assert get(source, FILE, target, progress=told.append) == MODEL.sha256()
    assert target.read_bytes() == CONTENT
    assert there(target) == [NAME]
    assert told == sorted(told)
    assert told[-1] == MODEL.size
    assert hub.bytes_sent == MODEL.size


def test_the_file_has_no_name_before_it_is_whole_checked_and_on_the_disk(source, target, monkeypatch):
    done = []
    fsync, replace = os.fsync, Path.replace

    def record_sync(descriptor):
        done.append(("sync", os.fstat(descriptor).st_size))
        fsync(descriptor)

    def record_replace(path, to):
        done.append(("named", path.name))
        return replace(path, to)

    monkeypatch.setattr(os, "fsync", record_sync)
    monkeypatch.setattr(Path, "replace", record_replace)
    get(source, FILE, target, progress=lambda size: done.append(("exists", target.exists())) if size else None)
    first_named = done.index(("named", f"{NAME}.part"))
    assert set(done[: first_named - 1]) == {("exists", False)}
    assert done[first_named - 1] == ("sync", MODEL.size)
    assert done[first_named + 1][0] == "sync"  # of the folder


def test_a_file_without_a_known_hash_is_taken_by_its_size(source, target):
    assert get(source, RemoteFile(NAME, MODEL.size), target) == MODEL.sha256()


def test_a_file_that_is_there_already_and_right_is_not_fetched(hub, source, part, target):
    target.write_bytes(CONTENT)
    part.write_bytes(b"the beginning of another version")
    before = target.stat()
    assert get(source, FILE, target) == MODEL.sha256()
    assert hub.requests == []
    assert target.stat().st_mtime_ns == before.st_mtime_ns
    assert there(target) == [NAME]


@pytest.mark.parametrize("old", [b"", b"GGUF of old", bytes(MODEL.size), CONTENT + b"x"])
def test_another_file_in_its_place_stays_until_the_new_one_is_whole(hub, source, part, target, old):
    target.write_bytes(old)
    hub.faults.corrupt_at = 5
    with pytest.raises(WrongContent):
        get(source, FILE, target)
    assert target.read_bytes() == old
    hub.faults.corrupt_at = None
    get(source, FILE, target)
    assert target.read_bytes() == CONTENT


# ------------------------------------------------------------ resumed


def test_what_is_there_is_not_fetched_again(hub, source, target):
    hub.faults.drop_after = [700_000, 1, 0, 500_000]
    stop = Impatient()
    get(source, FILE, target, stop)
    assert target.read_bytes() == CONTENT
    assert asked(hub) == [0, 700_000, 700_001, 700_001, 1_200_001]
    assert hub.bytes_sent == MODEL.size
    assert stop.waited == [1, 1, 1, 1]


def test_it_does_not_matter_where_and_how_often_the_connection_is_lost(hub, door, tmp_path):
    hub.add_repo("small/Smaller", {NAME: SMALL})
    source = hub_source(door, repo="small/Smaller")

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.integers(0, SMALL.size), max_size=4), st.integers(0, SMALL.size))
    def resumed(cuts, already):
        target = tmp_path / "any" / NAME
        target.parent.mkdir(exist_ok=True)
        target.unlink(missing_ok=True)
        target.with_name(f"{NAME}.part").write_bytes(content(SMALL)[:already])
        hub.faults.drop_after = cuts
        before = hub.bytes_sent
        assert get(source, remote(SMALL), target) == SMALL.sha256()
        assert target.read_bytes() == content(SMALL)
        # Zeros at the end of what was there, which may be holes, are fetched again.
        assert SMALL.size - already <= hub.bytes_sent - before <= SMALL.size - already + 16

    resumed()


def test_what_a_program_has_left_that_was_killed_is_gone_on_with(hub, source, part, target):
    part.write_bytes(CONTENT[:1_500_000])
    told = []
    get(source, FILE, target, progress=told.append)
    assert target.read_bytes() == CONTENT
    assert asked(hub) == [1_500_000]
    assert told[0] == 1_500_000


def test_what_was_whole_when_the_program_was_killed_is_only_checked(hub, source, part, target):
    part.write_bytes(CONTENT)
    assert get(source, FILE, target) == MODEL.sha256()
    assert hub.requests == []


@pytest.mark.parametrize("zeros", [1, 4096, MIB])
def test_zeros_that_a_power_cut_left_are_fetched_again(hub, source, part, target, zeros):
    part.write_bytes(CONTENT[:1_000_000] + bytes(zeros))
    os.utime(part, (0, 0))  # before this computer was started
    get(source, FILE, target)
    assert target.read_bytes() == CONTENT
    assert 1_000_000 - 8 <= asked(hub)[0] <= 1_000_000


def test_zeros_of_the_model_itself_are_not_fetched_twice(hub, door, part, target):
    content = CONTENT[:1_000_000] + bytes(1_000_000) + CONTENT[:1_000_000]
    repo = hub.add_repo(REPO, {NAME: content})
    part.write_bytes(content[:1_500_000])
    get(hub_source(door, repo.sha), RemoteFile(NAME, len(content), ""), target)
    assert target.read_bytes() == content
    assert asked(hub) == [1_500_000]


def test_a_part_that_is_too_long_is_of_something_else(hub, source, part, target):
    part.write_bytes(CONTENT + b"x")
    get(source, FILE, target)
    assert target.read_bytes() == CONTENT
    assert asked(hub) == [0]


def test_the_pinned_version_is_still_served_after_a_change(hub, source, target):
    hub.faults.drop_after = [1_000_000]
    stop = Impatient()
    stop.wait = lambda seconds: hub.change_file(REPO, NAME, Generated(MODEL.size, seed=9))
    get(source, FILE, target, stop)
    assert target.read_bytes() == CONTENT


def test_a_file_that_is_replaced_meanwhile_is_refused(hub, door, repo, target):
    hub.faults.drop_after = [1_000_000]
    stop = Impatient()
    stop.wait = lambda seconds: hub.change_file(REPO, NAME, Generated(MODEL.size, seed=9))
    with pytest.raises(WrongContent, match="replaced by another version"):
        get(hub_source(door, "main"), FILE, target, stop)
    assert not target.exists()
    assert target.with_name(f"{NAME}.part").read_bytes() == CONTENT[:1_000_000]


# ------------------------------------------------------------ not what was announced


@pytest.mark.parametrize("position", [0, MIB, MODEL.size - 1])
def test_a_wrong_byte_anywhere_is_noticed_and_nothing_gets_the_name(hub, source, target, position):
    hub.faults.corrupt_at = position
    with pytest.raises(WrongContent, match="came whole, but it is not the file that was announced") as told:
        get(source, FILE, target)
    assert "Fetch it again" in told.value.hint
    assert [name for name in there(target) if not name.endswith(".lock")] == []


def test_a_file_that_is_not_what_its_hash_says_is_deleted(target):
    with pytest.raises(WrongContent, match="so it was deleted"):
        get(Pieces(CONTENT), RemoteFile(NAME, MODEL.size, "0" * 64), target)
    assert [name for name in there(target) if not name.endswith(".lock")] == []


def test_the_hub_changing_its_mind_about_the_hash_is_noticed_before_anything_is_stored(hub, source, target):
    hub.faults.wrong_sha256 = True
    with pytest.raises(WrongContent, match="replaced by another version"):
        get(source, FILE, target)
    assert not target.exists()


def test_fetched_again_after_that_it_may_be_right(hub, source, target):
    hub.faults.corrupt_at = MIB
    with pytest.raises(WrongContent):
        get(source, FILE, target)
    hub.faults.corrupt_at = None
    assert get(source, FILE, target) == MODEL.sha256()


def test_another_file_under_the_same_name_is_found_out_at_the_end(hub, source, part, target):
    part.write_bytes(b"x" * 1_000_000)
    with pytest.raises(WrongContent):
        get(source, FILE, target)
    assert get(source, FILE, target) == MODEL.sha256()


# ------------------------------------------------------------ trouble that may pass


def test_who_never_gets_further_is_told_so_after_some_patience(hub, source, target):
    hub.faults.short_body = True
    stop = Impatient()
    with pytest.raises(TryAgain, match=r"stopped at 1 MB of 2 MB\. The connection was lost") as told:
        get(source, FILE, target, stop)
    assert stop.waited == [1, 1, 2, 4, 8, 15]
    assert "press Resume" in told.value.hint
    hub.faults.short_body = False
    get(source, FILE, target)
    assert target.read_bytes() == CONTENT
    assert hub.bytes_sent == MODEL.size


def test_patience_begins_anew_with_every_byte_that_comes(hub, source, target):
    hub.faults.drop_after = 3 * [0, 0, 0, 0, 1]
    stop = Impatient()
    get(source, FILE, target, stop)
    assert stop.waited == 3 * [1, 2, 4, 8, 1]


@pytest.mark.parametrize(("status", "waited"), [(429, [1.0]), (503, [1]), (500, [1])])
@pytest.mark.parametrize("path", ["", "/cdn/"])
def test_who_asks_to_wait_is_given_the_time(hub, source, target, status, waited, path):
    hub.faults = Faults(statuses=[status], statuses_path=path)
    stop = Impatient()
    get(source, FILE, target, stop)
    assert stop.waited == waited
    assert target.read_bytes() == CONTENT


def test_a_wait_that_is_asked_for_is_the_one_that_is_waited(target):
    stop = Impatient()
    with pytest.raises(TryAgain):
        get(Pieces(TryAgain("Wait.", "", 123.0)), FILE, target, stop)
    assert stop.waited[0] == 123.0


def test_the_network_may_go_and_come_back(hub, source, target):
    stop = Impatient()
    outages = iter([hub.stop, lambda: None, lambda: None, hub.start])
    hub.faults.drop_after = [1_000_000]
    stop.wait = lambda seconds: next(outages)()
    get(source, FILE, target, stop)
    assert target.read_bytes() == CONTENT
    assert hub.bytes_sent == MODEL.size


@pytest.mark.parametrize("fault", [Faults(hang=True), Faults(throttle_bytes_per_s=1)])
def test_a_connection_that_has_gone_quiet_is_given_up(hub, source, target, fault, monkeypatch):
    monkeypatch.setattr(client, "TIMEOUT", client.httpx2.Timeout(0.05))
    hub.faults = fault
    stop = Impatient()
    stop.wait = lambda seconds: setattr(hub, "faults", Faults())
    get(source, FILE, target, stop)
    assert target.read_bytes() == CONTENT


# ------------------------------------------------------------ stopped


@pytest.mark.parametrize("fault", [Faults(hang=True), Faults(throttle_bytes_per_s=1), Faults(statuses=[503] * 9)])
def test_stopping_is_immediate_whatever_is_being_waited_for(hub, door, source, target, fault):
    hub.faults = fault
    stop = Stop()

    def work():
        with purpose("Download", stop):
            get(source, FILE, target, stop)

    with working(work) as working_on:
        wait_until(lambda: hub.requests)
        stop.set()
        with pytest.raises(Stopped):
            working_on.wait()
    assert not target.exists()
    hub.faults = Faults()
    get(source, FILE, target)
    assert target.read_bytes() == CONTENT
    assert hub.bytes_sent <= MODEL.size + 1


@pytest.mark.parametrize("already", ["target", "part"])
def test_checking_what_is_there_can_be_stopped_too(hub, source, part, target, already):
    (target if already == "target" else part).write_bytes(CONTENT)
    stop = Stop()
    stop.set()
    with pytest.raises(Stopped):
        get(source, FILE, target, stop)
    assert hub.requests == []


def test_two_at_once_do_not_mix_their_bytes(hub, source, target):
    hub.faults.throttle_bytes_per_s = MIB
    with working(lambda: get(source, FILE, target)) as first:
        wait_until(lambda: hub.bytes_sent)
        with pytest.raises(TryAgain, match="is being fetched by another Moatless already"):
            get(source, FILE, target)
        hub.faults.throttle_bytes_per_s = None
        assert first.wait() == MODEL.sha256()
    assert target.read_bytes() == CONTENT
    assert there(target) == [NAME]

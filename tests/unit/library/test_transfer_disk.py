"""Transfers and the disk: full, not writable, nearly full; and copies from another place of this computer."""

import os
from pathlib import Path

import pytest

from desktop_app.errors import UserError
from desktop_app.library.sources import LocalSource
from desktop_app.library.transfer import Stopped, WrongContent
from desktop_app.network.door import Stop
from desktop_app.storage.records import RemoteFile
from tests.support.full_disk import no_file_may_grow_beyond
from tests.support.hub import MIB, Generated
from tests.unit.library.transfers import CONTENT, FILE, MODEL, NAME, Pieces, content, get

# ------------------------------------------------------------ full


def test_on_a_full_disk_what_is_there_is_kept_and_gone_on_with(hub, source, target):
    with no_file_may_grow_beyond(MIB), pytest.raises(UserError, match="is full, so the download has stopped") as told:
        get(source, FILE, target)
    assert "What is there already is kept" in told.value.sentence
    assert "press Resume" in told.value.hint
    assert not target.exists()
    before = hub.bytes_sent
    get(source, FILE, target)
    assert target.read_bytes() == CONTENT
    assert [request.range for request in hub.requests][-1] == f"bytes={MIB}-"
    assert hub.bytes_sent - before == MODEL.size - MIB


def test_a_piece_that_is_stored_in_part_is_never_taken_for_stored(part, target):
    """Some space may be free again by the time the next piece comes."""
    limit = no_file_may_grow_beyond(1500)
    limit.__enter__()
    pieces = Pieces(CONTENT[:1000], CONTENT[1000:2000], lambda: limit.__exit__(None, None, None), CONTENT[2000:])
    try:
        with pytest.raises(UserError, match="is full"):
            get(pieces, FILE, target)
    finally:
        limit.__exit__(None, None, None)
    assert not target.exists()
    assert part.read_bytes() == CONTENT[:1500]


def test_a_disk_that_takes_small_bites_gets_all_of_it(target, monkeypatch):
    path_open = Path.open

    class Bites:
        """A file that stores at most 1,000 bytes at once."""

        def __init__(self, file):
            self._file = file

        def write(self, data):
            return self._file.write(data[:1000])

        def __getattr__(self, name):
            return getattr(self._file, name)

        def __enter__(self):
            return self

        def __exit__(self, *error):
            self._file.close()

    def open_biting(path, mode="r", *arguments, **options):
        file = path_open(path, mode, *arguments, **options)
        return Bites(file) if "+b" in mode else file

    monkeypatch.setattr(Path, "open", open_biting)
    get(Pieces(CONTENT), FILE, target)
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("in_the_way", ["the folder", "the part", "the file itself"])
def test_a_place_that_cannot_be_written_to_is_told_in_a_sentence(source, target, in_the_way):
    if in_the_way == "the folder":
        target.parent.write_text("a file where the folder should be")
    else:
        (target if in_the_way == "the file itself" else target.with_name(f"{NAME}.part")).mkdir(parents=True)
    with pytest.raises(UserError, match=f"“{NAME}” cannot be stored in") as told:
        get(source, FILE, target)
    assert str(target.parent) in told.value.sentence
    assert "Make the folder writable" in told.value.hint
    assert "if an older version is in use, chat with another model first" in told.value.hint


def test_where_a_lock_that_is_held_cannot_be_deleted_it_ends_well_all_the_same(source, target, monkeypatch):
    """As on Windows, where nobody deletes a file that is open."""
    unlink = Path.unlink

    def unlink_closed(path, missing_ok=False):
        if path.suffix == ".lock":
            raise PermissionError(13, "in use")
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink_closed)
    for _ in range(2):
        assert get(source, FILE, target) == MODEL.sha256()


# ------------------------------------------------------------ copies


@pytest.fixture
def original(tmp_path):
    path = tmp_path / "elsewhere" / NAME
    path.parent.mkdir()
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def wanted(original):
    return RemoteFile(str(original), MODEL.size)


def test_a_file_of_this_computer_is_copied_as_it_is(original, wanted, target):
    told = []
    assert get(LocalSource(), wanted, target, progress=told.append) == MODEL.sha256()
    assert target.read_bytes() == original.read_bytes() == CONTENT
    assert told == sorted(told)


def test_a_copy_goes_on_where_it_was_left(original, wanted, part, target):
    part.write_bytes(CONTENT[:1_000_000])
    told = []
    assert get(LocalSource(), wanted, target, progress=told.append) == MODEL.sha256()
    assert told == sorted(told)
    assert told[0] == 1_000_000


def test_a_copy_of_an_original_that_was_replaced_meanwhile_is_no_mixture(original, wanted, part, target):
    part.write_bytes(CONTENT[:1_000_000])
    newer = content(Generated(MODEL.size, seed=2))
    original.write_bytes(newer)
    get(LocalSource(), wanted, target)
    assert target.read_bytes() == newer


def test_a_copy_can_be_stopped(wanted, part, target):
    stop = Stop()
    with pytest.raises(Stopped):
        get(LocalSource(), wanted, target, stop, lambda done: stop.set() if done else None)
    assert part.stat().st_size == MIB
    assert get(LocalSource(), wanted, target) == MODEL.sha256()


def test_an_original_that_is_gone_is_called_by_its_name(original, wanted, target):
    original.unlink()
    with pytest.raises(UserError, match=f"“{NAME}” cannot be read any more") as told:
        get(LocalSource(), wanted, target)
    assert "drive is connected" in told.value.hint
    assert not target.exists()


def test_an_original_that_vanishes_in_the_middle_leaves_what_was_copied(original, wanted, part, target, monkeypatch):
    path_open = Path.open

    class Unplugged:
        """A file on a drive that is pulled out after a MiB."""

        def __init__(self, file):
            self._file = file

        def read(self, size):
            if self._file.tell():
                raise OSError(5, "Input/output error")
            return self._file.read(size)

        def __getattr__(self, name):
            return getattr(self._file, name)

        def __enter__(self):
            return self

        def __exit__(self, *error):
            self._file.close()

    def open_unplugged(path, *arguments, **options):
        file = path_open(path, *arguments, **options)
        return Unplugged(file) if path == original else file

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", open_unplugged)
        with pytest.raises(UserError, match="cannot be read any more"):
            get(LocalSource(), wanted, target)
    assert part.stat().st_size == MIB
    assert get(LocalSource(), wanted, target) == MODEL.sha256()


@pytest.mark.parametrize("size", [1000, MODEL.size + 1])
def test_an_original_that_has_another_size_by_now_is_not_taken(original, wanted, target, size):
    os.truncate(original, size)
    with pytest.raises(WrongContent, match=f"“{NAME}” has been changed since it was chosen"):
        get(LocalSource(), wanted, target)
    assert not target.exists()

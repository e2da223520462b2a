"""All files of a model, one after the other; and what is left of it when it is canceled."""

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from desktop_app.errors import TryAgain, UserError
from desktop_app.library import transfer
from desktop_app.library.download import discard, done_bytes, run_download
from desktop_app.library.inspect import file_sha256
from desktop_app.library.sources import LocalSource
from desktop_app.library.transfer import Stopped, check_space
from desktop_app.library.unfinished import locked
from desktop_app.network.door import Stop
from desktop_app.storage.records import Download, DownloadState, RemoteFile
from tests.support.downloading import files_of
from tests.support.hub import MIB, Generated
from tests.unit.library.transfers import REPO, a_model, hub_source, remote

PARTS = {f"big-0000{n}-of-00003.gguf": Generated(700_000 + n, seed=n) for n in (1, 2, 3)}
EYES = {"mmproj-big-F16.gguf": Generated(100_000, seed=4)}
FILES = {**PARTS, **EYES}
FIRST = "big-00001-of-00003.gguf"
SEEING = remote(EYES["mmproj-big-F16.gguf"], "mmproj-big-F16.gguf")
TOTAL = sum(each.size for each in FILES.values())
Usage = namedtuple("Usage", "total used free")


def a_download(repo=REPO, revision="main", files=None):
    wanted = tuple(remote(each, name) for name, each in FILES.items()) if files is None else files
    return Download(7, "big", repo, revision, "mit", wanted, DownloadState.WAITING, "", 0.0)


@pytest.fixture
def models(tmp_path):
    folder = tmp_path / "models"
    folder.mkdir()
    return folder


@pytest.fixture
def source(hub, door):
    hub.add_repo(REPO, FILES)
    return hub_source(door)


def run(source, models, download=None, progress=lambda done: None, stop=None):
    return run_download(download or a_download(), models, source, progress, stop or Stop())


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_all_parts_and_what_sees_end_in_one_folder(hub, source, models):
    told = []
    hashes = run(source, models, progress=told.append)
    assert hashes == tuple(each.sha256() for each in FILES.values())
    folder = models / "small" / "Tiny-GGUF"
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    assert told == sorted(told)
    assert told[-1] == TOTAL == done_bytes(a_download(), models)
    assert hub.bytes_sent == TOTAL


def test_what_is_there_counts_from_the_start_and_is_not_fetched_again(hub, source, models):
    stop = Stop()
    with pytest.raises(Stopped):
        run(source, models, progress=lambda done: done > 1_000_000 and stop.set(), stop=stop)
    there = done_bytes(a_download(), models)
    assert 1_000_000 < there < TOTAL
    told = []
    before = hub.bytes_sent
    run(source, models, progress=told.append)
    assert told == sorted(told)
    assert told[0] == there
    assert hub.bytes_sent - before <= TOTAL - there + MIB


def test_checking_what_is_there_is_not_told_as_progress(source, models):
    """It would look like a very fast network."""
    run(source, models)
    told = []
    run(source, models, progress=told.append)
    assert set(told) == {TOTAL}


def test_too_little_space_is_refused_before_anything_is_sent(hub, source, models, monkeypatch):
    monkeypatch.setattr(transfer.shutil, "disk_usage", lambda _path: Usage(10**12, 0, 501_000_000))
    with pytest.raises(UserError, match="needs 2 MB more, and the disk has 501 MB free, of which 500 MB") as told:
        run(source, models)
    assert "Free some space" in told.value.hint
    assert hub.requests == []
    assert names(models) == []


def test_only_what_is_not_there_yet_needs_space(source, models, monkeypatch):
    run(source, models)
    monkeypatch.setattr(transfer.shutil, "disk_usage", lambda _path: Usage(10**12, 0, 500_000_000))
    run(source, models)


def test_a_new_version_needs_space_beside_the_old_one(source, models, monkeypatch):
    run(source, models)
    first = models / "small" / "Tiny-GGUF" / "big-00001-of-00003.gguf"
    first.write_bytes(b"an older version of another size" * 100_000)
    assert done_bytes(a_download(), models) == TOTAL - PARTS[first.name].size
    monkeypatch.setattr(transfer.shutil, "disk_usage", lambda _path: Usage(10**12, 0, 500_000_000))
    with pytest.raises(UserError, match="needs 700 kB more"):
        run(source, models)


def test_what_is_downloaded_beside_it_needs_its_space_too(hub, source, models, monkeypatch):
    monkeypatch.setattr(transfer.shutil, "disk_usage", lambda _path: Usage(10**12, 0, 600_000_000))
    with pytest.raises(UserError, match="the disk has 100 MB free beside what is being downloaded, of which 500 MB"):
        run_download(a_download(), models, source, lambda done: None, Stop(), reserved_bytes=500_000_000)
    assert hub.requests == []


def test_space_is_looked_for_where_the_folder_will_be(tmp_path):
    check_space(tmp_path / "not" / "there" / "yet", 1000)
    with pytest.raises(UserError, match="the disk has"):
        check_space(tmp_path / "not" / "there", shutil.disk_usage(tmp_path).total)


@pytest.mark.parametrize("path", ["../../x.gguf", "/etc/x.gguf", "a\\b.gguf", "con.gguf", "x.gguf\u202e"])
def test_a_name_that_could_do_harm_is_refused_before_anything_is_sent(hub, source, models, path):
    download = a_download(files=(RemoteFile(path, 5),))
    with pytest.raises(UserError, match="is not one that a file can safely have"):
        run(source, models, download)
    with pytest.raises(UserError):
        done_bytes(download, models)
    assert hub.requests == []
    assert names(models) == []


# ------------------------------------------------------------ a newer version


class Killed(BaseException):
    """The program has come to its end here."""


OLD = {name: each.seed for name, each in FILES.items()}
NEW = {name: seed + 10 for name, seed in OLD.items()}


def renewed(name):
    return Generated(FILES[name].size, NEW[name])


def announced(hub):
    """What is on the Hub now."""
    return a_download(files=tuple(files_of(hub.repos[REPO])))


def versions(models):
    """The seeds of the files that have their names."""
    seeds = {each.sha256(): each.seed for name, old in FILES.items() for each in (old, renewed(name))}
    return {path.name: seeds[file_sha256(path)] for path in (models / "small" / "Tiny-GGUF").glob("*.gguf")}


@pytest.fixture
def newer(hub, source, models):
    """The next version of a model that is here in an older one."""
    run(source, models)
    hub.add_repo(REPO, {name: renewed(name) for name in FILES})
    return announced(hub)


def test_the_old_version_stays_until_all_of_the_new_one_is_here(source, models, newer):
    stop = Stop()
    folder = models / "small" / "Tiny-GGUF"
    last = folder / f"{SEEING.path}.part"
    with pytest.raises(Stopped):
        run(source, models, newer, lambda _done: last.exists() and stop.set(), stop)
    assert versions(models) == OLD
    discard(newer, models, [a_model(folder / FIRST, newer.files)], ())
    assert versions(models) == OLD
    assert names(folder) == sorted(FILES)


@pytest.mark.parametrize("n_named", range(len(FILES)))
def test_killed_while_it_is_named_it_is_never_a_mixture_and_is_named_at_the_next_start(
    hub, source, models, newer, n_named, monkeypatch
):
    replace, left = Path.replace, list(range(n_named))

    def replace_or_die(path, target):
        if not left:
            raise Killed
        left.pop()
        return replace(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", replace_or_die)
        with pytest.raises(Killed):
            run(source, models, newer)
    assert FIRST not in versions(models)
    sent = hub.bytes_sent
    run(source, models, newer)
    assert versions(models) == NEW
    assert names(models / "small" / "Tiny-GGUF") == sorted(FILES)
    assert hub.bytes_sent == sent


def test_where_one_file_is_new_it_takes_the_place_of_the_old_one_at_once(hub, source, models, monkeypatch):
    run(source, models)
    hub.change_file(REPO, FIRST, renewed(FIRST))
    had_one, replace = [], Path.replace

    def look_and_replace(path, target):
        had_one.append(target.exists())
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", look_and_replace)
    run(source, models, announced(hub))
    assert versions(models) == {**OLD, FIRST: NEW[FIRST]}
    assert had_one == [True]


def test_until_all_have_their_names_nobody_else_fetches_any_of_them(source, models):
    first = models / "small" / "Tiny-GGUF" / FIRST
    told = []

    def look(done):
        told.append(done)
        with pytest.raises(TryAgain, match="by another Moatless"), locked(first):
            """Nobody gets here."""

    run(source, models, progress=look)
    assert told
    with locked(first):
        assert first.exists()


# ------------------------------------------------------------ canceled


def test_of_a_canceled_download_nothing_is_left(source, models):
    stop = Stop()
    with pytest.raises(Stopped):
        run(source, models, progress=lambda done: done > 1_000_000 and stop.set(), stop=stop)
    assert names(models)
    discard(a_download(), models, (), ())
    assert names(models) == []
    discard(a_download(), models, (), ())


def test_what_a_model_of_the_library_has_as_well_stays(source, models):
    run(source, models)
    folder = models / "small" / "Tiny-GGUF"
    (folder / "mine.txt").write_text("mine")
    other = a_model(folder / "small.gguf", [RemoteFile("small.gguf", 5), SEEING])
    discard(a_download(), models, [other], ())
    assert names(folder) == ["mine.txt", "mmproj-big-F16.gguf"]


def test_what_a_model_of_the_library_has_as_well_stays_whatever_the_folder_is_called(source, models, tmp_path):
    """A data folder may have a second name, through a link."""
    run(source, models)
    (tmp_path / "linked").symlink_to(models)
    before = names(models / REPO)
    known = a_model(models / REPO / FIRST, a_download().files)
    discard(a_download(), tmp_path / "linked", [known], ())
    assert names(models / REPO) == before


def test_a_new_version_of_a_model_that_is_canceled_leaves_the_old_one(source, models):
    run(source, models)
    folder = models / "small" / "Tiny-GGUF"
    first = folder / "big-00001-of-00003.gguf"
    first.with_name(f"{first.name}.part").write_bytes(b"the beginning of the new one")
    discard(a_download(), models, [a_model(first, a_download().files)], ())
    assert names(folder) == sorted(FILES)


def test_what_another_download_fetches_as_well_stays(source, models):
    run(source, models)
    folder = models / "small" / "Tiny-GGUF"
    eyes = folder / "mmproj-big-F16.gguf"
    eyes.rename(f"{eyes}.part")
    eyes.with_name(f"{eyes.name}.lock").touch()
    other = a_download(files=(RemoteFile("small.gguf", 5), SEEING))
    harmful = a_download(files=(RemoteFile("../x", 5),))
    discard(a_download(), models, (), [harmful, other])
    assert names(folder) == ["mmproj-big-F16.gguf.lock", "mmproj-big-F16.gguf.part"]


def test_other_models_of_the_same_owner_stay(source, models):
    run(source, models)
    other = models / "small" / "Other-GGUF"
    other.mkdir()
    discard(a_download(), models, (), ())
    assert names(models) == ["small", "small/Other-GGUF"]


def test_originals_of_a_copy_stay(tmp_path, models):
    original = tmp_path / "elsewhere" / "tiny.gguf"
    original.parent.mkdir()
    original.write_bytes(b"GGUF" * 1000)
    download = a_download(repo="", files=(RemoteFile(str(original), 4000),))
    run(LocalSource(), models, download)
    assert names(models) == ["local copies", "local copies/7", "local copies/7/tiny.gguf"]
    discard(download, models, (), ())
    assert names(models) == []
    assert original.exists()

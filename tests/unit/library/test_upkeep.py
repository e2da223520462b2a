"""Models that are in the library: their files, whether these are still right, and deleting them."""

import hashlib
import os
from pathlib import Path

import pytest

from desktop_app.errors import UserError
from desktop_app.library.catalog import SOURCE_FILE
from desktop_app.library.inspect import inspect_model
from desktop_app.library.upkeep import (
    Verified,
    check_same,
    delete_files,
    disk_bytes,
    files_in,
    files_of,
    is_kept_here,
    missing,
    remove_empty_folders,
    verify,
)
from desktop_app.storage.records import RemoteFile
from tests.support.downloading import filled
from tests.support.gguf_files import Shape, llama_model, split_model
from tests.unit.library.transfers import a_model

SMALL = llama_model()


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def described(paths, hashes=None):
    """What the Hub has told of these files."""
    known = [sha256(path) for path in paths] if hashes is None else hashes
    return [
        RemoteFile(f"sub/{path.name}", path.stat().st_size, digest) for path, digest in zip(paths, known, strict=True)
    ]


@pytest.fixture
def models(tmp_path):
    return tmp_path / "models"


@pytest.fixture
def folder(models):
    folder = models / "owner" / "name" / "sub"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def paths(folder):
    """A model in two parts and what it sees with."""
    eyes = folder / "mmproj.gguf"
    eyes.write_bytes(b"GGUF" * 100)
    return [*split_model(SMALL, folder, "m", 2), eyes]


@pytest.fixture
def downloaded(paths):
    return a_model(paths[0], described(paths), repo="owner/name")


# ------------------------------------------------------------ files


def test_a_downloaded_model_has_all_that_came_along(downloaded, paths):
    assert files_of(downloaded) == tuple(paths)
    assert disk_bytes(downloaded) == sum(path.stat().st_size for path in paths)


def test_a_model_that_was_added_has_its_parts(paths):
    assert files_of(a_model(paths[0])) == tuple(paths[:2])


def test_what_lies_beside_a_model_that_was_moved_is_not_of_it(paths, tmp_path):
    """It may have come from anywhere, and the name of a file is no reason to delete it."""
    moved = a_model(paths[0], described(paths), repo="owner/name", source=SOURCE_FILE)
    assert files_of(moved) == tuple(paths[:2])


def test_kept_here_is_what_came_into_our_folder_and_lies_there_still(downloaded, models, tmp_path):
    assert is_kept_here(downloaded, models)
    assert not is_kept_here(downloaded, tmp_path / "another data folder" / "models")
    assert not is_kept_here(a_model(Path(downloaded.path), source=SOURCE_FILE), models)


def test_what_cannot_be_reached_is_missing_and_the_others_are_not(paths, unreachable, tmp_path):
    here, far, gone = a_model(paths[0]), a_model(unreachable, number=2), a_model(tmp_path / "gone.gguf", number=3)
    assert missing([far, here, gone]) == {2, 3}
    assert disk_bytes(far) == 0


def test_a_model_that_is_gone_has_its_path(tmp_path):
    model = a_model(tmp_path / "gone.gguf")
    assert files_of(model) == (tmp_path / "gone.gguf",)
    assert disk_bytes(model) == 0


def test_files_of_a_folder_are_those_of_the_models_in_it(downloaded, paths, folder):
    elsewhere = a_model(folder.parent / "other.gguf")
    assert files_in(folder, [downloaded, elsewhere]) == set(paths)


# ------------------------------------------------------------ verified


def test_an_unchanged_model_is_found_unchanged(downloaded, paths):
    told = []
    assert verify(downloaded, told.append) == Verified(sha256(paths[0]), had_hashes=True)
    assert told == sorted(told)
    assert told[-1] == 1.0


@pytest.mark.parametrize("which", [0, 1, 2])
def test_one_flipped_bit_in_any_file_is_found(downloaded, paths, which):
    data = bytearray(paths[which].read_bytes())
    data[-1] ^= 1
    paths[which].write_bytes(data)
    with pytest.raises(UserError, match=f"“{paths[which].name}” is not what it was") as told:
        verify(downloaded)
    assert told.value.hint == "Download it again."


def test_a_file_that_is_missing_is_called_by_its_name(downloaded, paths):
    paths[2].unlink()
    with pytest.raises(UserError, match=r"“mmproj\.gguf” could not be read"):
        verify(downloaded)


def test_a_model_of_ones_own_is_held_against_the_hash_that_was_noted(paths):
    model = a_model(paths[2], sha256=sha256(paths[2]), source="file")
    assert verify(model) == Verified(model.sha256, had_hashes=True)
    paths[2].write_bytes(b"GGUF")
    with pytest.raises(UserError, match="it was changed, or its disk is damaged") as told:
        verify(model)
    assert told.value.hint == "Replace it by a copy that is sound, then add it again."


def test_without_a_hash_there_was_nothing_to_compare_with(paths):
    assert verify(a_model(paths[2])) == Verified(sha256(paths[2]), had_hashes=False)
    unknown = described(paths, [sha256(paths[0]), "", ""])
    assert not verify(a_model(paths[0], unknown)).had_hashes


def test_verifying_can_be_stopped(downloaded):
    assert verify(downloaded, should_stop=lambda: True) is None
    looks = iter([False, True])
    assert verify(downloaded, should_stop=lambda: next(looks)) is None


# ------------------------------------------------------------ deleted


def test_a_deleted_model_takes_its_folders_along(downloaded, models):
    delete_files(downloaded, models, [downloaded])
    assert list(models.iterdir()) == []
    delete_files(downloaded, models, [downloaded])


def test_what_another_model_has_as_well_stays(downloaded, paths, models, folder):
    """Two quantizations of one repository see with the same eyes."""
    other_path = SMALL.write(folder / "other.gguf")
    other = a_model(other_path, described([other_path, paths[2]]), number=2)
    delete_files(downloaded, models, [downloaded, other])
    assert sorted(folder.iterdir()) == sorted([other_path, paths[2]])
    delete_files(other, models, [other])
    assert list(models.iterdir()) == []


def test_what_another_model_has_as_well_stays_whatever_the_folder_is_called(downloaded, paths, models, tmp_path):
    """A data folder may have a second name, through a link."""
    (tmp_path / "linked").symlink_to(models)
    path = tmp_path / "linked" / paths[0].relative_to(models)
    delete_files(downloaded, models, [downloaded, a_model(path, described(paths), number=2)])
    assert all(path.exists() for path in paths)


def test_what_is_not_ours_stays(downloaded, models, folder):
    (folder / "notes.txt").write_text("mine")
    delete_files(downloaded, models, [downloaded])
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]


def test_outside_of_the_folder_of_models_no_folder_is_removed(tmp_path, models):
    own = tmp_path / "own"
    own.mkdir()
    path = SMALL.write(own / "m.gguf")
    delete_files(a_model(path), models, ())
    assert list(own.iterdir()) == []


def test_a_file_that_cannot_be_deleted_is_told_in_a_sentence(downloaded, models, monkeypatch):
    def unlink(_path, missing_ok=False):
        raise PermissionError("in use")

    monkeypatch.setattr(Path, "unlink", unlink)
    with pytest.raises(UserError, match=r"“m-00001-of-00002\.gguf” cannot be deleted") as told:
        delete_files(downloaded, models, ())
    assert "chat with another model first" in told.value.hint


def test_folders_are_removed_up_to_the_one_of_all_models(models):
    deep = models / "a" / "b" / "c"
    deep.mkdir(parents=True)
    (models / "a" / "stays").mkdir()
    remove_empty_folders(deep, models)
    assert [path.name for path in (models / "a").iterdir()] == ["stays"]
    remove_empty_folders(models / "a" / "stays", models)
    assert list(models.iterdir()) == []
    remove_empty_folders(models, models)
    assert models.is_dir()


# ------------------------------------------------------------ found again


def test_a_model_that_was_moved_is_the_same(tmp_path):
    path = SMALL.write(tmp_path / "m.gguf")
    found = inspect_model(path)
    facts = {name: getattr(found, name) for name in ("size_bytes", "architecture", "quant_type")}
    model = a_model(tmp_path / "before.gguf", **facts)
    assert check_same(model, path) == sha256(path)
    other = llama_model(Shape(n_layer=2)).write(tmp_path / "other.gguf")
    with pytest.raises(UserError, match=r"“other\.gguf” is another model than before"):
        check_same(model, other)
    os.truncate(path, 100)
    with pytest.raises(UserError):
        check_same(model, path)


def test_another_model_of_the_same_size_is_another_one(tmp_path):
    """Two that were made of one by fine-tuning differ in nothing but what they hold."""
    one, other = filled(1).write(tmp_path / "story.gguf"), filled(2).write(tmp_path / "law.gguf")
    found = inspect_model(one)
    facts = {name: getattr(found, name) for name in ("size_bytes", "architecture", "quant_type")}
    model = a_model(one, sha256=sha256(one), **facts)
    assert check_same(model, one) == model.sha256
    with pytest.raises(UserError, match=r"“law\.gguf” is another model than story"):
        check_same(model, other)

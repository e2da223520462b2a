"""Adapters come into the library from wherever they lie, once for each content, and never half or unsound."""

import hashlib
import os
import sys
from pathlib import Path

import pytest

from desktop_app.adapters import catalog
from desktop_app.adapters.catalog import (
    SOURCE_CONVERTED,
    SOURCE_FLATTENED,
    SOURCE_TRAINED,
    Inspected,
    add_adapter,
    add_downloaded_adapter,
    add_peft,
    enter,
    free_path,
    inspect_adapter,
    is_peft,
    remove_adapter,
)
from desktop_app.adapters.open_lora import open_lora
from desktop_app.errors import UserError
from desktop_app.library.catalog import SOURCE_FILE, SOURCE_HUB
from desktop_app.library.gguf import read_header
from desktop_app.library.upkeep import is_kept_here
from desktop_app.storage.adapters import Adapters
from desktop_app.storage.database import Database
from desktop_app.storage.records import Download, DownloadState, RemoteFile
from tests.support.gguf_files import Shape, TensorSpec, llama_model, lora_adapter
from tests.support.peft_files import BASE, CONFIG, WEIGHTS, base_config, peft_adapter

NAN = b"\x00\x00\xc0\x7f"


@pytest.fixture
def adapters(tmp_path):
    database = Database.open(tmp_path / "moatless.db")
    yield Adapters(database)
    database.close()


@pytest.fixture
def folder(tmp_path):
    """Where the program keeps adapters."""
    return tmp_path / "data" / "adapters"


@pytest.fixture
def own(tmp_path):
    """An adapter file of the person's own."""
    return lora_adapter().write(tmp_path / "my pirate.gguf")


@pytest.fixture
def peft(tmp_path):
    """A folder as PEFT saves one."""
    return written(tmp_path / "haiku", peft_adapter())


@pytest.fixture
def model(tmp_path):
    return read_header(llama_model().write(tmp_path / "tiny.gguf"))


def written(folder, files):
    folder.mkdir(parents=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def digest(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


# ------------------------------------------------------------ a file where it lies


def test_a_file_is_added_where_it_lies_with_what_it_says_of_itself(adapters, own):
    adapter = add_adapter(adapters, own)
    assert (adapter.path, adapter.name, adapter.source) == (str(own), "Pirate", SOURCE_FILE)
    assert (adapter.sha256, adapter.size_bytes) == (digest(own), own.stat().st_size)
    assert (adapter.architecture, adapter.max_rank, adapter.n_weights) == ("llama", 4, 7)
    assert adapter.targets[0] == "attn_q"
    assert adapters.list_adapters() == (adapter,)
    assert not is_kept_here(adapter, own.parent)


def test_a_hash_that_is_known_is_not_computed(adapters, own, monkeypatch):
    monkeypatch.setattr(catalog, "file_sha256", lambda _path: pytest.fail("it is read once more"))
    assert add_adapter(adapters, own, SOURCE_FLATTENED, "ab" * 32).sha256 == "ab" * 32


def test_the_same_content_added_twice_is_the_entry_that_is_there(adapters, own, tmp_path):
    first = add_adapter(adapters, own)
    copy = tmp_path / "copy.gguf"
    copy.write_bytes(own.read_bytes())
    assert add_adapter(adapters, own) == first
    assert add_adapter(adapters, copy) == first
    assert copy.exists()


def test_one_whose_file_was_moved_is_found_again_by_adding_it(adapters, own, tmp_path):
    first = add_adapter(adapters, own)
    moved = own.rename(tmp_path / "moved.gguf")
    (again,) = (add_adapter(adapters, moved),)
    assert (again.sha256, again.path) == (first.sha256, str(moved))
    assert adapters.list_adapters() == (again,)


def test_what_is_no_sound_adapter_is_not_added(adapters, tmp_path):
    model = llama_model().write(tmp_path / "model.gguf")
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(lora_adapter().to_bytes()[:-40])
    spoiled = lora_adapter()
    first = spoiled.tensors[0]
    tensors = (TensorSpec(first.name, first.shape, data=NAN + first.data[4:]), *spoiled.tensors[1:])
    noise = type(spoiled)(spoiled.metadata, tensors).write(tmp_path / "noise.gguf")
    for path, said in ((model, "is a model"), (cut, "truncated"), (noise, "not a number"), (tmp_path, "folder")):
        with pytest.raises(UserError, match=said):
            add_adapter(adapters, path)
    assert adapters.list_adapters() == ()


# ------------------------------------------------------------ converted


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere all names are text")
def test_one_whose_path_is_no_text_is_not_added_because_it_would_not_be_found_again(adapters, own):
    path = own.rename(own.with_name(os.fsdecode(b"caf\xe9.gguf")))
    with pytest.raises(UserError, match="is not text in UTF-8"):
        add_adapter(adapters, path)
    assert adapters.list_adapters() == ()


def test_a_peft_folder_becomes_a_file_of_the_programs_own(adapters, peft, model, folder):
    adapter = add_peft(adapters, peft, model, folder)
    assert (adapter.path, adapter.source) == (str(folder / "haiku.gguf"), SOURCE_CONVERTED)
    assert (adapter.name, adapter.base_repo, adapter.max_rank) == ("haiku", BASE, 4)
    assert set(open_lora(Path(adapter.path), model).pairs) == {"blk.0.attn_q.weight", "blk.0.ffn_down.weight"}
    assert is_kept_here(adapter, folder)
    assert names(peft) == sorted([CONFIG, WEIGHTS])


@pytest.mark.parametrize("chosen", ["", CONFIG, WEIGHTS])
def test_any_file_of_it_stands_for_the_folder(adapters, peft, model, folder, chosen):
    path = peft / chosen
    assert is_peft(path)
    assert add_peft(adapters, path, model, folder).name == "haiku"


def test_without_a_model_its_folder_has_to_describe_it(adapters, peft, folder, model):
    with pytest.raises(UserError, match="not known which kind of model"):
        add_peft(adapters, peft, None, folder)
    assert not folder.exists() or names(folder) == []
    (peft / "config.json").write_bytes(base_config())
    described = add_peft(adapters, peft, None, folder)
    assert add_peft(adapters, peft, model, folder) == described


def test_converted_twice_it_is_there_once(adapters, peft, model, folder):
    first = add_peft(adapters, peft, model, folder)
    assert add_peft(adapters, peft, model, folder) == first
    assert names(folder) == ["haiku.gguf"]


def test_two_of_one_name_do_not_get_into_each_others_way(adapters, peft, model, folder, tmp_path):
    other = written(tmp_path / "elsewhere" / "haiku", peft_adapter(seed=2))
    for each in (peft, other):
        add_peft(adapters, each, model, folder)
    assert names(folder) == ["haiku 2.gguf", "haiku.gguf"]
    assert {adapter.sha256 for adapter in adapters.list_adapters()} == {digest(path) for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("change", "said"),
    [({"use_dora": True}, "DoRA"), ({"modules_to_save": ["lm_head"]}, "whole parts"), ({"peft_type": "IA3"}, "IA3")],
)
def test_what_cannot_be_converted_leaves_nothing(adapters, model, folder, tmp_path, change, said):
    with pytest.raises(UserError, match=said):
        add_peft(adapters, written(tmp_path / "odd", peft_adapter(**change)), model, folder)
    assert not folder.exists() or names(folder) == []
    assert adapters.list_adapters() == ()


def test_what_does_not_fit_the_model_it_is_converted_for_is_refused(adapters, model, folder, tmp_path):
    wide = written(tmp_path / "wide", peft_adapter(Shape(n_embd=64, n_ff=64)))
    with pytest.raises(UserError, match="was made for another model"):
        add_peft(adapters, wide, model, folder)
    assert names(folder) == []


def test_weights_that_can_hide_programs_are_not_opened(adapters, model, folder, tmp_path):
    files = peft_adapter()
    pickled = written(tmp_path / "odd", {CONFIG: files[CONFIG], "adapter_model.bin": b"\x80\x02" * 100})
    with pytest.raises(UserError, match="can hide programs"):
        add_peft(adapters, pickled, model, folder)


@pytest.mark.parametrize("name", ["con", "a:b", ".hidden", "x" * 300, "..", ""])
def test_a_name_that_a_file_cannot_safely_have_is_not_used(folder, name):
    assert free_path(folder, name).name == "adapter.gguf"
    assert free_path(folder, name).name == "adapter 2.gguf"


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UserError, match="cannot write to"):
        free_path(tmp_path / "file" / "adapters", "haiku")


# ------------------------------------------------------------ downloaded


def a_download(repo="owner/haiku", names=("haiku.gguf",), **more):
    files = tuple(RemoteFile(name, 1) for name in names)
    usual = {"name": "haiku", "revision": "c" * 40, "license": "mit", "state": DownloadState.WAITING, "note": ""}
    return Download(id=1, repo=repo, files=files, created_at=0.0, kind="adapter", **{**usual, **more})


def test_of_a_downloaded_one_it_is_kept_where_it_is_from(adapters, folder):
    folder.mkdir(parents=True)
    path = lora_adapter().write(folder / "haiku.gguf")
    adapter = add_downloaded_adapter(adapters, a_download(), inspect_adapter(path), ["ab" * 32])
    assert (adapter.name, adapter.source, adapter.license) == ("haiku", SOURCE_HUB, "mit")
    assert (adapter.repo, adapter.revision) == ("owner/haiku", "c" * 40)
    assert adapter.files == (RemoteFile("haiku.gguf", 1, "ab" * 32),)


def test_a_copy_of_what_the_person_has_elsewhere_is_not_kept(adapters, own, folder):
    first = add_adapter(adapters, own)
    folder.mkdir(parents=True)
    path = folder / "haiku.gguf"
    path.write_bytes(own.read_bytes())
    assert add_downloaded_adapter(adapters, a_download(), inspect_adapter(path), ["ab" * 32]) == first
    assert not path.exists()


def test_what_comes_again_by_another_name_of_the_folder_is_no_copy(adapters, folder, tmp_path):
    """A link may lead to the data folder, and the file is the only one."""
    folder.mkdir(parents=True)
    (tmp_path / "linked").symlink_to(folder)
    path = lora_adapter().write(folder / "haiku.gguf")
    first = add_downloaded_adapter(adapters, a_download(), inspect_adapter(path), ["ab" * 32])
    again = inspect_adapter(tmp_path / "linked" / "haiku.gguf")
    assert add_downloaded_adapter(adapters, a_download(), again, ["ab" * 32]) == first
    assert path.exists()


def test_where_the_persons_own_is_gone_the_copy_takes_its_place(adapters, own, folder):
    add_adapter(adapters, own)
    folder.mkdir(parents=True)
    own = own.rename(folder / "haiku.gguf")
    adapter = add_downloaded_adapter(adapters, a_download(), inspect_adapter(own), ["ab" * 32])
    assert adapters.list_adapters() == (adapter,)
    assert (adapter.path, adapter.repo) == (str(own), "owner/haiku")
    assert is_kept_here(adapter, folder)


# ------------------------------------------------------------ removed


def test_a_file_of_the_persons_own_stays_when_it_is_removed(adapters, own, folder):
    remove_adapter(adapters, add_adapter(adapters, own), folder)
    assert adapters.list_adapters() == ()
    assert own.exists()


def test_what_is_kept_here_goes_with_all_that_came_with_it(adapters, folder):
    where = folder / "owner" / "haiku"
    written(where, peft_adapter())
    path = lora_adapter().write(where / "haiku-ccccccc.gguf")
    download = a_download(names=(CONFIG, WEIGHTS))
    adapter = add_downloaded_adapter(adapters, download, inspect_adapter(path), ["ab" * 32, "cd" * 32])
    assert adapter.source == SOURCE_CONVERTED
    remove_adapter(adapters, adapter, folder)
    assert adapters.list_adapters() == ()
    assert names(folder) == []


@pytest.mark.parametrize("source", [SOURCE_CONVERTED, SOURCE_FLATTENED, SOURCE_TRAINED])
def test_what_was_made_here_goes_with_its_file(adapters, folder, source):
    folder.mkdir(parents=True)
    adapter = add_adapter(adapters, lora_adapter().write(folder / "a.gguf"), source)
    assert is_kept_here(adapter, folder)
    remove_adapter(adapters, adapter, folder)
    assert names(folder) == []


def test_what_lies_in_another_data_folder_stays(adapters, folder, tmp_path):
    """Whoever works on a copy of a data folder has the files of the first in the list."""
    folder.mkdir(parents=True)
    adapter = add_adapter(adapters, lora_adapter().write(folder / "a.gguf"), SOURCE_CONVERTED)
    remove_adapter(adapters, adapter, tmp_path / "copy" / "adapters")
    assert adapters.list_adapters() == ()
    assert names(folder) == ["a.gguf"]


def test_another_adapter_in_the_same_folder_stays(adapters, folder):
    folder.mkdir(parents=True)
    first, second = (
        enter(adapters, inspect_adapter(lora_adapter(seed=seed).write(folder / f"{seed}.gguf")), SOURCE_FLATTENED)
        for seed in (1, 2)
    )
    remove_adapter(adapters, first, folder)
    assert names(folder) == ["2.gguf"]
    assert adapters.list_adapters() == (second,)


def test_one_whose_file_is_gone_already_can_be_removed(adapters, folder):
    folder.mkdir(parents=True)
    adapter = add_adapter(adapters, lora_adapter().write(folder / "a.gguf"), SOURCE_CONVERTED)
    Path(adapter.path).unlink()
    remove_adapter(adapters, adapter, folder)
    assert adapters.list_adapters() == ()


def test_what_cannot_be_deleted_stays_in_the_library(adapters, folder):
    folder.mkdir(parents=True)
    adapter = add_adapter(adapters, lora_adapter().write(folder / "a.gguf"), SOURCE_CONVERTED)
    Path(adapter.path).unlink()
    Path(adapter.path).mkdir()
    with pytest.raises(UserError, match="cannot be deleted"):
        remove_adapter(adapters, adapter, folder)
    assert adapters.list_adapters() == (adapter,)


def test_looking_leaves_the_library_alone(own):
    found = inspect_adapter(own)
    assert isinstance(found, Inspected)
    assert (found.path, found.sha256, found.facts.name) == (own, digest(own), "Pirate")

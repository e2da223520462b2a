"""What counts as a model in a folder, and that no folder is too strange to be searched."""

import os
import sys

import pytest

from desktop_app.library import folder_scan
from desktop_app.library.folder_scan import find_in_folder
from tests.support.gguf_files import llama_model, split_model

MODEL = llama_model()


def put(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    return MODEL.write(path)


def test_models_are_found_however_deep_and_sorted_by_path(tmp_path):
    deep = put(tmp_path / "b/c/d/Deep.gguf")
    models = (put(tmp_path / "a.gguf"), deep, put(tmp_path / "z.GGUF"), put(tmp_path / "Größe 模型.gguf"))
    assert find_in_folder(tmp_path) == tuple(sorted(models))


@pytest.mark.parametrize(
    "name",
    [
        "model.gguf.part",
        "downloading_model.gguf.part",
        "model.gguf.incomplete",
        "model.gguf.downloadInProgress",
        "incomplete-model.gguf",
        "sha256-" + "0a" * 32 + "-partial",
    ],
)
def test_what_is_still_being_downloaded_is_left_out(tmp_path, name):
    put(tmp_path / name)
    assert find_in_folder(tmp_path) == ()


@pytest.mark.parametrize("name", ["mmproj-model-f16.gguf", "mmproj.gguf", "Qwen2-VL.mmproj-Q8_0.gguf", "MMPROJ-x.GGUF"])
def test_what_sees_pictures_for_a_model_is_no_model(tmp_path, name):
    put(tmp_path / name)
    assert find_in_folder(tmp_path) == ()


@pytest.mark.parametrize("content", [b"", b"GGU", b"ggml", b"version https://git-lfs", bytes(64)])
def test_a_file_that_does_not_begin_like_a_model_is_none(tmp_path, content):
    (tmp_path / "model.gguf").write_bytes(content)
    assert find_in_folder(tmp_path) == ()


def test_a_model_without_the_ending_is_not_taken_for_one(tmp_path):
    put(tmp_path / "model.bin")
    assert find_in_folder(tmp_path) == ()


def test_a_folder_that_is_called_like_a_model_is_searched(tmp_path):
    model = put(tmp_path / "Model.gguf/model.gguf")
    assert find_in_folder(tmp_path) == (model,)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such pipes")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "model.gguf")
    assert find_in_folder(tmp_path) == ()


def test_a_model_in_several_files_counts_once_with_the_size_of_all(tmp_path):
    parts = split_model(MODEL, tmp_path, "Tiny", 3)
    (model,) = folder_scan.Search().models(tmp_path)
    assert model.path == parts[0]
    assert model.size_bytes == sum(part.stat().st_size for part in parts)
    assert model.title == "Tiny"


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_model_with_a_missing_part_is_left_out(tmp_path, missing):
    split_model(MODEL, tmp_path, "Tiny", 3)[missing].unlink()
    assert find_in_folder(tmp_path) == ()


def test_a_model_with_a_part_that_has_only_been_begun_is_left_out(tmp_path):
    split_model(MODEL, tmp_path, "Tiny", 3)[2].write_bytes(b"")
    assert find_in_folder(tmp_path) == ()


@pytest.mark.parametrize("name", ["x-00001-of-00000.gguf", "x-00000-of-00002.gguf", "x-00002-of-00001.gguf"])
def test_parts_that_cannot_be_are_left_out(tmp_path, name):
    put(tmp_path / name)
    assert find_in_folder(tmp_path) == ()


def test_a_model_split_into_one_is_whole(tmp_path):
    model = put(tmp_path / "x-00001-of-00001.gguf")
    assert find_in_folder(tmp_path) == (model,)


def test_a_model_that_is_there_twice_through_a_link_counts_once(tmp_path):
    model = put(tmp_path / "a/model.gguf")
    (tmp_path / "b.gguf").symlink_to(model)
    (tmp_path / "c").symlink_to(tmp_path / "a")
    assert find_in_folder(tmp_path) == (model,)


def test_a_folder_on_another_disk_is_searched_through_its_link(tmp_path):
    put(tmp_path / "disk/models/model.gguf")
    (tmp_path / "watched").mkdir()
    (tmp_path / "watched/more").symlink_to(tmp_path / "disk/models")
    assert find_in_folder(tmp_path / "watched") == (tmp_path / "watched/more/model.gguf",)


def test_links_in_a_circle_come_to_an_end(tmp_path, monkeypatch):
    visits = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda folder: (visits.append(folder), scandir(folder))[1])
    model = put(tmp_path / "a/model.gguf")
    (tmp_path / "a/up").symlink_to(tmp_path)
    (tmp_path / "a/self.gguf").symlink_to(tmp_path / "a/self.gguf")
    (tmp_path / "gone.gguf").symlink_to(tmp_path / "nowhere")
    assert find_in_folder(tmp_path) == (model,)
    assert len(visits) == 2


def test_six_folders_down_is_deep_enough(tmp_path):
    at_the_end = put(tmp_path / "1/2/3/4/5/6/model.gguf")
    put(tmp_path / "1/2/3/4/5/6/7/model.gguf")
    assert find_in_folder(tmp_path) == (at_the_end,)


def test_a_folder_with_far_too_much_in_it_is_not_searched_to_its_end(tmp_path, monkeypatch):
    monkeypatch.setattr(folder_scan, "MAX_ENTRIES", 40)
    near = put(tmp_path / "a.gguf")
    for number in range(8):
        for other in range(20):
            (tmp_path / f"many{number}").mkdir(exist_ok=True)
            (tmp_path / f"many{number}/{other}.txt").touch()
    put(tmp_path / "many7/zzz.gguf")
    search = folder_scan.Search()
    assert len(list(search.files(tmp_path))) == 40 - 8
    assert list(search.files(tmp_path)) == []
    assert find_in_folder(tmp_path) == (near,)


def test_a_folder_that_may_not_be_read_is_passed_over(tmp_path, monkeypatch):
    put(tmp_path / "secret/model.gguf")
    model = put(tmp_path / "zebra/model.gguf")
    scandir = os.scandir

    def refuse(folder):
        if os.fspath(folder).endswith("secret"):
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    assert find_in_folder(tmp_path) == (model,)
    assert find_in_folder(tmp_path / "secret") == ()


def test_a_file_that_may_not_be_read_is_passed_over(tmp_path, monkeypatch):
    put(tmp_path / "secret.gguf")
    model = put(tmp_path / "open.gguf")
    opened = type(tmp_path).open

    def refuse(path, *arguments, **options):
        if path.name == "secret.gguf":
            raise PermissionError(13, "Permission denied")
        return opened(path, *arguments, **options)

    monkeypatch.setattr(type(tmp_path), "open", refuse)
    assert find_in_folder(tmp_path) == (model,)


def test_a_folder_that_is_gone_or_a_file_has_nothing_in_it(tmp_path):
    assert find_in_folder(tmp_path / "gone") == ()
    assert find_in_folder(put(tmp_path / "model.gguf")) == ()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has names that are no text")
def test_a_name_that_is_no_text_can_still_be_shown(tmp_path):
    model = put(tmp_path / os.fsdecode(b"caf\xe9.gguf"))
    (found,) = folder_scan.Search().models(tmp_path)
    assert found.path == model
    assert found.title == "caf?"

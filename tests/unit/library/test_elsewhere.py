"""Models that other programs have downloaded are found with what these programs say about them."""

import os

import pytest

from desktop_app.library.elsewhere import FoundModel, find_elsewhere
from tests.support.gguf_files import llama_model, split_model
from tests.unit.library.program_layouts import (
    CONTENT,
    LIBRARY,
    OTHER_SHA256,
    SHA256,
    found,
    hub,
    new_home,
    ollama,
    put,
)


@pytest.fixture
def home(tmp_path, monkeypatch):
    return new_home(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("manifest", "name"),
    [
        (f"{LIBRARY}/llama3.2/latest", "llama3.2:latest"),
        ("ollama.com/library/qwen3/0.6b", "qwen3:0.6b"),
        ("registry.ollama.ai/someone/model/q4", "someone/model:q4"),
        ("hf.co/bartowski/Llama-3.2-1B-Instruct-GGUF/Q4_K_M", "hf.co/bartowski/Llama-3.2-1B-Instruct-GGUF:Q4_K_M"),
    ],
)
def test_a_model_of_ollama_is_called_what_ollama_calls_it(home, manifest, name):
    blob = ollama(home / ".ollama/models", manifest, license="\n   Apache License\nVersion 2.0, January 2004\n")
    expected = FoundModel(blob, "Ollama", name, len(CONTENT), SHA256, "Apache License")
    assert find_elsewhere(home, {}, "linux") == (expected,)


def test_a_model_with_two_tags_counts_once_by_the_one_that_says_more(home):
    for tag in ("latest", "q8_0"):
        ollama(home / ".ollama/models", f"{LIBRARY}/gemma3/{tag}")
    assert found(home) == [("Ollama", "gemma3:q8_0")]


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"layers": ' + b"9" * 5_000 + b"}",
        [],
        "text",
        {},
        {"layers": None},
        {"layers": 3},
        {"layers": {"mediaType": "application/vnd.ollama.image.model"}},
        {"layers": [None, 3, {"mediaType": "application/vnd.ollama.image.model"}]},
        {"layers": [{"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:no-hash"}]},
        {"layers": [{"mediaType": "application/vnd.ollama.image.model", "digest": [SHA256]}]},
        {"layers": [{"mediaType": "application/vnd.ollama.image.model", "digest": f"sha256:{OTHER_SHA256}"}]},
        {"layers": [{"mediaType": "application/vnd.ollama.image.projector", "digest": f"sha256:{SHA256}"}]},
        {"layers": [{"mediaType": "application/vnd.ollama.image.adapter", "digest": f"sha256:{SHA256}"}]},
    ],
)
def test_a_manifest_that_is_damaged_or_has_no_model_is_passed_over(home, manifest):
    ollama(home / ".ollama/models", f"{LIBRARY}/a-damaged/1b", manifest=manifest)
    put(home / ".ollama/models/blobs/sha256-no-hash")
    ollama(home / ".ollama/models", f"{LIBRARY}/stray", digest="2c" * 32)
    ollama(home / ".ollama/models", f"{LIBRARY}/sound/1b", digest="2c" * 32)
    assert found(home) == [("Ollama", "sound:1b")]


def test_a_model_that_ollama_is_still_downloading_or_has_in_another_format_is_left_out(home):
    models = home / ".ollama/models"
    blob = ollama(models, f"{LIBRARY}/unfinished/1b")
    blob.rename(blob.with_name(blob.name + "-partial"))
    put(models / "blobs" / f"sha256-{SHA256}-partial-0", {"Offset": 0})
    ollama(models, f"{LIBRARY}/safetensors/1b", digest=OTHER_SHA256).write_bytes(bytes(64))
    assert found(home) == []


def test_a_model_of_the_hugging_face_cache_comes_with_its_checksum_and_license(home):
    snapshot = hub(home / ".cache/huggingface/hub", "owner/name-with--dashes", ["Größe-Q4_0.gguf", "mmproj-f16.gguf"])
    put(snapshot / "README.md", b"---\r\nlanguage:\r\n- en\r\nlicense: apache-2.0\r\n---\r\nlicense: no\r\n")
    path = snapshot / "Größe-Q4_0.gguf"
    expected = FoundModel(path, "Hugging Face cache", "owner/name-with/dashes", len(CONTENT), SHA256, "apache-2.0")
    assert find_elsewhere(home, {}, "linux") == (expected,)


def test_several_models_of_one_repository_are_told_apart(home):
    cache = home / ".cache/huggingface/hub"
    for digit, quant in (("a", "Q4_0"), ("b", "Q8_0")):
        hub(cache, "owner/name", [f"{quant}/x-{quant}.gguf"], blob=digit * 64)
    assert [name for _, name in found(home)] == ["owner/name/x-Q4_0", "owner/name/x-Q8_0"]
    for quant in ("Q4_0", "Q8_0"):
        put(home / f".lmstudio/models/owner/name/x-{quant}.gguf")
    assert [name for program, name in found(home) if program == "LM Studio"] == [
        "owner/name/x-Q4_0",
        "owner/name/x-Q8_0",
    ]


def test_only_the_newest_snapshot_with_models_counts(home):
    cache = home / ".cache/huggingface/hub"
    hub(cache, "owner/name", ["old.gguf"], commit="aaa", blob="a" * 64)
    newest = hub(cache, "owner/name", ["new.gguf"], commit="000", blob="b" * 64)
    os.utime(newest, (1, 1))
    assert [model.path.name for model in find_elsewhere(home, {})] == ["new.gguf"]
    (newest.parents[1] / "refs/main").unlink()
    assert [model.path.name for model in find_elsewhere(home, {})] == ["old.gguf"]
    hub(cache, "owner/name", ["README.md"], commit="ccc", blob="c" * 40)
    assert [model.path.name for model in find_elsewhere(home, {})] == ["old.gguf"]


def test_a_hash_of_another_kind_is_not_taken_for_a_checksum(home):
    cache = home / ".cache/huggingface/hub"
    shared = put(cache / "blobs/1b" / OTHER_SHA256)
    hub(cache, "owner/shared", ["a.gguf"])
    blob = cache / "models--owner--shared/blobs" / SHA256
    blob.unlink()
    blob.symlink_to(shared)
    straight = cache / "models--owner--straight/snapshots/c0ffee/a.gguf"
    straight.parent.mkdir(parents=True)
    straight.symlink_to(put(cache / "blobs/2c" / ("2c" * 32)))
    hub(cache, "owner/git", ["a.gguf"], blob="d" * 40)
    put(cache / "models--owner--copied/snapshots/c0ffee/a.gguf")
    checksums = {model.name: model.sha256 for model in find_elsewhere(home, {})}
    assert checksums == {"owner/shared": SHA256, "owner/straight": "", "owner/git": "", "owner/copied": ""}


def test_data_sets_and_unfinished_downloads_of_the_hugging_face_cache_are_left_out(home):
    cache = home / ".cache/huggingface/hub"
    put(cache / "datasets--owner--name/snapshots/c0ffee/a.gguf")
    put(cache / "models--owner--name/blobs" / f"{SHA256}.incomplete")
    (cache / "models--owner--name/snapshots/c0ffee").mkdir(parents=True)
    (cache / "models--owner--name/snapshots/c0ffee/a.gguf").symlink_to(f"../../blobs/{SHA256}")
    assert found(home) == []


def test_a_split_model_counts_once_wherever_it_is(home):
    folder = home / ".lmstudio/models/owner/big"
    folder.mkdir(parents=True)
    parts = split_model(llama_model(), folder, "Big-Q4_0", 3)
    size_bytes = sum(part.stat().st_size for part in parts)
    assert find_elsewhere(home, {}) == (FoundModel(parts[0], "LM Studio", "owner/big", size_bytes),)
    parts[1].unlink()
    assert find_elsewhere(home, {}) == ()


def test_jan_says_where_a_model_is_and_what_it_is_called(home, tmp_path):
    data = home / ".local/share/Jan/data"
    inside = put(data / "llamacpp/models/janhq/Jan-v1/Jan-v1-Q4.gguf")
    outside = put(tmp_path / "my models/it's.gguf")
    card = f"model_path: llamacpp/models/janhq/Jan-v1/Jan-v1-Q4.gguf\nname: Jan v1\nmodel_sha256: {SHA256}\n"
    put(data / "llamacpp/models/janhq/Jan-v1/model.yml", card.encode())
    put(data / "llamacpp/models/mine/model.yml", f"model_path: '{outside}'\r\nname: ''\r\nmodel_sha256: ?\r\n".encode())
    put(data / "llamacpp/models/gone/model.yml", b"model_path: gone.gguf\nname: gone\n")
    put(data / "llamacpp/models/damaged/model.yml", b"model_path: a\0b\n\xff: [")
    put(data / "llamacpp/models/empty/model.yml", b"")
    assert find_elsewhere(home, {}, "linux") == (
        FoundModel(inside, "Jan", "Jan v1", len(CONTENT), SHA256),
        FoundModel(outside, "Jan", "mine", len(CONTENT)),
    )


# ------------------------------------------------------------ all of them together


def test_a_file_that_programs_share_counts_once_for_the_one_with_its_checksum(home):
    blob = ollama(home / ".ollama/models", f"{LIBRARY}/llama3.2/3b")
    snapshot = hub(home / ".cache/huggingface/hub", "owner/name", ["a.gguf"], blob=OTHER_SHA256)
    for number, target in enumerate((blob, snapshot / "a.gguf", snapshot / "a.gguf")):
        link = home / f".lmstudio/models/owner/linked{number}/a.gguf"
        link.parent.mkdir(parents=True)
        link.symlink_to(target)
    assert found(home) == [("Hugging Face cache", "owner/name"), ("Ollama", "llama3.2:3b")]


def test_models_come_by_program_and_name_regardless_of_case(home):
    for name in ("b/Two.gguf", "B/one.gguf", "a/Zeta.gguf"):
        put(home / ".lmstudio/models/owner" / name)
    put(home / ".cache/llama.cpp/x.gguf")
    put(home / ".cache/gpt4all/y.gguf")
    ollama(home / ".ollama/models", f"{LIBRARY}/a/1b")
    programs = [program for program, _ in found(home)]
    assert programs == ["GPT4All", "llama.cpp", "LM Studio", "LM Studio", "LM Studio", "Ollama"]
    names = [name for program, name in found(home) if program == "LM Studio"]
    assert names == sorted(names, key=str.casefold)


@pytest.mark.parametrize(
    "file",
    [
        ".ollama/models/manifests",
        ".ollama",
        ".cache/huggingface/hub",
        ".cache/huggingface/hub/models--owner--name/snapshots",
        ".cache/llama.cpp",
        ".cache",
        ".lmstudio-home-pointer/folder",
        ".lmstudio/settings.json/folder",
        ".lmstudio/models",
        ".local/share/Jan/data/llamacpp",
        ".config/nomic.ai/GPT4All.ini/folder",
        ".local/share/Ollama/db.sqlite/folder",
        ".local/share/Ollama/db.sqlite",
    ],
)
def test_a_file_in_the_place_of_a_folder_or_the_other_way_round_harms_nothing(home, file):
    put(home / file)
    put(home / "elsewhere/a.gguf")
    assert found(home, LLAMA_CACHE=home / "elsewhere") == [("llama.cpp", "a")]


@pytest.mark.parametrize("settings", [b"", b"[1]", b"{", {"downloadsFolder": 3}, {"downloadsFolder": "/a\0b"}])
def test_damaged_settings_harm_nothing(home, settings):
    put(home / ".lmstudio/settings.json", settings)
    put(home / ".lmstudio/models/owner/name/a.gguf")
    assert found(home) == [("LM Studio", "owner/name")]


def test_settings_that_name_what_cannot_be_a_folder_harm_nothing(home):
    put(home / ".lmstudio/settings.json", b'{"downloadsFolder": "/\\ud800"}')
    put(home / ".lmstudio/models/owner/name/a.gguf")
    assert found(home) == [("LM Studio", "owner/name")]


def test_folders_that_may_not_be_read_are_passed_over(home, monkeypatch):
    ollama(home / ".ollama/models", f"{LIBRARY}/secret/1b")
    put(home / ".lmstudio/models/owner/name/a.gguf")
    scandir = os.scandir

    def refuse(folder):
        if ".ollama" in os.fspath(folder):
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    assert found(home) == [("LM Studio", "owner/name")]


def test_whoever_has_no_other_program_is_offered_nothing(home):
    assert find_elsewhere(home, {}) == ()


def test_without_arguments_it_looks_in_the_folders_of_whoever_asks(home, monkeypatch):
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    for variable in ("OLLAMA_MODELS", "HF_HUB_CACHE", "HF_HOME", "JAN_DATA_FOLDER"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("LLAMA_CACHE", str(home / "cache"))
    put(home / ".lmstudio/models/owner/name/a.gguf")
    put(home / "cache/b.gguf")
    assert [model.program for model in find_elsewhere()] == ["llama.cpp", "LM Studio"]

"""The folders of other programs are known, old and new, on each system and wherever they were moved."""

import sqlite3
from contextlib import closing

import pytest
from PySide6.QtCore import QSettings

from desktop_app.library.elsewhere import FoundModel, find_elsewhere
from desktop_app.library.inspect import inspect_model
from tests.unit.library.program_layouts import CONTENT, LIBRARY, found, hub, new_home, ollama, put


@pytest.fixture
def home(tmp_path, monkeypatch):
    return new_home(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("platform", "file", "program", "name"),
    [
        ("linux", ".lmstudio/models/publisher/model/a.gguf", "LM Studio", "publisher/model"),
        ("darwin", ".lmstudio/models/publisher/model/a.gguf", "LM Studio", "publisher/model"),
        ("win32", ".lmstudio/models/publisher/model/a.gguf", "LM Studio", "publisher/model"),
        ("linux", ".cache/lm-studio/models/publisher/model/a.gguf", "LM Studio", "publisher/model"),
        ("linux", ".local/share/Jan/data/llamacpp/models/janhq/v1/model.gguf", "Jan", "janhq/v1"),
        ("darwin", "Library/Application Support/Jan/data/llamacpp/models/v1/model.gguf", "Jan", "v1"),
        ("win32", "AppData/Roaming/Jan/data/llamacpp/models/v1/model.gguf", "Jan", "v1"),
        ("linux", ".config/Jan/data/models/huggingface.co/o/m/a.gguf", "Jan", "huggingface.co/o/m"),
        ("darwin", "jan/models/old/a.gguf", "Jan", "old"),
        ("linux", ".var/app/ai.jan.Jan/data/Jan/data/llamacpp/models/v1/model.gguf", "Jan", "v1"),
        ("linux", ".local/share/nomic.ai/GPT4All/Größe 1.gguf", "GPT4All", "Größe 1"),
        ("darwin", "Library/Application Support/nomic.ai/GPT4All/a.gguf", "GPT4All", "a"),
        ("win32", "AppData/Local/nomic.ai/GPT4All/a.gguf", "GPT4All", "a"),
        ("win32", ".cache/gpt4all/a.gguf", "GPT4All", "a"),
        ("linux", ".var/app/io.gpt4all.gpt4all/data/nomic.ai/GPT4All/a.gguf", "GPT4All", "a"),
        ("linux", ".cache/llama.cpp/owner_name_a-Q4_0.gguf", "llama.cpp", "owner_name_a-Q4_0"),
        ("darwin", "Library/Caches/llama.cpp/a.gguf", "llama.cpp", "a"),
        ("win32", "AppData/Local/llama.cpp/a.gguf", "llama.cpp", "a"),
    ],
)
def test_the_folder_of_each_program_is_known_on_each_system(home, platform, file, program, name):
    path = put(home / file)
    assert find_elsewhere(home, {}, platform) == (FoundModel(path, program, name, len(CONTENT)),)
    assert inspect_model(path).size_bytes == len(CONTENT)


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_the_folders_of_ollama_and_hugging_face_are_the_same_on_each_system(home, platform):
    ollama(home / ".ollama/models", f"{LIBRARY}/llama3.2/3b")
    hub(home / ".cache/huggingface/hub", "owner/name", ["a.gguf"])
    assert found(home, platform) == [("Hugging Face cache", "owner/name"), ("Ollama", "llama3.2:3b")]


@pytest.mark.parametrize(
    ("platform", "variable", "file", "program"),
    [
        ("linux", "XDG_DATA_HOME", "Jan/data/llamacpp/models/v1/model.gguf", "Jan"),
        ("linux", "XDG_DATA_HOME", "nomic.ai/GPT4All/a.gguf", "GPT4All"),
        ("linux", "XDG_CONFIG_HOME", "Jan/data/models/v1/a.gguf", "Jan"),
        ("linux", "XDG_CACHE_HOME", "llama.cpp/a.gguf", "llama.cpp"),
        ("win32", "APPDATA", "Jan/data/llamacpp/models/v1/model.gguf", "Jan"),
        ("win32", "LOCALAPPDATA", "nomic.ai/GPT4All/a.gguf", "GPT4All"),
        ("win32", "LOCALAPPDATA", "llama.cpp/a.gguf", "llama.cpp"),
        ("darwin", "JAN_DATA_FOLDER", "llamacpp/models/v1/model.gguf", "Jan"),
        ("darwin", "LLAMA_CACHE", "a.gguf", "llama.cpp"),
    ],
)
def test_a_variable_that_moves_a_folder_is_followed(home, tmp_path, platform, variable, file, program):
    put(tmp_path / "moved here" / file)
    assert [model[0] for model in found(home, platform, **{variable: tmp_path / "moved here"})] == [program]


@pytest.mark.parametrize(
    ("variable", "below"),
    [
        ("HF_HUB_CACHE", ""),
        ("HUGGINGFACE_HUB_CACHE", ""),
        ("HF_HOME", "hub"),
        ("XDG_CACHE_HOME", "huggingface/hub"),
        ("LLAMA_CACHE", ""),
    ],
)
def test_a_variable_that_moves_the_hugging_face_cache_is_followed(home, tmp_path, variable, below):
    hub(tmp_path / "moved" / below, "owner/name", ["a.gguf"])
    program = "llama.cpp" if variable == "LLAMA_CACHE" else "Hugging Face cache"
    assert found(home, **{variable: tmp_path / "moved"}) == [(program, "owner/name")]


def test_what_stayed_in_the_usual_folder_is_found_beside_what_was_moved(home, tmp_path):
    ollama(home / ".ollama/models", f"{LIBRARY}/old/1b")
    ollama(tmp_path / "new", f"{LIBRARY}/new/1b")
    assert found(home, OLLAMA_MODELS=f'"{tmp_path}/new"') == [("Ollama", "new:1b"), ("Ollama", "old:1b")]


def test_a_variable_may_name_a_folder_from_home_on_but_none_that_depends_on_the_start(home, monkeypatch, tmp_path):
    put(home / "my models/a.gguf")
    monkeypatch.chdir(home)
    assert found(home, LLAMA_CACHE="~/my models") == [("llama.cpp", "a")]
    assert found(home, LLAMA_CACHE="my models") == found(home, LLAMA_CACHE="") == []


def test_ollama_as_a_service_is_found_on_linux_alone(home, tmp_path):
    ollama(tmp_path / "service", f"{LIBRARY}/gemma3/1b")
    assert found(home) == [("Ollama", "gemma3:1b")]
    assert found(home, "darwin") == []


@pytest.mark.parametrize(
    ("platform", "folder"), [("win32", "AppData/Local/Ollama"), ("darwin", "Library/Application Support/Ollama")]
)
def test_the_folder_chosen_in_the_window_of_ollama_is_read(home, tmp_path, platform, folder):
    ollama(tmp_path / "D/models", f"{LIBRARY}/gemma3/1b")
    (home / folder).mkdir(parents=True)
    with closing(sqlite3.connect(home / folder / "db.sqlite")) as database, database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE settings (models TEXT NOT NULL DEFAULT '')")
        database.execute("INSERT INTO settings VALUES (?)", [str(tmp_path / "D/models")])
    before = sorted((home / folder).iterdir())
    assert found(home, platform) == [("Ollama", "gemma3:1b")]
    assert sorted((home / folder).iterdir()) == before


@pytest.mark.parametrize(
    ("platform", "settings"),
    [
        ("linux", ".lmstudio/settings.json"),
        ("linux", ".cache/lm-studio/settings.json"),
        ("linux", ".config/LM Studio/settings.json"),
        ("darwin", "Library/Application Support/LM Studio/settings.json"),
        ("win32", "AppData/Roaming/LM Studio/settings.json"),
    ],
)
def test_the_folder_chosen_in_lm_studio_is_read(home, tmp_path, platform, settings):
    put(tmp_path / "D/publisher/model/a.gguf")
    put(home / settings, {"downloadsFolder": str(tmp_path / "D")})
    assert found(home, platform) == [("LM Studio", "publisher/model")]


def test_the_pointer_to_the_home_of_lm_studio_is_followed(home, tmp_path):
    put(tmp_path / "LM/models/publisher/model/a.gguf")
    put(tmp_path / "D/publisher/other/a.gguf")
    put(tmp_path / "LM/settings.json", {"downloadsFolder": str(tmp_path / "D")})
    put(home / ".lmstudio-home-pointer", f"{tmp_path / 'LM'} \r\n".encode())
    assert found(home) == [("LM Studio", "publisher/model"), ("LM Studio", "publisher/other")]


@pytest.mark.parametrize(
    ("platform", "settings"),
    [
        ("linux", ".local/share/Jan/settings.json"),
        ("linux", ".config/Jan/settings.json"),
        ("darwin", "Library/Application Support/jan.ai.app/settings.json"),
        ("win32", "AppData/Roaming/Jan/settings.json"),
    ],
)
def test_the_folder_chosen_in_jan_is_read(home, tmp_path, platform, settings):
    put(tmp_path / "D/llamacpp/models/v1/model.gguf")
    put(home / settings, {"data_folder": str(tmp_path / "D")})
    assert found(home, platform) == [("Jan", "v1")]


@pytest.mark.parametrize("folder", ["models", "Modèle 模型", "a, b; c=d", 'say "hi"', "[General]", "100%"])
@pytest.mark.parametrize(
    ("platform", "settings"),
    [
        ("linux", ".config/nomic.ai/GPT4All.ini"),
        ("darwin", ".config/gpt4all.io/GPT4All.ini"),
        ("win32", "AppData/Roaming/nomic.ai/GPT4All.ini"),
    ],
)
def test_the_folder_chosen_in_gpt4all_is_read_as_qt_writes_it(home, tmp_path, platform, settings, folder):
    put(tmp_path / folder / "a.gguf")
    (home / settings).parent.mkdir(parents=True)
    written = QSettings(str(home / settings), QSettings.Format.IniFormat)
    for name, value in (("download/modelPath", "/other/"), ("modelPath", f"{tmp_path / folder}/"), ("zoom", "1")):
        written.setValue(name, value)
    written.sync()
    assert found(home, platform) == [("GPT4All", "a")]

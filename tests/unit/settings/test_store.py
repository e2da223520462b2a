"""Settings are what the person chose, however the file looks."""

import json
import os
import resource
from contextlib import contextmanager

import pytest

from desktop_app.engine.choices import LoadSettings, SamplerSettings
from desktop_app.errors import UserError
from desktop_app.settings import options
from desktop_app.settings.store import Settings, load_settings, save_settings


@pytest.fixture
def path(tmp_path):
    return tmp_path / "settings.json"


def test_without_a_file_everything_has_its_default(path):
    settings, note = load_settings(path)
    assert note == ""
    assert [settings[option] for option in options.OPTIONS] == [option.default for option in options.OPTIONS]
    assert settings.sampler() == SamplerSettings()
    assert not path.exists()


def test_what_was_chosen_is_there_the_next_time(path):
    chosen = Settings().changed(options.THEME, "dark").changed(options.TEMPERATURE, 0.2).changed(options.TOP_K, 0)
    save_settings(path, chosen)
    settings, note = load_settings(path)
    assert note == ""
    assert (settings[options.THEME], settings[options.SEND_KEY]) == ("dark", "enter")
    assert settings.sampler() == SamplerSettings(temperature=0.2, top_k=0)


def test_models_are_loaded_as_was_chosen(path):
    assert Settings().load_settings() == LoadSettings()
    chosen = Settings()
    for option, value in (
        (options.CONTEXT_LENGTH, 16_384),
        (options.THREADS, 3),
        (options.GPU_LAYERS, 0),
        (options.KV_TYPE, "q8_0"),
        (options.FLASH_ATTENTION, "on"),
        (options.SPECULATE, False),
    ):
        chosen = chosen.changed(option, value)
    save_settings(path, chosen)
    assert load_settings(path)[0].load_settings() == LoadSettings(
        n_ctx=16_384, n_threads=3, n_gpu_layers=0, kv_type="q8_0", flash_attention="on", speculate=False
    )


def test_what_was_not_chosen_is_not_in_the_file(path):
    save_settings(path, Settings().changed(options.TEXT_SIZE, 2))
    assert json.loads(path.read_text()) == {"text_size": 2}


def test_changing_gives_new_settings_and_leaves_the_old(path):
    old = Settings()
    new = old.changed(options.SUGGEST_TITLES, False)
    assert (old[options.SUGGEST_TITLES], new[options.SUGGEST_TITLES]) == (True, False)


def test_a_value_out_of_limits_cannot_be_set():
    with pytest.raises(ValueError, match="temperature cannot be 9"):
        Settings().changed(options.TEMPERATURE, 9.0)


def test_a_value_in_the_file_that_cannot_be_is_left_to_its_default(path):
    path.write_text('{"theme": "pink", "text_size": 99, "temperature": "hot", "top_k": 12, "threads": null}')
    settings, note = load_settings(path)
    assert note == ""
    assert settings[options.THEME] == "system"
    assert settings[options.TEXT_SIZE] == 0
    assert settings.sampler() == SamplerSettings(top_k=12)


def test_keys_of_another_version_are_kept(path):
    path.write_text('{"of_a_newer_version": {"a": [1]}, "theme": "light"}')
    settings, _ = load_settings(path)
    save_settings(path, settings.changed(options.THEME, "dark"))
    assert json.loads(path.read_text()) == {"of_a_newer_version": {"a": [1]}, "theme": "dark"}


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"theme": "dark"}}'])
def test_a_damaged_file_is_moved_aside_and_told(path, content):
    path.write_bytes(content)
    settings, note = load_settings(path)
    assert settings[options.THEME] == "system"
    assert str(path) in note
    assert "settings.json.damaged" in note
    assert note.endswith(".")
    assert path.with_name("settings.json.damaged").read_bytes() == content
    assert not path.exists()


def test_a_file_that_cannot_be_read_or_moved_is_told(path):
    path.mkdir()
    settings, note = load_settings(path)
    assert settings[options.THEME] == "system"
    assert note.endswith(".")


@contextmanager
def _full_disk():
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_costs_the_change_and_not_the_file(path):
    save_settings(path, Settings().changed(options.THEME, "dark"))
    before = path.read_bytes()
    with _full_disk(), pytest.raises(UserError, match="What was saved before is still there"):
        save_settings(path, Settings().changed(options.SYSTEM_PROMPT, "words " * 2000))
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["settings.json"]


def test_the_file_is_on_the_disk_before_it_takes_the_old_ones_place(path, monkeypatch):
    save_settings(path, Settings())
    seen = []
    monkeypatch.setattr(os, "fsync", lambda _: seen.append(path.read_text()))
    save_settings(path, Settings().changed(options.THEME, "dark"))
    assert seen == ["{}\n"]


def test_a_missing_folder_is_told(tmp_path):
    with pytest.raises(UserError, match="could not save"):
        save_settings(tmp_path / "gone" / "settings.json", Settings())

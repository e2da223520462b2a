"""Databases of every age are brought up to date, backed up before, and refused if they are of a later age."""

import sqlite3
import stat
import sys
from pathlib import Path

import pytest

from desktop_app.errors import UserError
from desktop_app.storage import migrations
from desktop_app.storage.adapters import Adapters
from desktop_app.storage.chats import Chats
from desktop_app.storage.database import Database
from desktop_app.storage.downloads import Downloads
from desktop_app.storage.models import Models
from desktop_app.storage.presets import Presets
from desktop_app.storage.records import (
    Adapter,
    Download,
    DownloadState,
    MessageState,
    ModelDefaults,
    Preset,
    Rating,
    RemoteFile,
    StackEntry,
)
from tests.unit.storage.dump_database import schema

FILES = Path(__file__).parent / "files"
VERSIONS = [version for version, _ in migrations.MIGRATIONS]


def _make(path, version):
    """Make the database of that version as it was stored then."""
    connection = sqlite3.connect(path)
    connection.executescript((FILES / f"v{migrations.name(version)}.sql").read_text(encoding="utf-8"))
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    return path


def _set_version(path, version):
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()


def _with_next(monkeypatch, migrate):
    """Add a migration after those there are; return its version."""
    version = VERSIONS[-1] + 1
    monkeypatch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, (version, migrate)))
    return version


def test_every_migration_has_a_database_of_its_age():
    assert {f"v{migrations.name(version)}.sql" for version in VERSIONS} == {file.name for file in FILES.iterdir()}


def test_migrations_are_in_order():
    assert sorted(set(VERSIONS)) == VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
def test_a_released_migration_was_not_edited(tmp_path, version):
    stored = sqlite3.connect(_make(tmp_path / "stored.db", version))
    made = sqlite3.connect(":memory:")
    migrations.run(made, [step for step in migrations.MIGRATIONS if step[0] <= version])
    assert schema(made) == schema(stored)
    made.close()
    stored.close()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_database_of_any_age_is_read_whole(tmp_path, version):
    database = Database.open(_make(tmp_path / "moatless.db", version))
    chats = Chats(database)
    assert database.one("PRAGMA integrity_check")[0] == "ok"
    assert database.all("PRAGMA foreign_key_check") == []
    assert database.one("PRAGMA user_version")[0] == VERSIONS[-1]

    lisbon, tax = chats.list_conversations()
    assert (lisbon.title, lisbon.titled, lisbon.pinned, lisbon.draft) == (
        "A trip to Lisbon",
        True,
        True,
        "And what about",
    )
    assert (lisbon.system_prompt, lisbon.sampler.seed) == ("Answer briefly.", 7)
    assert [conversation.title for conversation in chats.trashed()] == ["Thrown away"]
    shown = chats.messages(chats.path(lisbon.id))
    assert [message.state for message in shown] == ["done", "stopped", "done", "streaming"]
    assert [(message.version, message.versions) for message in shown] == [(1, 1), (2, 2), (1, 1), (1, 1)]
    assert shown[1].facts.answer_tokens == 9
    assert [message.content for message in chats.messages(chats.path(tax.id))] == [
        "Write a letter; it's about 'taxes'."
    ]
    assert {hit.title for hit in chats.search("cafe")} == {"A trip to Lisbon"}
    assert chats.mark_interrupted() == 1
    assert chats.messages(chats.path(lisbon.id))[-1].state is MessageState.INTERRUPTED
    assert [model.name for model in Models(database).list_models()] == ["SmolLM2-135M-Instruct"]
    database.close()


def test_what_version_1_1_knew_of_models_and_downloads_is_read(tmp_path):
    database = Database.open(_make(tmp_path / "moatless.db", 101))
    (model,) = Models(database).list_models()
    assert (model.repo, model.revision) == ("example/tiny-GGUF", "a" * 40)
    assert model.files == (
        RemoteFile("Tiny-Q4_K_M.gguf", 4_000_000, "c" * 64),
        RemoteFile("mmproj-Tiny.gguf", 1000, "d" * 64),
    )
    assert (model.verified_at, model.tokens_per_s) == (1_790_000_000.0, 12.5)
    assert (model.defaults.system_prompt, model.defaults.n_ctx) == ("Be brief.", 2048)
    assert model.defaults.sampler.temperature == 0.2
    assert Downloads(database).list_downloads() == (
        Download(
            id=1,
            name="Large",
            repo="example/large-GGUF",
            revision="b" * 40,
            license="apache-2.0",
            files=(RemoteFile("Large-Q8_0.gguf", 9_000_000_000, "e" * 64),),
            state=DownloadState.PAUSED,
            note="",
            created_at=1_790_000_100.0,
        ),
    )
    database.close()


def test_models_of_version_1_0_are_from_nowhere_and_have_no_defaults(tmp_path):
    database = Database.open(_make(tmp_path / "moatless.db", 100))
    (model,) = Models(database).list_models()
    assert (model.repo, model.revision, model.files, model.verified_at) == ("", "", (), None)
    assert (model.tokens_per_s, model.defaults) == (0.0, ModelDefaults())
    assert Downloads(database).list_downloads() == ()
    database.close()


def test_what_version_1_2_knew_of_adapters_and_stacks_is_read(tmp_path):
    database = Database.open(_make(tmp_path / "moatless.db", 102))
    adapters = Adapters(database)
    letters, pirate = adapters.list_adapters()
    assert (letters.name, letters.source, letters.last_used_at) == ("My letters", "file", 1_800_000_003.0)
    assert pirate == Adapter(
        id=1,
        name="pirate-style",
        path="/adapters/example/pirate/pirate-style.gguf",
        sha256="1f" * 32,
        size_bytes=9_200_000,
        architecture="llama",
        max_rank=16,
        n_weights=210,
        targets=("attn_q", "attn_v"),
        base_name="SmolLM2-135M-Instruct",
        base_repo="HuggingFaceTB/SmolLM2-135M-Instruct",
        source="hub",
        added_at=1_800_000_001.0,
        license="mit",
        repo="example/pirate",
        revision="9" * 40,
        files=(RemoteFile("pirate-style.gguf", 9_200_000, "1f" * 32),),
        default_scale=0.8,
    )
    (proof,) = adapters.proofs_of("ab" * 32)
    assert (proof.adapter_sha256, proof.effect.tokens, proof.effect.kl) == ("1f" * 32, 640, 0.3)
    stack = (StackEntry("1f" * 32, "pirate-style", 0.5), StackEntry("2e" * 32, "My letters", 1.0, is_on=False))
    assert Presets(database).list_presets() == (Preset(1, "Letters by pirates", stack),)
    chats = Chats(database)
    assert [conversation.stack for conversation in chats.list_conversations()] == [stack, ()]
    assert [message.stack for message in chats.messages(chats.path(1))] == [(), (), (), stack]
    model, adapter = Downloads(database).list_downloads()
    assert [(each.kind, each.model_id) for each in (model, adapter)] == [("model", None), ("adapter", 1)]
    assert [file.path for file in adapter.files] == ["adapter_config.json", "adapter_model.safetensors"]
    database.close()


@pytest.mark.parametrize("version", [100, 101])
def test_of_earlier_versions_every_answer_is_the_bare_models(tmp_path, version):
    database = Database.open(_make(tmp_path / "moatless.db", version))
    chats = Chats(database)
    assert all(conversation.stack == () for conversation in chats.list_conversations())
    assert all(message.stack == () for message in chats.messages(chats.path(1)))
    assert (Adapters(database).list_adapters(), Presets(database).list_presets()) == ((), ())
    database.close()


def test_what_version_1_3_knew_of_marks_and_preferences_is_read(tmp_path):
    database = Database.open(_make(tmp_path / "moatless.db", 103))
    messages = Chats(database).all_messages(1)
    assert [message.rating for message in messages] == ["", "good", "bad", "", ""]
    assert [message.chosen_over for message in messages] == [(), (3,), (), (), ()]
    database.close()


@pytest.mark.parametrize("version", [100, 101, 102])
def test_of_earlier_versions_no_answer_has_a_mark(tmp_path, version):
    database = Database.open(_make(tmp_path / "moatless.db", version))
    for message in Chats(database).all_messages(1):
        assert (message.rating, message.chosen_over) == (Rating.NONE, ())
    database.close()


def test_a_new_database_is_made_without_a_backup(tmp_path):
    Database.open(tmp_path / "moatless.db").close()
    assert [file.name for file in tmp_path.iterdir()] == ["moatless.db"]


def test_before_a_migration_the_database_is_copied(tmp_path, monkeypatch):
    path = _make(tmp_path / "moatless.db", VERSIONS[-1])
    before = VERSIONS[-1]
    version = _with_next(monkeypatch, lambda connection: connection.execute("DELETE FROM models"))
    Database.open(path).close()
    Database.open(path).close()  # nothing is pending any more, so nothing is copied

    backup = tmp_path / f"moatless.db.before-v{migrations.name(version)}"
    assert {file.name for file in tmp_path.iterdir()} == {"moatless.db", backup.name}
    assert sys.platform == "win32" or stat.S_IMODE(backup.stat().st_mode) == 0o600  # nobody else may read it
    for file, models, user_version in ((backup, 1, before), (path, 0, version)):
        connection = sqlite3.connect(file)
        assert connection.execute("SELECT count(*) FROM models").fetchone()[0] == models
        assert connection.execute("PRAGMA user_version").fetchone()[0] == user_version
        connection.close()


def test_a_migration_that_fails_changes_nothing(tmp_path, monkeypatch):
    path = _make(tmp_path / "moatless.db", VERSIONS[-1])

    def fail(connection):
        connection.execute("DROP TABLE models")
        raise ZeroDivisionError

    _with_next(monkeypatch, fail)
    with pytest.raises(ZeroDivisionError):
        Database.open(path)
    monkeypatch.undo()
    database = Database.open(path)
    assert len(Models(database).list_models()) == 1
    database.close()


def test_a_backup_that_cannot_be_made_stops_the_migration(tmp_path, monkeypatch):
    path = _make(tmp_path / "moatless.db", VERSIONS[-1])
    version = _with_next(monkeypatch, lambda connection: connection.execute("DELETE FROM models"))
    (tmp_path / f"moatless.db.before-v{migrations.name(version)}").mkdir()
    with pytest.raises(UserError, match="cannot write"):
        Database.open(path)
    monkeypatch.undo()
    assert not list(tmp_path.glob("*.part"))
    database = Database.open(path)
    assert len(Models(database).list_models()) == 1
    database.close()


def test_where_another_process_was_faster_its_backup_is_of_the_time_before(tmp_path, monkeypatch):
    path, look = _make(tmp_path / "moatless.db", 100), migrations.is_too_new

    def look_while_another_opens(version):
        monkeypatch.undo()
        Database.open(path).close()
        return look(version)

    monkeypatch.setattr(migrations, "is_too_new", look_while_another_opens)
    Database.open(path).close()
    (backup,) = tmp_path.glob("*.before-v*")
    before = sqlite3.connect(backup)
    assert before.execute("PRAGMA user_version").fetchone() == (100,)
    before.close()


def test_a_newer_major_version_is_refused_and_not_touched(tmp_path):
    path = _make(tmp_path / "moatless.db", VERSIONS[-1])
    _set_version(path, VERSIONS[-1] // 100 * 100 + 100)
    before = path.read_bytes()
    with pytest.raises(UserError, match="newer version of Moatless") as told:
        Database.open(path)
    assert str(path) in told.value.sentence
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["moatless.db"]


def test_a_newer_minor_version_is_used_as_it_is(tmp_path):
    path = _make(tmp_path / "moatless.db", VERSIONS[-1])
    connection = sqlite3.connect(path)
    connection.execute("ALTER TABLE models ADD COLUMN of_a_newer_version TEXT NOT NULL DEFAULT ''")
    connection.execute("ALTER TABLE messages ADD COLUMN of_a_newer_version TEXT NOT NULL DEFAULT ''")
    connection.close()
    _set_version(path, VERSIONS[-1] + 7)
    database = Database.open(path)
    assert database.one("PRAGMA user_version")[0] == VERSIONS[-1] + 7
    chats = Chats(database)
    assert len(chats.messages(chats.path(1))) == 4
    assert len(Models(database).list_models()) == 1
    database.close()

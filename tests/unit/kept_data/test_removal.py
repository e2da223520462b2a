"""Deleting parts: what is named goes, all else stays, and whatever came in between, doing it again ends it."""

import shutil

import pytest
from keyring.errors import PasswordDeleteError

from desktop_app.errors import UserError
from desktop_app.kept_data import removal
from desktop_app.kept_data.parts import Part, kept_on_disk
from desktop_app.kept_data.removal import remove_parts
from desktop_app.network.token import HubToken
from desktop_app.storage.database import DamagedDatabase, Database


def there(folder):
    """Return which parts there is something of."""
    return {kept.part for kept in kept_on_disk(folder) if kept.is_there}


@pytest.mark.parametrize("part", [part for part in Part if part not in (Part.CHATS, Part.TOKEN)])
def test_only_the_part_that_is_named_goes(full, part):
    before = there(full)
    remove_parts(full, [part], HubToken())
    assert there(full) == before - {part}
    assert HubToken().get() == "hf_secret"


def test_with_the_chats_go_settings_logs_and_older_copies_but_not_the_library(full, library):
    remove_parts(full, [Part.CHATS], HubToken())
    assert library(full) == (0, {"Elsewhere", "Here"})
    assert b"A secret" not in full.database.read_bytes()
    assert {path.name for path in full.root.iterdir()} == {
        *("moatless.db", "models", "adapters", "courses", "runs", "training")
    }


def test_models_are_deleted_here_and_forgotten_elsewhere(full, library, tmp_path):
    remove_parts(full, [Part.MODELS], HubToken())
    assert library(full) == (1, set())
    assert (tmp_path / "elsewhere.gguf").read_bytes() == b"GGUF"


def test_chats_with_nothing_else_in_their_database_take_it_with_them(full):
    remove_parts(full, [Part.CHATS, Part.MODELS], HubToken())
    assert there(full) == {Part.ADAPTERS, Part.TEACHING, Part.TRAINING}
    assert not full.database.exists()


def test_with_everything_the_folder_goes(full, tmp_path):
    remove_parts(full, tuple(Part), HubToken())
    assert not full.root.exists()
    assert HubToken().get() == ""
    assert (tmp_path / "elsewhere.gguf").exists()
    remove_parts(full, tuple(Part), HubToken())


def test_a_keychain_that_does_not_let_go_of_the_token_is_told(full, keychain, monkeypatch):
    def refuse(_service, _name):
        raise PasswordDeleteError("locked")

    monkeypatch.setattr(keychain, "delete_password", refuse)
    with pytest.raises(UserError, match="token is still in the keychain"):
        remove_parts(full, [Part.TOKEN], HubToken())
    assert HubToken().get() == "hf_secret"


def test_a_file_of_the_persons_own_stays_with_the_folder_around_it(full):
    (full.root / "notes.txt").write_text("Mine.")
    remove_parts(full, tuple(Part), HubToken())
    assert [path.name for path in full.root.iterdir()] == ["notes.txt"]


def damage(folder):
    folder.database.write_bytes(b"no database" * 1000)
    return folder.database.read_bytes()


def test_a_damaged_database_goes_with_everything(full):
    damage(full)
    remove_parts(full, tuple(Part), HubToken())
    assert not full.root.exists()


@pytest.mark.parametrize("part", [Part.CHATS, Part.MODELS, Part.ADAPTERS])
def test_of_a_damaged_database_nothing_goes_before_somebody_has_said_what_is_to_become_of_it(full, part):
    content = damage(full)
    with pytest.raises(DamagedDatabase, match="damaged"):
        remove_parts(full, [part, Part.TRAINING], HubToken())
    assert there(full) == set(Part) - {Part.TOKEN}
    assert full.database.read_bytes() == content


def test_a_damaged_database_may_go_as_a_whole_with_the_chats(full):
    damage(full)
    remove_parts(full, [Part.CHATS], HubToken(), despite_damage=True)
    assert {path.name for path in full.root.iterdir()} == {"models", "adapters", "courses", "runs", "training"}
    assert there(full) == {Part.MODELS, Part.ADAPTERS, Part.TEACHING, Part.TRAINING}
    assert (full.models / "one" / "here.gguf").exists()


def test_a_damaged_database_never_goes_without_the_chats(full):
    content = damage(full)
    remove_parts(full, [Part.MODELS, Part.ADAPTERS], HubToken(), despite_damage=True)
    assert there(full) == {Part.CHATS, Part.TEACHING, Part.TRAINING}
    assert full.database.read_bytes() == content


def test_damage_that_shows_only_while_rows_are_deleted_is_damage_too(full):
    database = Database.open(full.database)
    (root_page,) = database.one("SELECT rootpage FROM sqlite_schema WHERE name = 'messages'")
    (page_bytes,) = database.one("PRAGMA page_size")
    database.change("PRAGMA journal_mode = DELETE")  # all that was stored is in the file itself
    database.close()
    with full.database.open("r+b") as file:
        file.seek((root_page - 1) * page_bytes)
        file.write(b"\xff" * page_bytes)
    Database.open(full.database).close()
    with pytest.raises(DamagedDatabase):
        remove_parts(full, [Part.CHATS], HubToken())
    assert there(full) == set(Part) - {Part.TOKEN}
    remove_parts(full, [Part.CHATS], HubToken(), despite_damage=True)
    assert not full.database.exists()


@pytest.mark.parametrize("part", [Part.MODELS, Part.TRAINING])
def test_of_a_link_only_the_link_goes(full, tmp_path, part):
    place, target = full.root / part, tmp_path / "large disk"
    place.rename(target)
    before = sorted(target.rglob("*"))
    place.symlink_to(target)
    remove_parts(full, [part], HubToken())
    assert not place.is_symlink()
    assert sorted(target.rglob("*")) == before


def test_a_link_within_a_folder_is_not_followed(full, tmp_path):
    treasure = tmp_path / "treasure" / "photo.jpg"
    treasure.parent.mkdir()
    treasure.write_text("Mine.")
    (full.models / "link").symlink_to(treasure.parent)
    remove_parts(full, [Part.MODELS], HubToken())
    assert treasure.read_text() == "Mine."
    assert not full.models.exists()


def test_what_was_interrupted_is_ended_the_next_time(full, library, monkeypatch):
    class Killed(BaseException):
        pass

    def kill(_path):
        raise Killed

    monkeypatch.setattr(removal.shutil, "rmtree", kill)
    with pytest.raises(Killed):
        remove_parts(full, [Part.MODELS, Part.ADAPTERS], HubToken())
    monkeypatch.undo()
    assert there(full) >= {Part.MODELS, Part.ADAPTERS}
    remove_parts(full, [Part.MODELS, Part.ADAPTERS], HubToken())
    assert there(full) == {Part.CHATS, Part.TEACHING, Part.TRAINING}
    assert library(full) == (1, set())


def test_a_database_that_never_came_to_be_goes_with_everything(data_folder, keychain):
    data_folder.database.touch()
    assert there(data_folder) == {Part.CHATS}
    remove_parts(data_folder, tuple(Part), HubToken())
    assert not data_folder.root.exists()


def test_what_cannot_be_deleted_is_told(full, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "in use", str(path))

    monkeypatch.setattr(shutil, "rmtree", refuse)
    with pytest.raises(UserError, match="“models” could not be deleted as a whole"):
        remove_parts(full, [Part.MODELS], HubToken())

"""What the database promises about opening, changing and damaged files."""

import sqlite3
import stat
import sys
import threading
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from desktop_app.errors import UserError
from desktop_app.storage import database as module
from desktop_app.storage import migrations
from desktop_app.storage.chats import Chats
from desktop_app.storage.database import Database
from desktop_app.storage.models import Models
from tests.support.rights import not_the_owner


def _pragma(database, name):
    return database.one(f"PRAGMA {name}")[0]


def _fail_after(database, change):
    with suppress(ZeroDivisionError), database.transaction():
        change()
        raise ZeroDivisionError


def test_what_is_committed_reaches_the_disk_and_references_are_checked(database):
    assert _pragma(database, "journal_mode") == "wal"
    assert _pragma(database, "synchronous") == 2
    assert _pragma(database, "foreign_keys") == 1


def test_a_failed_transaction_leaves_nothing_behind(database, chats):
    conversation = chats.create()
    _fail_after(database, lambda: chats.rename(conversation.id, "Half done"))
    assert chats.get(conversation.id).title == ""


def test_a_transaction_within_another_one_is_undone_with_it(database, chats):

    def create():
        with database.transaction():
            chats.create()

    _fail_after(database, create)
    assert chats.list_conversations() == ()


def test_half_a_character_does_not_cost_the_message(chats):
    conversation = chats.create()
    chats.set_draft(conversation.id, "a pasted \ud83d half")
    assert chats.get(conversation.id).draft == "a pasted ? half"


def test_a_file_that_is_no_database_is_named_and_left_alone(tmp_path):
    path = tmp_path / "moatless.db"
    path.write_bytes(b"This is a shopping list. " * 400)
    before = path.read_bytes()
    with pytest.raises(UserError) as told:
        Database.open(path)
    assert "damaged" in told.value.sentence
    assert str(path) in told.value.sentence
    assert "moatless.db.before-v" in told.value.hint
    assert path.read_bytes() == before


def test_a_malformed_database_is_told_in_a_sentence(tmp_path, chats, database):
    conversation = chats.create()
    for number in range(200):
        chats.rename(conversation.id, f"Title {number}")
        chats.create()
    database.close()
    path = tmp_path / "moatless.db"
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)

    def use():
        opened = Database.open(path)
        try:
            opened.all("SELECT * FROM conversations")
        finally:
            opened.close()

    with pytest.raises(UserError, match="damaged"):
        use()


def test_a_database_in_use_elsewhere_is_told_in_a_sentence(tmp_path, database, chats):
    database.one("PRAGMA busy_timeout = 10")
    other = sqlite3.connect(tmp_path / "moatless.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(UserError, match="Another program is using"):
        chats.create()
    other.execute("ROLLBACK")
    other.close()
    assert chats.create().id == 1


def test_a_missing_folder_is_told_in_a_sentence(tmp_path):
    with pytest.raises(UserError, match="cannot write to its database"):
        Database.open(tmp_path / "gone" / "moatless.db")


@pytest.mark.skipif(sys.platform == "win32", reason="the person's own folders are nobody else's there")
def test_nobody_else_may_read_it(tmp_path):
    database = Database.open(tmp_path / "moatless.db")
    Chats(database).create()
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {
        f"moatless.db{end}": 0o600 for end in ("", "-wal", "-shm")
    }
    database.close()


def test_mistakes_of_ours_stay_mistakes(database):
    with pytest.raises(sqlite3.OperationalError):
        database.all("SELECT * FROM nothing")
    with pytest.raises(sqlite3.IntegrityError):
        database.change("INSERT INTO models (name) VALUES (NULL)")


def test_another_thread_may_not_use_the_connection(database):
    seen = []

    def use():
        try:
            database.all("SELECT 1")
        except sqlite3.ProgrammingError as error:
            seen.append(error)

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert len(seen) == 1


@pytest.mark.parametrize("what", ["the file", "the folder"])
def test_a_read_only_place_is_told_when_the_database_is_opened(what):
    with TemporaryDirectory() as folder:  # not tmp_path, which only its owner can look into
        path = Path(folder) / "moatless.db"
        Database.open(path).close()
        before = path.read_bytes()
        path.chmod(stat.S_IREAD | stat.S_IRGRP | stat.S_IROTH)
        Path(folder).chmod(0o555 if what == "the folder" else 0o777)
        with not_the_owner(), pytest.raises(UserError, match="cannot write to its database"):
            Database.open(path)
        assert path.read_bytes() == before
        Path(folder).chmod(0o755)
        path.chmod(0o644)


def test_another_process_may_be_faster_at_the_first_start(tmp_path, monkeypatch):
    path, look = tmp_path / "moatless.db", migrations.is_too_new

    def look_while_another_opens(version):
        monkeypatch.undo()
        Database.open(path).close()
        return look(version)

    monkeypatch.setattr(migrations, "is_too_new", look_while_another_opens)
    database = Database.open(path)
    assert Models(database).list_models() == ()
    database.close()


def test_another_process_that_makes_the_same_database_is_waited_for(tmp_path, monkeypatch):
    path, transaction = tmp_path / "moatless.db", module._transaction
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    def wait_for_the_other(connection):
        if other.in_transaction:
            other.execute("COMMIT")
        return transaction(connection)

    monkeypatch.setattr(module, "_transaction", wait_for_the_other)
    database = Database.open(path)
    assert _pragma(database, "journal_mode") == "wal"
    database.close()
    other.close()

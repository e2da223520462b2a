"""The database file: how it is opened, changed and closed, and how its troubles become sentences.

One connection, used from the thread that opened it. Everything is committed at the end of a `transaction()`, with a
full sync, so that what was once saved survives a power cut.
"""

import logging
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from glob import escape
from pathlib import Path
from typing import Any

from desktop_app.errors import UserError
from desktop_app.storage import migrations

_log = logging.getLogger(__name__)

_COPY = ".before-v"  # and a number: what a copy from before an update is called behind the database's name
_BUSY_TIMEOUT_MS = 5000  # another process (a backup program, a second command line) may hold the file for a moment
_WAL_LIMIT_BYTES = 16_000_000  # deleting a long conversation must not leave a huge write-ahead log behind

Value = str | int | float | bytes | None
Values = Sequence[Value]


class DamagedDatabase(UserError):
    """What the file holds cannot be read, or only in part."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"The database {path} is damaged and cannot be read.",
            f"Copies from before updates lie beside it and are called {path.name}{_COPY} and a number. "
            f"Move the damaged file away and rename such a copy to {path.name}, or start afresh without it.",
        )


class Database:
    """SQLite rows in and out. Every method raises `UserError` for trouble of the world."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self.path = path

    @classmethod
    def open(cls, path: Path) -> "Database":
        """Open the database, make it if there is none, and bring an older one up to date.

        Raises:
            UserError: If the file cannot be opened, written or understood, or belongs to a newer program.
        """
        with _sentences(path):
            _make_private(path)
            connection = sqlite3.connect(path, isolation_level=None, timeout=_BUSY_TIMEOUT_MS / 1000)
            try:
                _prepare(connection, path)
            except OSError as error:
                connection.close()
                raise _cannot_write(path) from error
            except BaseException:
                connection.close()
                raise
        return cls(connection, path)

    def close(self) -> None:
        with _sentences(self.path):
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make the changes of the block all or nothing. An inner one becomes a part of the outer one."""
        if self._connection.in_transaction:
            yield
            return
        with _sentences(self.path), _transaction(self._connection):
            yield

    def all(self, sql: str, values: Values = ()) -> list[sqlite3.Row]:
        """Return every row."""
        with _sentences(self.path):
            rows: list[sqlite3.Row] = self._execute(sql, values).fetchall()
            return rows

    def one(self, sql: str, values: Values = ()) -> sqlite3.Row | None:
        """Return the first row, or None."""
        with _sentences(self.path):
            row: sqlite3.Row | None = self._execute(sql, values).fetchone()
            return row

    def change(self, sql: str, values: Values = ()) -> int:
        """Run an INSERT, UPDATE or DELETE and return how many rows it touched."""
        with _sentences(self.path):
            return self._execute(sql, values).rowcount

    def insert(self, sql: str, values: Values = ()) -> int:
        """Run an INSERT and return the id of the new row."""
        with _sentences(self.path):
            row_id = self._execute(sql, values).lastrowid
            assert row_id is not None
            return row_id

    def insert_row(self, table: str, values: Mapping[str, Value], otherwise: str = "") -> int:
        """Add a row of these columns and return its id; `otherwise` says in SQL what to do if it is there already."""
        columns, places = ", ".join(values), ", ".join("?" * len(values))
        return self.insert(f"INSERT INTO {table} ({columns}) VALUES ({places}) {otherwise}", tuple(values.values()))

    def forget_past(self, copied_before: float) -> None:
        """Have no file hold what was deleted: neither the write-ahead log nor copies from before updates.

        Args:
            copied_before: In Unix time; a younger copy is kept.
        """
        self.one("PRAGMA wal_checkpoint(TRUNCATE)")
        for copy in self.path.parent.glob(f"{escape(self.path.name)}{_COPY}*"):
            try:
                if copy.stat().st_mtime < copied_before:
                    copy.unlink()
            except OSError as error:  # another program holds it open; the next deletion is the next try
                _log.warning("%s could not be deleted: %s", copy, error)

    def _execute(self, sql: str, values: Values) -> sqlite3.Cursor:
        try:
            return self._connection.execute(sql, values)
        except UnicodeEncodeError:
            # Half a character, as a paste may contain, is not text to SQLite. Losing half a character is better
            # than losing the message.
            return self._connection.execute(sql, [_storable(value) for value in values])


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")  # what is deleted for good is overwritten
    connection.execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT_BYTES}")
    version = _version(connection)
    if migrations.is_too_new(version):
        raise UserError(
            f"The database {path} was written by a newer version of Moatless, and this version cannot read it.",
            "Install the newer version again, or start with --data-dir and another folder.",
        )
    _write_ahead(connection)
    with _transaction(connection):
        version = _version(connection)  # another process may have brought it up to date meanwhile
        pending = migrations.pending(version)
        if pending and version:
            _back_up(path, path.with_name(f"{path.name}{_COPY}{migrations.name(pending[-1][0])}"))
        migrations.run(connection, pending)
        # Find out now, not in the middle of a chat, that nothing can be written: BEGIN IMMEDIATE alone does not say.
        connection.execute("DELETE FROM models WHERE 0")
    # Only now: a migration that rebuilds a table must be able to drop the old one.
    connection.execute("PRAGMA foreign_keys = ON")


def _write_ahead(connection: sqlite3.Connection) -> None:
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError:  # another process is at the same, and SQLite does not wait here
        with _transaction(connection):
            pass
        connection.execute("PRAGMA journal_mode = WAL")


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _back_up(path: Path, target: Path) -> None:
    """Copy the database as it was last committed. The name appears once the copy is complete."""
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    _make_private(part)
    try:
        # Through a connection of its own: one that is about to write cannot be copied from.
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(part)) as copy:
            source.backup(copy)
        part.replace(target)
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise


def _make_private(path: Path) -> None:
    """Make an empty file that nobody else may read, whatever folder it is in, unless there is one."""
    with suppress(OSError):  # SQLite will say what is wrong with the place
        path.touch(0o600, exist_ok=False)


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # after a full disk SQLite may have rolled back by itself
            connection.execute("ROLLBACK")
        raise


def _storable(value: Any) -> Any:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


@contextmanager
def _sentences(path: Path) -> Iterator[None]:
    """Turn what SQLite and the file system report into sentences; what is our own mistake stays as it is."""
    try:
        yield
    except sqlite3.Error as error:
        told = _told(error, path)
        if told is None:
            raise
        _log.info("%s (%s)", error, getattr(error, "sqlite_errorname", ""))
        raise told from error


def _told(error: sqlite3.Error, path: Path) -> UserError | None:
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:  # the lowest byte is the kind, the rest is detail
        case sqlite3.SQLITE_FULL:
            return UserError(
                f"The disk with {path} is full, so the last change was not saved. What was saved before is safe.",
                "Free some space and try again.",
            )
        case sqlite3.SQLITE_IOERR:
            return UserError(
                f"The disk with {path} is full or does not work as it should, so the last change was not saved. "
                "What was saved before is safe.",
                "Free some space and try again. If that does not help, have the disk checked.",
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return _cannot_write(path)
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return DamagedDatabase(path)
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return UserError(
                f"Another program is using the database {path}, so the last change was not saved.",
                "Close the other program and try again.",
            )
    return None


def _cannot_write(path: Path) -> UserError:
    return UserError(
        f"Moatless cannot write to its database {path}.",
        "Make the file and its folder writable, or start with --data-dir and another folder.",
    )

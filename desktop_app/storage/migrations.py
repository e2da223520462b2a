"""The shape of the database, as the steps that led to it. A step that was ever released is never edited again.

`PRAGMA user_version` holds 100 * major + minor. A step that older programs can live with (a new table, a new column
with a default) raises the minor number, any other one the major number. A program opens a database of a newer minor
version as it is, and refuses one of a newer major version.
"""

import sqlite3
from collections.abc import Callable, Sequence

Migration = tuple[int, Callable[[sqlite3.Connection], None]]


def is_too_new(version: int) -> bool:
    return version // 100 > MIGRATIONS[-1][0] // 100


def name(version: int) -> str:
    return f"{version // 100}.{version % 100}"


def pending(version: int) -> Sequence[Migration]:
    """Return the steps a database of this version still needs."""
    return [migration for migration in MIGRATIONS if migration[0] > version]


def run(connection: sqlite3.Connection, steps: Sequence[Migration]) -> None:
    """Take the steps, within the transaction of the caller. A step must not use `executescript`, which commits."""
    for version, migrate in steps:
        migrate(connection)
        connection.execute(f"PRAGMA user_version = {version}")


def _v1_0(connection: sqlite3.Connection) -> None:
    """Models, conversations and their trees of messages, and the full-text search over them.

    - A message points to its parent and a conversation to its head together with the conversation's id, so that no
      answer can end up in another conversation. Those references are checked at commit and do not cascade: a chain
      of 10,000 messages would exceed SQLite's limit of 1,000 nested triggers.
    - `content` is the last column, so that reading the others does not walk through a long text's overflow pages.
    - Ids are never used again (AUTOINCREMENT): a late write for something deleted must not hit something new.
    - Text that still streams is not in the search index; the triggers follow the change of state.
    """
    for statement in (
        """
        CREATE TABLE models (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL,
            path TEXT NOT NULL UNIQUE,
            size_bytes INTEGER NOT NULL,
            architecture TEXT NOT NULL,
            quant_type TEXT NOT NULL,
            n_params INTEGER NOT NULL,
            n_ctx_train INTEGER NOT NULL,
            source TEXT NOT NULL,
            added_at REAL NOT NULL,
            last_used_at REAL,
            sha256 TEXT NOT NULL,
            license TEXT NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE conversations (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            title TEXT NOT NULL DEFAULT '',
            created_at REAL NOT NULL,
            updated_at REAL NOT NULL,
            titled INTEGER NOT NULL DEFAULT 0,
            pinned INTEGER NOT NULL DEFAULT 0,
            deleted_at REAL,
            head_id INTEGER,
            model_id INTEGER REFERENCES models (id) ON DELETE SET NULL,
            system_prompt TEXT NOT NULL DEFAULT '',
            sampler TEXT NOT NULL,
            draft TEXT NOT NULL DEFAULT '',
            FOREIGN KEY (id, head_id) REFERENCES messages (conversation_id, id) DEFERRABLE INITIALLY DEFERRED
        ) STRICT
        """,
        "CREATE INDEX conversations_by_model ON conversations (model_id)",
        """
        CREATE TABLE messages (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
            parent_id INTEGER,
            role TEXT NOT NULL,
            state TEXT NOT NULL,
            created_at REAL NOT NULL,
            deleted_at REAL,
            note TEXT NOT NULL DEFAULT '',
            model_name TEXT NOT NULL DEFAULT '',
            model_sha256 TEXT NOT NULL DEFAULT '',
            sampler TEXT,
            facts TEXT,
            content TEXT NOT NULL,
            UNIQUE (conversation_id, id),
            FOREIGN KEY (conversation_id, parent_id) REFERENCES messages (conversation_id, id)
                DEFERRABLE INITIALLY DEFERRED
        ) STRICT
        """,
        "CREATE INDEX messages_by_parent ON messages (conversation_id, parent_id, deleted_at)",
        "CREATE INDEX messages_streaming ON messages (id) WHERE state = 'streaming'",
        """
        CREATE VIRTUAL TABLE message_search USING fts5 (
            content, content = 'messages', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
        )
        """,
        """
        CREATE TRIGGER message_added AFTER INSERT ON messages WHEN new.state <> 'streaming' BEGIN
            INSERT INTO message_search (rowid, content) VALUES (new.id, new.content);
        END
        """,
        """
        CREATE TRIGGER message_changed AFTER UPDATE OF content, state ON messages
        WHEN (old.state <> 'streaming' OR new.state <> 'streaming')
            AND (old.content <> new.content OR (old.state = 'streaming') <> (new.state = 'streaming'))
        BEGIN
            INSERT INTO message_search (message_search, rowid, content)
                SELECT 'delete', old.id, old.content WHERE old.state <> 'streaming';
            INSERT INTO message_search (rowid, content)
                SELECT new.id, new.content WHERE new.state <> 'streaming';
        END
        """,
        """
        CREATE TRIGGER message_deleted AFTER DELETE ON messages WHEN old.state <> 'streaming' BEGIN
            INSERT INTO message_search (message_search, rowid, content) VALUES ('delete', old.id, old.content);
        END
        """,
        """
        CREATE VIRTUAL TABLE title_search USING fts5 (
            title, content = 'conversations', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
        )
        """,
        """
        CREATE TRIGGER conversation_added AFTER INSERT ON conversations BEGIN
            INSERT INTO title_search (rowid, title) VALUES (new.id, new.title);
        END
        """,
        """
        CREATE TRIGGER conversation_renamed AFTER UPDATE OF title ON conversations
        WHEN old.title <> new.title BEGIN
            INSERT INTO title_search (title_search, rowid, title) VALUES ('delete', old.id, old.title);
            INSERT INTO title_search (rowid, title) VALUES (new.id, new.title);
        END
        """,
        """
        CREATE TRIGGER conversation_deleted AFTER DELETE ON conversations BEGIN
            INSERT INTO title_search (title_search, rowid, title) VALUES ('delete', old.id, old.title);
        END
        """,
    ):
        connection.execute(statement)


def _v1_1(connection: sqlite3.Connection) -> None:
    """Where models come from, what they start chats with, how fast they are here; and the queue of downloads."""
    for statement in (
        "ALTER TABLE models ADD COLUMN repo TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE models ADD COLUMN revision TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE models ADD COLUMN files TEXT NOT NULL DEFAULT '[]'",
        "ALTER TABLE models ADD COLUMN verified_at REAL",
        "ALTER TABLE models ADD COLUMN tokens_per_s REAL NOT NULL DEFAULT 0",
        "ALTER TABLE models ADD COLUMN defaults TEXT NOT NULL DEFAULT '{}'",
        """
        CREATE TABLE downloads (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL,
            repo TEXT NOT NULL,
            revision TEXT NOT NULL,
            license TEXT NOT NULL,
            files TEXT NOT NULL,
            state TEXT NOT NULL,
            note TEXT NOT NULL DEFAULT '',
            created_at REAL NOT NULL
        ) STRICT
        """,
    ):
        connection.execute(statement)


def _v1_2(connection: sqlite3.Connection) -> None:
    """Adapters, what they were measured to do, and the stacks they are used in: of chats, of answers, and with a name.

    A stack knows its adapters by their hashes, and so do the measurements: an adapter that left the library and comes
    back is the same one.
    """
    for statement in (
        """
        CREATE TABLE adapters (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL,
            path TEXT NOT NULL UNIQUE,
            sha256 TEXT NOT NULL UNIQUE,
            size_bytes INTEGER NOT NULL,
            architecture TEXT NOT NULL,
            max_rank INTEGER NOT NULL,
            n_weights INTEGER NOT NULL,
            targets TEXT NOT NULL,
            base_name TEXT NOT NULL,
            base_repo TEXT NOT NULL,
            source TEXT NOT NULL,
            added_at REAL NOT NULL,
            last_used_at REAL,
            license TEXT NOT NULL,
            repo TEXT NOT NULL,
            revision TEXT NOT NULL,
            files TEXT NOT NULL,
            default_scale REAL NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE proofs (
            adapter_sha256 TEXT NOT NULL,
            model_sha256 TEXT NOT NULL,
            effect TEXT NOT NULL,
            measured_at REAL NOT NULL,
            PRIMARY KEY (adapter_sha256, model_sha256)
        ) STRICT
        """,
        "CREATE INDEX proofs_by_model ON proofs (model_sha256)",
        """
        CREATE TABLE presets (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL UNIQUE,
            stack TEXT NOT NULL
        ) STRICT
        """,
        "ALTER TABLE conversations ADD COLUMN stack TEXT NOT NULL DEFAULT '[]'",
        "ALTER TABLE messages ADD COLUMN stack TEXT NOT NULL DEFAULT '[]'",
        "ALTER TABLE downloads ADD COLUMN kind TEXT NOT NULL DEFAULT 'model'",
        "ALTER TABLE downloads ADD COLUMN model_id INTEGER REFERENCES models (id) ON DELETE SET NULL",
    ):
        connection.execute(statement)


def _v1_3(connection: sqlite3.Connection) -> None:
    """What the person thinks of answers: the mark of each, and which others were turned down for it."""
    for statement in (
        "ALTER TABLE messages ADD COLUMN rating TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE messages ADD COLUMN chosen_over TEXT NOT NULL DEFAULT '[]'",
    ):
        connection.execute(statement)


MIGRATIONS: Sequence[Migration] = ((100, _v1_0), (101, _v1_1), (102, _v1_2), (103, _v1_3))

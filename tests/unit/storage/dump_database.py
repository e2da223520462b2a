"""Print a database as readable SQL, to keep one of each version for the tests of migrations.

    python tests/unit/storage/dump_database.py moatless.db > tests/unit/storage/files/v1.3.sql

Unlike a dump of the sqlite3 shell, this one leaves the search index to its triggers and can be read.
"""

import sqlite3
import sys

_TABLES = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'"


def schema(connection):
    """Return the statements that make the database, one for each table, index and trigger."""
    shadows = {row[0] for row in connection.execute("SELECT name FROM pragma_table_list WHERE type = 'shadow'")}
    rows = connection.execute("SELECT tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")
    return [sql for table, sql in rows if table not in shadows and table != "sqlite_sequence"]


def dump(connection):
    yield "PRAGMA foreign_keys = OFF;"
    for statement in schema(connection):
        yield f"{statement};"
    for (table,) in connection.execute(_TABLES).fetchall():
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        values = " || ', ' || ".join(f"quote({column})" for column in columns)
        for (line,) in connection.execute(f"SELECT {values} FROM {table} ORDER BY rowid"):
            yield f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({line});"
    yield f"PRAGMA user_version = {connection.execute('PRAGMA user_version').fetchone()[0]};"


if __name__ == "__main__":
    connection = sqlite3.connect(sys.argv[1])
    sys.stdout.writelines(f"{line}\n" for line in dump(connection))
    connection.close()

"""Emptying parts of the database as a whole, so that nothing of what was in them is left in its file."""

from desktop_app.storage.database import Database


def clear_chats(database: Database) -> None:
    """Delete every conversation."""
    with database.transaction():
        database.change("DELETE FROM conversations")
        drop_words(database)


def drop_words(database: Database) -> None:
    """Have the search forget the words of conversations that were deleted, which it only marks as gone by itself."""
    for index in ("message_search", "title_search"):
        database.change(f"INSERT INTO {index} ({index}) VALUES ('optimize')")


def clear_models(database: Database, kept_source: str) -> None:
    """Forget all models and their downloads.

    Args:
        database: Has the library.
        kept_source: Models that have come in like this stay.
    """
    with database.transaction():
        database.change("DELETE FROM downloads WHERE kind = 'model'")
        database.change("DELETE FROM models WHERE source <> ?", (kept_source,))


def clear_adapters(database: Database) -> None:
    """Forget all adapters with what was measured of them, their downloads and the stacks with a name."""
    with database.transaction():
        database.change("DELETE FROM downloads WHERE kind = 'adapter'")
        for table in ("adapters", "proofs", "presets"):
            database.change(f"DELETE FROM {table}")


def has_library(database: Database, kept_source: str) -> bool:
    """Return whether anything is known but conversations, and models that have come in like this."""
    known = database.one(
        "SELECT EXISTS (SELECT 1 FROM models WHERE source <> ?) OR EXISTS (SELECT 1 FROM adapters) "
        "OR EXISTS (SELECT 1 FROM presets) OR EXISTS (SELECT 1 FROM downloads)",
        (kept_source,),
    )
    assert known is not None
    return bool(known[0])


def shrink(database: Database) -> None:
    """Write the file anew, without the room of what was deleted."""
    database.change("VACUUM")

"""Full-text search over titles and messages. What a person types is words, never a query language."""

import re
from dataclasses import dataclass

from desktop_app.storage.database import Database
from desktop_app.storage.records import SearchHit

_MARK_START, _MARK_END = "\x02", "\x03"
_MAX_TEXT = 200  # more than anyone types; a pasted page must not become a query of thousands of terms
_SNIPPET_WORDS = 16
_SNIPPET_CHARS = 40  # on each side of a match found without the index

# The index knows words by the spaces and marks between them. In scripts written without spaces it would find only
# what begins a sentence; there, and for text without a letter (emoji, symbols), the texts themselves are read.
_WITHOUT_SPACES = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)

_FROM_INDEX = f"""
SELECT messages.conversation_id, conversations.title, messages.id AS message_id, messages.created_at AS time,
    snippet(message_search, 0, char(2), char(3), '…', {_SNIPPET_WORDS}) AS snippet
FROM message_search CROSS JOIN messages ON messages.id = message_search.rowid
    CROSS JOIN conversations ON conversations.id = messages.conversation_id
WHERE message_search MATCH ? AND messages.deleted_at IS NULL AND conversations.deleted_at IS NULL
ORDER BY message_search.rowid DESC LIMIT ?
"""

_TITLES_FROM_INDEX = f"""
SELECT conversations.id AS conversation_id, conversations.title, NULL AS message_id, conversations.updated_at AS time,
    snippet(title_search, 0, char(2), char(3), '…', {_SNIPPET_WORDS}) AS snippet
FROM title_search CROSS JOIN conversations ON conversations.id = title_search.rowid
WHERE title_search MATCH ? AND conversations.deleted_at IS NULL
ORDER BY conversations.updated_at DESC LIMIT ?
"""

_FROM_TEXTS = """
SELECT messages.conversation_id, conversations.title, messages.id AS message_id, messages.created_at AS time,
    messages.content AS snippet
FROM messages CROSS JOIN conversations ON conversations.id = messages.conversation_id
WHERE messages.deleted_at IS NULL AND conversations.deleted_at IS NULL AND messages.state <> 'streaming' AND {match}
ORDER BY messages.id DESC LIMIT ?
"""

_TITLES_FROM_TEXTS = """
SELECT id AS conversation_id, title, NULL AS message_id, updated_at AS time, title AS snippet
FROM conversations WHERE deleted_at IS NULL AND {match}
ORDER BY updated_at DESC LIMIT ?
"""


@dataclass(frozen=True)
class _Timed:
    time: float
    hit: SearchHit


def search(database: Database, text: str, limit: int) -> tuple[SearchHit, ...]:
    """Return at most `limit` titles and messages that hold all the words, the newest first.

    Only what is neither deleted nor in the trash is found, in every version of a conversation. Capitals and accents
    do not matter; the last word may be incomplete.
    """
    words = "".join(character if character.isprintable() else " " for character in text[:_MAX_TEXT]).split()
    if not words:
        return ()
    spelled = [word for word in words if any(character.isalnum() for character in word)]
    if spelled and not _WITHOUT_SPACES.search(text):
        query = _query(spelled)
        found = _hits(database, _FROM_INDEX, query, limit) + _hits(database, _TITLES_FROM_INDEX, query, limit)
    else:
        found = _read(database, words, limit)
    found.sort(key=lambda timed: timed.time, reverse=True)
    return tuple(timed.hit for timed in found[:limit])


def _query(words: list[str]) -> str:
    """Return the words as an FTS5 query in which nothing has a special meaning: each one quoted, the last a prefix."""
    return " ".join('"' + word.replace('"', '""') + '"' for word in words) + "*"


def _hits(database: Database, sql: str, query: str, limit: int) -> list[_Timed]:
    return [
        _Timed(row["time"], SearchHit(row["conversation_id"], row["title"], row["message_id"], _line(row["snippet"])))
        for row in database.all(sql, (query, limit))
    ]


def _read(database: Database, words: list[str], limit: int) -> list[_Timed]:
    patterns = ["%" + re.sub(r"([\\%_])", r"\\\1", word) + "%" for word in words]
    found: list[_Timed] = []
    for sql, column in ((_FROM_TEXTS, "content"), (_TITLES_FROM_TEXTS, "title")):
        match = " AND ".join([f"{column} LIKE ? ESCAPE '\\'"] * len(patterns))
        for row in database.all(sql.format(match=match), (*patterns, limit)):
            snippet = _snippet(row["snippet"], words[-1])
            hit = SearchHit(row["conversation_id"], row["title"], row["message_id"], snippet)
            found.append(_Timed(row["time"], hit))
    return found


def _snippet(text: str, word: str) -> str:
    match = re.search(re.escape(word), text, re.IGNORECASE)
    if match is None:
        return _line(text[: 2 * _SNIPPET_CHARS])
    start, end = max(0, match.start() - _SNIPPET_CHARS), match.end() + _SNIPPET_CHARS
    before = ("…" if start else "") + text[start : match.start()]
    after = text[match.end() : end] + ("…" if end < len(text) else "")
    return _line(f"{before}{_MARK_START}{match[0]}{_MARK_END}{after}")


def _line(snippet: str) -> str:
    return " ".join(snippet.split())

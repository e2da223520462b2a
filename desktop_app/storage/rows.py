"""Between the database's rows and the records: SQLite knows no truth values, and structures are kept as JSON."""

import sqlite3

import msgspec

from desktop_app.engine.choices import SamplerSettings
from desktop_app.engine.messages import AnswerFacts
from desktop_app.storage.records import (
    Conversation,
    Download,
    DownloadState,
    Message,
    MessageState,
    Model,
    ModelDefaults,
    RemoteFile,
    Role,
)


def to_json(value: SamplerSettings | AnswerFacts | ModelDefaults | tuple[RemoteFile, ...] | None) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()


def conversation(row: sqlite3.Row) -> Conversation:
    return Conversation(
        id=row["id"],
        title=row["title"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        titled=bool(row["titled"]),
        pinned=bool(row["pinned"]),
        deleted_at=row["deleted_at"],
        head_id=row["head_id"],
        model_id=row["model_id"],
        system_prompt=row["system_prompt"],
        sampler=msgspec.json.decode(row["sampler"], type=SamplerSettings),
        draft=row["draft"],
    )


def message(row: sqlite3.Row) -> Message:
    """Return the message of a row that has also `version` and `versions`."""
    return Message(
        id=row["id"],
        conversation_id=row["conversation_id"],
        parent_id=row["parent_id"],
        role=Role(row["role"]),
        content=row["content"],
        state=MessageState(row["state"]),
        created_at=row["created_at"],
        version=row["version"],
        versions=row["versions"],
        note=row["note"],
        model_name=row["model_name"],
        model_sha256=row["model_sha256"],
        sampler=None if row["sampler"] is None else msgspec.json.decode(row["sampler"], type=SamplerSettings),
        facts=None if row["facts"] is None else msgspec.json.decode(row["facts"], type=AnswerFacts),
    )


def model(row: sqlite3.Row) -> Model:
    values = {name: row[name] for name in Model.__struct_fields__}
    values["files"] = _files(row["files"])
    values["defaults"] = msgspec.json.decode(row["defaults"], type=ModelDefaults)
    return Model(**values)


def download(row: sqlite3.Row) -> Download:
    values = {name: row[name] for name in Download.__struct_fields__}
    return Download(**{**values, "files": _files(row["files"]), "state": DownloadState(row["state"])})


def _files(text: str) -> tuple[RemoteFile, ...]:
    return msgspec.json.decode(text, type=tuple[RemoteFile, ...])

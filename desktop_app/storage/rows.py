"""Between the database's rows and the records: SQLite knows no truth values, and structures are kept as JSON."""

import sqlite3

import msgspec

from desktop_app.engine.choices import SamplerSettings
from desktop_app.engine.messages import AnswerFacts, Effect
from desktop_app.storage.records import (
    Adapter,
    Conversation,
    Download,
    DownloadState,
    Message,
    MessageState,
    Model,
    ModelDefaults,
    Preset,
    Proof,
    Rating,
    RemoteFile,
    Role,
    Stack,
)

Structure = (
    SamplerSettings
    | AnswerFacts
    | ModelDefaults
    | Effect
    | Stack
    | tuple[RemoteFile, ...]
    | tuple[str, ...]
    | tuple[int, ...]
    | None
)


def to_json(value: Structure) -> str | None:
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
        stack=_stack(row["stack"]),
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
        stack=_stack(row["stack"]),
        rating=Rating(row["rating"]),
        chosen_over=msgspec.json.decode(row["chosen_over"], type=tuple[int, ...]),
    )


def model(row: sqlite3.Row) -> Model:
    values = {name: row[name] for name in Model.__struct_fields__}
    values["files"] = _files(row["files"])
    values["defaults"] = msgspec.json.decode(row["defaults"], type=ModelDefaults)
    return Model(**values)


def adapter(row: sqlite3.Row) -> Adapter:
    values = {name: row[name] for name in Adapter.__struct_fields__}
    values["files"] = _files(row["files"])
    values["targets"] = msgspec.json.decode(row["targets"], type=tuple[str, ...])
    return Adapter(**values)


def proof(row: sqlite3.Row) -> Proof:
    effect = msgspec.json.decode(row["effect"], type=Effect)
    return Proof(row["adapter_sha256"], row["model_sha256"], effect, row["measured_at"])


def preset(row: sqlite3.Row) -> Preset:
    return Preset(row["id"], row["name"], _stack(row["stack"]))


def download(row: sqlite3.Row) -> Download:
    values = {name: row[name] for name in Download.__struct_fields__}
    return Download(**{**values, "files": _files(row["files"]), "state": DownloadState(row["state"])})


def _stack(text: str) -> Stack:
    return msgspec.json.decode(text, type=Stack)


def _files(text: str) -> tuple[RemoteFile, ...]:
    return msgspec.json.decode(text, type=tuple[RemoteFile, ...])

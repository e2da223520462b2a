"""What `moatless selftest` tries of files: a new database, one of each older format, documents of several kinds."""

import io
import sqlite3
import zipfile
from pathlib import Path

from desktop_app.errors import UserError
from desktop_app.finetune.reading.process import Reader
from desktop_app.paths import DataFolder
from desktop_app.storage import migrations
from desktop_app.storage.chats import Chats
from desktop_app.storage.database import Database
from desktop_app.storage.records import Role

_WORDS = "The moat was dry, and nobody minded."
_PAGE = f"<!doctype html><html><head><title>Moat</title></head><body><article><p>{_WORDS}</p></article></body></html>"
_NAMESPACES = "http://schemas.openxmlformats.org"
_WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


def try_storage(folder: DataFolder) -> str:
    """Store a message in a new database and find it."""
    folder.create()
    database = Database.open(folder.database)
    try:
        chats = Chats(database)
        conversation = chats.create()
        chats.add_message(conversation.id, None, Role.USER, "selftest")
        if len(chats.search("selftest")) != 1:
            raise UserError("The search does not find what was just stored.", "Install Moatless again.")
    finally:
        database.close()
    return "a message was stored and found"


def try_older_databases(folder: DataFolder) -> list[str]:
    """Open a database as each earlier version of the program would have made it."""
    versions = [version for version, _ in migrations.MIGRATIONS]
    for version in versions:
        path = folder.root / f"of version {migrations.name(version)}.db"
        _make_database(path, version)
        database = Database.open(path)
        try:
            (conversation,) = Chats(database).list_conversations()
            (found,) = database.all("PRAGMA integrity_check")
        finally:
            database.close()
        if (conversation.title, found[0]) != (path.stem, "ok"):
            raise UserError(f"A database {path.stem} is not read as it should be.", "Install Moatless again.")
    return [migrations.name(version) for version in versions]


def _make_database(path: Path, version: int) -> None:
    connection = sqlite3.connect(path)
    try:
        with connection:
            migrations.run(connection, [step for step in migrations.MIGRATIONS if step[0] <= version])
            connection.execute(
                "INSERT INTO conversations (title, created_at, updated_at, sampler) VALUES (?, 0, 0, '{}')",
                (path.stem,),
            )
    finally:
        connection.close()


def try_documents(folder: DataFolder) -> list[str]:
    """Have documents read that need parts of the program which nothing else needs."""
    kinds = []
    with Reader() as reader:
        for name, content in (("moat.html", _PAGE.encode()), ("moat.docx", _docx()), ("moat.pdf", _pdf())):
            path = folder.root / name
            path.write_bytes(content)
            found = reader.read(path)
            if _WORDS not in " ".join(section.text for section in found.sections):
                raise UserError(f"The document {name} is not read as it should be.", "Install Moatless again.")
            kinds.append(found.kind)
    return kinds


def _docx() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{_NAMESPACES}/package/2006/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/word/document.xml" ContentType="{_WORD_TYPE}"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{_NAMESPACES}/package/2006/relationships"><Relationship Id="r1" '
            f'Type="{_NAMESPACES}/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>'
            "</Relationships>",
        )
        archive.writestr(
            "word/document.xml",
            f'<w:document xmlns:w="{_NAMESPACES}/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>{_WORDS}</w:t>'
            "</w:r></w:p></w:body></w:document>",
        )
    return out.getvalue()


def _pdf() -> bytes:
    text = f"BT /F1 12 Tf 72 720 Td ({_WORDS}) Tj ET"
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        "/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        f"<< /Length {len(text)} >>\nstream\n{text}\nendstream",
    )
    data, places = "%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(data))
        data += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    end = f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{len(data)}\n%%EOF\n"
    return f"{data}xref\n0 {size}\n0000000000 65535 f \n{table}{end}".encode("ascii")

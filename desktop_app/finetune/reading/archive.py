"""Documents that are archives (DOCX, ODT, EPUB), and the XML in them, opened so that they cannot fill the memory.

Unpacking gives at most the size that an archive says an entry has, so its list is checked before anything is unpacked.
"""

import io
import zipfile
from typing import TYPE_CHECKING

from desktop_app.errors import UserError
from desktop_app.finetune.reading.found import TEXT_BYTES, Source, damaged, protected, too_large

if TYPE_CHECKING:
    from lxml import etree

_ENTRIES = 20_000
_UNPACKED_BYTES = 600_000_000  # of all entries
_SMALL_BYTES = 4_000_000  # what is no larger than this may be packed as tight as it likes
_RATIO = 150  # documents reach 30; a bomb 1,000
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # how Office packs what it encrypts, and its files of before 2007


class Archive:
    """An archive whose list of entries is harmless.

    Raises:
        UserError: If it is not, or no archive at all.
    """

    def __init__(self, source: Source) -> None:
        self._name = source.name
        if source.data.startswith(_OLD_OFFICE):
            raise UserError(
                f"“{source.name}” is protected by a password, or in the format that Office had before 2007.",
                "Open it, and save it without a password in the present format.",
            )
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(source.data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
            raise damaged(source.name) from error
        self._check()

    @property
    def names(self) -> list[str]:
        return self._zip.namelist()

    def read(self, name: str) -> bytes:
        """Return an entry; nothing if it is not there."""
        try:
            info = self._zip.getinfo(name)
        except KeyError:
            return b""
        if info.file_size > TEXT_BYTES:
            raise too_large(self._name, TEXT_BYTES, "has more text than can be learned in one run, more than")
        return self._zip.read(info)

    def _check(self) -> None:
        entries = self._zip.infolist()
        if any(each.flag_bits & 1 for each in entries):
            raise protected(self._name)
        is_bomb = len(entries) > _ENTRIES or sum(each.file_size for each in entries) > _UNPACKED_BYTES
        for each in entries:
            is_bomb |= each.file_size > max(_SMALL_BYTES, _RATIO * each.compress_size)
        if is_bomb:
            raise UserError(
                f"“{self._name}” would unpack to far more than a document of its size has, and was not opened.",
                "If you trust it, open it with the program that made it and save it anew.",
            )


def parse_xml(data: bytes) -> "etree._Element":
    """Return the root of an XML document; entities of its own stay unread, and nothing is fetched."""
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    return etree.fromstring(data, parser)


def local_name(element: "etree._Element") -> str:
    """Return the name of an element without its namespace; nothing for what is no element."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""

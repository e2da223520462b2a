"""E-mail, one (.eml) or many (.mbox): a section a mail, with what was written in it."""

import logging
import re
from typing import TYPE_CHECKING

from desktop_app.finetune.reading.blocks import joined
from desktop_app.finetune.reading.cleaning import clean, one_line
from desktop_app.finetune.reading.decoding import NoText, decode
from desktop_app.finetune.reading.found import Found, Source, Words, damaged
from desktop_app.finetune.reading.mail_text import own_text
from desktop_app.finetune.reading.web_page import blocks_of, declared_encoding, parse_page

if TYPE_CHECKING:
    from email.message import MIMEPart

_START = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [^\n]*\n")
_ESCAPED = re.compile(rb"^>(?=>*From )", re.MULTILINE)
_QUOTES = {"gmail_quote", "gmail_signature", "moz-cite-prefix", "moz-signature", "yahoo_quoted", "protonmail_quote"}
_REPLY = re.compile(r"\A(?:(?:re|aw|fwd?|wg|sv|tr|rv|antw)\s*:\s*)+", re.IGNORECASE)
_SECRET = "-----BEGIN PGP MESSAGE-----"

_ATTACHMENTS: Words = ("attachment", "attachments")
_BROKEN: Words = ("mail that could not be read", "mails that could not be read")
_EMPTY: Words = ("mail in which nothing new is written", "mails in which nothing new is written")
_ENCRYPTED: Words = ("encrypted mail", "encrypted mails")
_QUOTED: Words = ("quoted part", "quoted parts")

_log = logging.getLogger(__name__)


def read_mail(source: Source, found: Found) -> None:
    """Read an EML file."""
    if not re.match(rb"(?:\xef\xbb\xbf)?(?:From [^\n]*\n)?[\w-]{1,60}:", source.data):
        raise damaged(source.name)
    _add(source.data.removeprefix(b"\xef\xbb\xbf"), found)


def read_mailbox(source: Source, found: Found) -> None:
    """Read an MBOX file."""
    starts = list(_START.finditer(source.data))
    if not starts:
        raise damaged(source.name)
    for place, start in enumerate(starts):
        end = starts[place + 1].start() if place + 1 < len(starts) else len(source.data)
        data = _ESCAPED.sub(b"", source.data[start.end() : end])
        try:
            _add(data, found)
        except (NoText, RecursionError, LookupError, ValueError, TypeError, AttributeError):  # a spoiled one
            _log.info("mail %d of %s could not be read", place, source.name, exc_info=True)
            found.leave(_BROKEN, data[:200].decode("utf-8", "replace"))


def _add(data: bytes, found: Found) -> None:
    import email.policy

    mail = email.message_from_bytes(data, policy=email.policy.default)
    subject = one_line(clean(str(mail.get("subject", ""))))
    found.leave(_ATTACHMENTS, n=sum(1 for _ in mail.iter_attachments()))
    body = mail.get_body(("plain", "html"))
    text = own_text(_text(body, found), found) if body is not None else ""
    if _SECRET in text:
        found.leave(_ENCRYPTED, subject)
    elif not text:
        found.leave(_EMPTY, subject)
    else:
        found.add(_REPLY.sub("", subject, count=1) or subject, text)


def _text(body: "MIMEPart", found: Found) -> str:
    """Return the text of a part, whatever it says of itself."""
    data = body.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    declared = body.get_content_charset("")
    if body.get_content_subtype() == "html":
        return _text_of_html(decode(found, data, declared or declared_encoding(data)), found)
    text = decode(found, data, declared)
    is_flowed = str(body.get_param("format", "")).lower() == "flowed"
    return _unflowed(text, str(body.get_param("delsp", "")).lower() == "yes") if is_flowed else text


def _text_of_html(text: str, found: Found) -> str:
    page = parse_page(text)
    for tag in page.find_all(
        lambda tag: tag.name == "blockquote" or not _QUOTES.isdisjoint(tag.get_attribute_list("class"))
    ):
        if not tag.decomposed:
            found.leave(_QUOTED, tag.get_text(" ")[:200])
            tag.decompose()
    return joined(blocks_of(page, found, keeps_headers=True))


def _unflowed(text: str, drops_space: bool) -> str:
    """Return a text whose lines that end with a space go on in the next one (RFC 3676)."""
    parts: list[str] = []
    goes_on = False
    for line in text.split("\n"):
        is_quote = line.startswith(">")
        line = line.removeprefix(" ")
        if parts and not (goes_on and not is_quote):
            parts.append("\n")
        goes_on = line.endswith(" ") and line != "-- " and not is_quote
        parts.append(line.removesuffix(" ") if goes_on and drops_space else line)
    return "".join(parts)

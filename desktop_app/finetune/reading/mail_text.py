"""What somebody wrote in a mail, without what they quote, how they sign, and what mail programs write around it."""

import re

from desktop_app.finetune.reading.cleaning import without_gaps
from desktop_app.finetune.reading.found import Found, Words

_QUOTE = re.compile(r"\s{0,2}(?:>|\|\s?>)")
# In a line that ends with a colon.
_WROTE = re.compile(r"\d|@|wrote|schrieb|écrit|escribió|ha scritto|schreef|skrev|написал|escreveu", re.IGNORECASE)
_WROTE_AT_FIRST = re.compile(r"(?:On|Am|Le|El|Il|Op|Den|Em)\b")
_ORIGINAL = re.compile(
    r"\s*[-_]{2,}\s*(?:original message|ursprüngliche nachricht|originalnachricht|message d'origine|mensaje original"
    r"|messaggio originale|oorspronkelijk bericht)\s*[-_]{2,}\s*",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"\s*(?:-{2,}\s*(?:forwarded message|weitergeleitete nachricht|message transféré|mensaje reenviado"
    r"|messaggio inoltrato).*--|begin forwarded message:|anfang der weitergeleiteten nachricht:)\s*",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"\W{0,3}(?P<name>from|von|de|da|van|to|an|à|para|a|aan|cc|kopie|bcc|reply-to|sent|gesendet|envoyé|enviado"
    r"|inviato|verzonden|date|datum|fecha|data|subject|betreff|objet|asunto|oggetto|onderwerp)\W{0,3}:.*",
    re.IGNORECASE,
)
_SENDERS = ("from", "von", "de", "da", "van")
_MOBILE = re.compile(
    r"(?:sent from my|von meinem .* gesendet|envoyé de mon|enviado desde mi|inviato da)\b.{0,40}", re.IGNORECASE
)
_LEAST_HEADERS = 3  # in a row, which nobody writes by hand

_QUOTED: Words = ("quoted line", "quoted lines")
_SIGNATURES: Words = ("signature", "signatures")
_HEADERS: Words = ("line about a forwarded mail", "lines about forwarded mails")


def own_text(text: str, found: Found) -> str:
    """Return what a mail says itself."""
    kept: list[str] = []
    lines = text.split("\n")
    place = 0
    is_quoting = False
    while place < len(lines):
        line = lines[place]
        headers = _headers(lines, place)
        if line.rstrip() == "--" and any(kept):
            found.leave(_SIGNATURES, " ".join(lines[place + 1 :]))
            break
        if _ORIGINAL.fullmatch(line) or (headers and not _FORWARDED.fullmatch(_last_before(place, lines))):
            found.leave(_QUOTED, line, n=sum(1 for each in lines[place:] if each.strip()))
            break
        if _FORWARDED.fullmatch(line):
            found.leave(_HEADERS, line)
        elif headers:
            found.leave(_HEADERS, line, n=headers)
            place += headers - 1
        elif _QUOTE.match(line):
            found.leave(_QUOTED, line)
            if not is_quoting:
                _drop_introduction(kept, found)
            is_quoting = True
        elif _MOBILE.fullmatch(line.strip()):
            found.leave(_SIGNATURES, line)
        else:
            kept.append(line)
            is_quoting = is_quoting and not line.strip()
        place += 1
    return without_gaps("\n".join(kept))


def _headers(lines: list[str], place: int) -> int:
    """Return how many lines from here on are headers of another mail: none, unless the first says from whom it is."""
    first = _HEADER.fullmatch(lines[place])
    if first is None or first["name"].lower() not in _SENDERS:
        return 0
    n = 0
    while place + n < len(lines) and _HEADER.fullmatch(lines[place + n]):
        n += 1
    return n if n >= _LEAST_HEADERS else 0


def _last_before(place: int, lines: list[str]) -> str:
    return next((lines[at] for at in range(place - 1, -1, -1) if lines[at].strip()), "")


def _drop_introduction(kept: list[str], found: Found) -> None:
    """Take away the line “On Monday somebody wrote:” above a quotation, which some programs break in two."""
    place = len(kept)
    while place and not kept[place - 1].strip():
        place -= 1
    one, two = (" ".join(kept[max(0, place - n) : place]) for n in (1, 2))
    if one.rstrip().endswith(":") and _WROTE.search(one):
        n = 2 if _WROTE_AT_FIRST.match(two) and not _WROTE_AT_FIRST.match(one) else 1
        found.leave(_QUOTED, two if n == 2 else one, n=n)
        del kept[place - n :]

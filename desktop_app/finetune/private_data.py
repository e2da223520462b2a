"""Possible secrets and personal data in texts: found by their looks, counted, left out with the sentence around them.

What is found may be harmless, and what is not found may be private: it is for a person to look over.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from desktop_app.finetune.private_numbers import find_cards, find_ibans, find_phones

SECRET, CARD, IBAN, EMAIL, PHONE, ADDRESS = "secret", "card", "iban", "email", "phone", "address"

# Words for a count of each, the worst to give away first.
KINDS: Mapping[str, str] = {
    SECRET: "secret",
    CARD: "card number",
    IBAN: "bank account number",
    EMAIL: "e-mail address",
    PHONE: "phone number",
    ADDRESS: "postal address",
}
DEFAULT_OUT = (SECRET, CARD, IBAN)

_KEYS = re.compile(
    r"""
    -----BEGIN\ [A-Z ]{0,30}PRIVATE\ KEY(?:\ BLOCK)?-----(?:[^-]{0,20000}-----END\ [A-Z ]{0,40}-----)?
    | \beyJ[\w-]{8,500}+\.eyJ[\w-]{8,5000}+\.[\w-]*                           # JSON Web Tokens
    | \b(?:
        sk-[A-Za-z0-9_-]{20,} | [sr]k_(?:live|test)_[A-Za-z0-9]{16,}            # OpenAI and those like it, Stripe
        | gh[pousr]_[A-Za-z0-9]{30,} | github_pat_\w{22,} | glpat-[\w-]{20,}    # GitHub, GitLab
        | (?:AKIA|ASIA)[A-Z0-9]{16} | AIza[\w-]{35}                             # Amazon, Google
        | xox[abeoprs]-[A-Za-z0-9-]{10,} | SG\.[\w-]{16,}\.[\w-]{16,}           # Slack, SendGrid
        | hf_[A-Za-z0-9]{30,} | npm_[A-Za-z0-9]{36} | pypi-AgE[\w-]{50,}        # Hugging Face, npm, PyPI
      )(?![A-Za-z0-9])
    """,
    re.VERBOSE,
)
# Names often have more before these words, as DB_PASSWORD and dbPassword have.
_PASSWORD = re.compile(
    r"(?:password|passwd|pwd|passphrase|passcode|passwort|kennwort|mot de passe|contraseña|senha|wachtwoord)"
    r"[\"']?[ \t]{0,3}[:=][ \t]{0,3}(?P<value>[^\s,;]{4,200})",
    re.IGNORECASE,
)
_TOKEN = re.compile(
    r"(?:(?:api|access|secret|auth|client)[ _-]?(?:key|token|secret)[\"']?[ \t]{0,3}[:=]|\bbearer[ ])[ \t]{0,3}"
    r"(?P<value>[^\s,;]{12,200})",
    re.IGNORECASE,
)
_IN_ADDRESS = re.compile(r"://[^\s:/@]{0,100}:(?P<value>[^\s/@]{1,200})@")  # https://name:password@host
# What stands there in programs, manuals and rules instead of a password.
_NO_PASSWORD = re.compile(
    r"[\"'`]?(?:<.*|\[.*|\{.*|\$.*|%.*|\*+|\.+|…|x{4,}|none|null|true|false|str(?:ing)?|text|bytes|any|optional.*|your.*"
    r"|changeme|pass(?:word|wort)?|secret|example|required|.*\(.*|\w+(?:\.\w+)+"
    r"|must|should|needs|have|cannot|please|enter|minimum|muss|darf|soll|bitte|mindestens|doit|debe|deve|moet)[\"'`]?",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"(?<![\w.+/-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,4}[A-Za-z]{2,24}\b(?![\w/-])")

_NUMBER = r"\d{1,4}[ ]?[a-z]?(?:[-/]\d{1,4})?"
_STREET = re.compile(
    rf"""
    \b(?:
        # Hauptstraße 12 a; Kerkstraat 5; Storgatan 3
        [^\W\d_]{{2,30}}(?:stra(?:ß|ss)e|str\.|weg|platz|allee|gasse|damm|ufer|straat|laan|plein|gatan|vägen|vej|gade)
            [ ]{_NUMBER}
        # Alte Straße 7; Calle Mayor 5; Via Roma 10
        | (?:[^\W\d_]{{2,20}}[ ])?(?:Stra(?:ß|ss)e|Str\.|Weg|Platz|Allee|Gasse|Calle|Avenida|Plaza|Via|Viale|Piazza|Rua)
            (?:[ ][^\W\d_]{{2,20}}){{0,4}}[ ,]{{1,2}}{_NUMBER}
        # 12 bis, rue de la Paix
        | \d{{1,4}}(?:[ ]?(?:bis|ter))?,?[ ](?:rue|avenue|boulevard|place|chemin|impasse|allée|quai|route)
            (?:[ ][^\W\d_]['\u2019\w-]{{0,20}}){{1,6}}
        # 1600 Pennsylvania Ave NW; 10 Downing Street
        | \d{{1,5}}(?:[ ][A-Z][\w'\u2019.]{{0,20}}){{1,4}}?
            [ ](?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Way|Place|Square|Terrace)\b\.?
    )
    """,
    re.VERBOSE,
)
_PLACE = re.compile(
    r"""
    [^\n]{0,30}?(?:\n|[,;][ ]?|[ ]-[ ])[ \t]{0,8}(?:
        (?:[A-Z]{1,2}-)?\d{4,5}(?:[ ]?[A-Z]{2})?[ ][A-ZÀ-Þ][\w.-]{1,30}      # 12345 Berlin; 1017 AB Amsterdam
        | \d{3}[ ]\d{2}[ ][A-ZÀ-Þ]\w{1,30}                                    # 111 22 Stockholm
        | (?:[A-Z][\w.'-]{1,20}[ ,]{1,2}){1,4}[A-Z]{2},?[ ]\d{5}(?:-\d{4})?\b     # Washington, DC 20500
        | (?:[A-Z][\w.'-]{1,20}[ ,\n]{1,2}){0,4}[A-Z]{1,2}\d[A-Z\d]?[ ]\d[A-Z]{2}\b     # London SW1A 2AA
    )
    """,
    re.VERBOSE,
)

_SENTENCE_END = re.compile(r"[.!?\u2026][\"'\u201d\u2019)\]]*(?:\s+|$)|[\u3002\uff01\uff1f]|\n")


@dataclass(frozen=True, order=True)
class Found:
    """Characters `start` to `end` (not itself) of a text that look like something of a kind of `KINDS`."""

    start: int
    end: int
    kind: str


def find_private(text: str, region: str | None = None) -> list[Found]:
    """Return what looks private in a text, in its order; where two overlap, the worse one.

    Args:
        text: To look through.
        region: Country (as in DE) of phone numbers that have no prefix; by the language of this computer if left out.
    """
    found: list[Found] = []
    for kind, spans in (
        (SECRET, _secrets(text)),
        (IBAN, find_ibans(text)),
        (CARD, find_cards(text)),
        (EMAIL, (match.span() for match in _EMAIL.finditer(text))),
        (ADDRESS, _addresses(text)),
        (PHONE, find_phones(text, region)),
    ):
        before = sorted(found)
        found += [Found(*span, kind) for span in _apart(spans, before)]
    return sorted(found)


def count_private(texts: Iterable[str]) -> dict[str, int]:
    """Return how many were found of each kind that was, in the order of `KINDS`."""
    counts = Counter(each.kind for text in texts for each in find_private(text))
    return {kind: counts[kind] for kind in KINDS if counts[kind]}


def without_private(text: str, kinds: Collection[str]) -> str:
    """Return a text without the sentences and lines that have something of these kinds."""
    spans = [(each.start, each.end) for each in find_private(text) if each.kind in kinds]
    if not spans:
        return text
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    kept, position = [], 0
    for start, end in _whole(spans, [0, *ends, len(text)]):
        kept.append(text[position:start])
        position = max(position, end)
    kept.append(text[position:])
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"(?<![ \t])[ \t]+\n", "\n", "".join(kept))).strip()


def _secrets(text: str) -> Iterator[tuple[int, int]]:
    yield from (match.span() for match in _KEYS.finditer(text))
    for pattern in (_PASSWORD, _IN_ADDRESS):
        for match in pattern.finditer(text):
            if not _NO_PASSWORD.fullmatch(match["value"]):
                yield match.span()
    for match in _TOKEN.finditer(text):
        if not _NO_PASSWORD.fullmatch(match["value"]) and re.search(r"\d", match["value"]):
            yield match.span()


def _addresses(text: str) -> Iterator[tuple[int, int]]:
    for street in _STREET.finditer(text):
        if place := _PLACE.match(text, street.end()):
            yield street.start(), place.end()


def _apart(spans: Iterable[tuple[int, int]], before: list[Found]) -> Iterator[tuple[int, int]]:
    """Yield the spans that overlap nothing that was found before, nor each other."""
    taken = sorted((each.start, each.end) for each in before)
    end_of_last, place = 0, 0
    for start, end in sorted(spans):
        while place < len(taken) and taken[place][1] <= start:
            place += 1
        if start >= end_of_last and not (place < len(taken) and taken[place][0] < end):
            end_of_last = end
            yield start, end


def _whole(spans: list[tuple[int, int]], ends: list[int]) -> Iterator[tuple[int, int]]:
    """Yield the spans, each grown to the sentences or lines that it touches.

    Args:
        spans: In order.
        ends: Where sentences and lines end, in order, beginning with 0.
    """
    for start, end in spans:
        yield ends[bisect_right(ends, start) - 1], ends[bisect_left(ends, end)]

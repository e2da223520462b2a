"""Numbers that are private: of payment cards, bank accounts and phones, told from other numbers by their checks."""

import functools
import locale
import re
from collections.abc import Iterator

Span = tuple[int, int]

_CARD = re.compile(r"(?<![\d.,+-])\d(?:[ \u00a0\u202f-]?\d){12,18}(?![\d]|[.,-]\d)")
# Beginnings that are given out, by length: Visa, Mastercard, American Express, Diners, Discover, JCB, UnionPay.
_CARD_BEGINNINGS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[68]\d)\d{11}|6(?:011|5\d\d|4[4-9]\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14,17}"
)
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[ \u00a0\u202f]?[A-Z0-9]){11,30}")
_COUNTRIES = {  # by how long their account numbers are
    15: "NO",
    16: "BE",
    18: "DK FI FO GL NL",
    19: "MK SI",
    20: "AT BA EE KZ LT LU XK",
    21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA",
    23: "AE GI IL IQ TL",
    24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "PT ST",
    26: "IS TR",
    27: "FR GR IT MC MR SM",
    28: "AL AZ BY CY DO GT HU LB PL SV",
    29: "BR EG PS QA UA",
    30: "JO KW MU",
    31: "MT SC",
    32: "LC",
}
_IBAN_LENGTHS = {country: length for length, countries in _COUNTRIES.items() for country in countries.split()}
_DATE = re.compile(
    r"(?:\d{1,2}[-./ ]){2}(?:19|20)?\d\d\b|(?:19|20)\d\d[-./ ]\d{1,2}[-./ ]\d{1,2}\b"
    r"|\b(?:19|20)\d\d ?[-\u2013] ?\d{1,2}[./](?:19|20)\d\d\b"  # 02/2023 - 05/2024
)
_BOOK = re.compile(r"\d{1,5}([ -])\d{1,7}\1\d{1,7}\1\d")
_AMOUNT = re.compile(r"\d{1,3}(?:[., ]\d{3})+(?:[.,]\d{1,2})?|\d+[.,]\d{1,2}")
_MONEY_BEFORE = re.compile(r"(?:[$€£¥#]|\b(?:EUR|USD|GBP|CHF|No\.?|Nr\.?))\s?$")
_MONEY_AFTER = re.compile(r"\s?(?:[$€£¥%]|EUR\b|USD\b|GBP\b|CHF\b)")


def find_cards(text: str) -> Iterator[Span]:
    """Yield where card numbers are: of a length and beginning that are given out, with the right check digit."""
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if _CARD_BEGINNINGS.fullmatch(digits) and _has_luhn(digits):
            yield match.span()


def find_ibans(text: str) -> Iterator[Span]:
    """Yield where account numbers are: of the length of their country, with the right check digits."""
    for match in _IBAN.finditer(text):
        length = _IBAN_LENGTHS.get(match[0][:2], 0)
        places = [place for place, character in enumerate(match[0]) if character.isalnum()][:length]
        if length and len(places) == length:
            written = "".join(match[0][place] for place in places)
            moved = written[4:] + written[:4]
            if int("".join(str(int(each, 36)) for each in moved)) % 97 == 1:
                yield match.start(), match.start() + places[-1] + 1


def find_phones(text: str, region: str | None) -> Iterator[Span]:
    """Yield where phone numbers are; those without a country's prefix only if they are written like phone numbers."""
    if not any(character.isdigit() for character in text):
        return
    from phonenumbers import Leniency, PhoneNumberMatcher

    region = region or _own_region()
    for line in re.finditer(r"[^\n]+", text):  # the matcher gives up after many tries in one text
        for match in PhoneNumberMatcher(line[0], region, Leniency.VALID):
            if "+" in match.raw_string[:2] or _is_written_like_one(match.raw_string, line[0], match.start, match.end):
                yield line.start() + match.start, line.start() + match.end


def _is_written_like_one(raw: str, line: str, start: int, end: int) -> bool:
    """Return whether a number without a prefix is more than a figure, a date or a code."""
    is_grouped = re.search(r"\d[ ()/.-]+\d", raw) is not None
    if not is_grouped and not raw.startswith("0"):
        return False
    if _DATE.search(raw) or _AMOUNT.fullmatch(raw) or _is_book(raw):
        return False
    return not _MONEY_BEFORE.search(line[max(0, start - 5) : start]) and not _MONEY_AFTER.match(line[end : end + 5])


@functools.cache
def _own_region() -> str | None:
    """Return the country of this computer's language, such as DE, or None."""
    language = locale.getlocale()[0] or ""
    match = re.fullmatch(r"[a-z]{2,3}_([A-Z]{2})", language)
    return match[1] if match else None


def _is_book(raw: str) -> bool:
    """Return whether a number is an ISBN of ten digits, by its groups and its check digit."""
    digits = re.sub(r"\D", "", raw)
    total = sum(weight * int(digit) for weight, digit in zip(range(10, 0, -1), digits, strict=False))
    return _BOOK.fullmatch(raw) is not None and len(digits) == 10 and total % 11 == 0


def _has_luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(map(int, reversed(digits))):
        doubled = 2 * digit if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0

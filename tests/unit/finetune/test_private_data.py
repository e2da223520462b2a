"""What may be private is found by its looks and its check digits, counted, and left out with the sentence around it."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.finetune.private_data import (
    ADDRESS,
    CARD,
    DEFAULT_OUT,
    EMAIL,
    IBAN,
    KINDS,
    PHONE,
    SECRET,
    count_private,
    find_private,
    without_private,
)
from desktop_app.finetune.words import count

PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc=\n-----END RSA PRIVATE KEY-----"
PRIVATE = {
    SECRET: [
        "sk-" + "a1B2" * 8,
        "sk-ant-api03-" + "x9" * 20,
        "ghp_" + "a1" * 18,
        "github_pat_" + "A1" * 20,
        "AKIA" + "ABCD1234" * 2,
        "xoxb-1234567890-abcdefghij",
        "AIza" + "a" * 35,
        "hf_" + "aB" * 17,
        "eyJhbGciOiJI.eyJzdWIiOiIx.abc_-",
        PEM,
        "password: hunter2",
        "Passwort = geheim12",
        'api_key = "a1b2c3d4e5f6g7"',
        "Bearer abcdef0123456789abcdef",
        "://admin:hunter2@",
    ],
    CARD: [
        *("4111 1111 1111 1111", "5555-5555-5555-4444", "378282246310005", "6011111111111117", "3530111333300000"),
        *("4111\u00a01111\u00a01111\u00a01111", "4111\u202f1111\u202f1111\u202f1111"),
    ],
    IBAN: [
        "DE89 3704 0044 0532 0130 00",
        "GB29NWBK60161331926819",
        "NO93 8601 1117 947",
        "FR1420041010050500013M02606",
        "DE89\u00a03704\u00a00044\u00a00532\u00a00130\u00a000",
    ],
    EMAIL: ["anna@example.org", "a.b+c_d@mail.example.co.uk"],
    PHONE: ["+49 30 901820", "+1 202-456-1111", "+44 20 7946 0958"],
    ADDRESS: [
        "Hauptstraße 12a, 10115 Berlin",
        "Am Alten Markt 3",
        "Kerkstraat 5, 1017 AB Amsterdam",
        "12 bis, rue de la Paix, 75002 Paris",
        "Calle Mayor 5, 28013 Madrid",
        "Via Roma 10\n00184 Roma",
        "1600 Pennsylvania Avenue NW, Washington, DC 20500",
        "10 Downing Street, London SW1A 2AA",
    ],
}
PRIVATE[ADDRESS].remove("Am Alten Markt 3")  # no postcode: nobody could tell it from a sentence

HARMLESS = [
    "On 2024-01-15 and on 15.01.2024 it was 12:30.",
    "It cost 1.234.567,89 € or 1,234,567.89 dollars; 12 500 000 people live there.",
    "ISBN 0-306-40615-2, ISBN 0 306 40615 2.",
    "She was there 02/2023 - 05/2024 and 11.2019\u201303.2021.",
    "Password: must be 8 characters. Passwort: mindestens 8 Zeichen.",
    "postgres://${USER}:${PASSWORD}@localhost, https://name:password@example and http://example:8080/@anna",
    "Authorization: Bearer ${ACCESS_TOKEN_2}, Bearer <token-of-2-hours>, the bearer of documents",
    "ISBN 978-3-16-148410-0, version 10.2.3.4, order 4111 1111 1111 1112.",
    "The password is asked for at the start.",
    "def login(user: str, password: str = None) -> None:",
    "password = getpass()",
    "password: ********",
    "password=${DB_PASSWORD}",
    "DE89 3704 0044 0532 0130 01 is no account.",
    "Write to @anna or see a@b.",
    "In 1999 there were 12345 Berliners on the street.",
    "Chapter 5, 12345 words.",
    "sk-short and ghp_short",
    "3.14159265358979 and 4111111111111111.5",
    "The 4 Main Street Bands came in 1999.",
]


def kinds(text, region=None):
    return {each.kind for each in find_private(text, region)}


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in PRIVATE.items() for text in texts])
def test_what_is_private_is_found_in_the_midst_of_a_text(kind, text):
    around = f"Before it.\n{text}\nAfter it."
    [found] = find_private(around)
    assert (found.kind, around[found.start : found.end].rstrip(".")) == (kind, text.rstrip("."))


@pytest.mark.parametrize("text", HARMLESS)
@pytest.mark.parametrize("region", [None, "DE", "US", "FR", "NL"])
def test_what_is_harmless_is_not_found(text, region):
    assert find_private(text, region) == []


@pytest.mark.parametrize(
    "text",
    [
        "DB_PASSWORD=hunter22!",
        "export POSTGRES_PASSWORD='geheim99'",
        '{"dbPassword": "hunter22!"}',
        "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG",
        "OPENAI_API_KEY=abcdef0123456789abcd",
    ],
)
def test_a_secret_is_found_whatever_its_name_begins_with(text):
    assert kinds(text) == {SECRET}
    assert without_private(f"One.\n{text}\nTwo.", [SECRET]) == "One.\nTwo."


def test_the_password_in_an_address_is_more_than_an_e_mail_address():
    assert kinds("DATABASE=postgres://admin:hunter22@db.example.org/prod") == {SECRET}


def test_phone_numbers_without_a_prefix_are_those_of_a_country():
    assert kinds("Call (202) 456-1111 today.", "US") == {PHONE}
    assert kinds("Ruf 030 901820 an.", "DE") == {PHONE}
    assert kinds("Ruf 030 901820 an.", "US") == set()


def test_of_two_that_overlap_the_worse_one_counts():
    assert [each.kind for each in find_private("password: anna@example.org")] == [SECRET]
    assert [each.kind for each in find_private("+49 30 901820, anna@example.org")] == [PHONE, EMAIL]


def test_they_are_counted_over_all_texts():
    texts = ["anna@example.org and ben@example.org", "4111 1111 1111 1111", "nothing"]
    assert count_private(texts) == {CARD: 1, EMAIL: 2}
    assert list(count_private(texts)) == [CARD, EMAIL]
    assert count_private(["nothing"]) == {}


def test_each_kind_has_words_for_a_count():
    assert list(KINDS) == [SECRET, CARD, IBAN, EMAIL, PHONE, ADDRESS]
    assert [count(2, KINDS[each]) for each in (SECRET, EMAIL)] == ["2 secrets", "2 e-mail addresses"]
    assert set(DEFAULT_OUT) == {SECRET, CARD, IBAN}


TEXT = """Dear Anna. My card is 4111 1111 1111 1111, please keep it! It rains.

password: hunter2

Write to ben@example.org (or call). Bye."""


def test_the_sentence_or_line_goes_with_what_is_in_it():
    assert without_private(TEXT, [CARD]) == TEXT.replace("My card is 4111 1111 1111 1111, please keep it! ", "")
    assert without_private(TEXT, [SECRET]) == TEXT.replace("password: hunter2\n\n", "")
    assert without_private(TEXT, KINDS) == "Dear Anna. It rains.\n\nBye."


def test_what_goes_over_several_lines_goes_whole():
    assert without_private(f"Before.\n{PEM}\nAfter.", DEFAULT_OUT) == "Before.\nAfter."
    assert without_private("Send it to\nVia Roma 10\n00184 Roma\nsoon.", [ADDRESS]) == "Send it to\nsoon."


def test_a_text_without_any_stays_as_it_is():
    text = "  One. \n\n\n\nTwo  "
    assert without_private(text, KINDS) == text
    assert without_private(TEXT, ()) == TEXT


@pytest.mark.parametrize("run", ["eyJaaaaaaaa-", "://a:", ".", " "])
def test_a_text_of_one_thing_over_and_over_does_not_take_for_ever(run):
    text = "password: hunter2\n" + run * (1_000_000 // len(run)) + "x\nThe end"
    assert without_private(text, [SECRET]).endswith("The end")


def test_a_text_that_is_nothing_but_private_is_empty():
    assert without_private("4111 1111 1111 1111", DEFAULT_OUT) == ""


PARTS = st.sampled_from(
    [text for texts in PRIVATE.values() for text in texts] + HARMLESS + [" ", "\n", ". ", "- ", "+", "@"]
)


@settings(deadline=None)
@given(st.lists(PARTS | st.text(max_size=8), max_size=8).map("".join))
def test_any_text_can_be_looked_through(text):
    found = find_private(text)
    assert all(before.end <= after.start for before, after in pairwise(found))
    assert all(each.kind in KINDS and 0 <= each.start < each.end <= len(text) for each in found)
    left = without_private(text, KINDS)
    assert all(text[each.start : each.end] not in left or text.count(text[each.start : each.end]) > 1 for each in found)

"""PDF: the text of each page as paragraphs, without what stands on every page; what cannot be read is told."""

import pytest

from desktop_app.finetune.reading.page_lines import join_lines
from tests.support.documents_pdf import PICTURE, encrypted, file_of, pdf

STORY = [
    "The harbour lay in the mist that morning, and nobody who had",
    "come down to the quay could see further than the first row of",
    "boats.",
]


def titles(file):
    return [each.title for each in file.sections]


def texts(file):
    return [each.text for each in file.sections]


def test_each_page_is_a_section_of_paragraphs(read):
    more = [
        "In the evening the lamps were lit, as they were on all the",
        "other evenings of that year.",
        "",
        "He went home.",
    ]
    file = read("book.pdf", pdf([*STORY, *more], ["A page of its own with some words on it."]))
    assert file.kind == "PDF"
    assert titles(file) == ["Page 1", "Page 2"]
    assert texts(file)[0].split("\n\n") == [" ".join(STORY), " ".join(more[:2]), "He went home."]
    assert file.n_words == len(" ".join([*STORY, *more, "A page of its own with some words on it."]).split())


def test_words_that_were_divided_are_whole_again(read):
    lines = ["It was one of those extra-", "ordinary things that nobody be-", "lieves until the day they see it."]
    assert texts(read("a.pdf", pdf(lines))) == [
        "It was one of those extraordinary things that nobody believes until the day they see it."
    ]


@pytest.mark.parametrize(("line", "whole"), [("some words", "some words some words"), ("some-", "somesome-")])
def test_a_paragraph_of_very_many_lines_does_not_take_for_ever(line, whole):
    [paragraph] = join_lines([line] * 1_000_000)
    assert paragraph.startswith(whole[:-1])


def test_items_and_headings_stay_on_lines_of_their_own(read):
    lines = [
        "Provisions",
        "What was needed for the journey was written down in a list, which",
        "everybody had to sign before the boats were loaded in the evening",
        "and again in the morning:",
        "- rope",
        "- lamps and oil for the lamps",
    ]
    paragraphs = texts(read("a.pdf", pdf(lines)))[0].split("\n\n")
    assert paragraphs == ["Provisions", " ".join(lines[1:4]), "- rope", "- lamps and oil for the lamps"]


def test_a_paragraph_goes_on_over_the_end_of_a_page(read):
    first = ["They had been on the way since the early morning and were now", "so tired that"]
    second = ["nobody said a word until they saw the light of the house", "that stood by the river.", "Then they ran."]
    file = read("a.pdf", pdf(first, second))
    assert texts(file) == [" ".join([*first, *second[:2]]), "Then they ran."]


def book(number):
    return [
        "THE HARBOUR" if number % 2 else "A novel by E. Smith",
        " ".join(chr(96 + number) * length for length in range(3, 12)),
        " ".join(chr(104 + number) * length for length in range(3, 12)) + ".",
        f"{number}",
    ]


def test_headers_footers_and_page_numbers_are_left_out_and_told(read, skipped):
    file = read("book.pdf", pdf(*map(book, range(1, 9))))
    text = "\n".join(texts(file))
    assert "HARBOUR" not in text
    assert "Smith" not in text
    assert skipped(file) == {"headers and footers": 8, "page numbers": 8}
    assert [each[:3] for each in texts(file)] == ["aaa", "bbb", "ccc", "ddd", "eee", "fff", "ggg", "hhh"]


@pytest.mark.parametrize("form", ["{}", "- {} -", "Page {} of 9", "Seite {}", "{}/9"])
def test_page_numbers_are_known_in_many_forms_from_two_pages_on(read, skipped, form):
    pages = [["Some words about the weather of that year.", form.format(number)] for number in (1, 2)]
    file = read("book.pdf", pdf(*pages))
    assert texts(file) == ["Some words about the weather of that year."] * 2
    assert skipped(file) == {"page numbers": 2}
    assert file.skipped[0].shown == form.format(1)


def test_headers_that_change_with_the_chapter_are_known_by_their_page_number(read, skipped):
    heads = {"a": "One 7", "b": "One 8", "c": "Two 9", "d": "Three 10"}
    pages = [[head, " ".join(letter * length for length in range(3, 12)) + "."] for letter, head in heads.items()]
    file = read("book.pdf", pdf(*pages))
    assert [each[:3] for each in texts(file)] == ["aaa", "bbb", "ccc", "ddd"]
    assert skipped(file) == {"headers and footers": 4}


def test_a_line_that_was_printed_on_two_pages_is_read_once(read, skipped):
    twice = "and this is the line that was cut in two by the edge,"
    file = read("a.pdf", pdf(["Here is a page that begins with a sentence", twice], [twice, "which is the end of it."]))
    assert texts(file) == [f"Here is a page that begins with a sentence {twice} which is the end of it."]
    assert skipped(file) == {"line that is on two pages": 1}


def test_tabs_between_words_and_letters_that_a_font_has_joined_are_as_they_were_typed(read):
    assert texts(read("a.pdf", pdf(["The\t\ufb01rst \ufb01sh  of the day."]))) == ["The first fish of the day."]


def test_what_only_two_pages_begin_with_is_text(read):
    pages = [
        ["In the beginning", f"there was a word{number} and nothing else that anybody could see."] for number in (1, 2)
    ]
    assert all(each.startswith("In the beginning") for each in texts(read("a.pdf", pdf(*pages))))


def test_pages_with_next_to_nothing_are_left_out_and_told(read, skipped):
    file = read("a.pdf", pdf(["Part One"], ["Here is a page that has enough words to be read."], [], PICTURE))
    assert titles(file) == ["Page 2"]
    assert skipped(file) == {"pages with next to nothing on them": 2, "page with pictures and no text": 1}


def test_a_scan_is_told(refusal):
    assert refusal("scan.pdf", pdf(PICTURE, PICTURE)).startswith("“scan.pdf” has no text but pictures of it")


def test_an_empty_one_is_told(refusal):
    assert refusal("empty.pdf", pdf([])) == "“empty.pdf” has no text."


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-256"])
def test_a_password_is_asked_for_in_words_and_an_empty_one_tried(read, refusal, algorithm):
    plain = pdf(["Nobody may print this, but everybody may read it."])
    assert refusal("locked.pdf", encrypted(plain, "secret", algorithm=algorithm)).startswith(
        "“locked.pdf” is protected by a password"
    )
    assert texts(read("open.pdf", encrypted(plain, "", algorithm=algorithm))) == [
        "Nobody may print this, but everybody may read it."
    ]


@pytest.mark.parametrize(
    "content", [b"", b"%PDF-1.7", b"PK\x03\x04 no PDF", pdf(STORY)[:300]], ids=["", "head", "zip", "cut"]
)
def test_a_damaged_one_is_told(read, refusal, content):
    if not content:
        assert read("damaged.pdf", content).sections == ()
        return
    assert refusal("damaged.pdf", content) in (
        "“damaged.pdf” is damaged, or not what its name says.",
        "“damaged.pdf” has no text.",
    )


def test_one_bad_page_does_not_spoil_the_others(read, skipped):
    data = pdf(["The first page can be read by anybody."], ["The second one cannot be read at all."])
    page = data.index(b"(The second")
    start = data.rindex(b"<< /Length", 0, page)
    spoiled = data[:start] + data[start:].replace(b"<< /Length", b"<< /Filter /FlateDecode /Length", 1)
    file = read("a.pdf", spoiled)
    assert texts(file) == ["The first page can be read by anybody."]
    assert sum(skipped(file).values()) == 1


def test_pages_that_contain_themselves_end(refusal):
    catalog = b"<< /Type /Catalog /Pages 2 0 R >>"
    assert refusal("loop.pdf", file_of([catalog, b"<< /Type /Pages /Count 3 /Kids [2 0 R 2 0 R] >>"]))

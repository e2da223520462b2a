"""A title is one short line a person recognizes the conversation by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.chat.title import MAX_TITLE, NO_TITLE, clean_title, title_from


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Plan a trip to Lisbon", "Plan a trip to Lisbon"),
        ("  \n\n  Plan a trip\nfor two people", "Plan a trip"),
        ("# Plan a **trip** to _Lisbon_", "Plan a trip to Lisbon"),
        ("- [ ] buy `milk` and ***bread***", "buy milk and bread"),
        ("> > quoted", "quoted"),
        ("1. first", "first"),
        ("2 * 3 * 4 = ?", "2 * 3 * 4 = ?"),
        ("what does __init__ do in snake_case_names", "what does init do in snake_case_names"),
        ("Fix this:\n```python\nprint(1)\n```", "Fix this:"),
        ("```python\ndef area(radius):\n    return 3\n```", "def area(radius):"),
        ("https://www.example.org/a/long/page?with=query#part", "example.org/a/long/page"),
        ("Summarize https://example.org/news/ please", "Summarize example.org/news please"),
        ("See [the manual](https://example.org/manual) first", "See the manual first"),
        ("https://[::1 is odd", "https://[::1 is odd"),
        ("东京有什么好吃的", "东京有什么好吃的"),
        ("", NO_TITLE),
        ("...\n***\n---", NO_TITLE),
        ("🎉🎉", NO_TITLE),
        ("\u202egnihtemos odd\x07", "gnihtemos odd"),
        ("a\tb\u00a0c\u2028d", "a b c"),
    ],
)
def test_a_title_is_the_first_words_without_marks(text, title):
    assert title_from(text) == title


def test_a_long_text_is_cut_at_a_word():
    title = title_from("Please write a friendly letter to my landlord about the heating")
    assert title == "Please write a friendly letter to my landlord…"


def test_a_program_that_is_all_one_line_is_cut_at_once():
    program = "".join(f"this._a{i}=function(e){{return this._b{i}(e)}};" for i in range(50_000))
    assert title_from(program).startswith("this._a0=function(e)")  # not after minutes


def test_a_long_text_without_spaces_is_cut_where_it_must_be():
    assert title_from("东" * 100) == "东" * (MAX_TITLE - 1) + "…"
    assert title_from("Short " + "x" * 100) == "Short " + "x" * (MAX_TITLE - 7) + "…"


def test_what_is_drawn_as_one_is_not_cut_apart():
    for before in range(40, 50):
        for cluster in ("e\u0301", "👩\u200d👩\u200d👧", "👍🏽"):
            title = title_from("x" * before + cluster * 3).removesuffix("…").lstrip("x")
            assert title == cluster * (len(title) // len(cluster))


def test_a_title_of_just_the_length_is_whole():
    text = "x" * MAX_TITLE
    assert title_from(text) == text


@given(st.text())
def test_any_text_gives_one_short_line(text):
    title = title_from(text)
    assert 0 < len(title) <= MAX_TITLE
    assert len(title.splitlines()) == 1
    assert title == title.strip()


@pytest.mark.parametrize(
    ("suggestion", "title"),
    [
        ("A Trip to Lisbon", "A Trip to Lisbon"),
        ("A Trip to Lisbon.\n\nThis title is about", "A Trip to Lisbon"),
        ('"A Trip to Lisbon."', "A Trip to Lisbon"),
        ("Title: **A Trip to Lisbon**", "A Trip to Lisbon"),
        ('Chat title - "A Trip"', "A Trip"),
        ("# A Trip", "A Trip"),
        ("„Reise nach Lissabon“", "Reise nach Lissabon"),
        ("「東京の旅」。", "東京の旅"),
        ("<think>The person wants a title.</think>\n\nA Trip", "A Trip"),
        ("Here is a title:\n\nA Trip", "A Trip"),
        ("Rust's borrow checker", "Rust's borrow checker"),
        ("What is Rust?", "What is Rust?"),
        ("```\nA Trip\n```", "A Trip"),
    ],
)
def test_a_suggestion_is_cleaned(suggestion, title):
    assert clean_title(suggestion) == title


@pytest.mark.parametrize(
    "suggestion",
    [
        "",
        "  \n ",
        "...",
        '""',
        "Title:",
        "12345",
        "<think>Hm, which title would",
        "Lisbon is the capital of Portugal and its largest city, and a great many things can be seen there, such as",
    ],
)
def test_a_suggestion_that_is_no_title_is_refused(suggestion):
    assert clean_title(suggestion) is None


@given(st.text())
def test_any_suggestion_gives_a_short_line_or_nothing(suggestion):
    title = clean_title(suggestion)
    assert title is None or (0 < len(title) <= MAX_TITLE and len(title.splitlines()) == 1)

"""Descriptions from the Hub are shown without HTML, pictures and doubtful links, whoever has written them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.library.card import MAX_CHARACTERS, readable_card

HANG_GUARD_S = 20


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("---\nlicense: mit\n---\n# Tiny", "# Tiny"),
        ("# Tiny\r\n\r\nA **good** model.", "# Tiny\n\nA **good** model."),
        ("a <b>bold</b> and <i>slanted</i> word", "a **bold** and *slanted* word"),
        ("<h2 align='center'>Use</h2>text", "## Use\n\ntext"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<ul><li>one</li><li>two</li></ul>", "- one\n- two"),
        ("above<hr>below", "above\n\n***\n\nbelow"),
        ("before<!-- a\nsecret -->after", "beforeafter"),
        ("a<script>alert(1)</script>b<STYLE>x</STYLE>c", "abc"),
        ("a<script>never closed", "a"),
        ("Tom &amp; Jerry &#8364;", "Tom & Jerry \u20ac"),
        ("it writes <think>first</think>, 1 < 2", "it writes <think>first</think>, 1 < 2"),
        ("a\u202eb\x00c", "abc"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "| a | b |\n|---|---|\n| 1 | 2 |"),
    ],
)
def test_html_becomes_markdown_or_text(written, shown):
    assert readable_card(written) == shown


@pytest.mark.parametrize(
    "code",
    [
        "```html\n<b>x</b> ![p](q) &amp;\n```",
        "~~~\n<script>\n~~~",
        "text `<b>&amp;</b>` text",
        "```\nnever closed <b>",
    ],
)
def test_code_is_left_as_it_is(code):
    assert readable_card(code) == code


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("[site](https://a.org/x)", "[site](https://a.org/x)"),
        ("[wiki](https://w.org/a_(b))", "[wiki](https://w.org/a_(b))"),
        ("<a href='https://a.org'>\n a\n b</a>", "[a b](https://a.org)"),
        ('<a class="x" href="http://a.org">a</a>', "[a](http://a.org)"),
        ("[a](javascript:alert(1))", "a"),
        ("<a href='JavaScript:x'>a</a>", "a"),
        ("[a](data:text/html,x) [b](file:///etc/passwd) [c](LICENSE)", "a b c"),
        ("x <javascript:alert> y", "x  y"),
        ("[a]: javascript:x", ""),
    ],
)
def test_links_lead_to_the_web_or_nowhere(written, shown):
    assert readable_card(written) == shown


@pytest.mark.parametrize(
    "picture",
    [
        "![alt](https://a.org/a.png)",
        "![alt][pic]",
        "<img src='https://a.org/a.png' alt='x'>",
        "[![badge](https://img.org/b.svg)](https://a.org)",
        "<a href='https://a.org'><img src='a'></a>",
        "<h1><img src='logo.png'></h1>",
        "<picture><source srcset='x'><img src='y'></picture>",
    ],
)
def test_pictures_vanish_with_the_link_around_them(picture):
    assert readable_card(f"before\n\n{picture}\n\nafter") == "before\n\nafter"


def test_a_very_long_card_is_cut_at_a_line():
    shown = readable_card("a line of words\n" * 10_000)
    assert len(shown) <= MAX_CHARACTERS
    assert shown.endswith("a line of words\n…")
    assert len(readable_card("word " * 100_000)) <= MAX_CHARACTERS


@pytest.mark.parametrize(
    "piece",
    ["<", "<div>", "<a href='", "<!--", "<script>", "[a](", "![a](", "[[", "`", "` a", "``a`b", "```\n", "&#", "\n \n"],
)
def test_text_that_is_made_to_be_slow_is_not(piece):
    start = time.monotonic()
    readable_card(piece * 200_000)
    assert time.monotonic() - start < HANG_GUARD_S


@given(
    st.lists(
        st.sampled_from(
            [
                "<",
                ">",
                "/",
                "a",
                "script",
                "b",
                " href='",
                "'",
                "`",
                "```\n",
                "\n",
                "[",
                "](",
                ")",
                "!",
                "&lt;",
                "javascript:",
                "https://x.org",
                "<!--",
                "-->",
            ]
        )
    )
)
def test_whatever_is_written_something_can_be_shown(pieces):
    shown = readable_card("".join(pieces))
    assert len(shown) <= MAX_CHARACTERS

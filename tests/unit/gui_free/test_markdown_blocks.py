"""Cutting Markdown into parts while it is being written: the parts must not depend on how the text arrived."""

from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.gui.chat.markdown_blocks import CHUNK_CHARACTERS, Fence, MarkdownBlocks, Prose

LINES = (
    "# Heading",
    "Some text",
    "more text that goes on",
    "",
    "",
    "1. Step:",
    "2. Next",
    "- item",
    "  - nested",
    "10. ten",
    "   ```bash",
    "   pip install x",
    "   ```",
    "```python",
    "def f():",
    "    return 1",
    "```",
    "````md",
    "````",
    "~~~",
    "~~~~ ",
    "  ```js",
    "    ```",
    "- ```py",
    "| a | b |",
    "|---|---|",
    "[ref]: https://example.org",
    "---",
    "> quote",
    "``",
    "    indented code",
    "text with ``` inside",
    "long " * 300,
    "\U0001f600 emoji and 日本語",
)
documents = st.lists(st.sampled_from(LINES), max_size=40).map("\n".join)


def parts(blocks):
    return [(type(s).__name__, getattr(s, "language", ""), s.text, s.closed) for s in blocks.segments]


def whole(text):
    blocks = MarkdownBlocks()
    blocks.feed(text)
    blocks.finish()
    return blocks


@given(text=documents, sizes=st.lists(st.integers(1, 40), min_size=1, max_size=20), windows_lines=st.booleans())
@settings(max_examples=300, deadline=None)
def test_streamed_text_is_cut_like_the_whole_text(text, sizes, windows_lines):
    if windows_lines:
        text = text.replace("\n", "\r\n")
    expected = parts(whole(text))
    blocks = MarkdownBlocks()
    position = turn = 0
    while position < len(text):
        size = sizes[turn % len(sizes)]
        blocks.feed(text[position : position + size])
        position, turn = position + size, turn + 1
        done = parts(blocks)[:-1]
        assert done == expected[: len(done)], "a part that was given out has changed later"
    blocks.finish()
    assert parts(blocks) == expected


@given(words=st.lists(st.sampled_from([*LINES, "word"]), max_size=40))
@settings(max_examples=200, deadline=None)
def test_no_word_of_the_text_is_lost(words):
    marked = [f"{line} w{number}" for number, line in enumerate(words)]
    shown = [f"{segment.text} {getattr(segment, 'language', '')}" for segment in whole("\n".join(marked)).segments]
    opened = [number for number, line in enumerate(words) if line.lstrip().startswith(("`", "~"))]
    for number in range(len(words)):
        assert f"w{number}" in " ".join(shown).split() or number in opened


def kinds(text):
    return [(type(s).__name__, getattr(s, "language", None), s.text) for s in whole(text).segments]


def test_a_fence_is_a_part_of_its_own():
    assert kinds("Look:\n```python\nx = 1\n\ny = 2\n```\nDone") == [
        ("Prose", None, "Look:"),
        ("Fence", "python", "x = 1\n\ny = 2"),
        ("Prose", None, "Done"),
    ]


def test_a_fence_ends_only_with_its_own_mark_at_least_as_long():
    assert kinds("````\n```\n~~~~\n````\nafter")[0] == ("Fence", "", "```\n~~~~")
    assert kinds("~~~\n```\n~~~~~\nafter")[0] == ("Fence", "", "```")


def test_a_fence_in_a_list_item_stays_with_the_list():
    assert kinds("1. Do:\n   ```bash\n   ls\n\n   pwd\n   ```\n2. Done") == [
        ("Prose", None, "1. Do:\n   ```bash\n   ls\n\n   pwd\n   ```\n2. Done")
    ]


def test_a_fence_at_the_margin_ends_the_list():
    assert [part[0] for part in kinds("1. Do:\n```bash\nls\n```\n2. Done")] == ["Prose", "Fence", "Prose"]


def test_an_indented_fence_loses_its_indentation():
    assert kinds("  ```js\n  one\n    two\n  ```")[0] == ("Fence", "js", "one\n  two")


def test_indented_code_stays_with_the_prose():
    assert [part[0] for part in kinds("Text\n\n    ```\n    no fence\n\nText")] == ["Prose"]


def test_backticks_inside_a_line_are_no_fence():
    assert kinds("``` a ``` b")[0][0] == "Prose"


def test_an_unfinished_fence_can_be_shown_while_it_grows():
    blocks = MarkdownBlocks()
    blocks.feed("```py\nx = 1\n``")
    fence = blocks.segments[0]
    assert isinstance(fence, Fence)
    assert (fence.text, fence.closed) == ("x = 1", False)
    blocks.feed("`\n")
    assert (fence.text, fence.closed) == ("x = 1", True)


def test_a_line_that_may_become_something_else_is_not_shown_yet():
    blocks = MarkdownBlocks()
    blocks.feed("Some text\n-")
    assert blocks.segments[0].text == "Some text"
    blocks.feed(" item")
    assert blocks.segments[0].text == "Some text\n- item"


def test_a_table_is_a_part_of_its_own():
    text = "Prices:\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nThat is all."
    assert [part[2] for part in kinds(text)] == ["Prices:", "| a | b |\n|---|---|\n| 1 | 2 |", "That is all."]


def test_long_prose_is_cut_between_paragraphs():
    paragraph = "word " * 60
    segments = whole("\n\n".join([paragraph] * 40)).segments
    assert len(segments) > 5
    assert max(len(segment.text) for segment in segments) < CHUNK_CHARACTERS + 2 * len(paragraph)


def test_a_long_list_is_cut_between_top_level_items_and_keeps_its_numbers():
    items = [f"{n}. item {n}\n     - nested\n\n     a paragraph of the item" for n in range(1, 200)]
    segments = whole("\n".join(items)).segments
    assert len(segments) > 3
    assert all(segment.text[0].isdigit() for segment in segments)


def test_link_definitions_are_kept_for_the_chunks_that_use_them():
    assert whole("See [x][1].\n\n[1]: https://example.org 'Title'").definitions == ["[1]: https://example.org 'Title'"]


def test_only_the_last_part_is_open():
    blocks = MarkdownBlocks()
    blocks.feed("One\n```\ncode\n```\nTwo")
    assert [segment.closed for segment in blocks.segments] == [True, True, False]
    assert isinstance(blocks.segments[-1], Prose)

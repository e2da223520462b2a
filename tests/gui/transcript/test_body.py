"""An answer's text as it streams: in the end it is exactly what it would be had it come at once."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desktop_app.gui.chat.code_view import CodeView
from desktop_app.gui.chat.message_body import MessageBody
from desktop_app.gui.chat.prose_view import ProseView
from desktop_app.gui.chat.segment_column import SegmentColumn

BLOCKS = (
    "# Heading\n\n",
    "A paragraph with **bold**, `code` and [a link](https://example.org).\n\n",
    "- one\n- two\n  - nested\n\n",
    "1. first\n   ```python\n   x = 1\n   ```\n2. second\n\n",
    "```python\ndef f():\n    return 1\n```\n",
    "> a quote\n> goes on\n\n",
    "| a | b |\n|---|--:|\n| 1 | 2 |\n\n",
    "---\n\n",
    "Setext\n======\n\n",
    "    indented\n\n",
    "~~~\ntilde\n~~~\n",
    "words " * 120 + "\n\n",
    "日本語 \U0001f600 مرحبا\n\n",
    "[x][1] and [1]\n\n[1]: https://example.org\n\n",
    "<div>html</div>\n\n",
)
markdown = st.lists(st.sampled_from(BLOCKS), min_size=1, max_size=12).map("".join)


@pytest.fixture
def column(qtbot, run_now):
    def make():
        view = SegmentColumn(run_now)
        qtbot.addWidget(view)
        return view

    return make


@pytest.fixture
def body(qtbot, run_now):
    view = MessageBody(run_now)
    qtbot.addWidget(view)
    view.resize(600, 400)
    return view


def pictures(view):
    """Return what the parts of a column hold, block by block, with what decides how it looks."""
    found = []
    for part in view._views:
        if isinstance(part, CodeView):
            found.append(("code", part.code))
            continue
        block = part.document().begin()
        while block.isValid():
            look = block.blockFormat()
            texts = []
            iterator = block.begin()
            while not iterator.atEnd():
                one = iterator.fragment()
                format_ = one.charFormat()
                texts.append((one.text(), format_.fontPointSize(), format_.fontWeight(), format_.anchorHref()))
                iterator += 1
            indents = (look.headingLevel(), look.topMargin(), look.leftMargin(), look.indent())
            found.append(("block", texts, indents, block.textList() is not None))
            block = block.next()
    return found


@given(text=markdown, sizes=st.lists(st.integers(1, 60), min_size=1, max_size=12))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_streamed_prose_and_code_equal_the_whole(column, text, sizes):
    whole, streamed = column(), column()
    whole.feed(text)
    whole.finish()
    position = turn = 0
    while position < len(text):
        size = sizes[turn % len(sizes)]
        streamed.feed(text[position : position + size])
        streamed.height_for(500)
        position, turn = position + size, turn + 1
    streamed.finish()
    assert pictures(streamed) == pictures(whole)
    assert streamed.height_for(500) == whole.height_for(500)


def test_a_finished_part_is_never_touched_again(column, monkeypatch):
    rendered = []
    original = ProseView.set_markdown
    monkeypatch.setattr(ProseView, "set_markdown", lambda self, text: rendered.append(self) or original(self, text))
    view = column()
    for piece in ["First paragraph.\n", "```\n", "code\n", "```\n", *["second " for _ in range(20)]]:
        view.feed(piece)
    assert rendered.count(view._views[0]) <= 3


def test_a_link_may_be_defined_in_a_later_part(column):
    view = column()
    view.feed("See [the page][1].\n\n```\ncode\n```\n\n[1]: https://example.org/page\n")
    view.finish()
    assert any("https://example.org/page" in str(picture) for picture in pictures(view))


def test_pieces_are_shown_within_moments(qtbot, body):
    body.set_text("", streaming=True)
    with qtbot.waitSignal(body.resized):
        body.append("Hello")
        body.append(" there")
    assert body.text == "Hello there"
    assert body._answer.text_views()[0].toPlainText() == "Hello there"
    body.finish()


def test_many_pieces_are_shown_together(qtbot, body, monkeypatch):
    shown = []
    original = SegmentColumn.feed
    monkeypatch.setattr(SegmentColumn, "feed", lambda self, text: shown.append(text) or original(self, text))
    body.set_text("", streaming=True)
    shown.clear()
    for number in range(500):
        body.append(f"{number} ")
    qtbot.waitUntil(lambda: bool(shown))
    assert len(shown) == 1
    body.finish()


def test_the_end_shows_what_is_left_at_once(body):
    body.set_text("", streaming=True)
    body.append("Last words")
    body.finish()
    assert body._answer.text_views()[0].toPlainText() == "Last words"


def test_an_answer_can_go_on_after_it_was_shown(qtbot, body):
    body.set_text("One two", streaming=True)
    body.append(" three")
    body.finish()
    assert body.text == "One two three"
    assert [view.toPlainText() for view in body._answer.text_views()] == ["One two three"]


# ------------------------------------------------------------ reasoning


def test_reasoning_is_folded_and_the_answer_is_not(body):
    body.set_text("<think>Hm, *tides*.</think>The moon.")
    assert [view.toPlainText() for view in body._text_views()] == ["The moon."]
    assert body._reasoning.button.text() == "Thought for a while"


def test_reasoning_can_be_read_with_one_click(body):
    body.set_text("<think>Hm, *tides*.</think>The moon.")
    height = body.height_for(600)
    body._reasoning.button.click()
    assert [view.toPlainText() for view in body._text_views()] == ["Hm, tides.", "The moon."]
    assert body.height_for(600) > height
    body._reasoning.button.click()
    assert body.height_for(600) == height


@pytest.mark.parametrize("size", [1, 3, 50])
def test_reasoning_streams_apart_from_the_answer(body, size):
    text = "<think>First\n\nthen</think>\n\nThe **answer**."
    body.set_text("", streaming=True)
    for start in range(0, len(text), size):
        body.append(text[start : start + size])
        body._render()
        visible = " ".join(view.toPlainText() for view in body._answer.text_views())
        assert "<" not in visible
        assert "think" not in visible
    body.finish()
    assert [view.toPlainText() for view in body._answer.text_views()] == ["The answer."]


def test_while_it_thinks_it_says_so(body):
    body.set_text("", streaming=True)
    body.append("<think>Hm")
    body._render()
    assert body._reasoning.button.text() == "Thinking…"
    body.finish()
    assert body._reasoning.button.text() == "Thought for a while"


def test_reasoning_that_was_opened_by_the_template_moves_out_of_the_answer(body):
    body.set_text("", streaming=True)
    body.append("Let me see.")
    body._render()
    body.append("</think>It is the moon.")
    body.finish()
    assert [view.toPlainText() for view in body._answer.text_views()] == ["It is the moon."]
    body._reasoning.button.click()
    assert body._text_views()[0].toPlainText() == "Let me see."


def test_unfolded_reasoning_goes_on_streaming(body):
    body.set_text("<think>One", streaming=True)
    body._reasoning.button.click()
    body.append(" two")
    body._render()
    assert body._text_views()[0].toPlainText() == "One two"
    body.finish()

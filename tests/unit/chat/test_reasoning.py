"""Reasoning and answer are told apart, while they stream too."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.chat.reasoning import Split, split, without_reasoning


@pytest.mark.parametrize(
    ("text", "reasoning", "answer"),
    [
        ("Plain answer.", "", "Plain answer."),
        ("", "", ""),
        ("<think>\nHm.\n</think>\n\nYes.", "Hm.", "Yes."),
        ("\n<thinking>Hm.</thinking> Yes.", "Hm.", "Yes."),
        ("<think>\n\n</think>\n\nYes.", "", "Yes."),  # a model told not to think
        ("Hm, <b>.\n</think>\n\nYes.", "Hm, <b>.", "Yes."),  # opened by the template
        ("</think>Yes.", "", "Yes."),
        ("Hm.</think>Yes.", "Hm.", "Yes."),
        ("Hm:\n```\nx\n```\nSo.\n</think>\n\nYes.", "Hm:\n```\nx\n```\nSo.", "Yes."),
        ('Is "</think>" a tag?\n</think>\n\nYes.', 'Is "</think>" a tag?', "Yes."),
        ("<think>One.</think>\n<think>Two.</think>\nYes.", "One.\n\nTwo.", "Yes."),
        ("<think>Is </thinking> a tag?</think>Yes.", "Is </thinking> a tag?", "Yes."),
        ("  indented = code", "", "  indented = code"),
    ],
)
def test_a_complete_answer_is_split(text, reasoning, answer):
    assert split(text) == Split(reasoning, answer)
    assert without_reasoning(text) == answer


@pytest.mark.parametrize(
    "text",
    [
        "Use the `<think>` tag.",
        "It ends with `</think>`, always.",
        "What stands before </think> is not the answer.",
        'Split it:\n\n```python\nanswer = text.partition("</think>")[2]\n```\n\nThat is all.',
        "A model writes:\n\n```\nHm.\n</think>\nYes.\n```\n\nThat is all.",
        "a < b and b > c",
        "<thinker>Rodin</thinker>",
        "<thi",
    ],
)
def test_an_answer_that_only_speaks_of_tags_stays_whole(text):
    assert split(text) == Split("", text)


def test_unfinished_reasoning_is_no_answer():
    assert split("<think>\nHm, let me") == Split("Hm, let me", "", thinking=True)
    assert without_reasoning("<think>Hm, let me") == ""


@pytest.mark.parametrize("tag", ["think", "thinking"])
def test_while_it_streams_no_piece_of_a_tag_is_shown(tag):
    text = f"<{tag}>Let me see: 1 < 2.</{tag}>\n\nIt is < 2."
    seen = [split(text[:end], streaming=True) for end in range(1, len(text) + 1)]
    assert all("It is < 2.".startswith(parts.answer) for parts in seen)
    assert all("Let me see: 1 < 2.".startswith(parts.reasoning) for parts in seen)
    assert [parts.thinking for parts in seen] == sorted((parts.thinking for parts in seen), reverse=True)
    assert seen[-1] == Split("Let me see: 1 < 2.", "It is < 2.")


def test_what_is_held_back_while_streaming_is_there_at_the_end():
    assert split("<thi", streaming=True).answer == ""
    assert split("<thi").answer == "<thi"
    assert split("<think>a </thi", streaming=True).reasoning == "a"
    assert split("<think>a </thi").reasoning == "a </thi"


@given(st.text(alphabet="ab\n <>/`think", max_size=60), st.booleans())
def test_any_text_can_be_split(text, streaming):
    parts = split(text, streaming)
    assert len(parts.reasoning) + len(parts.answer) <= len(text) + text.count("<think")


@given(st.text(max_size=60))
def test_what_goes_back_into_the_prompt_holds_no_reasoning(text):
    answer = without_reasoning(f"<think>{text.replace('</think>', '')}</think>Yes.")
    assert answer == "Yes."

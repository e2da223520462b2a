"""An exported conversation is a Markdown file that reads like the conversation."""

from datetime import datetime

from desktop_app.chat.export import to_markdown
from desktop_app.storage.records import Conversation, Message, MessageState, Rating, Role, StackEntry

NOON = datetime(2026, 5, 4, 12, 0).timestamp()


def _message(role, content, minutes, **changes):
    values = {"id": 1, "conversation_id": 1, "parent_id": None, "state": MessageState.DONE}
    return Message(**{**values, "role": role, "content": content, "created_at": NOON + 60 * minutes, **changes})


def test_a_conversation_is_written_with_title_names_and_dates():
    conversation = Conversation(1, "A trip", NOON, NOON, system_prompt="Be brief.")
    messages = [
        _message(Role.USER, "Where to?\n", 0),
        _message(Role.ASSISTANT, "<think>Hm.\n\nWell.</think>\nLisbon.", 1, model_name="SmolLM2"),
        _message(Role.USER, "Why?", 2),
        _message(Role.ASSISTANT, "Because", 3, state=MessageState.STOPPED),
    ]
    assert to_markdown(conversation, messages) == (
        "# A trip\n\n*2026-05-04 12:00*\n\n"
        "## System prompt\n\nBe brief.\n\n"
        "## You, 2026-05-04 12:00\n\nWhere to?\n\n"
        "## SmolLM2, 2026-05-04 12:01\n\n> Hm.\n>\n> Well.\n\nLisbon.\n\n"
        "## You, 2026-05-04 12:02\n\nWhy?\n\n"
        "## Assistant, 2026-05-04 12:03\n\nBecause\n\n*Stopped.*\n"
    )


def test_an_answer_says_which_stack_made_it():
    stack = (StackEntry("a" * 64, "Letters", 0.8), StackEntry("b" * 64, "Tone"))
    answer = _message(Role.ASSISTANT, "Dear all", 0, model_name="SmolLM2", stack=stack)
    text = to_markdown(Conversation(1, "", NOON, NOON), [answer])
    assert "## SmolLM2 with Letters 0.8, Tone 1, 2026-05-04 12:00" in text


def test_an_answer_says_how_it_was_marked():
    answers = [
        _message(Role.ASSISTANT, "Lisbon.", 0, rating=Rating.GOOD),
        _message(Role.ASSISTANT, "Perhaps", 1, state=MessageState.STOPPED, rating=Rating.BAD),
    ]
    text = to_markdown(Conversation(1, "", NOON, NOON), answers)
    assert "Lisbon.\n\n*Marked as good.*\n\n##" in text
    assert text.endswith("Perhaps\n\n*Stopped.*\n\n*Marked as bad.*\n")


def test_an_answer_that_failed_says_why():
    failed = _message(Role.ASSISTANT, "", 0, state=MessageState.FAILED, note="The engine ended.")
    assert to_markdown(Conversation(1, "", NOON, NOON), [failed]).endswith("12:00\n\n*The engine ended.*\n")


def test_an_empty_conversation_has_a_title():
    assert to_markdown(Conversation(1, "", NOON, NOON), []) == "# New chat\n\n*2026-05-04 12:00*\n"

"""Lines of chat examples in all their shapes; a line that is none is refused with what is wrong in it."""

import json

import pytest

from desktop_app.engine.messages import ChatMessage
from desktop_app.errors import UserError
from desktop_app.finetune.chat_rows import parse_row
from desktop_app.finetune.pieces import Exchange
from desktop_app.trainer.contract import DOWN, PAIR, TEXT, UP

PLACE = "Line 7 of “chats.jsonl”"


def system(text):
    return {"role": "system", "content": text}


def user(text):
    return {"role": "user", "content": text}


def assistant(text):
    return {"role": "assistant", "content": text}


ASKED = (ChatMessage("user", "Which tea?"),)
LONGER = (ChatMessage("system", "Be brief."), *ASKED, ChatMessage("assistant", "Green."), ChatMessage("user", "Why?"))
LONGER_ROWS = [system("Be brief."), user("Which tea?"), assistant("Green."), user("Why?")]


def parsed(**row):
    return parse_row(json.dumps(row), PLACE)


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ({"messages": [*LONGER_ROWS, assistant("It is light.")]}, Exchange(TEXT, LONGER, ("It is light.",))),
        ({"prompt": "Which tea?", "completion": "Green."}, Exchange(TEXT, ASKED, ("Green.",))),
        ({"prompt": LONGER_ROWS, "completion": [assistant("A.")]}, Exchange(TEXT, LONGER, ("A.",))),
        ({"prompt": "Which tea?", "chosen": "A.", "rejected": "B."}, Exchange(PAIR, ASKED, ("A.", "B."))),
        (
            {"messages": LONGER_ROWS, "chosen": assistant("A."), "rejected": [assistant("B.")]},
            Exchange(PAIR, LONGER, ("A.", "B.")),
        ),
        (
            {
                "prompt": "Which tea?",
                "chosen": [user("Which tea?"), assistant("A.")],
                "rejected": [user("Which tea?"), assistant("B.")],
            },
            Exchange(PAIR, ASKED, ("A.", "B.")),
        ),
        (
            {"chosen": [*LONGER_ROWS, assistant("A.")], "rejected": [*LONGER_ROWS, assistant("B.")]},
            Exchange(PAIR, LONGER, ("A.", "B.")),
        ),
        ({"messages": [user("Which tea?"), assistant("A.")], "label": True}, Exchange(UP, ASKED, ("A.",))),
        ({"prompt": "Which tea?", "completion": "A.", "label": False}, Exchange(DOWN, ASKED, ("A.",))),
        (
            {"messages": [system(" "), user("Which tea?"), assistant("A.")], "label": None, "score": 3},
            Exchange(TEXT, ASKED, ("A.",)),
        ),
    ],
    ids=[
        "a conversation",
        "prompt and completion",
        "a conversation and a completion",
        "a pair of texts",
        "a pair of messages",
        "a pair that repeats its prompt",
        "a pair without a prompt of its own",
        "a thumb up",
        "a thumb down",
        "an empty system message and what is not asked for",
    ],
)
def test_a_line_in_each_shape(row, wanted):
    assert parsed(**row) == wanted


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ('["a"]', "is not a JSON object"),
        ('{"text": "a"}', "is not a chat example"),
        ('{"label": true}', "is not a chat example"),
    ],
    ids=["cut off", "too deep", "a list", "other keys", "a label alone"],
)
def test_what_is_no_example_is_refused_with_the_shapes_there_are(line, said):
    with pytest.raises(UserError) as caught:
        parse_row(line, PLACE)
    assert caught.value.sentence == f"{PLACE} {said}."
    assert "JSON object" in caught.value.hint or "“messages”" in caught.value.hint


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"messages": [user("Which?")]}, "has no answer to its last message"),
        ({"messages": [user("Which?"), assistant("A."), user("Why?")]}, "has no answer to its last message"),
        ({"prompt": "Which?"}, "has no answer."),
        ({"messages": [user("Which?"), assistant(" ")]}, "“messages” of line 7 of “chats.jsonl” has an empty text"),
        ({"prompt": "", "completion": "A."}, "“prompt” of line 7 of “chats.jsonl” has an empty text"),
        ({"prompt": "Which?", "completion": "<think>So.</think>"}, "an answer that is nothing but reasoning"),
        ({"messages": [{"role": "tool", "content": "3"}, assistant("A.")]}, "has a message by “tool”"),
        ({"messages": [{"from": "user", "value": "A"}]}, "without the texts “role” and “content”"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "without the texts “role” and “content”"),
        ({"messages": []}, "neither a text nor a list of messages"),
        ({"messages": [system("")]}, "has no message"),
        ({"prompt": 3, "completion": "A."}, "neither a text nor a list of messages"),
        ({"messages": [assistant("Hello."), user("Which?"), assistant("A.")]}, "an answer before anything was asked"),
        ({"messages": [system("Be brief."), assistant("A.")]}, "an answer before anything was asked"),
        ({"messages": [user("Which?"), system("Stop."), assistant("A.")]}, "a system message that is not its first"),
        ({"messages": [user("Which?"), assistant("A."), assistant("B.")]}, "has two answers in a row"),
        ({"prompt": [user("Which?"), assistant("A.")], "completion": "B."}, "has two answers in a row"),
        ({"prompt": "Which?", "chosen": "A."}, "has only one of “chosen” and “rejected”"),
        ({"prompt": "Which?", "chosen": "A.", "rejected": "A."}, "has the same answer as “chosen” and as “rejected”"),
        ({"chosen": "A.", "rejected": "B."}, "has two answers and does not say to what"),
        ({"prompt": "Which?", "chosen": user("A."), "rejected": "B."}, "“chosen” of line 7"),
        ({"prompt": "Which?", "completion": [assistant("A."), user("B."), assistant("C.")]}, "is not one answer"),
        ({"prompt": "Which?", "completion": "A.", "label": 1}, "is neither true nor false"),
        ({"prompt": "Which?", "chosen": "A.", "rejected": "B.", "label": True}, "mixes several kinds"),
        ({"messages": [user("Which?")], "prompt": "Which?", "chosen": "A.", "rejected": "B."}, "mixes several kinds"),
        ({"messages": [user("Which?"), assistant("A.")], "completion": "A."}, "is not a chat example"),
        ({"prompt": "Half \ud800", "completion": "A."}, "has half a character"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_in_a_line_is_said(row, said):
    with pytest.raises(UserError) as caught:
        parsed(**row)
    assert said in caught.value.sentence
    assert "ine 7 of “chats.jsonl”" in caught.value.sentence
    assert caught.value.hint

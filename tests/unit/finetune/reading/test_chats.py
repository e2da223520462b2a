"""Chats of ChatGPT, WhatsApp and this program are read as what was said and answered; all else in them is told."""

import json
from datetime import datetime

import pytest

from desktop_app.chat.export import to_markdown
from desktop_app.storage.records import Conversation, Message, MessageState, Rating, Role


def turns(exchange):
    return [(each.role, each.content) for each in exchange.prompt] + [("answer", *exchange.answers)]


# ------------------------------------------------------------ ChatGPT


def node(key, parent, role, *parts, kind="text", **more):
    message = {
        "author": {"role": role},
        "content": {"content_type": kind, "parts": list(parts)},
        "recipient": "all",
        **more,
    }
    return {key: {"id": key, "parent": parent, "message": message, "children": []}}


def chat(*nodes, current, title="A chat", key="c1"):
    mapping = {"root": {"id": "root", "parent": None, "message": None, "children": []}}
    for each in nodes:
        mapping.update(each)
    return {"title": title, "id": key, "current_node": current, "mapping": mapping}


TREE = (
    node("s", "root", "system", "", metadata={"is_visually_hidden_from_conversation": True}),
    node("a", "s", "user", "Hello?"),
    node("b", "a", "assistant", "An answer that was replaced."),
    node("c", "a", "assistant", "Hi.\ue200cite\ue202turn0\ue201"),
    node("d", "c", "user", {"content_type": "image_asset_pointer"}, "What is that?", kind="multimodal_text"),
    node("e", "d", "assistant", kind="thoughts"),
    node("f", "e", "assistant", "search()", kind="code", recipient="web"),
    node("g", "f", "tool", "found"),
    node("h", "g", "assistant", "A boat."),
)


def test_the_version_that_was_shown_of_a_chat_of_chatgpt_is_read(read, skipped):
    file = read("conversations.json", json.dumps([chat(*TREE, current="h"), chat(TREE[1], current="a", title="Asked")]))
    assert file.kind == "Chats"
    [exchange] = file.exchanges
    assert turns(exchange) == [
        ("user", "Hello?"),
        ("assistant", "Hi."),
        ("user", "What is that?"),
        ("answer", "A boat."),
    ]
    assert exchange.conversation == "c1"
    assert skipped(file) == {
        "messages to or from tools": 2,
        "piece of reasoning": 1,
        "picture or file": 1,
        "chat without an answer": 1,
    }


def test_where_a_chat_is_in_an_export_does_not_tell_which_it_is(read):
    first, other = (chat(*TREE, current="h", key=key) for key in (None, None))
    assert {each.conversation for each in read("c.json", json.dumps([first, other])).exchanges} == {""}


def test_a_tree_that_bites_its_tail_ends(read):
    nodes = [node("a", "b", "user", "Hello?"), node("b", "a", "assistant", "Hi.")]
    assert [turns(each) for each in read("c.json", json.dumps([chat(*nodes, current="b")])).exchanges] == [
        [("user", "Hello?"), ("answer", "Hi.")]
    ]


@pytest.mark.parametrize("content", ['{"a": 1}', "[1, 2]", "[]", "7"])
def test_json_of_something_else_is_told(refusal, content):
    assert refusal("data.json", content) == "“data.json” has neither chats nor examples."


def test_json_that_is_none_is_told(refusal):
    assert refusal("data.json", '[{"mapping": ').startswith("“data.json” is damaged")


# ------------------------------------------------------------ WhatsApp

FORMS = {
    "Android, German": ("31.12.23, 23:5{} - ", ""),
    "iPhone, German": ("[31.12.23, 23:59:0{}] ", ""),
    "Android, American": ("12/31/23, 11:5{} PM - ", ""),
    "iPhone, American": ("[12/31/23, 11:59:0{}\u202fPM] ", ""),
    "Spanish": ("31/12/2023, 11:5{} p.\u00a0m. - ", ""),
    "French": ("31/12/2023 à 23:5{} - ", ""),
    "ISO": ("2023-12-31, 23:5{} - ", "\u200e"),
}
SAID = (
    "Messages and calls are end-to-end encrypted.",
    "Anna: Are you coming?",
    "Anna: It is late: nearly twelve.",
    "Ben Ng: I am on my way.\nSave me a seat,\n\nand a glass.",
    "Anna: <Media omitted>",
    "Anna: \u200eimage omitted",
    "Anna: Which one? <This message was edited>",
    "Ben Ng: The red one",
)


def whatsapp(form=FORMS["Android, German"], said=SAID):
    start, mark = form
    return "".join(f"{mark}{start.format(number)}{line}\n" for number, line in enumerate(said))


@pytest.mark.parametrize("form", FORMS)
def test_a_chat_of_whatsapp_is_read_in_every_form(read, skipped, form):
    file = read("WhatsApp Chat with Anna.txt", whatsapp(FORMS[form]))
    [exchange] = file.exchanges
    assert turns(exchange) == [
        ("user", "Are you coming?\nIt is late: nearly twelve."),
        ("assistant", "I am on my way.\nSave me a seat,\n\nand a glass."),
        ("user", "Which one?"),
        ("answer", "The red one"),
    ]
    assert skipped(file) == {
        "person whose messages count as the answers": 1,
        "messages without text, such as pictures": 2,
        "line of WhatsApp itself": 1,
    }
    assert file.skipped[0].shown == "Ben Ng"


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("_chat.txt", "Ben Ng"),
        ("WhatsApp Chat - Ben Ng/_chat.txt", "Anna"),
        ("WhatsApp-Chat mit Ben Ng.txt", "Anna"),
        ("WhatsApp Chat with Ben Ng (1).txt", "Anna"),
    ],
)
def test_the_answers_are_those_of_whom_the_chat_is_not_called_after_or_of_who_wrote_more(read, name, own):
    assert read(name, whatsapp()).skipped[0].shown == own


def test_each_day_is_a_conversation_and_others_are_left_out(read, skipped):
    days = [
        f"{day}.01.24, 10:00 - Anna: Good morning, how are you?\n{day}.01.24, 10:01 - Ben: Fine\n"
        for day in ("01", "02")
    ]
    text = "".join(days) + "02.01.24, 11:00 - Carl: Me too\n03.01.24, 10:00 - Anna: Still?\n"
    file = read("WhatsApp Chat with Anna.txt", text)
    assert [each.conversation for each in file.exchanges] == ["01.01.24", "02.01.24"]
    assert skipped(file)["message of others than the two who wrote the most"] == 1
    assert skipped(file)["day without an answer"] == 1


@pytest.mark.parametrize(
    "content", ["12.05.24, a fine day - Anna: was here\n" * 3, "Dear Anna,\n31.12.23, 23:59 - no chat\n"]
)
def test_a_text_with_dates_is_a_text(read, content):
    file = read("notes.txt", content)
    assert file.exchanges == ()
    assert file.sections[0].text == content.strip()


# ------------------------------------------------------------ this program


NOON = datetime(2026, 5, 4, 12, 0).timestamp()


def saved(*messages, system="Be brief."):
    """Return a chat as it is saved: (role, content, what else is known of it)."""
    same = {"conversation_id": 1, "parent_id": None, "state": MessageState.DONE, "created_at": NOON, "model_name": "M"}
    written = [
        Message(**{**same, "id": number, "role": role, "content": content, **more})
        for number, (role, content, more) in enumerate(messages)
    ]
    return to_markdown(Conversation(1, "A trip", NOON, NOON, system_prompt=system), written)


ASKED = (Role.USER, "Where to?\n\n## No heading of a message", {})
ANSWERED = (Role.ASSISTANT, "<think>Hm.\n\nWell.</think>\nLisbon.\n\n*By train.*", {})
MORE = ((Role.USER, "Why?", {}), (Role.ASSISTANT, "It is warm.", {}))


def test_a_chat_saved_by_this_program_is_read_back(read, skipped):
    file = read("A trip.md", saved(ASKED, ANSWERED, *MORE))
    [exchange] = file.exchanges
    assert exchange.kind == "text"
    assert turns(exchange) == [
        ("system", "Be brief."),
        ("user", ASKED[1]),
        ("assistant", "Lisbon.\n\n*By train.*"),
        ("user", "Why?"),
        ("answer", "It is warm."),
    ]
    assert skipped(file) == {"piece of reasoning": 1}


def test_marked_answers_are_learned_by_their_marks_alone(read, skipped):
    good = (Role.ASSISTANT, "Lisbon.", {"rating": Rating.GOOD})
    bad = (Role.ASSISTANT, "Because.", {"rating": Rating.BAD})
    file = read("A trip.md", saved(ASKED, good, MORE[0], bad, *MORE, system=""))
    assert [(each.kind, each.answers[0], len(each.prompt)) for each in file.exchanges] == [
        ("up", "Lisbon.", 1),
        ("down", "Because.", 3),
    ]
    assert len({each.conversation for each in file.exchanges}) == 1
    assert skipped(file) == {"answer without a mark": 1}


def test_a_chat_that_has_gone_on_is_the_same_conversation(read):
    good = (Role.ASSISTANT, "Lisbon.", {"rating": Rating.GOOD})
    for marked in (ANSWERED, good):
        files = [read("A trip.md", saved(ASKED, marked, *more)) for more in ((), MORE)]
        assert files[0].sha256 != files[1].sha256
        assert len({each.conversation for file in files for each in file.exchanges}) == 1
        assert files[0].exchanges[0].conversation


def test_answers_that_were_never_finished_are_left_out_with_their_questions(read, skipped):
    stopped = (Role.ASSISTANT, "Because", {"state": MessageState.STOPPED})
    failed = (Role.ASSISTANT, "", {"state": MessageState.FAILED, "note": "The engine ended."})
    file = read("A trip.md", saved(ASKED, ANSWERED, MORE[0], stopped, MORE[0], failed, system=""))
    assert [each.content for each in file.exchanges[0].prompt] == [ASKED[1]]
    assert skipped(file)["answers that were never finished"] == 2
    assert skipped(read("A trip.md", saved(ASKED, failed))) == {
        "answer that was never finished": 1,
        "chat without an answer": 1,
    }


def test_a_markdown_file_with_such_headings_is_markdown(read):
    assert read("a.md", "# Diary\n\n## You, 2026-05-04 12:00\n\nText.").exchanges == ()

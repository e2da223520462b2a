"""A full disk costs the change that did not fit, and nothing that was saved before."""

from itertools import accumulate, repeat

import pytest

from desktop_app.errors import UserError
from desktop_app.storage.database import Database
from desktop_app.storage.records import MessageState, Role
from tests.support.full_disk import no_file_may_grow_beyond


def _until_full(change):
    """Call `change(text)` with ever longer texts until there is no room; return the last that was saved."""
    saved = [""]

    def fill():
        for text in accumulate(repeat("words " * 2000)):
            change(text)
            saved.append(text)

    with pytest.raises(UserError, match=r"full.*was not saved\. What was saved before is safe\."):
        fill()
    return saved[-1]


def _contents(chats, conversation):
    return [message.content for message in chats.messages(chats.path(conversation.id))]


def test_when_the_database_may_not_grow_what_was_saved_stays_and_saving_works_again_with_room(database, chats):
    conversation = chats.create()
    parents = [None]

    def add(text):
        parents.append(chats.add_message(conversation.id, parents[-1], Role.ASSISTANT, text).id)

    database.one(f"PRAGMA max_page_count = {database.one('PRAGMA page_count')[0] + 100}")
    last = _until_full(add)
    saved = _contents(chats, conversation)
    assert len(saved) == len(parents) - 1
    assert saved[-1] == last
    assert not chats.search("after")

    database.one("PRAGMA max_page_count = 100000")
    add("after")
    assert _contents(chats, conversation) == [*saved, "after"]
    assert len(chats.search("after")) == 1
    assert database.one("PRAGMA integrity_check")[0] == "ok"


def test_when_writes_fail_what_was_saved_is_there_on_the_next_start(tmp_path, database, chats):
    conversation = chats.create()
    question = chats.add_message(conversation.id, None, Role.USER, "a question")
    answer = chats.add_message(conversation.id, question.id, Role.ASSISTANT, "", MessageState.STREAMING)
    with no_file_may_grow_beyond(600_000):
        journaled = _until_full(lambda text: chats.write_answer(answer.id, text, MessageState.STREAMING))
    assert journaled
    assert _contents(chats, conversation) == ["a question", journaled]

    chats.write_answer(answer.id, journaled + "more", MessageState.DONE)
    assert _contents(chats, conversation) == ["a question", journaled + "more"]
    database.close()
    again = Database.open(tmp_path / "moatless.db")
    assert again.one("SELECT content FROM messages WHERE id = ?", (answer.id,))[0] == journaled + "more"
    assert again.one("PRAGMA integrity_check")[0] == "ok"
    again.close()


def test_a_new_database_that_does_not_fit_is_told_and_can_be_made_later(tmp_path):
    path = tmp_path / "moatless.db"
    with no_file_may_grow_beyond(8192), pytest.raises(UserError, match="full"):
        Database.open(path)
    Database.open(path).close()

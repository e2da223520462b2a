"""The tree of messages: nothing a person wrote is lost by editing, regenerating, deleting or a sudden end."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from desktop_app.engine.choices import SamplerSettings
from desktop_app.engine.messages import AnswerFacts
from desktop_app.errors import UserError
from desktop_app.storage import tree
from desktop_app.storage.chats import Chats
from desktop_app.storage.database import Database
from desktop_app.storage.records import MessageState, Role, StackEntry

ROOT = Path(__file__).parents[3]
FACTS = AnswerFacts(
    prompt_tokens=10,
    reused_tokens=4,
    answer_tokens=3,
    omitted_messages=0,
    prefill_s=0.1,
    decode_s=0.2,
    time_to_first_token_s=0.11,
    finish_reason="stop",
    seed=5,
)


@pytest.fixture
def conversation(chats):
    return chats.create()


@pytest.fixture
def say(chats, conversation):
    """Add a message after another one; return its id."""

    def add(text, after=None):
        role = Role.USER if text.startswith("q") else Role.ASSISTANT
        return chats.add_message(conversation.id, after, role, text).id

    return add


@pytest.fixture
def shown(chats, conversation):
    """Return the texts on the screen."""
    return lambda: [message.content for message in chats.messages(chats.path(conversation.id))]


def _chain(database, conversation_id, count):
    """Add a conversation's worth of messages in one go."""
    parent = None
    with database.transaction():
        for number in range(count):
            parent = database.insert(
                "INSERT INTO messages (conversation_id, parent_id, role, state, created_at, content) "
                "VALUES (?, ?, ?, 'done', 0, ?)",
                (conversation_id, parent, "assistant" if number % 2 else "user", f"message {number}"),
            )
        database.change("UPDATE conversations SET head_id = ? WHERE id = ?", (parent, conversation_id))


def test_an_empty_conversation_shows_nothing(shown):
    assert shown() == []


def test_a_message_is_kept_with_everything_about_it(chats, conversation):
    sampler, stack = SamplerSettings(seed=4), (StackEntry("ab" * 32, "pirate", 0.5),)
    question = chats.add_message(conversation.id, None, Role.USER, "Why?")
    answer = chats.add_message(
        *(conversation.id, question.id, Role.ASSISTANT, "", MessageState.STREAMING),
        model_name="small",
        model_sha256="ab",
        sampler=sampler,
        stack=stack,
    )
    assert (answer.parent_id, answer.state, answer.sampler, answer.facts) == (question.id, "streaming", sampler, None)
    assert (question.stack, answer.stack) == ((), stack)
    chats.write_answer(answer.id, "Because.", MessageState.DONE, facts=FACTS)
    (kept,) = chats.messages([answer.id])
    assert (kept.content, kept.state, kept.facts, kept.model_name) == ("Because.", MessageState.DONE, FACTS, "small")
    assert chats.get(conversation.id).head_id == answer.id


def test_another_answer_stands_beside_the_first(chats, conversation, say, shown):
    question = say("q")
    first = say("a1", question)
    say("q after a1", first)
    second = say("a2", question)
    assert shown() == ["q", "a2"]
    assert [(m.version, m.versions) for m in chats.messages([question, first, second])] == [(1, 1), (1, 2), (2, 2)]


def test_showing_a_version_brings_back_all_that_followed_it(chats, conversation, say, shown):
    question = say("q")
    first = say("a1", question)
    end = say("a after q after a1", say("q after a1", first))
    say("a2", question)
    assert chats.show_version(conversation.id, first)[-1] == end
    assert shown() == ["q", "a1", "q after a1", "a after q after a1"]


def test_of_several_ends_the_newest_is_shown(chats, conversation, say, shown):
    question = say("q")
    first = say("a1", question)
    say("q old", first)
    say("a to q new", say("q new", first))
    say("a2", question)
    chats.show_version(conversation.id, first)
    assert shown() == ["q", "a1", "q new", "a to q new"]


def test_the_way_to_a_message_is_known_also_where_it_is_not_shown(chats, say, shown):
    question = say("q")
    first = say("a1", question)
    after = say("q after a1", first)
    say("a2", question)
    assert chats.path_to(after) == (question, first, after)
    assert chats.path_to(question) == (question,)
    assert shown() == ["q", "a2"]


def test_versions_can_be_stepped_through_to_either_end(chats, say):
    question = say("q")
    one, two, three = (say(text, question) for text in ("a1", "a2", "a3"))
    assert [chats.version_beside(two, step) for step in (-5, -1, 0, 1, 5)] == [one, one, two, three, three]
    chats.delete_message(two)
    assert chats.version_beside(one, 1) == three
    with pytest.raises(UserError, match="no longer exists"):
        chats.version_beside(two, 1)


def test_an_edited_first_message_is_a_version_of_the_first(chats, conversation, say, shown):
    old = say("q")
    say("a", old)
    new = say("q edited")
    assert shown() == ["q edited"]
    assert [(m.version, m.versions) for m in chats.messages([old, new])] == [(1, 2), (2, 2)]
    other = chats.create()
    alone = chats.add_message(other.id, None, Role.USER, "elsewhere")
    assert (alone.version, alone.versions) == (1, 1)


def test_deleting_hides_what_follows_and_undo_brings_it_back(chats, conversation, say, shown):
    question = say("q")
    answer = say("a", question)
    say("a to q2", say("q2", answer))
    undo = chats.delete_message(answer)
    assert shown() == ["q"]
    chats.undelete(undo)
    assert shown() == ["q", "a", "q2", "a to q2"]


def test_deleting_a_version_shows_the_one_before_it_to_its_end(chats, conversation, say, shown):
    question = say("q")
    say("q after a1", say("a1", question))
    second = say("a2", question)
    say("a3", question)
    chats.show_version(conversation.id, second)
    undo = chats.delete_message(second)
    assert shown() == ["q", "a1", "q after a1"]
    assert [(m.version, m.versions) for m in chats.messages(chats.path(conversation.id))][1] == (1, 2)
    chats.undelete(undo)
    assert shown() == ["q", "a2"]


def test_deleting_the_last_version_shows_the_one_before_it(chats, say, shown):
    question = say("q")
    for answer in ("a1", "a2", "a3"):
        last = say(answer, question)
    chats.delete_message(last)
    assert shown() == ["q", "a2"]


def test_deleting_the_first_version_shows_the_next(chats, conversation, say, shown):
    question = say("q")
    first = say("a1", question)
    say("a2", question)
    chats.show_version(conversation.id, first)
    chats.delete_message(first)
    assert shown() == ["q", "a2"]


def test_deleting_what_is_not_shown_leaves_what_is_shown(chats, conversation, say, shown):
    question = say("q")
    first = say("a1", question)
    say("a2", question)
    say("a3", question)
    chats.delete_message(first)
    assert shown() == ["q", "a3"]
    assert chats.messages(chats.path(conversation.id))[1].versions == 2


def test_deleting_everything_leaves_an_empty_conversation(chats, conversation, say, shown):
    question = say("q")
    say("a", question)
    undo = chats.delete_message(question)
    assert shown() == []
    say("q new")
    assert shown() == ["q new"]
    chats.undelete(undo)
    assert shown() == ["q", "a"]


def test_undo_leaves_deleted_what_was_deleted_before(chats, conversation, say, shown):
    question = say("q")
    first = say("a1", question)
    say("a2", question)
    chats.delete_message(first)
    chats.undelete(chats.delete_message(question))
    assert shown() == ["q", "a2"]
    assert chats.messages(chats.path(conversation.id))[1].versions == 1


def test_what_is_deleted_can_neither_be_shown_nor_deleted_again(chats, conversation, say):
    question = say("q")
    answer = say("a", question)
    chats.delete_message(question)
    with pytest.raises(UserError, match="no longer exists"):
        chats.show_version(conversation.id, answer)
    with pytest.raises(UserError, match="no longer exists"):
        chats.delete_message(question)


def test_a_message_cannot_end_up_in_another_conversation(chats, conversation, say):
    question = say("q")
    other = chats.create()
    with pytest.raises(sqlite3.IntegrityError):
        chats.add_message(other.id, question, Role.ASSISTANT, "a")
    assert chats.path(other.id) == ()


def test_messages_come_in_the_order_asked_for_and_missing_ones_are_left_out(chats, say):
    first, second = say("q"), say("q2")
    assert [message.id for message in chats.messages([second, 999, first])] == [second, first]
    assert chats.messages([]) == ()


def test_the_end_of_a_conversation_is_read_without_the_rest(database, chats, conversation):
    _chain(database, conversation.id, 500)
    ids = chats.path(conversation.id)
    read = []
    chats.messages, messages = (lambda wanted: read.extend(wanted) or messages(wanted)), chats.messages
    last = chats.last_messages(ids, 10 * len("message 499"))
    assert [message.id for message in last] == list(ids[-10:])
    assert len(read) < 100


def test_the_end_of_a_conversation_is_at_least_its_last_message_and_at_most_all(database, chats, conversation):
    assert chats.last_messages((), 100) == ()
    _chain(database, conversation.id, 150)
    ids = chats.path(conversation.id)
    assert [message.id for message in chats.last_messages(ids, 0)] == [ids[-1]]
    assert [message.id for message in chats.last_messages(ids, 1_000_000)] == list(ids)


def test_a_conversation_of_ten_thousand_messages_can_be_shown_changed_and_deleted(database, chats, conversation):
    _chain(database, conversation.id, 10_000)
    path = chats.path(conversation.id)
    assert path == tuple(range(1, 10_001))
    assert chats.show_version(conversation.id, 1) == path
    assert len(chats.messages(path)) == 10_000
    undo = chats.delete_message(2)
    assert chats.path(conversation.id) == (1,)
    chats.undelete(undo)
    assert chats.path(conversation.id) == path
    chats.delete_forever(conversation.id)
    assert database.one("SELECT count(*) FROM messages")[0] == 0


@pytest.mark.parametrize("sql", [tree._PATH, tree._BELOW, tree._MESSAGES])
def test_walking_the_tree_reads_no_more_than_it_needs(database, sql):
    steps = [row["detail"] for row in database.all(f"EXPLAIN QUERY PLAN {sql}", ("[1]",))]
    assert not [step for step in steps if "TEMP B-TREE" in step or step.startswith("SCAN message")]


def test_settling_at_the_start_does_not_read_every_message(database):
    steps = database.all("EXPLAIN QUERY PLAN UPDATE messages SET note = '' WHERE state = 'streaming'")
    assert [row["detail"] for row in steps] == ["SCAN messages USING INDEX messages_streaming"]


def test_answers_that_were_streaming_are_marked_at_the_start(chats, conversation, say):
    question = say("q")
    begun = chats.add_message(conversation.id, question, Role.ASSISTANT, "Once upon", MessageState.STREAMING)
    empty = chats.add_message(conversation.id, question, Role.ASSISTANT, "", MessageState.STREAMING)
    assert chats.mark_interrupted() == 2
    begun, empty = chats.messages([begun.id, empty.id])
    assert (begun.content, begun.state) == ("Once upon", MessageState.INTERRUPTED)
    assert empty.state is MessageState.FAILED
    assert begun.note.endswith(".")
    assert empty.note.endswith(".")
    assert chats.mark_interrupted() == 0


def test_the_end_of_an_answer_deleted_for_good_is_no_error(chats, conversation, say):
    answer = say("a", say("q"))
    chats.delete_forever(conversation.id)
    chats.write_answer(answer, "too late", MessageState.DONE)
    assert chats.messages([answer]) == ()


_JOURNAL = """
import itertools, sys
from pathlib import Path
from desktop_app.storage.chats import Chats
from desktop_app.storage.database import Database
from desktop_app.storage.records import MessageState, Role

chats = Chats(Database.open(Path(sys.argv[1])))
answer = chats.add_message(chats.create().id, None, Role.ASSISTANT, "", MessageState.STREAMING)
for number in itertools.count(1):
    chats.write_answer(answer.id, "word " * number, MessageState.STREAMING)
    print(number, flush=True)
"""


def test_after_a_kill_all_text_that_was_journaled_is_there(tmp_path):
    path = tmp_path / "moatless.db"
    writer = subprocess.Popen([sys.executable, "-c", _JOURNAL, path], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        for line in writer.stdout:
            if int(line) == 200:
                break
    finally:
        writer.kill()
        rest = writer.communicate()[0].split()
    journaled = int(rest[-1]) if rest else 200

    database = Database.open(path)
    chats = Chats(database)
    assert chats.mark_interrupted() == 1
    (conversation,) = chats.list_conversations()
    (answer,) = chats.messages(chats.path(conversation.id))
    assert answer.state is MessageState.INTERRUPTED
    assert answer.content.count("word") >= journaled
    database.close()

"""Search finds what a person reads, whatever they type."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desktop_app.storage import search
from desktop_app.storage.records import MessageState, Role


@pytest.fixture
def write(chats):
    """Make a conversation with these messages after each other; return it and their ids."""

    def make(*texts, title="untitled"):
        conversation = chats.create()
        chats.rename(conversation.id, title)
        ids = []
        for text in texts:
            ids.append(chats.add_message(conversation.id, ids[-1] if ids else None, Role.USER, text).id)
        return conversation, ids

    return make


@pytest.fixture
def found(chats):
    """Return the messages found, by their ids."""
    return lambda text: [hit.message_id for hit in chats.search(text)]


def test_words_are_found_in_any_order_without_capitals_and_accents(write, found):
    _, (message,) = write("The Café in the old town closes at noon")
    assert found("cafe") == [message]
    assert found("NOON café") == [message]
    assert found("cafe midnight") == []


def test_the_last_word_may_be_incomplete(write, found):
    _, (message,) = write("Peppermint tea")
    assert found("pepper") == [message]
    assert found("tea pepperm") == [message]
    assert found("pepper tea") == []


def test_the_newest_is_first_and_no_more_than_asked_for(chats, write, found):
    _, (one, two) = write("tea", "tea")
    _, (three,) = write("tea")
    assert found("tea") == [three, two, one]
    assert [hit.message_id for hit in chats.search("tea", limit=2)] == [three, two]


def test_a_title_is_found_too(chats, write):
    conversation, _ = write("nothing of the kind", title="A trip to Lisbon")
    (hit,) = chats.search("lisb")
    assert (hit.conversation_id, hit.message_id, hit.title) == (conversation.id, None, "A trip to Lisbon")
    assert hit.snippet == "A trip to \x02Lisbon\x03"
    chats.rename(conversation.id, "A trip to Porto")
    assert chats.search("lisb") == ()
    assert len(chats.search("porto")) == 1


def test_titles_and_messages_are_found_together_the_newest_first(chats, write):
    old, (message,) = write("tea", title="tea")
    new = chats.create()
    chats.rename(new.id, "tea")
    chats.add_message(old.id, message, Role.USER, "tea again")
    hits = [(hit.conversation_id, hit.snippet) for hit in chats.search("tea")]
    assert [conversation for conversation, _ in hits] == [old.id, old.id, new.id, old.id]
    assert hits[-1] == (old.id, "\x02tea\x03")


def test_a_snippet_is_one_line_around_the_match(chats, write):
    write("word\n" * 500 + "the needle\nlies here\n" + "word\n" * 500)
    (hit,) = chats.search("needle")
    assert "the \x02needle\x03 lies here" in hit.snippet
    assert "\n" not in hit.snippet
    assert len(hit.snippet) < 200


def test_a_version_that_is_not_shown_is_found_and_can_be_shown(chats, write):
    conversation, (question,) = write("question")
    old = chats.add_message(conversation.id, question, Role.ASSISTANT, "an elephant")
    chats.add_message(conversation.id, question, Role.ASSISTANT, "a giraffe")
    (hit,) = chats.search("elephant")
    assert hit.message_id == old.id
    assert chats.show_version(hit.conversation_id, hit.message_id) == (question, old.id)


def test_only_the_living_is_found(chats, write, found):
    conversation, (question, answer) = write("elephant", "giraffe", title="elephant")
    undo = chats.delete_message(answer)
    assert found("giraffe") == []
    chats.undelete(undo)
    assert found("giraffe") == [answer]
    chats.move_to_trash(conversation.id)
    assert chats.search("giraffe") == ()
    assert chats.search("elephant") == ()
    chats.restore(conversation.id)
    assert set(found("elephant")) == {question, None}


def test_an_answer_is_found_once_it_is_complete_and_then_only_as_it_is(chats, write, found):
    conversation, (question,) = write("question")
    answer = chats.add_message(conversation.id, question, Role.ASSISTANT, "", MessageState.STREAMING).id
    chats.write_answer(answer, "an elephant", MessageState.STREAMING)
    assert found("elephant") == []
    chats.write_answer(answer, "an elephant", MessageState.STOPPED)
    assert found("elephant") == [answer]
    chats.write_answer(answer, "an elephant and", MessageState.STREAMING)  # it is being continued
    assert found("elephant") == []
    chats.write_answer(answer, "an elephant and a giraffe", MessageState.DONE)
    assert found("elephant") == found("giraffe") == [answer]
    chats.write_answer(answer, "a zebra", MessageState.DONE)
    assert found("elephant") == found("giraffe") == []
    assert found("zebra") == [answer]


def test_an_interrupted_answer_is_found_after_the_next_start(chats, write, found):
    conversation, (question,) = write("question")
    answer = chats.add_message(conversation.id, question, Role.ASSISTANT, "an elephant", MessageState.STREAMING).id
    chats.mark_interrupted()
    assert found("elephant") == [answer]


def test_the_journal_does_not_touch_the_index(database, chats, write):
    conversation, (question,) = write("question")
    answer = chats.add_message(conversation.id, question, Role.ASSISTANT, "", MessageState.STREAMING).id
    index = "SELECT id, block FROM message_search_data ORDER BY id"
    before = [tuple(row) for row in database.all(index)]
    for count in range(5):
        chats.write_answer(answer, "elephant " * count, MessageState.STREAMING)
    assert [tuple(row) for row in database.all(index)] == before


_MARKS = [*"\"'*^:-(){}[]<>+%_…\\;?.,#@!|&/$😀", '""', "--", "👩‍👩‍👧"]
_QUERIES = ["a*b", "AND", "a AND", "NOT a", "a OR OR", "NEAR(a b)", "a NEAR/2 b", "^a", "content:a", "-a", "a - b"]
_BROKEN = ["a\x00b", "\x00", "\ud83d", "a\ud83d", "", " ", "\n\t", "x" * 5000, "w " * 3000]


@pytest.mark.parametrize("text", _MARKS + _QUERIES + _BROKEN)
def test_no_text_is_a_query_language(write, chats, text):
    write("a and b")
    chats.search(text)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(max_size=30))
def test_any_text_can_be_searched_for(chats, text):
    assert isinstance(chats.search(text), tuple)


def test_words_that_mean_something_to_a_query_language_are_words(write, found):
    _, (message, other) = write("this AND that", "this that")
    assert found("and") == [message]
    assert set(found("this that")) == {message, other}
    assert found("this NOT that") == []


def test_a_word_with_marks_in_it_is_found(write, found):
    _, (message, url, code) = write("a well-known fact", "see https://example.org/page", "call list.append() here")
    assert found("well-known") == [message]
    assert found("example.org") == [url]
    assert found("list.append()") == [code]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("私は東京に住んでいます", "東京"),
        ("我喜欢北京烤鸭", "烤鸭"),
        ("ฉันชอบกินข้าวผัด", "ข้าว"),
        ("what a day 🎉 it was", "🎉"),
        ("100 % sure", "%"),
        ("a_b", "_"),
        ("C:\\temp", "\\"),
    ],
)
def test_scripts_without_spaces_and_symbols_are_found_inside_a_text(chats, write, content, text):
    _, (message, _) = write(content, "something else")
    (hit,) = chats.search(text)
    assert hit.message_id == message
    assert f"\x02{text}\x03" in hit.snippet


def test_a_title_in_a_script_without_spaces_is_found(chats, write):
    conversation, _ = write("x", title="東京への旅")
    (hit,) = chats.search("への")
    assert (hit.conversation_id, hit.message_id) == (conversation.id, None)


def test_the_index_is_read_from_its_newest_end(database):
    steps = [row["detail"] for row in database.all(f"EXPLAIN QUERY PLAN {search._FROM_INDEX}", ("a", 5))]
    assert steps[0].startswith("SCAN message_search VIRTUAL TABLE")
    assert not [step for step in steps if "TEMP B-TREE" in step]


def test_the_index_holds_what_the_messages_hold(database, chats, write):
    conversation, ids = write("one", "two", "three")
    chats.write_answer(ids[1], "deux", MessageState.DONE)
    chats.delete_message(ids[2])
    write("four")
    chats.delete_forever(conversation.id)
    # FTS5 compares every term of the index with the table it belongs to, and reports a difference as damage.
    database.change("INSERT INTO message_search (message_search, rank) VALUES ('integrity-check', 1)")
    database.change("INSERT INTO title_search (title_search, rank) VALUES ('integrity-check', 1)")

"""What the conversation list can count on."""

import os

import pytest

from desktop_app.engine.choices import SamplerSettings
from desktop_app.errors import UserError
from desktop_app.storage.chats import TRASH_DAYS
from desktop_app.storage.records import Role, StackEntry


def _titles(conversations):
    return [conversation.title for conversation in conversations]


def _create(chats, title, **options):
    conversation = chats.create(**options)
    chats.rename(conversation.id, title)
    return conversation


def test_a_new_conversation_has_what_it_was_made_with(chats):
    sampler = SamplerSettings(temperature=0.1, seed=3, stop=("END",))
    made = chats.create(None, "Be brief.", sampler)
    assert made == chats.get(made.id)
    assert (made.title, made.titled, made.pinned, made.head_id, made.draft) == ("", False, False, None, "")
    assert (made.system_prompt, made.sampler) == ("Be brief.", sampler)
    assert chats.create().sampler == SamplerSettings()


def test_a_stack_belongs_to_its_conversation(chats):
    stack = (StackEntry("ab" * 32, "pirate", 0.5), StackEntry("cd" * 32, "haiku", is_on=False))
    made, other = chats.create(stack=stack[:1]), chats.create()
    assert (made.stack, other.stack) == (stack[:1], ())
    chats.set_stack(made.id, stack)
    assert (chats.get(made.id).stack, chats.get(other.id).stack) == (stack, ())
    chats.set_stack(made.id, ())
    assert chats.get(made.id).stack == ()


def test_the_list_has_the_pinned_ones_first_and_then_the_latest(chats):
    first, second, third = (_create(chats, title) for title in ("first", "second", "third"))
    assert _titles(chats.list_conversations()) == ["third", "second", "first"]
    chats.add_message(second.id, None, Role.USER, "hello")
    assert _titles(chats.list_conversations()) == ["second", "third", "first"]
    chats.set_pinned(first.id, True)
    assert _titles(chats.list_conversations()) == ["first", "second", "third"]
    chats.set_pinned(first.id, False)
    assert _titles(chats.list_conversations()) == ["second", "third", "first"]
    assert third.id in {conversation.id for conversation in chats.list_conversations()}


def test_changing_a_conversation_does_not_move_it_in_the_list(chats):
    old = _create(chats, "old")
    _create(chats, "new")
    chats.rename(old.id, "old, renamed")
    chats.set_draft(old.id, "half a sentence")
    chats.set_options(old.id, "Be kind.", SamplerSettings(top_k=1))
    assert _titles(chats.list_conversations()) == ["new", "old, renamed"]
    kept = chats.get(old.id)
    assert (kept.titled, kept.draft, kept.system_prompt, kept.sampler.top_k) == (True, "half a sentence", "Be kind.", 1)


def test_the_first_words_as_a_title_may_still_be_replaced(chats):
    conversation = chats.create()
    chats.rename(conversation.id, "What is", titled=False)
    assert not chats.get(conversation.id).titled


def test_a_conversation_comes_back_from_the_trash_as_it_was(chats):
    conversation = _create(chats, "letters")
    message = chats.add_message(conversation.id, None, Role.USER, "hello")
    before = chats.get(conversation.id)
    chats.move_to_trash(conversation.id)
    assert chats.list_conversations() == ()
    assert _titles(chats.trashed()) == ["letters"]
    assert chats.get(conversation.id).deleted_at is not None
    chats.restore(conversation.id)
    assert chats.trashed() == ()
    assert chats.get(conversation.id) == before
    assert chats.path(conversation.id) == (message.id,)


def test_the_trash_shows_the_last_deleted_first(chats):
    first, second = _create(chats, "first"), _create(chats, "second")
    chats.move_to_trash(second.id)
    chats.move_to_trash(first.id)
    assert _titles(chats.trashed()) == ["first", "second"]


def test_deleting_forever_leaves_nothing(database, chats):
    gone, kept = chats.create(), chats.create()
    for conversation in (gone, kept):
        question = chats.add_message(conversation.id, None, Role.USER, "question")
        chats.add_message(conversation.id, question.id, Role.ASSISTANT, "answer")
    chats.delete_forever(gone.id)
    with pytest.raises(UserError, match="no longer exists"):
        chats.get(gone.id)
    assert {row["conversation_id"] for row in database.all("SELECT conversation_id FROM messages")} == {kept.id}
    assert {hit.conversation_id for hit in chats.search("answer")} == {kept.id}


def _where(folder, word):
    """Return the files of a folder in which a word is, however it is written."""
    return [path.name for path in folder.iterdir() if word in path.read_bytes().lower()]


@pytest.mark.parametrize("how", ["by the person", "with the old trash"])
def test_what_was_deleted_forever_is_in_no_file_any_more(tmp_path, chats, clock, how):
    kept, gone = _create(chats, "About cooking"), _create(chats, "Bluebottle")
    chats.add_message(kept.id, None, Role.USER, "an ordinary message")
    chats.add_message(gone.id, None, Role.USER, "The innermost Bluebottle " * 500)
    chats.move_to_trash(gone.id)
    # A copy from before an update has it, too, and one that was not completed.
    for name in ("moatless.db.before-v1.3", "moatless.db.before-v1.4.part"):
        (tmp_path / name).write_text("bluebottle")
        os.utime(tmp_path / name, (clock(), clock()))
    assert _where(tmp_path, b"bluebottle")
    if how == "by the person":
        chats.delete_forever(gone.id)
    else:
        clock.pass_days(TRASH_DAYS)
        chats.empty_old_trash()
    assert _where(tmp_path, b"bluebottle") == []  # while the program runs, not only once it has ended
    assert [hit.conversation_id for hit in chats.search("ordinary")] == [kept.id]


def test_a_copy_from_before_an_update_stays_for_a_month_if_nothing_is_deleted_forever(tmp_path, chats, clock):
    copy = tmp_path / "moatless.db.before-v1.3"
    copy.touch()
    os.utime(copy, (clock(), clock()))
    assert chats.empty_old_trash() == 0
    assert copy.exists()
    clock.pass_days(TRASH_DAYS)
    assert chats.empty_old_trash() == 0
    assert not copy.exists()


def test_a_number_is_never_given_twice(chats):
    first = chats.create()
    message = chats.add_message(first.id, None, Role.USER, "hello")
    chats.delete_forever(first.id)
    second = chats.create()
    assert second.id > first.id
    assert chats.add_message(second.id, None, Role.USER, "hello").id > message.id


def test_the_trash_is_emptied_of_what_is_old(chats, clock):
    old, young, kept = (_create(chats, title) for title in ("old", "young", "kept"))
    chats.move_to_trash(old.id)
    clock.pass_days(TRASH_DAYS - 1)
    chats.move_to_trash(young.id)
    assert chats.empty_old_trash() == 0
    clock.pass_days(2)
    assert chats.empty_old_trash() == 1
    assert _titles(chats.trashed()) == ["young"]
    assert _titles(chats.list_conversations()) == ["kept"]
    assert chats.get(kept.id).deleted_at is None


def test_a_conversation_outlives_its_model(chats, models):
    facts = {"size_bytes": 1, "architecture": "llama", "quant_type": "Q4_1", "n_params": 1, "n_ctx_train": 1}
    model = models.add(name="small", path="/models/small.gguf", source="file", **facts)
    conversation = chats.create()
    chats.set_model(conversation.id, model.id)
    assert chats.get(conversation.id).model_id == model.id
    models.remove(model.id)
    assert chats.get(conversation.id).model_id is None

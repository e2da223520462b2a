"""The model suggests a title after the first answer, and the conversation goes on as if it had not been asked."""

import pytest

from desktop_app.engine.choices import SamplerSettings
from desktop_app.engine.messages import ChatMessage, Generate
from desktop_app.jobs import titles
from desktop_app.jobs.titles import TitleWriter
from desktop_app.storage.records import Role


@pytest.fixture(autouse=True)
def any_model_is_good_enough(monkeypatch):
    monkeypatch.setattr(titles, "MIN_PARAMETERS", 0)


@pytest.fixture
def answer(ask):
    """Stores a conversation and returns its answer: `answer(system_prompt)`."""

    def store(system_prompt):
        def work(repositories):
            chats = repositories.chats
            conversation = chats.create(None, system_prompt, SamplerSettings())
            question = chats.add_message(conversation.id, None, Role.USER, "Where do foxes live?")
            return chats.add_message(conversation.id, question.id, Role.ASSISTANT, "In dens.")

        return ask(work)

    return store


@pytest.mark.parametrize("system", ["", "You are a fox."])
def test_the_question_follows_the_whole_conversation_and_is_no_part_of_it(
    qtbot, store, loaded, sent, ask, answer, system
):
    written = answer(system)
    with qtbot.waitSignal(store.conversations_changed):
        TitleWriter(store, loaded, lambda: True).consider(written)
    (command,) = [command for command in sent if isinstance(command, Generate)]
    conversation = [ChatMessage("system", system)] if system else []
    conversation += [ChatMessage("user", "Where do foxes live?"), ChatMessage("assistant", "In dens.")]
    assert list(command.messages[:-1]) == conversation
    assert command.conversation == 0
    assert ask(lambda r: r.chats.get(written.conversation_id)).titled


def test_a_title_that_the_person_gives_while_the_model_writes_one_stays(qtbot, store, loaded, ask, answer, monkeypatch):
    written = answer("")
    conversation_id = written.conversation_id
    generate, renamed = loaded.generate, []

    def name_it_meanwhile(*arguments):
        store.rename(conversation_id, "My foxes")
        return generate(*arguments)

    monkeypatch.setattr(loaded, "generate", name_it_meanwhile)
    store.conversation_renamed.connect(lambda _conversation, title: renamed.append(title))
    with qtbot.waitSignals([store.conversations_changed] * 2):
        TitleWriter(store, loaded, lambda: True).consider(written)
    assert renamed == ["My foxes"] == [ask(lambda r: r.chats.get(conversation_id)).title]


@pytest.mark.parametrize("why", ["not wanted", "it has a title", "it has gone on"])
def test_no_title_is_asked_for_when(qtbot, store, loaded, sent, ask, answer, why):
    written = answer("")
    if why == "it has a title":
        ask(lambda r: r.chats.rename(written.conversation_id, "Foxes"))
    if why == "it has gone on":
        ask(lambda r: r.chats.add_message(written.conversation_id, written.id, Role.USER, "And owls?"))
    TitleWriter(store, loaded, lambda: why != "not wanted").consider(written)
    ask(lambda r: None)
    assert not sent

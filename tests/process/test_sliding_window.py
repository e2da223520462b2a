"""A model that sees some of the text through a sliding window alone: what it has left behind cannot be gone back to."""

from dataclasses import replace

import pytest

from desktop_app.engine.choices import LoadSettings, SamplerSettings
from desktop_app.engine.client import EngineClient
from desktop_app.engine.messages import ChatMessage, Load, Loaded
from tests.process.steps import answer

GREEDY = SamplerSettings(temperature=0, repeat_penalty=1, max_tokens=60)  # several windows long
QUESTIONS = [
    (ChatMessage("user", f"{number} when does the ferry leave and who sells bread to those who wait"),)
    for number in range(6)
]
OTHER = (ChatMessage("user", "something else entirely"),)


@pytest.fixture(scope="module")
def sliding(trained):
    with EngineClient() as client:
        settings = LoadSettings(n_ctx=1024, n_threads=1, speculate=False)
        client.ask(Load(client.next_request(), str(trained.tiny("gemma3")), settings), Loaded)
        yield client


def test_an_answer_asked_for_again_is_the_same(sliding):
    for number, question in enumerate(QUESTIONS, 1):
        first, _ = answer(sliding, question, GREEDY, conversation=number)
        again, _ = answer(sliding, question, GREEDY, conversation=number)
        assert again == first


def test_an_answer_asked_for_again_after_a_look_at_another_chat_is_the_same(sliding):
    for number, question in enumerate(QUESTIONS, 11):
        first, _ = answer(sliding, question, GREEDY, conversation=number)
        answer(sliding, OTHER, GREEDY, conversation=10)
        again, _ = answer(sliding, question, GREEDY, conversation=number)
        assert again == first


def test_a_question_that_another_chat_has_asked_is_answered_as_there(sliding):
    for number, question in enumerate(QUESTIONS, 21):
        first, _ = answer(sliding, question, GREEDY, conversation=number)
        elsewhere, _ = answer(sliding, question, GREEDY, conversation=number + 10)
        assert elsewhere == first


def test_the_next_message_does_not_read_the_one_before_again(sliding):
    short = replace(GREEDY, max_tokens=4)
    text, facts = answer(sliding, OTHER, short, conversation=41)
    follows = (*OTHER, ChatMessage("assistant", text), ChatMessage("user", "and then"))
    _, next_facts = answer(sliding, follows, short, conversation=41)
    assert next_facts.reused_tokens >= facts.prompt_tokens

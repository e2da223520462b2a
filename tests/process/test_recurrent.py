"""A recurrent model with the real engine: its state can be neither shared from its middle nor cut back."""

import pytest

from desktop_app.engine.choices import LoadSettings, SamplerSettings
from desktop_app.engine.client import EngineClient
from desktop_app.engine.messages import (
    ChatMessage,
    Forget,
    Forgotten,
    Generate,
    Load,
    Loaded,
    StateFolder,
)
from tests.process.steps import collected
from tests.support.gguf_files import mamba_model

QUESTION = (ChatMessage("user", "abc " * 30),)


@pytest.fixture
def load(tmp_path):
    """Start an engine with the model; all of them keep states in the same folder."""
    model = mamba_model().write(tmp_path / "mamba.gguf")
    folder = tmp_path / "kv"
    folder.mkdir()
    clients = []

    def start():
        client = EngineClient()
        clients.append(client)
        load = Load(
            client.next_request(), str(model), LoadSettings(n_ctx=512), "a" * 64, StateFolder(str(folder), 10**8)
        )
        client.ask(load, Loaded)
        return client

    yield start
    for client in clients:
        client.close()


def answers(client, *commands):
    ended = collected(client.events(*commands))
    return [list(each) for each in zip(*(ended[command.request] for command in commands), strict=True)]


def ask(client, messages, conversation=1, max_tokens=8):
    sampler = SamplerSettings(seed=1, max_tokens=max_tokens)
    return Generate(client.next_request(), messages, sampler, conversation=conversation)


def test_answers_asked_for_at_once_come_one_after_another(load):
    client = load()
    _, facts = answers(client, *(ask(client, QUESTION, conversation) for conversation in (1, 2, 3)))
    assert all(one.answer_tokens > 0 for one in facts)
    assert len({one.answer_tokens for one in facts}) == 1  # the same seed, and nothing left of the one before


def test_a_prompt_that_goes_back_is_read_from_its_start(load):
    client = load()
    first, _ = answers(client, ask(client, QUESTION))
    again, facts = answers(client, ask(client, QUESTION))
    assert facts[0].reused_tokens == 0
    assert again == first


def test_it_goes_on_after_a_restart_as_it_would_have_without(load):
    begun = (*QUESTION, ChatMessage("assistant", "and so"))

    def go_on(client):
        command = Generate(
            client.next_request(), begun, SamplerSettings(seed=1, max_tokens=8), continue_last=True, conversation=1
        )
        return answers(client, command)

    first = load()
    _, facts = answers(first, ask(first, QUESTION, max_tokens=1))
    first.close()
    with_state, restored = go_on(load())
    fresh = load()
    fresh.ask(Forget(fresh.next_request(), 1), Forgotten)
    without_state, read = go_on(fresh)
    assert read[0].reused_tokens == 0
    assert restored[0].reused_tokens == facts[0].prompt_tokens
    assert with_state == without_state

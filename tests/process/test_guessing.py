"""Guessing ahead with the real engine: the same words, in fewer steps; and models that cannot be loaded as wanted.

llama.cpp computes one token and several tokens in different ways, which round differently. With flash attention and one
thread they are the same to the last bit, and so must be the answers.
"""

import json
import subprocess
import sys

import psutil
import pytest

from desktop_app.engine.choices import LoadSettings, SamplerSettings
from desktop_app.engine.client import EngineClient
from desktop_app.engine.messages import ChatMessage, Load, Loaded
from desktop_app.errors import UserError
from tests.process.steps import answer
from tests.support.gguf_files import llama_model

TEXT = (
    "The ferry to the island leaves at seven. Nobody hurries, because it is always late, and the captain drinks his "
    "coffee with the baker, who reads him the paper. When the whistle blows, dogs bark and children run. "
)
QUOTE = (ChatMessage("user", "Repeat this text word for word, without a change:\n\n" + TEXT),)
GREEDY = SamplerSettings(temperature=0, repeat_penalty=1, max_tokens=70)
ENOUGH_GUESSES, MOST_ANSWERS = 40, 12
SHORT = SamplerSettings(temperature=0, repeat_penalty=1, max_tokens=24)
SAMPLED = SamplerSettings(temperature=0.8, seed=11, max_tokens=70)


@pytest.fixture(scope="module")
def plain(starter_model):
    with EngineClient() as client:
        yield loaded(client, starter_model, speculate=False)


@pytest.fixture(scope="module")
def guessing(starter_model):
    with EngineClient() as client:
        yield loaded(client, starter_model)


def loaded(client, model, **settings):
    settings = LoadSettings(n_ctx=1024, n_threads=1, flash_attention="on", **settings)
    client.ask(Load(client.next_request(), str(model), settings), Loaded)
    return client


@pytest.mark.parametrize("sampler", [GREEDY, SAMPLED], ids=["greedy", "sampled"])
def test_the_answer_is_the_same_with_and_without_guessing(plain, guessing, sampler):
    expected, without = answer(plain, QUOTE, sampler)
    found, facts = answer(guessing, QUOTE, sampler)
    assert found == expected
    assert facts.answer_tokens == without.answer_tokens
    assert without.drafted_tokens == 0


def test_a_text_that_is_quoted_is_guessed_right(guessing):
    """How often it guesses goes by the clock, so only that of what is guessed most is right can be held to here."""
    drafted = accepted = 0
    for _ in range(MOST_ANSWERS):
        facts = answer(guessing, QUOTE, GREEDY)[1]
        drafted += facts.drafted_tokens
        accepted += facts.accepted_tokens
        if drafted >= ENOUGH_GUESSES:
            break
    assert drafted >= ENOUGH_GUESSES
    assert drafted * 2 / 3 < accepted <= drafted


def test_an_answer_ends_where_it_must_although_more_was_guessed_right(plain, guessing):
    for length in (1, 2, 5, 9):
        sampler = SamplerSettings(temperature=0, repeat_penalty=1, max_tokens=length)
        found, facts = answer(guessing, QUOTE, sampler)
        assert facts.answer_tokens == length
        assert found == answer(plain, QUOTE, sampler)[0]
    stopping = SamplerSettings(temperature=0, repeat_penalty=1, max_tokens=70, stop=("late",))
    assert answer(guessing, QUOTE, stopping)[0] == answer(plain, QUOTE, stopping)[0]


def test_what_was_guessed_wrong_is_not_in_the_cache_of_the_next_turn(plain, guessing):
    turns = []
    for client in (plain, guessing):
        text, _ = answer(client, QUOTE, GREEDY)
        turns.append(answer(client, (*QUOTE, ChatMessage("assistant", text), ChatMessage("user", "Again?")), GREEDY))
    assert turns[0][0] == turns[1][0]
    assert turns[1][1].reused_tokens > 80


def test_the_answer_is_the_same_when_another_model_guesses(starter_model, plain):
    question = (ChatMessage("user", "What is the sea?"),)
    with EngineClient() as client:
        loaded(client, starter_model, draft_path=str(starter_model))
        expected, _ = answer(plain, question, SHORT)
        for _ in range(2):
            assert answer(client, question, SHORT)[0] == expected


# Native code stays out of the tests' process. Prints what the draft model guesses after the beginning of a text that it
# knows, after more of it, and after another text.
_DRAFT = """
import json, sys
from pathlib import Path
from desktop_app.engine.llama import native
from desktop_app.engine.llama.context import ContextSettings
from desktop_app.engine.llama.draft_model import LlamaDraft
from desktop_app.engine.llama.model import LlamaModel

native.start()
model = LlamaModel(sys.argv[1], 0, lambda _: True)
draft = LlamaDraft(Path(sys.argv[1]), model.n_vocab, ContextSettings(512), lambda: 1)
small = LlamaDraft(Path(sys.argv[1]), 100, ContextSettings(512), lambda: 1)
count = model.tokenize("one two three four five six seven " * 12 + "one two", False)
other = model.tokenize("six seven one two three four five " * 12 + "six seven", False)
def text(tokens): return b"".join(model.piece(token) for token in tokens).decode()
json.dump([
    text(draft.draft(count, 2)), text(draft.draft([*count, *model.tokenize(" three", False)], 2)),
    text(draft.draft(other, 2)), text(small.draft(count, 2)),
], sys.stdout)
"""


def test_a_draft_model_goes_on_from_whatever_text_it_is_given(starter_model):
    command = [sys.executable, "-c", _DRAFT, str(starter_model)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr[-2000:]
    assert json.loads(result.stdout) == [" three four", " four five", " one two", ""]


def test_a_draft_model_with_another_vocabulary_is_refused_and_the_model_before_stays(starter_model, tmp_path):
    other = llama_model().write(tmp_path / "other.gguf")
    with EngineClient() as client:
        loaded(client, starter_model)
        with pytest.raises(UserError, match="different vocabularies"):
            loaded(client, starter_model, draft_path=str(other))
        assert answer(client, QUOTE, SHORT)[0]


@pytest.mark.skipif(not hasattr(psutil.Process, "rlimit"), reason="limits of a process's memory are Linux's")
def test_where_memory_is_missing_after_all_the_model_before_is_back(starter_model):
    with EngineClient() as client:
        loaded(client, starter_model)
        process = psutil.Process(client.process_id)
        limit = process.memory_info().vms + 400_000_000
        process.rlimit(psutil.RLIMIT_AS, (limit, limit))
        with pytest.raises(UserError, match="memory"):
            client.ask(Load(client.next_request(), str(starter_model), LoadSettings(n_ctx=65_536)), Loaded)
        assert answer(client, QUOTE, SHORT)[0]

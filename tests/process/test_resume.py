"""A conversation goes on where it was: its KV state outlives the engine, and a wrong one is never used."""

import hashlib
import json
import shutil
import subprocess
import sys
from functools import cache

import pytest

from desktop_app.engine.choices import LoadSettings, SamplerSettings
from desktop_app.engine.client import EngineClient
from desktop_app.engine.messages import (
    ChatMessage,
    Forget,
    Forgotten,
    Load,
    Loaded,
    StateFolder,
    Unload,
    Unloaded,
)
from tests.process.steps import answer

SETTINGS = LoadSettings(n_ctx=1024, n_threads=1)
GREEDY = SamplerSettings(temperature=0, repeat_penalty=1, max_tokens=12)
FIRST = (ChatMessage("user", "Remember these: " + "the fox, the hill, the river. " * 4),)
READ = 65  # tokens of that, at least
NEXT = ChatMessage("user", "Which animal was it?")


class Session:
    """An engine with a model, and one conversation after another."""

    def __init__(self, model, folder, settings=SETTINGS, sha256="a" * 64):
        self.engine = EngineClient()
        states = StateFolder(str(folder), 10**9)
        self.engine.ask(Load(self.engine.next_request(), str(model), settings, sha256, states), Loaded)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.engine.close()

    def answer(self, messages, conversation):
        return answer(self.engine, messages, GREEDY, conversation=conversation)

    def forget(self, conversation):
        self.engine.ask(Forget(self.engine.next_request(), conversation), Forgotten)


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "kv"
    folder.mkdir()
    return folder


def begin(model, folder):
    """Have a conversation's first message answered and end the engine; return the conversation so far."""
    with Session(model, folder) as session:
        text, _ = session.answer(FIRST, 7)
    return (*FIRST, ChatMessage("assistant", text), NEXT)


@pytest.fixture(scope="module")
def kept(starter_model, tmp_path_factory):
    """A conversation that was begun, and the folder that has its state."""
    folder = tmp_path_factory.mktemp("kept")
    return begin(starter_model, folder), folder


@pytest.fixture
def begun(kept, folder):
    """That conversation, with its state in the folder of the test."""
    shutil.copytree(kept[1], folder, dirs_exist_ok=True)
    return kept[0]


@pytest.fixture(scope="module")
def unread(starter_model, kept, tmp_path_factory):
    """Return what an engine goes on with in that conversation that has read nothing before."""

    @cache
    def answered(settings=SETTINGS):
        with Session(starter_model, tmp_path_factory.mktemp("unread"), settings) as session:
            return session.answer(kept[0], 7)[0]

    return answered


def files(folder):
    return [path for path in folder.iterdir() if path.is_file()]


def test_after_a_restart_only_the_new_message_is_read(starter_model, folder, begun):
    with Session(starter_model, folder) as session:
        _, facts = session.answer(begun, 7)
    assert facts.reused_tokens > READ
    assert facts.prompt_tokens - facts.reused_tokens < 40


def test_after_a_restart_the_answer_is_the_one_it_would_have_been(starter_model, folder, begun):
    with Session(starter_model, folder) as session:
        restored, _ = session.answer(begun, 7)
    with Session(starter_model, folder.parent) as session:
        session.answer(FIRST, 7)
        continued, _ = session.answer(begun, 7)
    assert restored == continued


def test_each_conversation_comes_back_with_its_own_state(starter_model, folder):
    other = (ChatMessage("user", "Count slowly: " + "one, two, three, four. " * 6),)
    with Session(starter_model, folder) as session:
        text, _ = session.answer(FIRST, 1)
        session.answer(other, 2)
        _, back = session.answer((*FIRST, ChatMessage("assistant", text), NEXT), 1)
        _, there = session.answer((*other, ChatMessage("assistant", "Five."), NEXT), 2)
    assert back.reused_tokens > READ
    assert there.reused_tokens > READ


def test_conversations_that_are_too_long_for_one_context_come_back_in_turns(starter_model, folder):
    fox = (ChatMessage("user", "Remember these: " + "the fox, the hill, the river. " * 13),)
    boat = (ChatMessage("user", "Remember these: " + "the boat, the wind, the harbour. " * 13),)
    reused = []
    with Session(starter_model, folder, LoadSettings(n_ctx=256, n_threads=1)) as session:
        for _ in range(3):
            for conversation, messages in enumerate((fox, boat), 1):
                _, facts = session.answer(messages, conversation)
                assert facts.prompt_tokens > 128
                reused.append(facts.reused_tokens)
    assert min(reused[2:]) > 128


def test_another_request_between_two_turns_costs_the_conversation_nothing(starter_model, folder):
    with Session(starter_model, folder) as session:
        text, _ = session.answer(FIRST, 1)
        messages = (*FIRST, ChatMessage("assistant", text))
        _, title = session.answer((*messages, ChatMessage("user", "Give this a title.")), 0)
        _, facts = session.answer((*messages, NEXT), 1)
    assert title.reused_tokens > READ
    assert facts.reused_tokens > READ


def test_a_state_survives_the_change_to_another_model_and_back(starter_model, folder):
    with Session(starter_model, folder) as session:
        text, _ = session.answer(FIRST, 1)
        session.engine.ask(Unload(session.engine.next_request()), Unloaded)
        states = StateFolder(str(folder), 10**9)
        settings = LoadSettings(n_ctx=1024, n_threads=1)
        session.engine.ask(Load(session.engine.next_request(), str(starter_model), settings, "a" * 64, states), Loaded)
        _, facts = session.answer((*FIRST, ChatMessage("assistant", text), NEXT), 1)
    assert facts.reused_tokens > READ


def test_a_forgotten_conversation_leaves_nothing_behind(starter_model, folder, begun):
    assert files(folder)
    with Session(starter_model, folder) as session:
        session.forget(7)
        assert not files(folder)
        _, facts = session.answer(begun, 7)
        assert facts.reused_tokens == 0
        session.forget(7)
    assert not files(folder)


def test_a_model_whose_hash_is_not_known_leaves_no_state_on_disk(starter_model, folder):
    with Session(starter_model, folder, sha256="") as session:
        session.answer(FIRST, 7)
    assert not files(folder)


def _cut(path):
    path.write_bytes(path.read_bytes()[:-1000])


def _flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [_cut, _flip], ids=["truncated", "one bit"])
def test_a_damaged_state_is_not_used_and_removed(starter_model, folder, begun, unread, damage):
    [path] = files(folder)
    damage(path)
    before = hashlib.sha256(path.read_bytes()).digest()
    with Session(starter_model, folder) as session:
        text, facts = session.answer(begun, 7)
    assert facts.reused_tokens == 0
    assert all(hashlib.sha256(path.read_bytes()).digest() != before for path in files(folder))
    assert text == unread()


@pytest.mark.parametrize(
    ("settings", "sha256"),
    [
        (LoadSettings(n_ctx=1024, n_threads=1), "b" * 64),
        (LoadSettings(n_ctx=1024, n_threads=1, kv_type="q8_0"), "a" * 64),
        (LoadSettings(n_ctx=1024, n_threads=1, flash_attention="on"), "a" * 64),
    ],
    ids=["another model", "another KV precision", "another attention"],
)
def test_the_state_of_a_model_loaded_otherwise_is_not_used(starter_model, folder, begun, unread, settings, sha256):
    with Session(starter_model, folder, settings, sha256) as session:
        text, facts = session.answer(begun, 7)
    assert facts.reused_tokens == 0
    assert text == unread(settings)


def test_a_replaced_model_file_does_not_get_the_state_of_the_one_before(starter_model, folder, tmp_path):
    model = tmp_path / "model.gguf"
    model.write_bytes(starter_model.read_bytes())
    messages = begin(model, folder)
    content = bytearray(model.read_bytes())
    content[-5000] ^= 1  # the same size, the same hash in the library
    model.write_bytes(content)
    with Session(model, folder) as session:
        _, facts = session.answer(messages, 7)
    assert facts.reused_tokens == 0


def test_a_longer_context_takes_the_state_of_a_shorter_one(starter_model, folder, begun):
    with Session(starter_model, folder, LoadSettings(n_ctx=2048, n_threads=1)) as session:
        _, facts = session.answer(begun, 7)
    assert facts.reused_tokens > READ


# Native code stays out of the tests' process. Prints the largest difference between the logits after each of the ways
# to have the same tokens in the cache, and those of a context that has only ever seen these.
_LOGITS = """
import json, sys
import numpy as np
import llama_cpp.llama_cpp as api
from desktop_app.engine.llama import native
from desktop_app.engine.llama.context import ContextSettings, LlamaContext, Row
from desktop_app.engine.llama.model import LlamaModel

native.start()
model = LlamaModel(sys.argv[1], 0, lambda _: True)
text = model.tokenize("The fox went over the hill and looked at the river. " * 20, False)
prompt, other = text[:150], text[30:130]

def context():
    return LlamaContext(model, ContextSettings(512, 4, 512, "f16", False), lambda: 1)

def decode(context, sequence, tokens):
    rows = [Row(sequence, token, index == len(tokens) - 1) for index, token in enumerate(tokens)]
    context.decode(rows, bool)

def logits(context, sequence):
    decode(context, sequence, [prompt[-1]])
    pointer = api.llama_get_logits_ith(context.handle, 0)
    return np.ctypeslib.as_array(pointer, shape=(model.n_vocab,)).copy()

fresh = context()
decode(fresh, fresh.sequences[0], prompt[:-1])
expected = logits(fresh, fresh.sequences[0])

used = context()
first, second, third, _ = used.sequences
decode(used, first, prompt[:-1])
state = used.save(first)
found = {}
used.copy_prefix(first, second, len(prompt) - 1)
found["copied"] = logits(used, second)
used.clear(second)
used.clear(first)
decode(used, first, other)
used.keep_prefix(first, prompt)
assert used.restore(third, prompt[:-1], state)
found["restored beside another"] = logits(used, third)
used.cut(third, 100)
decode(used, third, other)
used.keep_prefix(third, prompt)
decode(used, third, prompt[len(third.tokens):-1])
found["cut back and read again"] = logits(used, third)
json.dump({name: float(np.abs(one - expected).max()) for name, one in found.items()}, sys.stdout)
"""


def test_however_the_tokens_came_into_the_cache_the_logits_are_those_of_a_fresh_context(starter_model):
    command = [sys.executable, "-c", _LOGITS, str(starter_model)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr[-2000:]
    differences = json.loads(result.stdout)
    assert differences["copied"] == 0
    assert differences["restored beside another"] == 0
    # Read in other portions, the same numbers are added up in another order.
    assert differences["cut back and read again"] < 1.5

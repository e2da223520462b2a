"""The engine against the server: how fast a prompt is read and an answer written, and how soon a second answer begins.

Both get the same model, threads and context length, both choose the likeliest token, and they are measured in turns.
"""

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager

from desktop_app.engine.choices import LoadSettings
from desktop_app.engine.client import EngineClient
from desktop_app.engine.messages import (
    AnswerFacts,
    ChatMessage,
    Finished,
    Generate,
    Load,
    Loaded,
    Piece,
)
from desktop_app.library.hardware import physical_cores
from desktop_app.library.starter import starter_path
from tests.bench.peers import NAME, Server
from tests.bench.rows import measures
from tests.bench.sampling import greedy
from tests.bench.table import Goal, Row, interleave

N_CTX = 4096
PREFILL_WORDS = 950  # about 1,000 tokens
DEPTH_WORDS = 450  # about 512 tokens
DECODE_TOKENS = 128
HISTORY_WORDS = 820  # with the first answer, about 1,000 tokens
FIRST_ANSWER_TOKENS = 100

_SENTENCE = "The ferry to the island leaves at seven and the baker on the quay sells bread to those who wait"


def filler(words: int) -> str:
    return " ".join(itertools.islice(itertools.cycle(_SENTENCE.split()), words))


class Ours:
    """The engine as the window uses it, behind the words of this file."""

    def __init__(self, client: EngineClient) -> None:
        self._client = client

    def answer(self, messages: list[dict[str, str]], max_tokens: int) -> tuple[str, float, AnswerFacts]:
        """Return text, seconds to the first piece of it, and the engine's facts."""
        turns = tuple(ChatMessage(message["role"], message["content"]) for message in messages)
        started = time.perf_counter()
        first: float | None = None
        text = ""
        for event in self._client.events(Generate(self._client.next_request(), turns, greedy(max_tokens))):
            if isinstance(event, Piece) and event.text:
                first = first or time.perf_counter() - started
                text += event.text
            if isinstance(event, Finished):
                assert first is not None
                return text, first, event.facts
        raise AssertionError("no closing event")


@contextmanager
def both() -> Iterator[tuple[Ours, Server]]:
    """Start the engine and the server with the starter model; the one that is not asked sits idle."""
    model, n_threads = starter_path(), physical_cores()
    with EngineClient() as client, Server(model, N_CTX, n_threads) as server:
        client.ask(Load(client.next_request(), str(model), LoadSettings(n_ctx=N_CTX, n_threads=n_threads)), Loaded)
        yield Ours(client), server


@measures("prefill")
def prefill() -> Iterator[Row]:
    """Read a prompt of which nothing is in the cache."""
    lengths = []

    def prompt(run: int) -> list[dict[str, str]]:
        # The number comes first, so that next to nothing of the run before can be used again.
        return [{"role": "system", "content": f"{run}."}, {"role": "user", "content": filler(PREFILL_WORDS)}]

    with both() as (engine, server):

        def ours(run: int) -> float:
            _, _, facts = engine.answer(prompt(run), 1)
            lengths.append(facts.prompt_tokens)
            return (facts.prompt_tokens - facts.reused_tokens) / facts.prefill_s

        def peer(run: int) -> float:
            tokens = server.prompt_tokens(prompt(run))
            timings = server.complete(tokens, 1, cache_prompt=False)
            assert timings["prompt_n"] == len(tokens)
            return float(timings["prompt_n"] / timings["prompt_ms"] * 1000)

        figures = interleave(ours, peer)
    what = f"Prefill, {lengths[-1]:,} tokens"
    yield Row(what, "tokens/s", figures[0], Goal("at least", 0.97), NAME, figures[1])


@measures("decode")
def decode() -> Iterator[Row]:
    """Write an answer behind a prompt that is in the cache. Of n tokens, the first comes out of the prefill."""
    messages = [{"role": "user", "content": f"{filler(DEPTH_WORDS)}. Tell a long story about this island."}]
    seen: list[AnswerFacts] = []

    with both() as (engine, server):
        tokens = server.prompt_tokens(messages)

        def ours(_run: int) -> float:
            _, _, facts = engine.answer(messages, DECODE_TOKENS)
            seen.append(facts)
            return (facts.answer_tokens - 1) / facts.decode_s

        def peer(_run: int) -> float:
            length = seen[-1].answer_tokens if seen else DECODE_TOKENS
            timings = server.complete(tokens, length, cache_prompt=True)
            assert timings["predicted_n"] == length
            return float((length - 1) / timings["predicted_ms"] * 1000)

        figures = interleave(ours, peer)
    what = f"Decode, {seen[-1].answer_tokens} tokens at a depth of {seen[-1].prompt_tokens}"
    yield Row(what, "tokens/s", figures[0], Goal("at least", 0.97), NAME, figures[1])


@measures("turn2")
def second_turn() -> Iterator[Row]:
    """Time to the first piece of a second answer, from sending the message to having the text, as a client sees it."""
    opening = [
        {"role": "system", "content": "You are a patient guide."},
        {"role": "user", "content": f"{filler(HISTORY_WORDS)}. What do you make of this?"},
    ]
    new_tokens = {}

    def with_answer(text: str, run: int) -> list[dict[str, str]]:
        # The number comes first, so that the whole question is new in each run.
        question = f"Day {run}: thank you. And what should I see first if it rains the whole morning?"
        return [*opening, {"role": "assistant", "content": text}, {"role": "user", "content": question}]

    with both() as (engine, server):
        our_text, _, first_facts = engine.answer(opening, FIRST_ANSWER_TOKENS)
        peer_text, _, _ = server.chat(opening, FIRST_ANSWER_TOKENS)
        history = first_facts.prompt_tokens + first_facts.answer_tokens

        def ours(run: int) -> float:
            _, first_s, facts = engine.answer(with_answer(our_text, run), 2)
            new_tokens["ours"] = facts.prompt_tokens - facts.reused_tokens
            return first_s * 1000

        def peer(run: int) -> float:
            _, first_s, timings = server.chat(with_answer(peer_text, run), 2)
            new_tokens["server's"] = timings["prompt_n"]
            return first_s * 1000

        figures = interleave(ours, peer)
    what = f"Second answer begins, after a history of {history:,} tokens"
    notes = "new tokens: " + ", ".join(f"{whose} {count}" for whose, count in new_tokens.items())
    yield Row(what, "ms", figures[0], Goal("at most", 1.1), NAME, figures[1], notes)

"""The engine against its peers: how fast a prompt is read and an answer written, and how soon a second answer begins.

All get the same model, threads and context length, all choose the likeliest token, and they are measured in turns.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from desktop_app.engine.choices import LoadSettings
from desktop_app.engine.messages import AnswerFacts
from desktop_app.library.hardware import physical_cores
from desktop_app.library.starter import starter_path
from tests.bench import high_level, peers
from tests.bench.high_level import HighLevel
from tests.bench.ours import Engine
from tests.bench.peers import Server
from tests.bench.prompts import STORY, Messages, filler, question
from tests.bench.rows import measures
from tests.bench.table import Goal, Row, interleave

N_CTX = 4096
PREFILL_WORDS = 950  # about 1,000 tokens
DEPTH_WORDS = 450  # about 512 tokens
DECODE_TOKENS = 128
HISTORY_WORDS = 820  # with the first answer, about 1,000 tokens
FIRST_ANSWER_TOKENS = 100


@contextmanager
def ours_and_server() -> Iterator[tuple[Engine, Server]]:
    """Start the engine and the server with the starter model; the one that is not asked sits idle."""
    n_threads = physical_cores()
    settings = LoadSettings(n_ctx=N_CTX, n_threads=n_threads, speculate=False)
    with Engine(settings) as engine, Server(starter_path(), N_CTX, n_threads) as server:
        yield engine, server


@measures("prefill")
def prefill() -> Iterator[Row]:
    """Read a prompt of which nothing is in the cache."""
    lengths = []

    def prompt(run: int) -> Messages:
        # The number comes first, so that next to nothing of the run before can be used again.
        return [{"role": "system", "content": f"{run}."}, *question(filler(PREFILL_WORDS))]

    with ours_and_server() as (engine, server), HighLevel(starter_path(), N_CTX, physical_cores()) as library:

        def ours(run: int) -> float:
            facts = engine.answer(prompt(run), 1).facts
            lengths.append(facts.prompt_tokens)
            return (facts.prompt_tokens - facts.reused_tokens) / facts.prefill_s

        def servers(run: int) -> float:
            tokens = server.prompt_tokens(prompt(run))
            timings = server.complete(tokens, 1, cache_prompt=False)
            assert timings["prompt_n"] == len(tokens)
            return float(timings["prompt_n"] / timings["prompt_ms"] * 1000)

        def librarys(run: int) -> float:
            return lengths[-1] / library.chat(prompt(run), 1).first_s

        figures = interleave(ours, servers, librarys)
    what = f"Prefill, {lengths[-1]:,} tokens"
    yield Row(what, "tokens/s", figures[0], Goal("at least", 0.97), peers.NAME, figures[1])
    yield Row(what, "tokens/s", figures[0], Goal("at least", 0.97), high_level.NAME, figures[2])


@measures("decode")
def decode() -> Iterator[Row]:
    """Write an answer behind a prompt that is in the cache. Of n tokens, the first comes out of the prefill."""
    messages = question(f"{filler(DEPTH_WORDS)}. {STORY}")
    seen: list[AnswerFacts] = []

    with ours_and_server() as (engine, server), HighLevel(starter_path(), N_CTX, physical_cores()) as library:
        tokens = server.prompt_tokens(messages)

        def ours(_run: int) -> float:
            answer = engine.answer(messages, DECODE_TOKENS, conversation=1)
            seen.append(answer.facts)
            return answer.tokens_per_s

        def servers(_run: int) -> float:
            length = seen[-1].answer_tokens if seen else DECODE_TOKENS
            timings = server.complete(tokens, length, cache_prompt=True)
            assert timings["predicted_n"] == length
            return float((length - 1) / timings["predicted_ms"] * 1000)

        def librarys(_run: int) -> float:
            timings = library.chat(messages, DECODE_TOKENS)
            return (timings.pieces - 1) / timings.rest_s

        figures = interleave(ours, servers, librarys)
    what = f"Decode, {seen[-1].answer_tokens} tokens at a depth of {seen[-1].prompt_tokens}"
    yield Row(what, "tokens/s", figures[0], Goal("at least", 0.97), peers.NAME, figures[1])
    yield Row(what, "tokens/s", figures[0], Goal("at least", 0.97), high_level.NAME, figures[2])


@measures("turn2")
def second_turn() -> Iterator[Row]:
    """Time to the first piece of a second answer, from sending the message to having the text, as a client sees it."""
    opening = [
        {"role": "system", "content": "You are a patient guide."},
        *question(f"{filler(HISTORY_WORDS)}. What do you make of this?"),
    ]
    new_tokens = {}

    def with_answer(text: str, run: int) -> Messages:
        # The number comes first, so that the whole question is new in each run.
        words = f"Day {run}: thank you. And what should I see first if it rains the whole morning?"
        return [*opening, {"role": "assistant", "content": text}, *question(words)]

    with ours_and_server() as (engine, server):
        first = engine.answer(opening, FIRST_ANSWER_TOKENS, conversation=1)
        peer_text, _, _ = server.chat(opening, FIRST_ANSWER_TOKENS)
        history = first.facts.prompt_tokens + first.facts.answer_tokens

        def ours(run: int) -> float:
            answer = engine.answer(with_answer(first.text, run), 2, conversation=1)
            new_tokens["ours"] = answer.facts.prompt_tokens - answer.facts.reused_tokens
            return answer.first_s * 1000

        def servers(run: int) -> float:
            _, first_s, timings = server.chat(with_answer(peer_text, run), 2)
            new_tokens["server's"] = timings["prompt_n"]
            return first_s * 1000

        figures = interleave(ours, servers)
    what = f"Second answer begins, after a history of {history:,} tokens"
    notes = "new tokens: " + ", ".join(f"{whose} {count}" for whose, count in new_tokens.items())
    yield Row(what, "ms", figures[0], Goal("at most", 1.1), peers.NAME, figures[1], notes)

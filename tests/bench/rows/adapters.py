"""Adapters of rank 16 that change all seven matrices of each layer: what they cost, and what changing them costs.

The engine puts several into one before they act. Its peers, llama.cpp's server and llama.cpp's plain calls, apply the
same files one by one; of the two, the plain calls are the harder ones to beat, because nothing is around them.
"""

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from desktop_app.adapters.effect import probe_text
from desktop_app.engine.choices import LoadSettings
from desktop_app.engine.messages import AdapterScale, AnswerFacts, Stack
from desktop_app.library.hardware import physical_cores
from desktop_app.library.starter import starter_path
from tests.bench import peers, plain
from tests.bench.ours import Engine
from tests.bench.peers import Server
from tests.bench.plain import Plain
from tests.bench.prompts import STORY, filler, question
from tests.bench.rows import measures
from tests.bench.table import Goal, Row, interleave
from tests.support.native_stack import difference_from_native
from tests.support.random_adapters import random_adapter

N_CTX = 4096
RANK, MOST = 16, 4
COUNTS = (0, 1, 2, MOST)
SIZE = 0.05  # of what is added to numbers of about 1: the text stays a text
DEPTH_WORDS = 450  # about 512 tokens
HISTORY_WORDS = 900  # about 1,000 tokens
DECODE_TOKENS = 96
RUNS = 5
GOALS = {MOST: 1.25}  # times the peer's speed
CHANGE_MS = 50


@contextmanager
def adapters() -> Iterator[list[Path]]:
    """Write the adapters."""
    with tempfile.TemporaryDirectory() as folder:
        yield [
            random_adapter(Path(folder, f"{number}.gguf"), starter_path(), RANK, number, size=SIZE)
            for number in range(MOST)
        ]


def stacked(paths: Sequence[Path], *scales: float) -> Stack:
    return tuple(AdapterScale(str(path), scale) for path, scale in zip(paths, scales or [1.0] * MOST, strict=False))


def settings() -> LoadSettings:
    return LoadSettings(n_ctx=N_CTX, n_threads=physical_cores(), speculate=False)


def in_ms(seconds: float) -> float:
    return seconds * 1000


@measures("adapters")
def decode() -> Iterator[Row]:
    """Write an answer behind a prompt that is in the cache, with none, one, two and four adapters."""
    with adapters() as paths:
        for count in COUNTS:
            yield from compare_decode(paths[:count])


def compare_decode(paths: Sequence[Path]) -> Iterator[Row]:
    messages = question(f"{filler(DEPTH_WORDS)}. {STORY}")
    stack = stacked(paths)
    scaled = [(Path(each.path), each.scale) for each in stack]
    seen: list[AnswerFacts] = []

    with (
        Engine(settings()) as engine,
        Server(starter_path(), N_CTX, physical_cores(), adapters=scaled) as server,
        Plain(starter_path(), N_CTX, physical_cores(), scaled) as calls,
    ):
        tokens = server.prompt_tokens(messages)

        def ours(_run: int) -> float:
            answer = engine.answer(messages, DECODE_TOKENS, conversation=1, stack=stack)
            seen.append(answer.facts)
            return answer.tokens_per_s

        def length() -> int:
            return seen[-1].answer_tokens if seen else DECODE_TOKENS

        def servers(_run: int) -> float:
            timings = server.complete(tokens, length(), cache_prompt=True)
            return float((length() - 1) / timings["predicted_ms"] * 1000)

        def plain_calls(_run: int) -> float:
            return (length() - 1) / calls.decode_s(tokens, length())

        figures = interleave(ours, servers, plain_calls, runs=RUNS)
    several = "adapter" if len(paths) == 1 else "adapters"
    what = f"Decode with {len(paths)} {several} of rank {RANK}, at a depth of {seen[-1].prompt_tokens} tokens"
    goal = Goal("at least", GOALS[len(paths)]) if len(paths) in GOALS else None
    notes = f"{seen[-1].answer_tokens} tokens"
    yield Row(what, "tokens/s", figures[0], goal, peers.NAME, figures[1], notes)
    yield Row(what, "tokens/s", figures[0], goal, plain.NAME, figures[2], notes)


@measures("stacks")
def changes() -> Iterator[Row]:
    """Change a stack of four, until it is ready for the next message; and go back to one that was used before."""
    with adapters() as paths, Engine(settings()) as engine:

        def prepare(stack: Stack) -> float:
            started = time.perf_counter()
            engine.prepare(stack)
            return in_ms(time.perf_counter() - started)

        first = prepare(stacked(paths))

        def move(run: int) -> float:
            engine.prepare(stacked(paths))
            return prepare(stacked(paths, 1.0, 0.5 + run / 100))

        def toggle(run: int) -> float:
            engine.prepare(stacked(paths, 1.0, 1.0, 1.0, 0.5 + run / 100))
            return prepare(stacked(paths, 1.0, 0.0, 1.0, 0.5 + run / 100))

        figures = interleave(move, toggle, runs=RUNS)
        what = f"A stack of {MOST} adapters of rank {RANK} is changed:"
        yield Row(f"{what} one slider moved", "ms", figures[0], Goal("at most", CHANGE_MS))
        yield Row(f"{what} one switched off", "ms", figures[1], Goal("at most", CHANGE_MS))
        yield Row(f"{MOST} adapters are read for the first time", "ms", (first,), None)
        yield from returns(engine, paths)


def returns(engine: Engine, paths: Sequence[Path]) -> Iterator[Row]:
    messages = question(f"{filler(HISTORY_WORDS)}. {STORY}")
    one, other = stacked(paths), stacked(paths, 1.0, 0.5)
    cold = engine.answer(messages, 2, conversation=1, stack=one).facts
    engine.answer(messages, 2, conversation=1, stack=other)
    turns = [one, other]
    seen: list[AnswerFacts] = []

    def go_back(run: int) -> float:
        stack = turns[run % 2]
        started = time.perf_counter()
        engine.prepare(stack)
        ready_s = time.perf_counter() - started
        seen.append(engine.answer(messages, 2, conversation=1, stack=stack).facts)
        return in_ms(ready_s + seen[-1].prefill_s)

    [figures] = interleave(go_back, runs=RUNS)
    new = {facts.prompt_tokens - facts.reused_tokens for facts in seen}
    notes = f"new tokens: {', '.join(map(str, sorted(new)))}; read for the first time in {in_ms(cold.prefill_s):.0f} ms"
    what = f"Back to a stack that a conversation of {cold.prompt_tokens:,} tokens had before"
    yield Row(what, "ms", figures, None, notes=notes)


@measures("stack-equality")
def equality() -> Iterator[Row]:
    """Read a text with four adapters as the engine applies them, and as llama.cpp applies each."""
    with adapters() as paths:
        [effect] = difference_from_native(starter_path(), [stacked(paths, 1.0, 0.5, -0.5, 1.5)], probe_text())
    what = f"{MOST} adapters as the engine applies them and as llama.cpp applies each, over {effect.tokens} tokens:"
    shift = abs(effect.other_nll - effect.mean_nll)
    notes = f"{effect.mean_nll:.4f} and {effect.other_nll:.4f}, standard error {effect.nll_error:.4f}"
    yield Row(f"{what} divergence", "nats a token", (effect.kl,), Goal("at most", 0.01))
    yield Row(f"{what} difference in likelihood", "nats a token", (shift,), Goal("at most", 0.02), notes=notes)

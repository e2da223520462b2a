"""The threads that the engine chooses by itself, against every fixed number of them and against the server's choice.

Once on a quiet machine, and once beside another program that keeps one core busy.
"""

import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from desktop_app.engine.choices import LoadSettings
from desktop_app.library.hardware import physical_cores
from desktop_app.library.starter import starter_path
from tests.bench.ours import Engine
from tests.bench.peers import NAME, Server
from tests.bench.prompts import QUESTION, question
from tests.bench.rows import measures
from tests.bench.table import Goal, Row, interleave

N_CTX = 4096
TOKENS = 96
BUSY_TOKENS = 24  # with too many threads each may take a second
RUNS = 3


@contextmanager
def busy_core() -> Iterator["subprocess.Popen[bytes]"]:
    """Let another process compute without a pause."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@measures("threads")
def threads() -> Iterator[Row]:
    """Decoding alone, without guessing ahead, behind a short prompt."""
    with (
        Engine(LoadSettings(n_ctx=N_CTX, speculate=False)) as engine,
        Engine(LoadSettings(n_ctx=N_CTX, speculate=False)) as fixed,
        Server(starter_path(), N_CTX, n_threads=None) as server,
    ):
        yield from compare_threads("quiet machine", engine, fixed, server, TOKENS, Goal("at least", 1))
        with busy_core():
            yield from compare_threads("one core busy", engine, fixed, server, BUSY_TOKENS, Goal("at least", 2.5))


def compare_threads(
    where: str, engine: Engine, fixed: Engine, server: Server, n_tokens: int, against_server: Goal
) -> Iterator[Row]:
    messages = question(QUESTION)
    tokens = server.prompt_tokens(messages)
    counts = range(1, physical_cores() + 1)

    def with_threads(count: int) -> Callable[[int], float]:
        def measure(_run: int) -> float:
            fixed.load(LoadSettings(n_ctx=N_CTX, n_threads=count, speculate=False))
            return fixed.answer(messages, n_tokens).tokens_per_s

        return measure

    def servers(_run: int) -> float:
        timings = server.complete(tokens, n_tokens, cache_prompt=True)
        return float((n_tokens - 1) / timings["predicted_ms"] * 1000)

    ours, theirs, *by_count = interleave(
        lambda _: engine.answer(messages, n_tokens).tokens_per_s, servers, *map(with_threads, counts), runs=RUNS
    )
    best = max(counts, key=lambda count: statistics.median(by_count[count - 1]))
    what = f"Decode, {where}, threads as the engine chooses"
    peer = f"the best fixed number, {best}"
    yield Row(what, "tokens/s", ours, Goal("at least", 0.9), peer, by_count[best - 1])
    yield Row(what, "tokens/s", ours, against_server, f"{NAME}, threads as it chooses", theirs)

"""Several answers to one message: side by side in one batch, against one after another.

Measured with the starter model as it is, and with the same one in Q8_0: llama.cpp has no way to multiply several rows
at once with weights in Q4_1, so one more costs nearly as much as it does alone; for Q8_0 and most others it has one.
"""

import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from desktop_app.engine.choices import LoadSettings, SamplerSettings
from desktop_app.library.hardware import physical_cores
from desktop_app.library.starter import starter_path
from tests.bench.ours import Engine
from tests.bench.peers import NAME, Server
from tests.bench.prompts import STORY, Messages, filler, question
from tests.bench.requantize import Q8_0, requantize
from tests.bench.rows import measures
from tests.bench.table import Goal, Row, interleave

N_CTX = 4096
ANSWERS, TOKENS = 8, 64
PROMPT_WORDS = 150  # about 200 tokens
RUNS = 5


def scaled(elapsed_s: float, tokens: int) -> float:
    """Return how long all answers would take in full length: one that ends early must not count as a fast one."""
    return elapsed_s * ANSWERS * TOKENS / tokens


@measures("batch")
def batch() -> Iterator[Row]:
    """Until the last answer is there, its prompt included, which is new each time and the same for all answers."""
    yield from compare_batch(starter_path(), "Q4_1")
    with tempfile.TemporaryDirectory() as folder:
        other = Path(folder, "q8_0.gguf")
        requantize(starter_path(), other, Q8_0)
        yield from compare_batch(other, "Q8_0")


def compare_batch(model: Path, quantization: str) -> Iterator[Row]:
    samplers = [SamplerSettings(seed=seed, max_tokens=TOKENS) for seed in range(1, ANSWERS + 1)]
    n_threads = physical_cores()
    written: dict[str, int] = {}
    lengths: set[int] = set()

    def prompt(name: str, run: int) -> Messages:
        return question(f"{name} {run}. {filler(PROMPT_WORDS)}. {STORY}")

    with (
        Engine(LoadSettings(n_ctx=N_CTX, n_threads=n_threads), model) as engine,
        Server(model, N_CTX // ANSWERS, n_threads, n_parallel=ANSWERS) as server,
        ThreadPoolExecutor(ANSWERS) as pool,
    ):

        def ours(name: str, run: int, groups: Sequence[Sequence[SamplerSettings]]) -> float:
            messages = prompt(name, run)
            started = time.perf_counter()
            facts = [one for group in groups for one in engine.answer_at_once(messages, group, conversation=1)]
            elapsed = time.perf_counter() - started
            lengths.add(facts[0].prompt_tokens)
            written[name] = sum(one.answer_tokens for one in facts)
            return scaled(elapsed, written[name])

        def servers(run: int) -> float:
            messages = prompt("Server", run)

            def answer(sampler: SamplerSettings) -> int:
                options = {"temperature": sampler.temperature, "max_tokens": TOKENS, "seed": sampler.seed}
                usage = server.post("/v1/chat/completions", messages=messages, **options)["usage"]
                return int(usage["completion_tokens"])

            started = time.perf_counter()
            tokens = sum(pool.map(answer, samplers))
            return scaled(time.perf_counter() - started, tokens)

        figures = interleave(
            lambda run: ours("together", run, [samplers]),
            lambda run: ours("apart", run, [[sampler] for sampler in samplers]),
            servers,
            runs=RUNS,
        )
    what = f"{ANSWERS} answers of {TOKENS} tokens to one prompt of {max(lengths)}, side by side, {quantization}"
    notes = "tokens really written: " + ", ".join(f"{name} {count}" for name, count in written.items())
    yield Row(what, "s", figures[0], Goal("at most", 0.5), "one after another", figures[1], notes)
    yield Row(what, "s", figures[0], None, f"{NAME} with {ANSWERS} slots", figures[2])

"""The llama.cpp of packages, which takes the code for this processor as a module, against the one that is built for it.

The same engine twice, with the same model, threads and prompts; only the libraries differ.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from desktop_app.engine.choices import LoadSettings
from desktop_app.engine.messages import AnswerFacts
from desktop_app.library.hardware import physical_cores
from tests.bench.ours import Engine
from tests.bench.prompts import STORY, Messages, filler, question
from tests.bench.rows import measures
from tests.bench.table import Goal, Row, interleave
from tests.support.portable_wheel import NOT_BUILT, in_place_of_the_installed, unpack

N_CTX = 4096
PREFILL_WORDS = 950  # about 1,000 tokens
DEPTH_WORDS = 450  # about 512 tokens
DECODE_TOKENS = 128
NATIVE = "built for this computer"


@contextmanager
def both(folder: Path) -> Iterator[tuple[Engine, Engine]]:
    """Start an engine with each; the one that is not asked sits idle."""
    settings = LoadSettings(n_ctx=N_CTX, n_threads=physical_cores(), speculate=False)
    with ExitStack() as stack:
        with in_place_of_the_installed(folder):
            portable = stack.enter_context(Engine(settings))
        yield portable, stack.enter_context(Engine(settings))


@measures("portable")
def portable_build() -> Iterator[Row]:
    """Read a prompt of which nothing is in the cache, and write an answer behind one that is."""
    with tempfile.TemporaryDirectory() as folder:
        if not unpack(Path(folder)):
            print(f"Left out: {NOT_BUILT}.", file=sys.stderr)
            return
        with both(Path(folder)) as (portable, native):
            _, module, *_ = portable.client.hello.system.split(" · ")
            read: list[AnswerFacts] = []
            figures = interleave(*(prefill(engine, read) for engine in (portable, native)))
            what = f"Prefill, {read[-1].prompt_tokens:,} tokens, llama.cpp of packages"
            yield Row(what, "tokens/s", figures[0], Goal("at least", 0.95), NATIVE, figures[1], module)
            written: list[AnswerFacts] = []
            figures = interleave(*(decode(engine, written) for engine in (portable, native)))
            what = f"Decode, {written[-1].answer_tokens} tokens, llama.cpp of packages"
            yield Row(what, "tokens/s", figures[0], Goal("at least", 0.95), NATIVE, figures[1], module)


def prefill(engine: Engine, seen: list[AnswerFacts]) -> Callable[[int], float]:
    def prompt(run: int) -> Messages:
        # The number comes first, so that next to nothing of the run before can be used again.
        return [{"role": "system", "content": f"{run}."}, *question(filler(PREFILL_WORDS))]

    def measure(run: int) -> float:
        facts = engine.answer(prompt(run), 1).facts
        seen.append(facts)
        return (facts.prompt_tokens - facts.reused_tokens) / facts.prefill_s

    return measure


def decode(engine: Engine, seen: list[AnswerFacts]) -> Callable[[int], float]:
    def measure(_run: int) -> float:
        answer = engine.answer(question(f"{filler(DEPTH_WORDS)}. {STORY}"), DECODE_TOKENS, conversation=1)
        seen.append(answer.facts)
        return answer.tokens_per_s

    return measure

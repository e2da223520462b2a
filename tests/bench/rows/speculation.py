"""Guessing several tokens ahead, against the same engine without it: it is to change the speed, not the answer."""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from desktop_app.engine.choices import LoadSettings
from desktop_app.library.hardware import physical_cores
from desktop_app.library.starter import starter_path
from tests.bench.ours import Answer, Engine
from tests.bench.peers import NAME, Server
from tests.bench.prompts import LETTER, QUESTION, Messages, question
from tests.bench.requantize import F16, requantize
from tests.bench.rows import measures
from tests.bench.table import Goal, Row, interleave

N_CTX = 4096
EDIT_TOKENS = 480  # more than the text has
QUESTION_TOKENS = 128
RUNS = 5
GUESS = LoadSettings(n_ctx=N_CTX, n_threads=physical_cores())
DO_NOT_GUESS = replace(GUESS, speculate=False)
EDIT = question(f"Correct the spelling of this text and give it back unchanged otherwise:\n\n{LETTER}")


@measures("speculation")
def speculation() -> Iterator[Row]:
    """Guesses from the text itself: where the answer does not quote its prompt, and where it does."""
    with (
        Engine(GUESS) as ours,
        Engine(DO_NOT_GUESS) as plain,
        Server(starter_path(), N_CTX, physical_cores()) as server,
    ):
        what = "Decode of an ordinary answer"
        messages = question(QUESTION)
        yield from compare_guessing(what, ours, plain, messages, QUESTION_TOKENS, Goal("at least", 0.95), server)
        what = "Decode while correcting a text"
        yield from compare_guessing(what, ours, plain, EDIT, EDIT_TOKENS, Goal("at least", 1.5), server)


@measures("draft")
def draft() -> Iterator[Row]:
    """Guesses of a small model for a large one, which is the same one with larger weights: both think alike."""
    with tempfile.TemporaryDirectory() as folder:
        large = Path(folder, "large.gguf")
        requantize(starter_path(), large, F16)
        with (
            Engine(replace(GUESS, draft_path=str(starter_path())), large) as ours,
            Engine(DO_NOT_GUESS, large) as plain,
        ):
            what = "Decode of an F16 model for which the same one in Q4_1 guesses"
            yield from compare_guessing(what, ours, plain, question(QUESTION), QUESTION_TOKENS, goal=None)


def compare_guessing(
    what: str,
    guessing: Engine,
    plain: Engine,
    messages: Messages,
    max_tokens: int,
    goal: Goal | None,
    server: Server | None = None,
) -> Iterator[Row]:
    """Yield rows about the same answer with guessing, without it, and as the server writes it, which does not guess."""
    last: dict[Engine, Answer] = {}

    def rate(engine: Engine) -> float:
        last[engine] = engine.answer(messages, max_tokens)
        return last[engine].tokens_per_s

    programs = [lambda _: rate(guessing), lambda _: rate(plain)]
    if server:
        tokens = server.prompt_tokens(messages)

        def servers_rate(_run: int) -> float:
            timings = server.complete(tokens, last[guessing].facts.answer_tokens, cache_prompt=True)
            return float((timings["predicted_n"] - 1) / timings["predicted_ms"] * 1000)

        programs.append(servers_rate)
    ours, without, *servers = interleave(*programs, runs=RUNS)
    facts, is_same = last[guessing].facts, last[guessing].text == last[plain].text
    notes = (
        f"{facts.answer_tokens} tokens, {facts.accepted_tokens} of {facts.drafted_tokens} guesses right,"
        f" {'the same answer' if is_same else 'ANOTHER ANSWER'}"
    )
    yield Row(what, "tokens/s", ours, goal, "without guessing", without, notes)
    for figures in servers:
        yield Row(what, "tokens/s", ours, None, NAME, figures)

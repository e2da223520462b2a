"""How soon a long conversation goes on after the program was started again, against reading all of it anew."""

import shutil
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

from desktop_app.engine.choices import LoadSettings
from desktop_app.library.hardware import physical_cores
from desktop_app.library.starter import starter_path
from tests.bench.ours import Answer, Engine
from tests.bench.peers import NAME, Server
from tests.bench.prompts import Messages, filler, question
from tests.bench.rows import measures
from tests.bench.table import Goal, Row, interleave

N_CTX = 4096
HISTORY_WORDS = 2_700  # with the first answer about 2,900 tokens; from 3,072 on, messages would be left out
FIRST_ANSWER_TOKENS = 40
RUNS = 5


@measures("resume")
def resume() -> Iterator[Row]:
    """From sending the next message to its first text. A new engine each time, which has loaded the model before."""
    settings = LoadSettings(n_ctx=N_CTX)
    opening = question(f"{filler(HISTORY_WORDS)}. What do you make of this?")
    resumed: list[Answer] = []

    with tempfile.TemporaryDirectory() as folder, Server(starter_path(), N_CTX, physical_cores()) as server:
        left = Path(folder, "left")
        with Engine(settings, states=left) as engine:
            first = engine.answer(opening, FIRST_ANSWER_TOKENS, conversation=1)

        def next_message(run: int) -> Messages:
            words = f"Day {run}: thank you. And what should I see first if it rains the whole morning?"
            return [*opening, {"role": "assistant", "content": first.text}, *question(words)]

        def answer_from(states: Path, run: int) -> Answer:
            with Engine(settings, states=states) as engine:
                answer = engine.answer(next_message(run), 2, conversation=1)
            shutil.rmtree(states)
            assert not answer.facts.omitted_messages
            return answer

        def ours(run: int) -> float:
            resumed.append(answer_from(shutil.copytree(left, Path(folder, f"resumed {run}")), run))
            return resumed[-1].first_s * 1000

        def ours_cold(run: int) -> float:
            answer = answer_from(Path(folder, f"cold {run}"), run)
            assert not answer.facts.reused_tokens
            return answer.first_s * 1000

        def servers_cold(run: int) -> float:
            _, first_s, timings = server.chat(next_message(run), 2, cache_prompt=False)
            assert timings["prompt_n"] > resumed[-1].facts.reused_tokens
            return first_s * 1000

        figures = interleave(ours, ours_cold, servers_cold, runs=RUNS)
    facts = resumed[-1].facts
    what = f"A conversation of {facts.prompt_tokens:,} tokens goes on after a restart"
    times = f"{statistics.median(figures[0]):.0f} ms against {statistics.median(figures[1]):.0f} ms"
    sooner = tuple(cold / warm for warm, cold in zip(figures[0], figures[1], strict=True))
    notes = f"first text after {times}, {facts.prompt_tokens - facts.reused_tokens} new tokens"
    yield Row(f"{what}, against a cold prefill", "times sooner", sooner, Goal("at least", 30), notes=notes)
    yield Row(what, "ms", figures[0], None, f"{NAME}, cold", figures[2])

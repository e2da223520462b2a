"""How soon the engine stops when it is told to: from sending the command to its closing event."""

import itertools
import time
from collections.abc import Iterator

from desktop_app.engine.client import EngineClient
from desktop_app.engine.messages import ChatMessage, Event, Finished, Generate, Load, Loaded, Piece, Prefill
from desktop_app.library.starter import starter_path
from tests.bench.prompts import filler
from tests.bench.rows import measures
from tests.bench.sampling import greedy
from tests.bench.table import Goal, Row

RUNS = 12
PROMPT_WORDS = 2_500
INTO_A_SLICE_S = 0.15  # reading a slice of 512 tokens takes a second or so: stop in its middle, which is the worst


def stop_after(client: EngineClient, words: str, awaited: type[Event], pause_s: float) -> float:
    """Return the milliseconds from telling a request to stop to its end."""
    command = Generate(client.next_request(), (ChatMessage("user", words),), greedy(0))
    told = 0.0
    for event in client.events(command):
        if isinstance(event, awaited) and not told:
            time.sleep(pause_s)
            told = time.perf_counter()
            client.stop(command.request)
        elif isinstance(event, Finished):
            assert event.facts.finish_reason == "stopped"
    return (time.perf_counter() - told) * 1000


@measures("stop")
def stop() -> Iterator[Row]:
    """Stop in the middle of a slice of the prompt, and in the middle of an answer."""
    with EngineClient() as client:
        client.ask(Load(client.next_request(), str(starter_path())), Loaded)
        numbers = itertools.count()
        prefill = tuple(
            stop_after(client, f"{next(numbers)} {filler(PROMPT_WORDS)}", Prefill, INTO_A_SLICE_S) for _ in range(RUNS)
        )
        decode = tuple(
            stop_after(client, f"{next(numbers)} Repeat the word fox a thousand times.", Piece, 0) for _ in range(RUNS)
        )
    yield Row("Stop while the prompt is read", "ms", prefill, Goal("at most", 200))
    yield Row("Stop while the answer is written", "ms", decode, Goal("at most", 200))

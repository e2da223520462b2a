"""The window at work: does it stay smooth, and does it cost the model its speed?"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from desktop_app.engine.choices import LoadSettings
from desktop_app.engine.client import EngineClient
from desktop_app.engine.messages import ChatMessage, Finished, Generate, Load, Loaded, Piece
from desktop_app.library.starter import starter_path
from tests.bench.rows import measures
from tests.bench.sampling import greedy
from tests.bench.screen import Screen
from tests.bench.table import Goal, Row, interleave
from tests.bench.window import LONG_CONVERSATION, SPEED_PROMPT, SPEED_TOKENS

STREAM_RUNS = 3
START_RUNS = 5


class Window:
    """A window at work on a task, and what it says."""

    def __init__(self, screen: Screen, task: str, folder: str) -> None:
        self.started_at = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.window", task, folder],
            env=screen.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def next_finding(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the window has ended before it was done")
        findings: dict[str, Any] = json.loads(line)
        return findings

    def go(self) -> None:
        """Let it do one more run."""
        assert self._process.stdin
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def close(self) -> None:
        self._process.communicate()


@contextmanager
def window(task: str) -> Iterator[Window]:
    """Open a window on a fresh data folder."""
    with Screen() as screen, tempfile.TemporaryDirectory() as folder:
        running = Window(screen, task, folder)
        yield running
        running.close()


@measures("stream")
def streaming() -> Iterator[Row]:
    """How late the event loop is while a long answer streams in, faster than a model writes."""
    runs = []
    for _ in range(STREAM_RUNS):
        with window("stream") as running:
            runs.append(running.next_finding())
    yield Row(
        f"Event loop pauses while {runs[0]['characters']:,} characters stream in, 99th percentile",
        "ms",
        tuple(run["p99_ms"] for run in runs),
        Goal("at most", 16),
        notes=f"the longest {max(run['longest_ms'] for run in runs):.0f} ms",
    )


@measures("open")
def opening() -> Iterator[Row]:
    """The processor time that the GUI thread needs to open a long conversation, and how it scrolls then."""
    with window("open") as running:
        works = [running.next_finding()["work_s"] for _ in range(6)]
        scrolling = running.next_finding()
    yield Row(
        f"Opening {LONG_CONVERSATION:,} messages, work on the GUI thread", "s", tuple(works), Goal("at most", 0.15)
    )
    yield Row(
        "Event loop pauses while scrolling up in them, 99th percentile",
        "ms",
        (scrolling["p99_ms"],),
        Goal("at most", 16),
        notes=f"the longest {scrolling['longest_ms']:.0f} ms",
    )


@measures("window-speed")
def window_speed() -> Iterator[Row]:
    """Tokens a second as they arrive in the window, against the same engine with nothing but a pipe before it."""
    with window("speed") as running, EngineClient() as client:
        running.next_finding()
        client.ask(Load(client.next_request(), str(starter_path()), LoadSettings(n_ctx=4096)), Loaded)

        def ours(_run: int) -> float:
            running.go()
            return float(running.next_finding()["tokens_per_s"])

        figures = interleave(ours, lambda _: _headless(client))
    yield Row("Decode in the window", "tokens/s", figures[0], Goal("at least", 0.95), "headless", figures[1])


def _headless(client: EngineClient) -> float:
    command = Generate(client.next_request(), (ChatMessage("user", SPEED_PROMPT),), greedy(SPEED_TOKENS))
    times: list[float] = []
    for event in client.events(command):
        if isinstance(event, Piece):
            times.append(time.perf_counter())
        elif isinstance(event, Finished):
            return (event.facts.answer_tokens - 1) / (times[-1] - times[0])
    raise AssertionError("no closing event")


@measures("first-token")
def first_token() -> Iterator[Row]:
    """From starting the program to the first text of an answer to a message that is sent as soon as it can be."""
    figures = []
    for _ in range(START_RUNS):
        with window("first-token") as running:
            running.next_finding()
            figures.append(time.perf_counter() - running.started_at)
    yield Row("First token, from launch", "s", tuple(figures), Goal("at most", 3))

"""llama-cpp-python's high-level API, as scripts use it: the same library as the engine's, without the engine.

Run as a module, this file is a process with one model: a JSON object with a conversation comes in on each line and one
with figures goes out, until stdin ends.
"""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.prompts import Messages

NAME = "llama_cpp.Llama"


@dataclass(frozen=True)
class Timings:
    """Seconds from the request to the first piece of text and from there to the last, and the number of pieces."""

    first_s: float
    rest_s: float
    pieces: int


class HighLevel:
    """A process with a model; use it in a `with` statement."""

    def __init__(self, model: Path, n_ctx: int, n_threads: int) -> None:
        command = [sys.executable, "-m", "tests.bench.high_level", str(model), str(n_ctx), str(n_threads)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def __enter__(self) -> "HighLevel":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def chat(self, messages: Messages, max_tokens: int) -> Timings:
        """Answer a conversation greedily; what it has in common with the one before is not read again."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"messages": messages, "max_tokens": max_tokens}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the peer has ended: {self._process.wait()}")
        return Timings(**json.loads(line))


def _serve(model: str, n_ctx: str, n_threads: str) -> None:
    from llama_cpp import Llama

    threads = int(n_threads)
    llama: Any = Llama(model, n_ctx=int(n_ctx), n_threads=threads, n_threads_batch=threads, verbose=False)
    for line in sys.stdin:
        started = time.perf_counter()
        times = [
            time.perf_counter()
            for part in llama.create_chat_completion(**json.loads(line), temperature=0, stream=True)
            if part["choices"][0]["delta"].get("content")
        ]
        timings = {"first_s": times[0] - started, "rest_s": times[-1] - times[0], "pieces": len(times)}
        print(json.dumps(timings), flush=True)


if __name__ == "__main__":
    _serve(*sys.argv[1:])

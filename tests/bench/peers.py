"""The llama.cpp server that Moatless is compared with, in a process of its own: `xllamacpp`, a development dependency.

Run as a module, this file is that process: it serves one model on loopback until its stdin ends.
"""

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.bench.prompts import Messages

NAME = "llama.cpp server"
_TIMEOUT_S = 300


class Server:
    """A running server with one model; use it in a `with` statement.

    Args:
        model: A GGUF file.
        n_ctx: Context length of each slot.
        n_threads: None lets the server choose.
        n_parallel: Slots: requests it works on at the same time.
        adapters: Files with the scale of each; llama.cpp applies them one by one.
    """

    def __init__(
        self,
        model: Path,
        n_ctx: int,
        n_threads: int | None,
        n_parallel: int = 1,
        adapters: Sequence[tuple[Path, float]] = (),
    ) -> None:
        options: dict[str, Any] = {"n_ctx": n_ctx, "n_threads": n_threads, "n_parallel": n_parallel}
        options["adapters"] = [(str(path), scale) for path, scale in adapters]
        command = [sys.executable, "-m", "tests.bench.peers", str(model), json.dumps(options)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._process.stdout
        address = self._process.stdout.readline().strip()
        if not address:
            raise RuntimeError(f"the peer did not start: {self._process.wait()}")
        self._address = urlsplit(address).netloc

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        """Return the answer to a request; may be called by several threads."""
        answer: dict[str, Any] = json.loads(self._request(path, body).read())
        return answer

    def stream(self, path: str, **body: Any) -> Iterator[dict[str, Any]]:
        """Yield the parts of a streamed answer as they come."""
        response = self._request(path, {**body, "stream": True})
        while line := response.readline():
            if line.startswith(b"data: {"):
                yield json.loads(line[len(b"data: ") :])

    def _request(self, path: str, body: dict[str, Any]) -> http.client.HTTPResponse:
        # One for each request: the server closes it after a stream or some idle seconds, without saying so.
        connection = http.client.HTTPConnection(self._address, timeout=_TIMEOUT_S)
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json", "Connection": "close"})
        response = connection.getresponse()
        if response.status != http.HTTPStatus.OK:
            raise RuntimeError(f"{path}: {response.status} {response.read()[:500]!r}")
        return response

    # ------------------------------------------------------------ what rows ask for

    def prompt_tokens(self, messages: Messages) -> list[int]:
        """Return the tokens that the model's own chat template makes of a conversation."""
        text = self.post("/apply-template", messages=messages)["prompt"]
        tokens: list[int] = self.post("/tokenize", content=text, add_special=False, parse_special=True)["tokens"]
        return tokens

    def complete(self, tokens: list[int], n_predict: int, cache_prompt: bool) -> dict[str, Any]:
        """Return the server's own timings of a greedy completion of exactly `n_predict` tokens."""
        options = {"temperature": 0, "ignore_eos": True, "cache_prompt": cache_prompt}
        timings: dict[str, Any] = self.post("/completion", prompt=tokens, n_predict=n_predict, **options)["timings"]
        return timings

    def chat(self, messages: Messages, max_tokens: int, cache_prompt: bool = True) -> tuple[str, float, dict[str, Any]]:
        """Answer a conversation greedily; return text, seconds to the first piece of it, and the server's timings."""
        options = {"messages": messages, "max_tokens": max_tokens, "temperature": 0, "cache_prompt": cache_prompt}
        started = time.perf_counter()
        first: float | None = None
        text = ""
        timings: dict[str, Any] = {}
        for part in self.stream("/v1/chat/completions", **options):
            piece = part["choices"][0]["delta"].get("content") if part["choices"] else None
            if piece:
                first = first or time.perf_counter() - started
                text += piece
            timings = part.get("timings", timings)
        assert first is not None
        return text, first, timings


def _serve(model: str, options_json: str) -> None:
    import xllamacpp

    options = json.loads(options_json)
    parameters = xllamacpp.CommonParams()
    parameters.model.path = model
    parameters.n_ctx = options["n_ctx"] * options["n_parallel"]
    parameters.n_parallel = options["n_parallel"]
    if options["n_threads"]:
        parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = options["n_threads"]
    parameters.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(path, scale) for path, scale in options["adapters"]]
    parameters.fit_params = False  # take the context length as it was given
    parameters.ui = False
    parameters.verbosity = 0
    server = xllamacpp.Server(parameters)
    print(server.listening_address, flush=True)
    sys.stdin.read()
    os._exit(0)  # its destructor waits for connections


if __name__ == "__main__":
    _serve(*sys.argv[1:])

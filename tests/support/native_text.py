"""What llama.cpp writes for tokens, control tokens included, by its low-level API and nothing of ours.

Native code stays out of the tests' process: `texts` starts another one, which runs this file.
"""

import ctypes
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def texts(model: Path, lines: Sequence[Sequence[int]]) -> list[str]:
    """Return the text of each line of tokens."""
    command = [sys.executable, "-m", "tests.support.native_text", str(model)]
    asked = json.dumps([list(line) for line in lines])
    done = subprocess.run(command, cwd=ROOT, input=asked, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def _text(vocabulary: object, tokens: Sequence[int]) -> str:
    buffer = ctypes.create_string_buffer(256 * len(tokens))
    array = (api.llama_token * len(tokens))(*tokens)
    length = api.llama_detokenize(vocabulary, array, len(tokens), buffer, len(buffer), False, True)
    assert length >= 0
    return buffer.raw[:length].decode()


if __name__ == "__main__":
    import llama_cpp.llama_cpp as api

    api.llama_backend_init()
    parameters = api.llama_model_default_params()
    parameters.vocab_only = True
    loaded = api.llama_model_load_from_file(sys.argv[1].encode(), parameters)
    assert loaded
    vocabulary = api.llama_model_get_vocab(loaded)
    print(json.dumps([_text(vocabulary, line) for line in json.load(sys.stdin)]))

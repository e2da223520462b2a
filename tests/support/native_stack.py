"""How much a stack as the engine applies it differs from llama.cpp applying each of its adapters by itself.

Native code stays out of the tests' process: `difference_from_native` starts another one, which runs this file.
"""

import ctypes
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from desktop_app.engine.messages import AdapterScale, Effect, Stack

ROOT = Path(__file__).resolve().parents[2]


def difference_from_native(model: Path, stacks: Sequence[Stack], text: str) -> list[Effect]:
    """Return for each stack how the engine's way, the second one, differs from llama.cpp's own over a text."""
    command = [sys.executable, "-m", "tests.support.native_stack", str(model), text]
    done = subprocess.run(
        command, cwd=ROOT, input=msgspec.json.encode(stacks), capture_output=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-3000:]
    return msgspec.json.decode(done.stdout, type=list[Effect])


def _main(path: str, text: str) -> None:
    import llama_cpp.llama_cpp as api

    from desktop_app.engine.llama import native
    from desktop_app.engine.llama.adapters import BARE, AdapterShelf
    from desktop_app.engine.llama.model import LlamaModel
    from desktop_app.engine.llama.scoring import Reader, compare_readings

    def apply_each(reader: Reader, stack: Stack) -> None:
        handles = [api.llama_adapter_lora_init(model.handle, each.path.encode()) for each in stack]
        assert all(handles)
        array = (api.llama_adapter_lora_p_ctypes * len(stack))(*handles)
        scales = (ctypes.c_float * len(stack))(*(each.scale for each in stack))
        assert not api.llama_set_adapters_lora(reader._context, array, len(stack), scales)

    native.start()
    model = LlamaModel(path, 0, lambda _fraction: True)
    shelf = AdapterShelf(model, Path(path), lambda: BARE)
    tokens = model.tokenize(text, parse_special=False)
    effects = []
    for stack in msgspec.json.decode(sys.stdin.buffer.read(), type=list[tuple[AdapterScale, ...]]):
        with Reader(model, BARE, 1) as theirs, Reader(model, shelf.stack(stack), 1) as ours:
            apply_each(theirs, stack)
            effects.append(compare_readings(theirs, ours, tokens, bool))
    sys.stdout.write(json.dumps(msgspec.to_builtins(effects)))


if __name__ == "__main__":
    _main(*sys.argv[1:])

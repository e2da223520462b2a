"""The same model with its weights written in another type, made on the spot.

Run as a module, this file writes it, in a process of its own because native code does the work.
"""

import subprocess
import sys
from pathlib import Path

F16, Q8_0 = "MOSTLY_F16", "MOSTLY_Q8_0"


def requantize(source: Path, target: Path, file_type: str) -> None:
    """Write the model at `source` to `target` in a type that is no less precise."""
    command = [sys.executable, "-m", "tests.bench.requantize", str(source), str(target), file_type]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)


def _write(source: str, target: str, file_type: str) -> int:
    import llama_cpp.llama_cpp as api

    parameters = api.llama_model_quantize_default_params()
    parameters.ftype = getattr(api, f"LLAMA_FTYPE_{file_type}")
    parameters.allow_requantize = True
    return int(api.llama_model_quantize(source.encode(), target.encode(), parameters))


if __name__ == "__main__":
    sys.exit(_write(*sys.argv[1:]))

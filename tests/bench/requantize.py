"""A larger model with the vocabulary of a smaller one, made on the spot: the same weights, written out as F16.

Run as a module, this file writes it, in a process of its own because native code does the work.
"""

import subprocess
import sys
from pathlib import Path


def write_f16(source: Path, target: Path) -> None:
    """Write the model at `source` to `target` with every weight as F16: as precise as before, and slower."""
    command = [sys.executable, "-m", "tests.bench.requantize", str(source), str(target)]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)


def _write(source: str, target: str) -> int:
    import llama_cpp.llama_cpp as api

    parameters = api.llama_model_quantize_default_params()
    parameters.ftype = api.LLAMA_FTYPE_MOSTLY_F16
    parameters.allow_requantize = True
    return int(api.llama_model_quantize(source.encode(), target.encode(), parameters))


if __name__ == "__main__":
    sys.exit(_write(*sys.argv[1:]))

"""The probe: whether this model is the one that the engine runs, and what the adapter has made of it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from .contract import ADAPTED_LOGPROBS
from .files import replacing
from .parity import compare
from .reading import Reading
from .trainee import Trainee

_LEAST = float(np.finfo(np.float16).min)


def compare_with_engine(model: Trainee, tokens: Sequence[int], recorded: NDArray[Any]) -> Reading:
    """Return how the model differs from what the engine made of the same tokens, (tokens, vocabulary) of ln p."""
    readings, start = [], 0
    for chunk in _logprobs(model, tokens):
        stop = start + len(chunk)
        if len(read := tokens[start : stop + 1]) > 1:
            readings.append(compare(recorded[start:stop], chunk, read))
        start = stop
    count = sum(reading.tokens for reading in readings)

    def mean(name: str) -> float:
        return float(sum(getattr(reading, name) * reading.tokens for reading in readings) / count)

    return Reading(count, mean("nll"), mean("other_nll"), mean("divergence"), mean("agreement"))


def write_adapted(folder: Path, model: Trainee, tokens: Sequence[int]) -> None:
    """Record the model's ln p after each token of the probe, as the engine's are recorded.

    Raises:
        OSError: If there is no room for it.
    """
    with replacing(folder / ADAPTED_LOGPROBS) as file:
        for number, chunk in enumerate(_logprobs(model, tokens)):
            if number == 0:
                shape = (len(tokens), chunk.shape[1])
                header = {"descr": "<f2", "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(file, header)
            file.write(np.maximum(chunk, _LEAST).astype("<f2").tobytes())


@torch.no_grad()
def _logprobs(model: Trainee, tokens: Sequence[int]) -> Iterator[NDArray[np.float32]]:
    """Yield ln p of all tokens after some of the probe's at a time."""
    hidden = model.hidden(torch.tensor(tokens, device=model.device), [len(tokens)])
    for chunk in model.all_logprobs(hidden):
        yield chunk.cpu().numpy()

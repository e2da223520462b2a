"""The trained adapter as a file, in the 16 bits that it will be exported with."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .contract import RESULT
from .files import Arrays, replacing, write_arrays


def rounded(arrays: Arrays) -> dict[str, NDArray[np.float16]]:
    """Return matrices in 16 bits; what does not fit becomes the largest number that does."""
    limit = np.finfo(np.float16).max
    return {name: np.clip(array, -limit, limit).astype(np.float16) for name, array in arrays.items()}


def write_result(folder: Path, arrays: Arrays) -> None:
    """Write the adapter.

    Raises:
        OSError: If there is no room for it.
    """
    with replacing(folder / RESULT) as file:
        write_arrays(file, arrays)

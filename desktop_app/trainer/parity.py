"""Whether two programs compute the same model: their log-probabilities of the same tokens, held against each other.

Quantized products round what goes in as well, so that llama.cpp and exact arithmetic on the same weights differ by a
divergence of about 0.003 and, over 512 tokens, by 0.0006 ± 0.004 nats a token; single logits differ by 0.5. Only means
over many tokens tell rounding from a wrong layout.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .reading import Reading

_ROWS = 64


def compare(
    first: NDArray[np.floating], other: NDArray[np.floating], tokens: Sequence[int] | NDArray[np.int64]
) -> Reading:
    """Return how the other recording differs.

    Args:
        first, other: ln p after each token, (tokens, vocabulary); one may have more columns of padding.
        tokens: What was read.
    """
    targets = np.asarray(tokens)[1:]
    width = min(first.shape[1], other.shape[1])
    nll, other_nll, divergence, same = 0.0, 0.0, 0.0, 0
    for start in range(0, len(targets), _ROWS):
        rows = slice(start, min(start + _ROWS, len(targets)))
        p, q = (each[rows, :width].astype(np.float32) for each in (first, other))
        at = np.arange(len(p)), targets[rows]
        nll -= float(p[at].sum(dtype=np.float64))
        other_nll -= float(q[at].sum(dtype=np.float64))
        divergence += float((np.exp(p) * (p - q)).sum(dtype=np.float64))
        same += int((p.argmax(1) == q.argmax(1)).sum())
    count = len(targets)
    return Reading(count, nll / count, other_nll / count, divergence / count, same / count)

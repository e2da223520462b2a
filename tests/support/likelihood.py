"""How likely a text is by logits, and how far apart two sets of logits are: what models are compared by."""

from collections.abc import Sequence

import numpy as np


def log_probabilities(logits: np.ndarray) -> np.ndarray:
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def mean_nll(logits: np.ndarray, tokens: Sequence[int]) -> float:
    """Return the mean negative log-likelihood of a text after its first token, in nats a token."""
    return float(-log_probabilities(logits)[np.arange(len(tokens) - 1), tokens[1:]].mean(dtype=np.float64))


def mean_kl(logits: np.ndarray, others: np.ndarray) -> float:
    """Return the mean Kullback-Leibler divergence of the second from the first, in nats a token."""
    ours = log_probabilities(logits)
    return float((np.exp(ours) * (ours - log_probabilities(others))).sum(axis=1).mean(dtype=np.float64))

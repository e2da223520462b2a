"""How two programs have read the same tokens; by itself, because windows show it and NumPy takes its time to load."""

from dataclasses import dataclass

from .contract import LARGEST_DIVERGENCE, LARGEST_NLL_DIFFERENCE


@dataclass(frozen=True)
class Reading:
    """How two recordings differ, over `tokens` predictions.

    Attributes:
        nll, other_nll: Mean negative log-likelihood of each, nats a token.
        divergence: Mean Kullback-Leibler divergence of the other one from the first, nats a token.
        agreement: Share of places where both think the same token most likely.
    """

    tokens: int
    nll: float
    other_nll: float
    divergence: float
    agreement: float

    @property
    def nll_difference(self) -> float:
        return self.other_nll - self.nll

    @property
    def is_same(self) -> bool:
        """Whether they differ by no more than rounding; numbers that are none are not the same."""
        return abs(self.nll_difference) < LARGEST_NLL_DIFFERENCE and self.divergence < LARGEST_DIVERGENCE

"""Whether something has become better on what was held out, or whether that is chance.

Each example is read with and without the adapter, and only the two readings of one example are compared. What belongs
to one document or conversation is drawn together, because its sentences are no independent witnesses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from desktop_app.finetune.measures import Change
from desktop_app.trainer.contract import DOWN, PAIR, TEXT, Example

_DRAWINGS = 2000
_OUTSIDE = 0.05  # how often the truth may lie outside of the interval
_SEED = 1


@dataclass(frozen=True)
class Measured:
    """An example, and ln p of all `tokens` to be learned of each of its sequences, without and with the adapter."""

    example: Example
    tokens: int
    before: tuple[float, ...]
    after: tuple[float, ...]


def likelihood(measured: Sequence[Measured]) -> Change | None:
    """Return how the loss on texts has changed, in nats a token."""
    chosen = [each for each in measured if each.example.kind == TEXT]
    losses = [(-sum(each.before), -sum(each.after)) for each in chosen]
    return _change(chosen, losses, [each.tokens for each in chosen])


def beyond_words(measured: Sequence[Measured], shuffled: Sequence[Measured]) -> Change | None:
    """Return how much more has been gained on texts than on the same ones with their words in random order.

    Args:
        measured: Texts that were held out; groups that have no counterpart do not count.
        shuffled: Their counterparts.

    Returns:
        `before` is the change on the shuffled texts, `after` that on the texts, both in nats a token, and the interval
        is that of their difference: a mean over groups.
    """
    counterparts = _changes_by_group(shuffled)
    changes = {name: change for name, change in _changes_by_group(measured).items() if name in counterparts}
    if not changes:
        return None
    pairs = np.array([(counterparts[name], change) for name, change in changes.items()])
    low, high = _interval(pairs[:, 1] - pairs[:, 0], np.ones(len(pairs)))
    before, after = map(float, pairs.mean(axis=0))
    documents = {name.partition("#")[0] for name in changes}
    return Change(before, after, low, high, len(pairs), len(pairs), len(documents))


def _changes_by_group(measured: Sequence[Measured]) -> dict[str, float]:
    """Return the change of the loss on the texts of each group, in nats a token."""
    sums: dict[str, tuple[float, int]] = {}
    for each in measured:
        if each.example.kind == TEXT:
            change, tokens = sums.get(each.example.group, (0.0, 0))
            sums[each.example.group] = change + sum(each.before) - sum(each.after), tokens + each.tokens
    return {name: change / tokens for name, (change, tokens) in sums.items()}


def preference(measured: Sequence[Measured]) -> Change | None:
    """Return how much more likely what was liked has become, in nats an example; less is better.

    Of a pair that is the distance between the two, and of a single answer its own likelihood.
    """
    chosen = [each for each in measured if each.example.kind != TEXT]
    losses = [(_dislike(each.example, each.before), _dislike(each.example, each.after)) for each in chosen]
    return _change(chosen, losses, [1] * len(chosen))


def _dislike(example: Example, logprobs: Sequence[float]) -> float:
    if example.kind == PAIR:
        liked, other = logprobs
        return other - liked
    return logprobs[0] if example.kind == DOWN else -logprobs[0]


def _change(
    measured: Sequence[Measured], losses: Sequence[tuple[float, float]], weights: Sequence[int]
) -> Change | None:
    """Return the change of the mean loss by weight, with its interval: a paired bootstrap over groups."""
    if not measured:
        return None
    names = [each.example.group or str(place) for place, each in enumerate(measured)]
    places = {name: place for place, name in enumerate(dict.fromkeys(names))}
    sums = np.zeros((len(places), 3))  # before, after, weight
    for name, (before, after), weight in zip(names, losses, weights, strict=True):
        sums[places[name]] += before, after, weight
    before, after, total = sums.sum(axis=0)
    low, high = _interval(sums[:, 1] - sums[:, 0], sums[:, 2])
    documents = {name.partition("#")[0] for name in places}  # of sections, which are named so
    return Change(before / total, after / total, low, high, len(places), len(measured), len(documents))


def _interval(changes: NDArray[np.float64], weights: NDArray[np.float64]) -> tuple[float, float]:
    drawn = np.random.default_rng(_SEED).integers(len(changes), size=(_DRAWINGS, len(changes)))
    means = changes[drawn].sum(axis=1) / weights[drawn].sum(axis=1)
    outside = 100 * _share_outside(len(changes))
    low, high = np.percentile(means, (outside, 100 - outside))
    return float(low), float(high)


def _share_outside(n_groups: int) -> float:
    """Return the share of drawings to leave out on each side, so that 95 of 100 such intervals hold the truth.

    Drawings from a few groups scatter less than the groups themselves do. Source: the expanded percentile interval of
    Hesterberg, https://doi.org/10.1080/00031305.2015.1089789, section 4.1; Student's t by Abramowitz and Stegun 26.7.5.
    """
    freedom = n_groups - 1
    if not freedom:
        return 0.0
    normal = NormalDist()
    z = -normal.inv_cdf(_OUTSIDE / 2)
    t = z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
    return normal.cdf(-t * (n_groups / freedom) ** 0.5)

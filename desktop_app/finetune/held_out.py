"""Whether something has become better on what was held out, or whether that is chance.

Each example is read with and without the adapter, and only the two readings of one example are compared. What belongs
to one document or conversation is drawn together, because its sentences are no independent witnesses. Of too few
documents for that, sections are drawn, and what is found holds for these documents alone.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from desktop_app.finetune.measures import LEAST_DOCUMENTS, LEAST_OF_A_KIND, Change
from desktop_app.trainer.contract import DOWN, PAIR, TEXT, UP, Example

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


def document_of(group: str) -> str:
    """Return the document of a section, which is named after it; all else stands for itself."""
    return group.partition("#")[0]


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
    low, high = _interval(list(changes), pairs[:, 1] - pairs[:, 0], np.ones(len(pairs)))
    before, after = map(float, pairs.mean(axis=0))
    return Change(before, after, low, high, len(pairs), len(pairs), _n_documents(changes))


def _changes_by_group(measured: Sequence[Measured]) -> dict[str, float]:
    """Return the change of the loss on the texts of each group, in nats a token."""
    sums: dict[str, tuple[float, int]] = {}
    for each in measured:
        if each.example.kind == TEXT:
            change, tokens = sums.get(each.example.group, (0.0, 0))
            sums[each.example.group] = change + sum(each.before) - sum(each.after), tokens + each.tokens
    return {name: change / tokens for name, (change, tokens) in sums.items()}


# ------------------------------------------------------------ preferences


def preference(measured: Sequence[Measured]) -> Change | None:
    """Return how much likelier what was liked has become beside what was not, in nats an answer; less is better.

    Of a pair that is the distance between the two. Single answers are held against those of the other kind, each kind
    as a whole: that all answers have become unlikelier, as those of a ruined model do, is no preference.
    """
    pairs = [each for each in measured if each.example.kind == PAIR]
    good, bad = ([each for each in measured if each.example.kind == kind] for kind in (UP, DOWN))
    n_good, n_bad = _n_groups(good), _n_groups(bad)
    if min(n_good, n_bad) >= LEAST_OF_A_KIND:
        n = min(len(good), len(bad))  # as many distances as there can be
        scales = [1.0] * len(pairs) + [n / len(good)] * len(good) + [n / len(bad)] * len(bad)
        weights = [1.0] * len(pairs) + [scale / 2 for scale in scales[len(pairs) :]]
        return _disliked([*pairs, *good, *bad], scales, weights)
    if pairs:
        return _disliked(pairs, [1.0] * len(pairs), [1.0] * len(pairs))
    marked = [*good, *bad]
    change = _disliked(marked, [1.0] * len(marked), [1.0] * len(marked))
    return replace(change, lacks="good" if n_good < n_bad else "bad") if change else None


def _n_groups(measured: Iterable[Measured]) -> int:
    return len(set(_names(measured)))


def _disliked(measured: Sequence[Measured], scales: Sequence[float], weights: Sequence[float]) -> Change | None:
    losses = [
        (scale * _dislike(each.example, each.before), scale * _dislike(each.example, each.after))
        for each, scale in zip(measured, scales, strict=True)
    ]
    return _change(measured, losses, weights)


def _dislike(example: Example, logprobs: Sequence[float]) -> float:
    if example.kind == PAIR:
        liked, other = logprobs
        return other - liked
    return logprobs[0] if example.kind == DOWN else -logprobs[0]


# ------------------------------------------------------------ how sure that is


def _change(
    measured: Sequence[Measured], losses: Sequence[tuple[float, float]], weights: Sequence[float]
) -> Change | None:
    """Return the change of the mean loss by weight, with its interval."""
    if not measured:
        return None
    names = _names(measured)
    found = np.array(losses)
    total = sum(weights)
    before, after = map(float, found.sum(axis=0) / total)
    low, high = _interval(names, found[:, 1] - found[:, 0], np.array(weights, float))
    return Change(before, after, low, high, len(set(names)), len(measured), _n_documents(names))


def _names(measured: Iterable[Measured]) -> list[str]:
    """Return the group of each, which an example without one is by itself."""
    return [each.example.group or str(place) for place, each in enumerate(measured)]


def _n_documents(groups: Iterable[str]) -> int:
    return len({*map(document_of, groups)})


def _interval(groups: Sequence[str], changes: NDArray[np.float64], weights: NDArray[np.float64]) -> tuple[float, float]:
    """Return the interval of a mean change: a paired bootstrap in which what belongs together is drawn together.

    Source: the cluster bootstrap of Field and Welsh, Bootstrapping clustered data, J. R. Stat. Soc. B 69 (2007), 369.
    """
    together: Callable[[str], str] = document_of if _n_documents(groups) >= LEAST_DOCUMENTS else str
    places: dict[str, int] = {}
    of = [places.setdefault(together(group), len(places)) for group in groups]
    sums = np.stack([np.bincount(of, each) for each in (changes, weights)], axis=1)
    drawn = np.random.default_rng(_SEED).integers(len(sums), size=(_DRAWINGS, len(sums)))
    change, weight = sums[drawn].sum(axis=1).T
    outside = 100 * _share_outside(len(sums))
    low, high = np.percentile(change / weight, (outside, 100 - outside))
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

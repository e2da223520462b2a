"""Which ways of reading a text tell something about a stack; whoever measures asks for one after the other."""

from collections.abc import Generator
from dataclasses import dataclass

from desktop_app.adapters.trial import Reading, Trial, Tuned, check_length, difference
from desktop_app.adapters.tune import MOST_EVALUATIONS, Scales, tune
from desktop_app.engine.messages import Scored
from desktop_app.storage.records import Stack


@dataclass(frozen=True)
class Wanted:
    """A way of reading that is to be measured, one of at most `total`: these scales of the stack's adapters."""

    words: str
    scales: Scales
    total: int


Readings = Generator[Wanted, Scored, Trial | Tuned]


def measuring(entries: Stack) -> Readings:
    """Ask for nothing, for each adapter alone and for all together; the text must not be too short (`UserError`)."""
    n = len(entries)
    total = n + 2 if n > 1 else n + 1
    bare = Reading((yield Wanted("Reading without adapters", (0.0,) * n, total)))
    check_length(bare.scored)
    alone = []
    for place, entry in enumerate(entries):
        scales = tuple(entry.scale if place == other else 0.0 for other in range(n))
        scored = yield Wanted(f"Reading with “{entry.name}” alone", scales, total)
        alone.append(Reading(scored, difference(bare.scored, scored), entry.name, entry.sha256))
    if n == 1:
        return Trial(bare, tuple(alone))
    scored = yield Wanted("Reading with all together", tuple(entry.scale for entry in entries), total)
    return Trial(bare, tuple(alone), Reading(scored, difference(bare.scored, scored)))


def tuning(entries: Stack) -> Readings:
    """Ask for whatever the search for better scales wants to try; the same holds for the text."""
    before = tuple(entry.scale for entry in entries)
    tried: dict[Scales, Scored] = {}
    search = tune(before)
    scales = next(search)
    while True:
        words = f"Trying mix {len(tried) + 1} of at most {MOST_EVALUATIONS}"
        tried[scales] = yield Wanted(words, scales, MOST_EVALUATIONS)
        check_length(tried[scales])
        try:
            scales = search.send(tried[scales].mean_nll)
        except StopIteration as end:
            return Tuned(before, end.value, tried[before], tried[end.value])

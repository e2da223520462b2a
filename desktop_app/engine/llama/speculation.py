"""Guessing several tokens ahead, so that one decode checks them all: what is right comes for less than one by one.

Guesses come from the text itself (quoting, editing and code repeat what stands there already: "prompt lookup
decoding", Saxena 2023) or from a small model with the same vocabulary. A token is kept only where the sampler has
chosen the very same one from the large model's logits, so guessing changes the speed and never the distribution
(Leviathan et al. 2023, for guesses that are certain of themselves).
"""

import bisect
import time
from collections.abc import Sequence
from typing import Protocol

NGRAM = 2  # the shortest match that is worth a look
LONGEST_MATCH = 12
CANDIDATES = 8  # latest places of an n-gram that are compared
LENGTH_CLASSES = (2, 4, 8)  # matches up to these lengths, and longer ones, have a rate of their own
PRIOR_RATE = 0.5
RATE_WEIGHT = 0.1  # of one more guess in the running average
TIME_WEIGHT = 0.2
PRIOR_SLOPE = 0.4  # cost of one more row before it is known, as a share of a decode of one
WORTH_IT = 1.1  # a guess must promise so much more tokens a second
FIRST_PAUSE = 32  # steps after which what did not pay is tried again
PROBE_LENGTH = 3
_DRAFT_CLASS = -1


class DraftModel(Protocol):
    """A small model that goes on from given tokens."""

    def draft(self, tokens: Sequence[int], most: int) -> list[int]: ...


class PromptLookup:
    """Where the last tokens have stood before, and what came next there. Follows one text as it grows."""

    def __init__(self) -> None:
        self._tokens: list[int] = []
        self._places: dict[tuple[int, ...], list[int]] = {}

    def follow(self, tokens: Sequence[int]) -> None:
        """Take in what is new; a text that is another one is taken in from its start."""
        known = len(self._tokens)
        if known > len(tokens) or self._tokens[-LONGEST_MATCH:] != list(tokens[max(0, known - LONGEST_MATCH) : known]):
            self._tokens, self._places, known = [], {}, 0
        self._tokens.extend(tokens[known:])
        for end in range(max(known, NGRAM), len(self._tokens)):
            # The n-gram before `end`: the last one of the text has no place yet, because nothing follows it.
            self._places.setdefault(tuple(self._tokens[end - NGRAM : end]), []).append(end)

    def longest_match(self) -> tuple[int, int]:
        """Return (place of what followed the longest earlier match of the text's end, length of that match)."""
        tokens = self._tokens
        best = (0, 0)
        for place in self._places.get(tuple(tokens[-NGRAM:]), [])[: -CANDIDATES - 1 : -1]:
            length = NGRAM
            while length < min(LONGEST_MATCH, place) and tokens[place - length - 1] == tokens[-length - 1]:
                length += 1
            if length > best[1]:
                best = (place, length)
        return best

    def at(self, place: int, most: int) -> list[int]:
        """Return the tokens from this place on."""
        return self._tokens[place : place + most]


class _Pause:
    """How long what did not pay is left alone: each time for twice as many steps.

    Args:
        waited: How many of the first ones are over.
    """

    def __init__(self, waited: int = 0) -> None:
        self._steps, self._waited = FIRST_PAUSE, waited

    def is_over(self) -> bool:
        """Return whether to try it in this step."""
        if self._waited < self._steps:
            self._waited += 1
            return False
        self._waited, self._steps = 0, self._steps * 2
        return True

    def shorten(self) -> None:
        """Make the next one as long as the first, as it did pay."""
        self._steps = FIRST_PAUSE


class Speculator:
    """Decides how far to guess: as far as it makes most tokens a second, by what was measured so far.

    Args:
        draft_model: Asked where the text has nothing to offer.
    """

    def __init__(self, draft_model: DraftModel | None = None) -> None:
        self._lookup = PromptLookup()
        self._draft_model = draft_model
        self._rates: dict[int, float] = {}  # share of guesses that were right, by class
        self._decode_s = 0.0  # one row
        self._slope_s: float | None = None  # each more row
        self._draft_s = 0.0  # each guess of the draft model
        self._class = 0
        self._untried: int | None = None  # the first guess where guessing does not pay: what came of it teaches as well
        self._is_measuring = False  # what rows cost, again: the computer may have been busy when it was measured
        self._measured = _Pause()
        # It must read all that was written meanwhile before it can guess anything. The first step of all tries it.
        self._asked = _Pause(FIRST_PAUSE)

    def draft(self, tokens: Sequence[int], most: int) -> list[int]:
        """Return what probably follows, at most `most` tokens; none where guessing does not pay."""
        self._lookup.follow(tokens)
        self._untried = None
        place, length = self._lookup.longest_match()
        if length:
            self._class = bisect.bisect_left(LENGTH_CLASSES, length)
            if pays := self._best_length(self._class, most, 0, self._slope_s):
                self._measured.shorten()
                return self._lookup.at(place, pays)
            if self._best_length(self._class, most, 0, None) and self._measured.is_over():
                self._is_measuring = True
                return self._lookup.at(place, min(most, PROBE_LENGTH))
            self._untried = self._lookup.at(place, 1)[0]
        if self._draft_model is None or most < 1:
            return []
        return self._ask_draft_model(self._draft_model, tokens, most)

    def _ask_draft_model(self, draft_model: DraftModel, tokens: Sequence[int], most: int) -> list[int]:
        length = self._best_length(_DRAFT_CLASS, most, self._draft_s, self._slope_s)
        if length:
            self._asked.shorten()
        elif not self._asked.is_over():
            return []
        else:
            length = min(most, PROBE_LENGTH)
        self._class, self._untried = _DRAFT_CLASS, None
        started = time.perf_counter()
        guess = draft_model.draft(tokens, length)
        self._draft_s = _averaged(self._draft_s, (time.perf_counter() - started) / max(1, len(guess)), TIME_WEIGHT)
        return guess

    def _best_length(self, kind: int, most: int, draft_s: float, slope_s: float | None) -> int:
        """Return how many guesses promise most tokens a second, 0 if none is better.

        `slope_s` is what each more row costs, None if that is not known. With each guess right at a rate p, n of them
        give 1 + p + ... + p^n tokens.
        """
        if not self._decode_s:
            return 0  # nothing is known before the first token
        slope_s = slope_s if slope_s is not None else PRIOR_SLOPE * self._decode_s
        rate = self._rates.get(kind, PRIOR_RATE)
        best, best_speed = 0, WORTH_IT / self._decode_s
        expected = power = 1.0
        for length in range(1, most + 1):
            power *= rate
            expected += power
            speed = expected / (self._decode_s + length * (slope_s + draft_s))
            if speed > best_speed:
                best, best_speed = length, speed
        return best

    def learn(self, chosen: int, drafted: int, accepted: int, seconds: float) -> None:
        """Take in what came of the last guess.

        Args:
            chosen: The token that was chosen last.
            drafted: How many were guessed.
            accepted: How many of them were right.
            seconds: What the decode took.
        """
        if not drafted:
            self._decode_s = _averaged(self._decode_s, seconds, TIME_WEIGHT)
            if self._untried is not None:
                self._learn_rate(self._untried == chosen)
            return
        slope_s = max(0.0, seconds - self._decode_s) / drafted
        if self._slope_s is not None and not (self._is_measuring and slope_s < self._slope_s):
            slope_s = _averaged(self._slope_s, slope_s, TIME_WEIGHT)
        self._slope_s, self._is_measuring = slope_s, False
        for index in range(min(accepted + 1, drafted)):
            self._learn_rate(index < accepted)

    def _learn_rate(self, was_right: bool) -> None:
        rate = self._rates.get(self._class, PRIOR_RATE)
        self._rates[self._class] = rate + RATE_WEIGHT * (was_right - rate)


def _averaged(average: float, value: float, weight: float) -> float:
    return average + weight * (value - average) if average else value

"""What fits the context: which of the oldest messages are left out of a prompt, and when there is no room at all.

The rule a person sees: the system prompt stays, the oldest turns go first, the last message is never left out.
The engine applies it (it alone can count tokens), so this module depends on nothing.
"""

from collections.abc import Callable, Sequence
from functools import cache

from desktop_app.errors import UserError

# Once something must go, make room for several turns at a time: as long as the cut stays where it is, the KV cache
# of the kept messages stays valid and only what is new is prefilled.
_TARGET_SHARE = 0.75
_LOOK_BACK = (64, 256, 1024, 4096)  # turns; to count what is much too long takes long, and it need not be known


class PromptTooLong(UserError):  # what it tells is a fact about the prompt
    """Even the last message alone, with the system prompt, is longer than the context."""

    def __init__(self, tokens: int, limit: int) -> None:
        super().__init__(
            f"This message is too long: with the system prompt it takes {tokens:,} tokens, "
            f"and the context has room for {limit:,}.",
            "Shorten the message or the system prompt, or choose a longer context length in the settings.",
        )
        self.tokens = tokens
        self.limit = limit


def choose_omitted(count_tokens: Callable[[int], int], roles: Sequence[str], limit: int, at_least: int = 0) -> int:
    """Return how many of the oldest messages after the system prompt are left out of the prompt.

    Args:
        count_tokens: Gives the length in tokens of the whole prompt with that many messages left out. Leaving out
            more must not make it longer.
        roles: "user" or "assistant" for each message after the system prompt, oldest first.
        limit: The most tokens the prompt may take.
        at_least: What the previous answer left out. A number that is no cut of this conversation (too many, or in
            the middle of a turn) is a sign of another version of it, and moves to the next whole turn or to nothing.

    Raises:
        PromptTooLong: If the last user message and what follows it do not fit with the system prompt.
    """
    cuts = _cuts(roles)
    count = cache(count_tokens)
    first = next((index for index, cut in enumerate(cuts) if cut >= at_least), 0)
    nearer = [len(cuts) - back for back in _LOOK_BACK if len(cuts) - back > first]
    first = next((index for index in nearer if count(cuts[index]) > limit), first)
    if count(cuts[first]) <= limit:
        return cuts[first]
    if count(cuts[-1]) > limit:
        raise PromptTooLong(count(cuts[-1]), limit)
    target = int(limit * _TARGET_SHARE)
    low, high = first + 1, len(cuts) - 1  # the last cut is taken even if it stays above the target
    while low < high:
        middle = (low + high) // 2
        if count(cuts[middle]) <= target:
            high = middle
        else:
            low = middle + 1
    return cuts[high]


def _cuts(roles: Sequence[str]) -> list[int]:
    """Return the numbers of messages that may be left out: none, or all before some user message."""
    return [0, *(index for index, role in enumerate(roles) if role == "user" and index > 0)]

"""What a stack is to the engine: which of its adapters act, in order, and what identifies them together."""

import hashlib
import math
import struct
from collections.abc import Sequence

from desktop_app.errors import UserError
from desktop_app.storage.records import Stack

MAX_ADAPTERS = 8  # llama.cpp plans its graph for adapters one by one, and a person mixes no more
MAX_SCALE = 10.0  # sliders end at 2; beyond this any adapter is noise


def check_stack(scales: Sequence[float]) -> None:
    """Refuse a stack that is too high or has a scale that is none.

    Raises:
        UserError: If so.
    """
    if len(scales) > MAX_ADAPTERS:
        raise UserError(
            f"A stack can have up to {MAX_ADAPTERS} adapters, and this one has {len(scales)}.",
            "Take some out, or flatten several of them into one adapter.",
        )
    if not all(math.isfinite(scale) and abs(scale) <= MAX_SCALE for scale in scales):
        raise UserError(
            f"The scale of an adapter must be a number between -{MAX_SCALE:.0f} and {MAX_SCALE:.0f}.",
            "At 1 it acts as trained, and at 0 not at all.",
        )


def acting(stack: Stack) -> Stack:
    """Return the entries of a person's stack that do something: those that are on and not at 0."""
    return tuple(entry for entry in stack if entry.is_on and entry.scale)


def fingerprint(stack: Sequence[tuple[str, float]]) -> str:
    """Return a digest of what these adapters do together; empty for the bare model.

    Args:
        stack: SHA-256 of each adapter's file and its scale, in order. Those at 0 do not count.
    """
    acting = [f"{sha256}:{struct.pack('>f', scale).hex()}" for sha256, scale in stack if scale]
    return hashlib.sha256(" ".join(acting).encode()).hexdigest() if acting else ""

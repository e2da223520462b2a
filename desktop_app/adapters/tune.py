"""Finding good scales for a stack by measuring a few mixes on a text: one adapter at a time, a coarse step at a time.

The grid is coarse because a loss hardly changes within half a step, and because each measurement reads the whole text.

Source: choosing weights for several LoRA adapters by a few evaluations, without gradients, is the idea of LoraHub,
https://arxiv.org/abs/2307.13269.
"""

from collections.abc import Generator

GRID = (0.0, 0.5, 1.0, 1.5)
MOST_EVALUATIONS = 15
LEAST_GAIN = 0.005  # nats a token; rounding alone moves the mean over a text by nearly as much

Scales = tuple[float, ...]


def tune(start: Scales) -> Generator[Scales, float, Scales]:
    """Look for better scales than these, one for each adapter.

    Yields scales that are to be measured, the first ones first, and is sent the loss of each in nats a token. Ends
    with the best ones: none of their neighbors on the grid is better, or there were enough evaluations.
    """
    losses = {start: (yield start)}
    best = start
    while True:
        before = best
        for place in range(len(start)):
            for direction in (-1, 1):
                while (scales := _moved(best, place, direction)) is not None and scales not in losses:
                    if len(losses) == MOST_EVALUATIONS:
                        return best
                    losses[scales] = yield scales
                    if losses[scales] > losses[best] - LEAST_GAIN:
                        break
                    best = scales
        if best == before:
            return best


def _moved(scales: Scales, place: int, direction: int) -> Scales | None:
    """Return the scales with one of them moved to the next step of the grid; None if there is no further one."""
    steps = [step for step in GRID if (step - scales[place]) * direction > 0]
    if not steps:
        return None
    return (*scales[:place], max(steps) if direction < 0 else min(steps), *scales[place + 1 :])

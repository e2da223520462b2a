"""The trainer, in whose process the speed of this machine's matrix products is measured after each step.

Run as a module, this file is that program, with the trainer's arguments. It prints a JSON array with an item from
before the first step, one from after each, and one from the end: seconds of the fastest of several products, and of all
of them, which the trainer takes for a part of its step. Nothing else imports it, because it loads torch.
"""

import json
import sys
import time
from typing import Any

import torch

from desktop_app.trainer.command import main
from desktop_app.trainer.model import Model, load_model
from tests.bench.training import PRODUCT

_TIMES = 8


def product_seconds() -> tuple[float, float]:
    """Return the time of the fastest product, and of all."""
    rows, inner, columns = PRODUCT
    a, b, out = torch.ones(rows, inner), torch.ones(inner, columns), torch.empty(rows, columns)
    seconds = []
    for _ in range(_TIMES):
        started = time.perf_counter()
        torch.mm(a, b, out=out)
        seconds.append(time.perf_counter() - started)
    return min(seconds), sum(seconds)


class _Measured:
    """A model that measures whenever it is told that its adapter has changed."""

    def __init__(self, model: Model, found: list[tuple[float, float]]) -> None:
        self._model, self._found = model, found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def refresh(self) -> None:
        self._model.refresh()
        self._found.append(product_seconds())


if __name__ == "__main__":
    found: list[tuple[float, float]] = []
    status = main(sys.argv[1:], load=lambda *arguments, **options: _Measured(load_model(*arguments, **options), found))
    print(json.dumps(found))
    sys.exit(status)

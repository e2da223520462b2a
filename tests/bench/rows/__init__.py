"""The rows of the benchmark. A function that measures registers itself under a short name with `@measures`."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator

from tests.bench.table import Row

Measure = Callable[[], Iterator[Row]]
_MEASURES: dict[str, Measure] = {}


def measures(name: str) -> Callable[[Measure], Measure]:
    """Register a function that yields rows which share a set-up."""

    def register(function: Measure) -> Measure:
        _MEASURES[name] = function
        return function

    return register


def all_measures() -> dict[str, Measure]:
    """Return every registered function by name, in the order of the files."""
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        importlib.import_module(f"{__name__}.{module.name}")
    return dict(_MEASURES)

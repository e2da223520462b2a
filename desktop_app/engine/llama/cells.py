"""How much room the sequences of a context take, where some of them share the cells of a common beginning."""

import itertools
from collections.abc import Iterable


class Cells:
    """Counts who holds each cell; a cell is taken as long as anyone does."""

    def __init__(self) -> None:
        self._holders: dict[int, int] = {}
        self._numbers = itertools.count()

    def __len__(self) -> int:
        return len(self._holders)

    def take(self, count: int) -> list[int]:
        """Return so many new cells."""
        cells = list(itertools.islice(self._numbers, count))
        self._holders.update(dict.fromkeys(cells, 1))
        return cells

    def share(self, cells: Iterable[int]) -> None:
        """Note one more holder of each."""
        for cell in cells:
            self._holders[cell] += 1

    def release(self, cells: Iterable[int]) -> None:
        """Note one holder less of each."""
        for cell in cells:
            if self._holders[cell] == 1:
                del self._holders[cell]
            else:
                self._holders[cell] -= 1

"""What a row of the benchmark is, how programs are measured in turns, and the table that comes out."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

SETTLE_S = 0.75

_Figure = TypeVar("_Figure")


@dataclass(frozen=True)
class Goal:
    """What was promised: of the ratio to the peer where there is one, else of the figure itself."""

    relation: Literal["at least", "at most"]
    value: float

    def is_reached(self, number: float) -> bool:
        return number >= self.value if self.relation == "at least" else number <= self.value

    def __str__(self) -> str:
        return f"{'≥' if self.relation == 'at least' else '≤'} {self.value:g}"


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        what: In words, with the conditions that matter.
        unit: Of the figures.
        ours: One figure a run.
        peer_name: What it is compared with, or empty.
        peers: The peer's figures, run for run beside ours.
        goal: What was promised, or None where a figure is only for information.
        notes: Conditions found while measuring, such as token counts.
    """

    what: str
    unit: str
    ours: tuple[float, ...]
    goal: Goal | None
    peer_name: str = ""
    peers: tuple[float, ...] = ()
    notes: str = ""

    @property
    def figure(self) -> float:
        return statistics.median(self.ours)

    @property
    def peer_figure(self) -> float | None:
        return statistics.median(self.peers) if self.peers else None

    @property
    def ratio(self) -> float | None:
        """The median over the pairs of runs: what slows the machine for a while slows both of a pair."""
        if not self.peers:
            return None
        return statistics.median(ours / peer for ours, peer in zip(self.ours, self.peers, strict=True))

    @property
    def reached(self) -> bool | None:
        if self.goal is None:
            return None
        return self.goal.is_reached(self.figure if self.ratio is None else self.ratio)

    def as_dict(self) -> dict[str, object]:
        return {
            "what": self.what,
            "unit": self.unit,
            "figure": self.figure,
            "runs": self.ours,
            "peer": self.peer_name or None,
            "peer_figure": self.peer_figure,
            "peer_runs": self.peers,
            "ratio": self.ratio,
            "goal": str(self.goal) if self.goal else None,
            "reached": self.reached,
            "notes": self.notes,
        }


def interleave(
    *programs: Callable[[int], _Figure], runs: int = 7, warm_up: bool = True
) -> tuple[tuple[_Figure, ...], ...]:
    """Measure programs in turns (A B C, C B A, A B C ...), so that a drift of the machine meets all alike.

    Each function gets the number of the run and returns its figure; the figures of each program come back together.
    Run 0 warms caches up and is thrown away, unless `warm_up` is false because that would take too long. Before each
    measurement the machine comes to rest, because a program that adapts to the load would otherwise adapt to the other
    ones.
    """
    figures: list[list[_Figure]] = [[] for _ in programs]
    turns = list(zip(programs, figures, strict=True))
    for run in range(runs + warm_up):
        for measure, own in reversed(turns) if run % 2 else turns:
            time.sleep(SETTLE_S)
            own.append(measure(run))
    return tuple(tuple(own[warm_up:]) for own in figures)


def render(rows: Sequence[Row]) -> str:
    """Return the Markdown table. Behind each figure, in brackets, its range over the runs."""
    lines = ["| | unit | Moatless | peer | ratio | goal | reached |", "| --- | --- | --- | --- | --- | --- | --- |"]
    for row in rows:
        peer = f"{_range(row.peers)} {row.peer_name}" if row.peers else "-"
        ratio = "-" if row.ratio is None else f"{row.ratio:.2f}"
        reached = {True: "yes", False: "**no**", None: "-"}[row.reached]
        what = f"{row.what} ({row.notes})" if row.notes else row.what
        lines.append(f"| {what} | {row.unit} | {_range(row.ours)} | {peer} | {ratio} | {row.goal or '-'} | {reached} |")
    return "\n".join(lines)


def _range(figures: Sequence[float]) -> str:
    middle = f"{statistics.median(figures):.3g}"
    return middle if len(figures) == 1 else f"{middle} ({min(figures):.3g} to {max(figures):.3g})"

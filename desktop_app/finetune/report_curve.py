"""The curve of a training as a drawing: the loss of each step, and the loss on what was held out."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

_WIDTH, _HEIGHT = 680, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 16, 40, 48
_MOST_POINTS = 300  # more are not told apart
_TICKS = 5

Points = Sequence[tuple[float, float]]


def curve_svg(losses: Mapping[int, float], held_out: Mapping[int, float]) -> str:
    """Return the drawing as SVG, whose colors the page has; nothing where no loss was a number.

    Args:
        losses: Of what was learned, by step.
        held_out: Of what was held out, by step.
    """
    training, measured = _thinned(_sound(losses)), _sound(held_out)
    both = [*training, *measured]
    if not both:
        return ""
    last = max(1, *(step for step, _ in both))
    values = _ticks(min(loss for _, loss in both), max(loss for _, loss in both))
    place = _Place((0, last), (values[0], values[-1]))
    steps = (step for step in _ticks(0, last, is_whole=True) if step <= last)
    parts = [*_axes(place, steps, values), *_legend()]
    if training:
        parts.append(_line("training", training, place))
    if measured:
        parts.append(_line("held-out", measured, place))
        parts += [f'<circle cx="{place.x(step):.1f}" cy="{place.y(loss):.1f}" r="3"/>' for step, loss in measured]
    title = "The loss by step"
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{title}" xmlns="http://www.w3.org/2000/svg">'
        f"<title>{title}</title>{''.join(parts)}</svg>"
    )


class _Place:
    """Where a step and a loss are in the drawing, given the first and the last of each."""

    def __init__(self, steps: tuple[float, float], values: tuple[float, float]) -> None:
        self._steps, self._values = steps, values

    def x(self, step: float) -> float:
        low, high = self._steps
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (step - low) / (high - low)

    def y(self, loss: float) -> float:
        low, high = self._values
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * (loss - low) / (high - low)


def _sound(values: Mapping[int, float]) -> list[tuple[float, float]]:
    return sorted((step, value) for step, value in values.items() if math.isfinite(value))


def _thinned(points: Points) -> list[tuple[float, float]]:
    """Return as many points as can be told apart, each the mean of some neighbors."""
    size = -(-len(points) // _MOST_POINTS)
    parts = (points[start : start + size] for start in range(0, len(points), size or 1))
    return [tuple(sum(each) / len(part) for each in zip(*part, strict=True)) for part in parts]


def _ticks(low: float, high: float, is_whole: bool = False) -> list[float]:
    """Return round numbers of even distance, the first at most `low` and the last at least `high`."""
    rough = max(high - low, 1 if is_whole else 1e-3) / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    distance = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    if is_whole:
        distance = max(1, round(distance))
    first, last = math.floor(low / distance), math.ceil(high / distance)
    return [number * distance for number in range(first, max(last, first + 1) + 1)]


def _axes(place: _Place, steps: Iterable[float], values: Sequence[float]) -> Iterator[str]:
    digits = max(0, -math.floor(math.log10(values[1] - values[0])))
    for value in values:
        y = place.y(value)
        yield f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield _text(_LEFT - 8, y + 4, f"{value:.{digits}f}", "end")
    for step in steps:
        yield _text(place.x(step), _HEIGHT - _BOTTOM + 20, f"{step:,.0f}", "middle")
    yield _text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 8, "step", "middle")
    yield _text(_LEFT, _TOP - 20, "loss", "start")


def _legend() -> Iterator[str]:
    for number, (name, words) in enumerate((("training", "what is learned"), ("held-out", "what was held out"))):
        x, y = _WIDTH - _RIGHT - 300 + 160 * number, _TOP - 24
        yield f'<polyline class="{name}" points="{x},{y} {x + 24},{y}"/>'
        yield _text(x + 32, y + 4, words, "start")


def _line(name: str, points: Points, place: _Place) -> str:
    told = " ".join(f"{place.x(step):.1f},{place.y(loss):.1f}" for step, loss in points)
    return f'<polyline class="{name}" points="{told}"/>'


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'

"""What the curve of a run shows, as numbers and in words."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from desktop_app.finetune.run_folder import Progress
from desktop_app.finetune.words import count

_SMOOTHED_SHARE, _LEAST_SMOOTHED = 0.1, 6  # of all steps that the smoothed loss looks back over, and at least
_SHOWN_SHARE = 0.96  # of the single losses; the others may lie outside of the picture


@dataclass(frozen=True)
class CurveValues:
    """Losses in nats a token, by step.

    Attributes:
        n_steps: That the run will have, or as many as there are.
    """

    steps: tuple[int, ...] = ()
    losses: tuple[float, ...] = ()
    smoothed: tuple[float, ...] = ()
    held_out: Mapping[int, float] = field(default_factory=dict)
    n_steps: int = 0

    @classmethod
    def of(cls, progress: Progress) -> "CurveValues":
        """Return what the events of a run say."""
        steps = tuple(sorted(progress.losses))
        losses = tuple(progress.losses[step] for step in steps)
        n_steps = max(progress.started.get("steps", 0), *steps, 0)
        if progress.finished:  # perhaps before all were done
            n_steps = max((*steps, *progress.held_out), default=0)
        return cls(steps, losses, _smooth(losses), dict(sorted(progress.held_out.items())), n_steps)

    @property
    def is_empty(self) -> bool:
        return not self.steps and not self.held_out

    @property
    def best_step(self) -> int | None:
        """The step with the smallest loss on what was held out; None before there is one."""
        after = {step: loss for step, loss in self.held_out.items() if step}
        return min(after, key=lambda step: after[step]) if after else None

    @property
    def heights(self) -> tuple[float, float] | None:
        """The lowest and the highest loss that is to be seen; None if there are none."""
        cut = round(len(self.losses) * (1 - _SHOWN_SHARE) / 2)
        usual = sorted(self.losses)[cut : len(self.losses) - cut]
        seen = (*usual, *self.smoothed, *self.held_out.values())
        return (min(seen), max(seen)) if seen else None

    def nearest(self, step: float) -> int | None:
        """Return the step with a value that is nearest to a place on the axis."""
        known = sorted({*self.steps, *self.held_out})
        return min(known, key=lambda each: abs(each - step)) if known else None

    def words_at(self, step: int) -> str:
        """Return what is known of a step."""
        parts = []
        if step in self.steps:
            parts.append(f"training {self.losses[self.steps.index(step)]:.3f}")
        if step in self.held_out:
            parts.append(f"held out {self.held_out[step]:.3f}")
        return f"Step {step:,}: {', '.join(parts)}" if parts else ""

    def description(self) -> str:
        """Return the whole curve in words."""
        if self.is_empty:
            return "There are no values yet."
        told = []
        if self.steps:
            first, last = self.smoothed[0], self.smoothed[-1]
            steps = count(len(self.steps), "step")
            told.append(f"Over {steps}, the training loss went from {first:.2f} to {last:.2f}.")
        if 0 in self.held_out:
            told.append(f"On what was held out, the loss was {self.held_out[0]:.2f} before the first step.")
        if (best := self.best_step) is not None:
            told.append(f"On what was held out, it was lowest after step {best:,}, with {self.held_out[best]:.2f}.")
        return " ".join(told)


def _smooth(losses: tuple[float, ...]) -> tuple[float, ...]:
    """Return a mean of each loss and those before it, older ones counting less and less."""
    share = 1 / max(_LEAST_SMOOTHED, len(losses) * _SMOOTHED_SHARE)
    smoothed: list[float] = []
    mean = weight = 0.0
    for loss in losses:
        mean, weight = mean + share * (loss - mean), weight + share * (1 - weight)
        smoothed.append(mean / weight)  # which would begin at 0 otherwise
    return tuple(smoothed)

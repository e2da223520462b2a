"""What a run has come to, as numbers in `report.json` and in words for people."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from desktop_app.finetune import events
from desktop_app.finetune.words import count
from desktop_app.trainer.contract import LARGEST_DIVERGENCE, LARGEST_NLL_DIFFERENCE, MODES
from desktop_app.trainer.parity import Reading

REPORT = "report.json"
LEAST_GROUPS = 10  # held-out documents or conversations; of fewer, chance decides

_MUCH_FORGOTTEN = 0.1  # nats a token; a tenth more surprise at every word of a general text
_REASONS = {
    events.DONE: "all steps were done",
    "early": "ended early, because the loss on what was held out fell no more",
    events.STOPPED: "stopped, and the best was kept",
    events.DIVERGED: "ended when the loss became no number, and the best was kept",
}
_MODES = dict(
    zip(
        MODES,
        ("fast: weights unpacked in memory", "packed: weights unpacked layer by layer", "lean: least memory, slowest"),
        strict=True,
    )
)


@dataclass(frozen=True)
class Change:
    """How a mean over what was held out has changed, in nats; less is better.

    Attributes:
        before, after: Without and with the adapter.
        low, high: Between these the change would be measured on other groups of the kind, 95 times of 100.
        groups: Documents or conversations that were held out.
        examples: In them.
    """

    before: float
    after: float
    low: float
    high: float
    groups: int
    examples: int

    @property
    def is_enough(self) -> bool:
        return self.groups >= LEAST_GROUPS

    @property
    def is_gain(self) -> bool:
        """Whether it is better, and not by chance."""
        return self.is_enough and self.high < 0

    @property
    def is_loss(self) -> bool:
        return self.is_enough and self.low > 0


@dataclass(frozen=True)
class Training:
    """How it went. `reason` is that of the event finished; losses are the trainer's, on what was held out, or None."""

    reason: str
    steps: int
    best_step: int
    loss_before: float | None
    loss_after: float | None
    tokens: int
    seconds: float
    tokens_per_s: float
    mode: str
    precision: str
    device: str


@dataclass(frozen=True)
class Report:
    """A run that has been proved.

    Attributes:
        parity: The engine with the adapter, beside the trainer with it.
        effect: The engine with the adapter, beside the engine without it, on the same general text.
        held_out: The likelihood of texts that were held out, a token; None if there were none.
        preferred: How much likelier what was liked is than what was not, an example; None if there were none.
    """

    run: str
    model: str
    training: Training
    parity: Reading
    effect: Reading
    held_out: Change | None
    preferred: Change | None

    @property
    def has_general_effect(self) -> bool:
        """Whether a general text is read otherwise than without the adapter."""
        return self.effect.divergence > LARGEST_DIVERGENCE

    @property
    def has_effect(self) -> bool:
        """Whether it changes anything that was measured."""
        return self.has_general_effect or any(each.is_gain or each.is_loss for each in self._changes)

    @property
    def is_gain(self) -> bool:
        """Whether it is worth being switched on: something is measurably better, and nothing measurably worse."""
        return any(each.is_gain for each in self._changes) and not any(each.is_loss for each in self._changes)

    @property
    def _changes(self) -> tuple[Change, ...]:
        return tuple(change for change in (self.held_out, self.preferred) if change)

    def as_facts(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {**asdict(self), "has_effect": self.has_effect, "is_gain": self.is_gain, "sentences": sentences(self)}


def write_report(folder: Path, report: Report) -> None:
    """Write `report.json`, whole or not at all."""
    path = folder / REPORT
    unfinished = path.with_suffix(".tmp")
    with unfinished.open("w", encoding="utf-8") as file:
        json.dump(report.as_facts(), file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def read_report(folder: Path) -> Report | None:
    """Return the report of a run that has been proved, None of any other."""
    try:
        told = json.loads((folder / REPORT).read_text(encoding="utf-8"))
        held_out, preferred = (Change(**told[name]) if told[name] else None for name in ("held_out", "preferred"))
        return Report(
            told["run"],
            told["model"],
            Training(**told["training"]),
            Reading(**told["parity"]),
            Reading(**told["effect"]),
            held_out,
            preferred,
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


# ------------------------------------------------------------ in words


def sentences(report: Report) -> list[str]:
    """Return what a person should know of the adapter, the most important first."""
    told = [] if report.has_effect else ["This adapter changes nothing measurable."]
    if report.held_out or not report.preferred:
        told.append(_held_out(report.held_out))
    if report.preferred:
        told.append(_preferred(report.preferred))
    return [*told, _forgotten(report)]


def _held_out(change: Change | None) -> str:
    if change is None or not change.is_enough:
        groups = count(change.groups if change else 0, "text")
        return f"There is not enough to measure what it has learned: {groups} held out, and {LEAST_GROUPS} are needed."
    what = f"On {count(change.groups, 'text')} that it has not learned from"
    if change.is_gain:
        return f"{what}, the loss fell from {_losses(change)}."
    if change.is_loss:
        return f"{what}, the loss rose from {_losses(change)}, so it does harm."
    return f"{what}, there is no measurable gain: the loss went from {_losses(change)}."


def _losses(change: Change) -> str:
    return f"{change.before:.3f} to {change.after:.3f} nats a token {_interval(change)}"


def _interval(change: Change) -> str:
    return f"(a change between {change.low:+.3f} and {change.high:+.3f})"


def _preferred(change: Change) -> str:
    if not change.is_enough:
        return (
            f"There is not enough to measure what it prefers: {count(change.groups, 'conversation')} held out, and "
            f"{LEAST_GROUPS} are needed."
        )
    amount = f"{abs(change.after - change.before):.3f} nats an answer {_interval(change)}"
    what = f"In {count(change.groups, 'conversation')} that it has not learned from"
    if change.is_gain:
        return f"{what}, what was liked gained on what was not by {amount}."
    if change.is_loss:
        return f"{what}, what was liked lost to what was not by {amount}, so it does harm."
    return f"{what}, there is no measurable gain for what was liked."


def _forgotten(report: Report) -> str:
    effect, lost = report.effect, report.effect.nll_difference
    if not report.has_general_effect:
        return "On a general text the model is the same as without it."
    figures = f"{effect.nll:.3f} nats a token before and {effect.other_nll:.3f} now"
    if lost < LARGEST_NLL_DIFFERENCE:
        return f"It has not made the model worse at a general text: {figures}."
    much = "much" if lost > _MUCH_FORGOTTEN else "a little"
    return f"It has made the model {much} worse at a general text: {figures}."


def as_text(report: Report) -> str:
    """Return the report for a terminal."""
    training = report.training
    rows = [
        ("model", report.model),
        ("steps", f"{training.steps}, the best one {training.best_step}: {_REASONS[training.reason]}"),
        ("time", f"{readable_time(training.seconds)}, {training.tokens_per_s:,.0f} tokens a second"),
        ("mode", f"{_MODES[training.mode]}; {training.precision} on {training.device}"),
        ("proof", f"{report.parity.tokens} tokens, KL {report.parity.divergence:.4f} from what the trainer computed"),
        ("effect", f"KL {report.effect.divergence:.4f}, {1 - report.effect.agreement:.0%} of words expected otherwise"),
    ]
    table = (f"  {title:8}  {text}" for title, text in rows)
    return "\n".join([report.run, *table, *sentences(report)])


def readable_time(seconds: float) -> str:
    """Return a duration in words, in steps that fit its length."""
    if seconds < 90:
        return count(round(seconds), "second")
    minutes = round(seconds / 60)
    return count(minutes, "minute") if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"

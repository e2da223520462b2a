"""What a run has come to, as numbers in `report.json` and in words for people."""

import json
import os
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from desktop_app.finetune.measures import (
    LEAST_GROUPS,
    LEAST_OF_A_KIND,
    Answered,
    Change,
    Overlap,
    Speed,
    Training,
)
from desktop_app.finetune.words import count
from desktop_app.trainer.contract import LARGEST_DIVERGENCE, LARGEST_NLL_DIFFERENCE
from desktop_app.trainer.reading import Reading

REPORT = "report.json"
TEXT, DOCUMENT, SECTION, CONVERSATION = "text", "document", "section", "conversation"  # units
ANSWER, LIKED = "answer", "liked"  # and what is better, besides texts

SAYS_NOTHING = "this says nothing about other documents"
MUCH_FORGOTTEN = 0.1  # nats a token; a tenth more surprise at every word of a general text


class Outcome(StrEnum):
    """What a report comes to."""

    GAIN = "gain"
    NO_GAIN = "no gain"
    HARM = "harm"
    NOT_MEASURED = "not measured"
    NO_EFFECT = "no effect"


_Part = TypeVar("_Part", Change, Overlap, Speed)


@dataclass(frozen=True)
class Gained:
    """Something that is measurably better: texts, answers or what is liked."""

    what: str
    change: Change


@dataclass(frozen=True)
class Report:
    """A run that has been proved.

    Attributes:
        parity: The engine with the adapter, beside the trainer with it.
        effect: The engine with the adapter, beside the engine without it, on the same general text.
        held_out: The likelihood of texts that were held out, a token; None if there were none.
        preferred: How much likelier what was liked is than what was not, an example; None if there were none.
        answers: Questions that were held out, answered without and with it.
        memorised: What it repeats of what it has learned; None if that was not looked for.
        speed: None if nothing was answered.
        kept: The likelihood of what earlier runs held out, where this one goes on with what they have learned.
        unit: What is held out as a whole: text, document, section or conversation.
        beyond_words: The change on passages that were held out, beside that on the same words in random order
            (`held_out.beyond_words`); None if there were none.
        passages, exchanges: `held_out` on passages alone and on answers alone; None unless both were held out.
    """

    run: str
    model: str
    training: Training
    parity: Reading
    effect: Reading
    held_out: Change | None
    preferred: Change | None
    answers: tuple[Answered, ...] = ()
    memorised: Overlap | None = None
    speed: Speed | None = None
    kept: Change | None = None
    unit: str = TEXT
    beyond_words: Change | None = None
    passages: Change | None = None
    exchanges: Change | None = None

    @property
    def has_general_effect(self) -> bool:
        """Whether a general text is read otherwise than without the adapter."""
        return self.effect.divergence > LARGEST_DIVERGENCE

    @property
    def has_effect(self) -> bool:
        """Whether it changes anything that was measured."""
        return self.has_general_effect or any(each.is_gain or each.is_loss for each in self.changes)

    @property
    def is_gain(self) -> bool:
        """Whether it is worth being switched on: something is measurably better, and nothing measurably worse."""
        return self.outcome == Outcome.GAIN

    @property
    def outcome(self) -> Outcome:
        """What it comes to."""
        if any(each.is_loss for each in self.changes) or self.has_lost:
            return Outcome.HARM
        if self.gained:
            return Outcome.GAIN
        if self.has_only_words:
            return Outcome.NO_GAIN
        if not self.has_effect:
            return Outcome.NO_EFFECT
        is_measured = any(each.is_enough for each in self.changes)
        return Outcome.NO_GAIN if is_measured else Outcome.NOT_MEASURED

    @property
    def has_only_words(self) -> bool:
        """Whether all that it has learned is which words occur: it gained as much where they stood in random order."""
        return not self.gained and any(each.is_gain for each in self.changes)

    @property
    def gained(self) -> Gained | None:
        """What is measurably better, the most important first; None if nothing is.

        Words in random order are a control of passages, which answers and preferences do not need.
        """
        beyond = self.beyond_words
        has_use = beyond is None or beyond.is_gain or not beyond.is_enough
        found = (
            (TEXT, self.passages, has_use),
            (ANSWER, self.exchanges, True),
            (TEXT, self.held_out, has_use),
            (LIKED, self.preferred, True),
        )
        return next(
            (Gained(what, change) for what, change, counts in found if change and change.is_gain and counts), None
        )

    @property
    def parts(self) -> tuple[tuple[str, Change, str], ...]:
        """What `held_out` is made of, if it is of two kinds: the name, the change and the unit of each."""
        found = (("passages", self.passages, TEXT), ("answers", self.exchanges, CONVERSATION))
        return tuple(
            (name, change, SECTION if 0 < change.documents < change.groups else unit)
            for name, change, unit in found
            if change
        )

    @property
    def has_lost(self) -> bool:
        """Whether something is worse now that earlier runs had learned."""
        return self.kept is not None and self.kept.is_lost

    @property
    def changes(self) -> tuple[Change, ...]:
        found = (self.held_out, self.passages, self.exchanges, self.preferred)
        return tuple(change for change in found if change)

    def as_facts(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            **asdict(self),
            "has_effect": self.has_effect,
            "is_gain": self.is_gain,
            "outcome": self.outcome.value,
            "verdict": verdict(self),
            "sentences": sentences(self),
        }


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
        run, model = told["run"], told["model"]
        names = ("held_out", "preferred", "kept", "beyond_words", "passages", "exchanges")
        changes = {name: _made(Change, told.get(name)) for name in names}
        return Report(
            run,
            model,
            Training(**told["training"]),
            Reading(**told["parity"]),
            Reading(**told["effect"]),
            changes["held_out"],
            changes["preferred"],
            tuple(Answered(**each) for each in told.get("answers", ())),
            _made(Overlap, told.get("memorised")),
            _made(Speed, told.get("speed")),
            changes["kept"],
            told.get("unit", TEXT),
            changes["beyond_words"],
            changes["passages"],
            changes["exchanges"],
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _made(kind: type[_Part], told: dict[str, Any] | None) -> _Part | None:
    return kind(**told) if told else None


# ------------------------------------------------------------ in words


def verdict(report: Report) -> str:
    """Return what it comes to in one sentence."""
    is_much = _forgotten_nats(report) > MUCH_FORGOTTEN
    if report.gained and report.outcome == Outcome.GAIN:
        price = ", but it has become much worse at other texts" if is_much else ""
        return f"It has learned something: {_better(report.gained)}{price}."
    price = ", and it has become much worse at other texts" if is_much else ""
    return f"{_no_gain(report)}{price}, so it stays switched off."


def _better(gained: Gained) -> str:
    if gained.what == LIKED:
        return (
            "in conversations it has not seen, it prefers what you like to what you do not measurably more than before"
        )
    if gained.change.is_of_these_documents:
        what = "answers from" if gained.what == ANSWER else "parts of"
        return f"it is measurably better at {what} your documents that it has not seen"
    return f"it is measurably better at {gained.what}s of this kind that it has not seen"


def _no_gain(report: Report) -> str:
    match report.outcome:
        case Outcome.HARM if report.has_lost and not any(each.is_loss for each in report.changes):
            return "It has become worse at what earlier versions had learned"
        case Outcome.HARM:
            return "It does harm: what it has not learned from it knows worse than before"
        case Outcome.NO_GAIN if report.has_only_words:
            return "There is no measurable gain: it has learned which words occur, but not how they are used"
        case Outcome.NO_GAIN:
            return "There is no measurable gain: what it has not learned from it knows no better than before"
        case Outcome.NO_EFFECT:
            return "This adapter changes nothing measurable"
        case _ if lacks := lacking(report.preferred):
            return f"Too few answers marked as {lacks} were held out to tell whether it has learned anything"
        case _:
            return "Too little was held out to tell whether it has learned anything"


def sentences(report: Report) -> list[str]:
    """Return what a person should know of the adapter besides the verdict, the most important first."""
    told = []
    if report.held_out or not report.preferred:
        told.append(_held_out(report.held_out, report.unit))
    for name, change, unit in report.parts:
        if change.is_enough:
            told.append(f"Of this, on {name} ({held_out_words(change, unit)}), {_how_it_went(change)}")
    if report.preferred:
        told.append(_preferred(report.preferred))
    if report.beyond_words and report.beyond_words.is_enough:
        told.append(_beyond_words(report.beyond_words))
    if report.kept:
        told.append(_kept(report.kept, report.has_lost))
    told.append(_forgotten(report))
    if report.memorised:
        told.append(memorised_words(report.memorised))
    if report.speed:
        told.append(_speed(report.speed))
    return told


def _held_out(change: Change | None, unit: str) -> str:
    if change is None or not change.is_enough:
        groups = count(change.groups if change else 0, unit)
        return f"There is not enough to measure what it has learned: {groups} held out, and {LEAST_GROUPS} are needed."
    return f"On {held_out_words(change, unit)} that it has not learned from, {_how_it_went(change)}"


def _how_it_went(change: Change) -> str:
    if change.is_gain:
        return f"the loss fell from {_losses(change)}."
    if change.is_loss:
        return f"the loss rose from {_losses(change)}, so it does harm."
    return f"there is no measurable gain: the loss went from {_losses(change)}."


def held_out_words(change: Change, unit: str) -> str:
    """Return how much was held out, such as “14 sections of 2 documents”."""
    groups = count(change.groups, unit)
    return f"{groups} of {count(change.documents, 'document')}" if unit == SECTION and change.documents else groups


def lacking(change: Change | None) -> str:
    """Return the kind of marked answers that is missing where there would be enough of them, or nothing."""
    return change.lacks if change and change.groups >= LEAST_GROUPS else ""


def _losses(change: Change) -> str:
    return f"{change.before:.3f} to {change.after:.3f} nats a token {_interval(change)}"


def _interval(change: Change) -> str:
    return f"(a {interval_words(change)})"


def interval_words(change: Change) -> str:
    """Return between what a change lies, and of how much that is said."""
    words = f"change between {change.low:+.3f} and {change.high:+.3f}"
    return f"{words}; {SAYS_NOTHING}" if change.is_of_these_documents else words


def _preferred(change: Change) -> str:
    if lacks := lacking(change):
        return (
            f"There is not enough to measure what it prefers: too few answers marked as {lacks} were held out, and "
            f"{LEAST_OF_A_KIND} conversations with good ones and as many with bad ones are needed."
        )
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


def _beyond_words(change: Change) -> str:
    figures = f"{change.after:+.3f} nats a token, and {change.before:+.3f} with the same words in random order"
    if change.is_gain:
        return f"It has learned how the words are used, not only which ones occur: the loss changed by {figures}."
    return f"It has not learned how the words are used: the loss changed by {figures}."


def _kept(change: Change, is_lost: bool) -> str:
    figures = f"the loss was {change.before:.3f} and is {change.after:.3f}"
    if is_lost:
        return f"It has become worse at what earlier runs held out: {figures}."
    return f"It has not become worse at what earlier runs held out: {figures}."


def memorised_words(overlap: Overlap) -> str:
    """Return what is to be known of what it repeats word for word."""
    if not overlap.words:
        return "It was not seen to repeat anything of what it has learned word for word."
    run = f"it repeats {count(overlap.words, 'word')} in a row{f' of “{overlap.document}”' if overlap.document else ''}"
    if overlap.is_long:
        return f"Think before you share it: {run} word for word, and whoever has it can read them."
    return f"At most {run}, which is too little to give anything away."


def _speed(speed: Speed) -> str:
    return f"It answers with {speed.after:,.1f} tokens a second; without it, with {speed.before:,.1f}."


def _forgotten_nats(report: Report) -> float:
    return report.effect.nll_difference if report.has_general_effect else 0.0


def _forgotten(report: Report) -> str:
    effect, lost = report.effect, report.effect.nll_difference
    if not report.has_general_effect:
        return "On a general text the model is the same as without it."
    figures = f"{effect.nll:.3f} nats a token before and {effect.other_nll:.3f} now"
    if lost < LARGEST_NLL_DIFFERENCE:
        return f"It has not made the model worse at a general text: {figures}."
    much = "much" if lost > MUCH_FORGOTTEN else "a little"
    return f"It has made the model {much} worse at a general text: {figures}."

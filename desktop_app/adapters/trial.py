"""What several ways of reading a text tell about the adapters of a stack: which is better, and whether that is chance.

Two ways are compared token by token: some words are hard for all of them, and what is the same in both says nothing.
"""

import math
from dataclasses import dataclass
from pathlib import Path

from desktop_app.engine.messages import Scored
from desktop_app.errors import UserError
from desktop_app.library.file_errors import shown_name

LEAST_TOKENS = 64  # of fewer, the error of the mean is larger than most differences
MOST_CHARACTERS = 6_000  # about 1,500 tokens, which a processor reads in seconds to a minute
TEXT_ENDINGS = (".txt", ".md")
_LEAST_ERRORS = 2.0  # standard errors that a difference must have not to be taken for chance


@dataclass(frozen=True)
class ProbeText:
    """A text to try a stack on.

    Attributes:
        name: Of its file.
        is_cut: It is only the beginning of what is in the file.
    """

    name: str
    text: str
    is_cut: bool = False


@dataclass(frozen=True)
class Difference:
    """How much more one way of reading loses than another, in nats a token; `error` is the standard error."""

    mean: float
    error: float

    @property
    def is_measurable(self) -> bool:
        return abs(self.mean) > self.margin

    @property
    def margin(self) -> float:
        """What is to be said after "±"."""
        return _LEAST_ERRORS * self.error

    @property
    def amount(self) -> str:
        """How much it is, whichever way, in words."""
        return f"{abs(self.mean):.3f}\u00a0±\u00a0{self.margin:.3f} nats a token"


@dataclass(frozen=True)
class Reading:
    """One way of reading a text.

    Attributes:
        from_bare: How much more it loses than the bare model.
        name: Of the adapter that acts alone; empty for the bare model and for the whole stack.
        sha256: Of that adapter, or empty.
    """

    scored: Scored
    from_bare: Difference = Difference(0.0, 0.0)
    name: str = ""
    sha256: str = ""


@dataclass(frozen=True)
class Trial:
    """What a text has shown of a stack.

    Attributes:
        alone: Each acting adapter at its scale.
        together: All of them; None where there is only one.
    """

    bare: Reading
    alone: tuple[Reading, ...]
    together: Reading | None = None


@dataclass(frozen=True)
class Tuned:
    """The scales that were looked for, beside those that the stack had before, in the order of its acting adapters."""

    before: tuple[float, ...]
    found: tuple[float, ...]
    scored_before: Scored
    scored_found: Scored


def read_text(path: Path) -> ProbeText:
    """Read the beginning of a text file.

    Raises:
        UserError: If it is none, or cannot be read.
    """
    name = shown_name(path)
    if path.suffix.lower() not in TEXT_ENDINGS:
        raise UserError(f"“{name}” is not a text file.", "Choose one whose name ends in .txt or .md.")
    try:
        with path.open(encoding="utf-8-sig") as file:
            text = file.read(MOST_CHARACTERS + 1)
    except UnicodeDecodeError as error:
        raise UserError(f"The file “{name}” is not UTF-8 text.", "Save it as UTF-8 and try again.") from error
    except OSError as error:
        raise UserError(f"“{name}” could not be read.", "Check that the file is there and may be read.") from error
    if len(text) <= MOST_CHARACTERS:
        return ProbeText(name, text)
    text = text[:MOST_CHARACTERS]
    whole_words, _, _ = text.rpartition(" ")  # of few spaces, as in Chinese, the last may stand near the beginning
    return ProbeText(name, whole_words if len(whole_words) > MOST_CHARACTERS * 0.9 else text, is_cut=True)


def check_length(scored: Scored) -> None:
    """Refuse a text that has turned out to be too short.

    Raises:
        UserError: If so.
    """
    n_tokens = len(scored.logprobs)
    if n_tokens < LEAST_TOKENS:
        raise UserError(
            f"This text has {n_tokens} tokens, which is too short to tell one way of reading it from another.",
            f"Choose one of at least {LEAST_TOKENS} tokens; a long paragraph is enough.",
        )


def difference(first: Scored, other: Scored) -> Difference:
    """Return how much more the other one loses than the first; both are of the same text."""
    each = [mine - theirs for mine, theirs in zip(first.logprobs, other.logprobs, strict=True)]
    mean = math.fsum(each) / len(each)
    variance = math.fsum((value - mean) ** 2 for value in each) / max(1, len(each) - 1)
    return Difference(mean, math.sqrt(variance / len(each)))


def verdict(trial: Trial) -> str:
    """Say what is best for the text."""
    best = min(trial.alone, key=lambda reading: reading.scored.mean_nll)
    if trial.together is None:
        return _against_the_bare_model(best)
    found = difference(best.scored, trial.together.scored)
    if not found.is_measurable:
        sentence = f"On this text, all together do no measurably better or worse than “{best.name}” alone."
    elif found.mean < 0:
        sentence = f"On this text, all together do better than “{best.name}”, the best one alone, by {found.amount}."
    else:
        sentence = f"On this text, “{best.name}” alone does better than all together, by {found.amount}."
    winner = trial.together if found.is_measurable and found.mean < 0 else best
    from_bare = winner.from_bare
    if not from_bare.is_measurable:
        return f"{sentence} The bare model does as well."
    return f"{sentence} The bare model does better still, by {from_bare.amount}." if from_bare.mean > 0 else sentence


def _against_the_bare_model(reading: Reading) -> str:
    found, name = reading.from_bare, reading.name
    if not found.is_measurable:
        return f"On this text, “{name}” does no measurably better or worse than the bare model."
    better = "worse" if found.mean > 0 else "better"
    return f"On this text, “{name}” does {better} than the bare model, by {found.amount}."


def tuned_verdict(tuned: Tuned) -> str:
    """Say whether it is worth taking what was found."""
    if tuned.found == tuned.before:
        return "No mix that was tried does better on this text than what is set now."
    found = difference(tuned.scored_before, tuned.scored_found)
    if found.mean < 0 and found.is_measurable:
        return f"This mix does better on this text, by {found.amount}."
    return "This mix does no measurably better on this text."

"""How a run stands, in words for the screen."""

from collections.abc import Sequence
from dataclasses import dataclass

from desktop_app.finetune import events
from desktop_app.finetune.run_folder import Progress, RunState, RunStatus
from desktop_app.finetune.samples import Sample
from desktop_app.gui.adapters.standing_words import Told
from desktop_app.gui.finetune.answers_view import Pair
from desktop_app.gui.library.download_row import readable_time
from desktop_app.library.memory import readable_size
from desktop_app.trainer.contract import FAST, LEAN, PACKED

OVER = (RunState.FINISHED, RunState.STOPPED)
_MODES = {FAST: "Fast", PACKED: "Packed", LEAN: "Lean"}
_NO_HINT = "Resume it; it goes on from where it was last saved."


@dataclass(frozen=True)
class RunWords:
    """A headline, and what it means or what to do.

    Attributes:
        waits: It cannot be known how long this takes, and nothing is to be seen meanwhile.
        fraction: How much of it is done; None where that is not known.
    """

    headline: Told
    details: str = ""
    waits: bool = False
    fraction: float | None = None


@dataclass(frozen=True)
class Asked:
    """What is known of a run besides its folder.

    Attributes:
        is_starting: It was started a moment ago.
        is_held: It waits for an answer that is being written.
        wish: What it was asked for and has not done yet: a headline, or empty.
    """

    is_starting: bool = False
    is_held: bool = False
    wish: str = ""


def run_words(status: RunStatus, asked: Asked) -> RunWords:
    """Return how a run stands."""
    progress = status.progress
    if status.state == RunState.RUNNING:
        return _running(progress, asked)
    if asked.is_starting:
        return RunWords(Told("clock", "muted", "Starting"), "Making room for the model.", waits=True)
    match status.state:
        case RunState.PREPARED:
            return RunWords(Told("clock", "muted", "Ready to begin"), "The examples are prepared.")
        case RunState.PAUSED:
            details = "All that was learned is saved." if progress.step else "It has not begun to learn."
            return RunWords(Told("pause", "muted", f"Paused{_where(progress)}"), details)
        case RunState.INTERRUPTED:
            details = "The computer or the program ended in the middle. It goes on from where it was last saved."
            return RunWords(Told("circle-alert", "warn", f"Interrupted{_where(progress)}"), details)
        case RunState.TRAINED:
            details = "What was learned is saved. It is still to be measured and put into the library."
            return RunWords(Told("circle-alert", "warn", "Not proved yet"), details)
        case RunState.FAILED:
            hint = progress.failed.get("hint") or _NO_HINT
            return RunWords(Told("triangle-alert", "danger", "It could not go on"), f"{status.sentence} {hint}")
        case RunState.DAMAGED:
            return RunWords(Told("triangle-alert", "danger", "Damaged"), status.sentence)
    words = "Stopped, and the best was kept" if status.state == RunState.STOPPED else "Taught"
    return RunWords(Told("check", "good", words))


def _running(progress: Progress, asked: Asked) -> RunWords:
    if asked.wish:
        return RunWords(Told("clock", "muted", asked.wish), "What was computed is being saved.", waits=True)
    if progress.last in (events.FINISHED, events.PROVED, events.EXPORTED):
        details = "The model answers and reads what was held out, without and with what it has learned."
        return RunWords(Told("activity", "muted", "Measuring what it has learned"), details, True, progress.proving)
    if asked.is_held:
        return RunWords(
            Told("pause", "muted", "Waiting while an answer is written"), "It goes on by itself after that."
        )
    if progress.last != events.STARTED or not (progress.losses or progress.held_out):
        return RunWords(Told("clock", "muted", "Reading the model"), "Training begins in a moment.", waits=True)
    left = f", {readable_time(progress.seconds_left)} left" if progress.seconds_left else ""
    return RunWords(Told("activity", "muted", f"Learning{left}"))


def _where(progress: Progress) -> str:
    steps = progress.started.get("steps", 0)
    return f" after step {progress.step:,} of {steps:,}" if progress.step else ""


def run_facts(status: RunStatus) -> dict[str, str]:
    """Return the numbers of a run by what they are; those that are not known yet are empty."""
    progress, started = status.progress, status.progress.started
    steps, is_training = started.get("steps", 0), status.state == RunState.RUNNING and not progress.finished
    memory = started.get("forecast_bytes", 0) if started.get("mode") == progress.mode else 0
    left = progress.seconds_left if is_training else None
    return {
        "Step": f"{progress.step:,} of {steps:,}" if steps else "",
        "Time left": f"about {readable_time(left)}" if left else "",
        "Speed": f"{progress.tokens_per_s:,.0f} tokens/s" if progress.tokens_per_s else "",
        "Memory": f"about {readable_size(memory)}" if memory else "",
        "Mode": _MODES.get(progress.mode, ""),
    }


def sample_pairs(samples: Sequence[Sample]) -> list[Pair]:
    """Return what the model says now, the last answer to each question."""
    last = {sample.question: sample for sample in samples}
    return [
        Pair(
            sample.question,
            sample.base,
            sample.answer,
            sample.wanted,
            sample.is_continued,
            f"after step {sample.step:,}" if sample.step else "before the first step",
        )
        for sample in sorted(last.values(), key=lambda sample: -sample.step)
    ]

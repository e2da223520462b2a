"""What a report means for a person, besides its verdict: what to make of it, and what to do next."""

from dataclasses import asdict

from desktop_app.finetune.expert import EXPERT_OPTIONS
from desktop_app.finetune.measures import LEAST_GROUPS, LEAST_OF_A_KIND, Overlap
from desktop_app.finetune.report import Outcome, Report, lacking
from desktop_app.finetune.report_figures import figures
from desktop_app.trainer.contract import Run

_MEANINGS = {
    Outcome.GAIN: (
        "The difference was measured on what it has not learned from, and is larger than chance would make it. "
        "Switch it on in a chat, and off again whenever you like. Facts are better looked up in your documents."
    ),
    Outcome.NO_GAIN: (
        "What was measured is no larger than chance would make it. More documents of one kind help most; a more "
        "thorough plan may help, too."
    ),
    Outcome.HARM: (
        "Most likely it has learned its examples by heart. More documents help, or a plan with fewer epochs or a "
        "lower learning rate."
    ),
    Outcome.NOT_MEASURED: (
        f"At least {LEAST_GROUPS} documents or conversations have to be held out before chance can be ruled out. "
        "Bring more of them, or read below what it says and judge for yourself."
    ),
    Outcome.NO_EFFECT: (
        "It was trained too little to say anything otherwise. Choose a more thorough plan, or bring more documents."
    ),
}
_TITLES = {option.key: option.title for option in EXPERT_OPTIONS} | {"max_steps": "Limit of steps"}
_LOST = (
    "Your earlier version stays as it was and is the better one. Begin from scratch with all documents, or take out "
    "what does not belong to the others."
)
_ONLY_WORDS = (
    "It gained as much on the same texts with their words in random order. Bring whole texts that belong together; "
    "lists of words, tables and scans that were read badly teach nothing more."
)
_ONE_KIND = (
    f"At least {LEAST_OF_A_KIND} conversations with good answers and as many with bad ones have to be held out: that "
    "all answers have become less likely, or all likelier, is no preference. Mark answers of both kinds, or read below "
    "what it says and judge for yourself."
)


def meaning(report: Report) -> str:
    """Return what to make of a report."""
    if report.outcome == Outcome.NO_GAIN and report.has_only_words:
        return _ONLY_WORDS
    if report.outcome == Outcome.HARM and report.has_lost and not any(each.is_loss for each in report.changes):
        return _LOST
    if report.outcome == Outcome.NOT_MEASURED and lacking(report.preferred):
        return _ONE_KIND
    return _MEANINGS[report.outcome]


def made_lines(report: Report, run: Run, sha256: str) -> list[tuple[str, str]]:
    """Return how it was made: names and values.

    Args:
        sha256: Of the adapter, or empty.
    """
    about, recipe = run.about, asdict(run.recipe)
    counts = (("Learned from", "learned"), ("Held out", "held_out"))
    lines = [
        (words, f"{about[key]['examples']:,} examples, {about[key]['tokens']:,} tokens")
        for words, key in counts
        if key in about
    ]
    chosen = [(_TITLES.get(name, name.replace("_", " ").capitalize()), _plain(recipe[name])) for name in recipe]
    told = [(name.capitalize(), value) for name, value in figures(report) if name != "model"]
    named = {name for name, _ in told}  # as it was in the end, not as it was wished
    return [
        ("Model", run.base.name),
        ("Preset", str(about.get("preset", "")).capitalize()),
        *lines,
        *((name, value) for name, value in chosen if name not in named),
        *told,
        *([("Adapter", f"SHA-256 {sha256}")] if sha256 else []),
    ]


def _plain(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) else f"{value:g}" if isinstance(value, float) else str(value)


def warning(overlap: Overlap | None) -> str:
    """Return what it repeats word for word, if that is to be thought about before it is shared."""
    return overlap.text if overlap is not None and overlap.is_long else ""

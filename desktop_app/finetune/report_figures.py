"""How a run was made and checked, in words and numbers; and all of its report for a terminal."""

from desktop_app.finetune.report import Report, sentences, verdict
from desktop_app.finetune.words import readable_time
from desktop_app.trainer.contract import MODES, REASONS

_REASONS = dict(
    zip(
        REASONS,
        (
            "all steps were done",
            "ended early, because the loss on what was held out fell no more",
            "stopped, and the best was kept",
            "ended when the loss became no number, and the best was kept",
        ),
        strict=True,
    )
)
_MODES = dict(
    zip(
        MODES,
        ("fast: weights unpacked in memory", "packed: weights unpacked layer by layer", "lean: least memory, slowest"),
        strict=True,
    )
)


def as_text(report: Report) -> str:
    """Return the report for a terminal."""
    table = (f"  {title:8}  {text}" for title, text in figures(report))
    return "\n".join([report.run, verdict(report), *table, *sentences(report)])


def figures(report: Report) -> list[tuple[str, str]]:
    """Return how it was made and checked: what it is, and in words and numbers how it was."""
    training, effect = report.training, report.effect
    return [
        ("model", report.model),
        ("steps", f"{training.steps}, the best one {training.best_step}: {_REASONS[training.reason]}"),
        ("time", f"{readable_time(training.seconds)}, {training.tokens_per_s:,.0f} tokens a second"),
        ("mode", f"{_MODES[training.mode]}; {training.precision} on {training.device}"),
        ("proof", f"{report.parity.tokens} tokens, KL {report.parity.divergence:.4f} from what the trainer computed"),
        ("effect", f"KL {effect.divergence:.4f}, {1 - effect.agreement:.0%} of words expected otherwise"),
    ]

"""Run folders in every state that a person may meet, as training, proof and export leave them."""

import math
import time
from pathlib import Path
from typing import Any

from desktop_app.finetune.measures import Answered, Change, Overlap, Speed, Training
from desktop_app.finetune.report import DOCUMENT, Report, write_report
from desktop_app.finetune.samples import Sample, add_samples
from desktop_app.trainer import contract
from desktop_app.trainer.reading import Reading
from tests.support.run_folders import make_run, tell

STEPS = 120
STARTED = {
    "mode": "fast",
    "precision": "float32",
    "device": "cpu",
    "threads": 2,
    "steps": STEPS,
    "step": 0,
    "examples": 240,
    "tokens": 40_000,
    "free_bytes": 9_000_000_000,
    "forecast_bytes": 1_240_000_000,
}
ABOUT = {
    "preset": "balanced",
    "documents": [{"name": "letters.pdf", "sha256": "d" * 64, "kind": "text", "rows": 20}],
    "learned": {"examples": 204, "groups": 18, "tokens": 38_000},
    "held_out": {"examples": 36, "groups": 14, "tokens": 6_100},
    "replay": 36,
    "unit": DOCUMENT,
    "notes": [],
}
QUESTIONS = (
    ("How do you answer an invitation that you cannot accept?", "Thank them warmly, say no in one line, and stop."),
    ("Write two lines about the harbour in November.", "Grey water, one boat, and the gulls arguing about it."),
    ("Dear Anna, the winter has come early this year and", "I sit by the stove with your letter and the cat."),
)
BASE = "As a language model, I would suggest that it is important to consider several aspects. First, be polite."
NOW = "Say thank you, say no, and leave it at that. Anna would laugh at anything longer."

GAIN = Change(3.112, 2.846, -0.301, -0.231, 14, 36, 14)
NOTHING = Change(3.112, 3.104, -0.041, 0.027, 14, 36, 14)
HARM = Change(3.112, 3.307, 0.121, 0.262, 14, 36, 14)
FEW = Change(3.112, 2.9, -0.3, -0.1, 4, 9, 4)
LONG = Overlap(
    31,
    44,
    "on the morning of the third we left the island with a fair wind and six barrels of salted herring, and nobody "
    "said a word until the light had gone",
    "logbook.txt",
)


def prepare(runs: Path, name: str, model: Path, **changes: Any) -> Path:
    """Make the folder of a run that can be trained."""
    recipe = contract.Recipe(epochs=2)
    return make_run(runs / name, model, **{"about": ABOUT, "recipe": recipe, **changes})


def train(run: Path, steps: int = STEPS, began: float = 0.0) -> Path:
    """Have so many steps been done, with a look at what was held out now and then."""
    tell(
        run, ("started", STARTED), ("evaluated", {"step": 0, "loss": 3.11, "is_best": False}), time=began or time.time()
    )
    for step in range(1, steps + 1):
        loss = 2.55 + 0.75 * math.exp(-step / 30) + 0.12 * math.sin(step * 2.3)
        left = 2.4 * (STEPS - step)
        tell(run, ("step", {"step": step, "loss": loss, "tokens": 900, "seconds": 2.4, "seconds_left": left}))
        if not step % 20:
            held_out = 2.8 + 0.32 * math.exp(-step / 35) + 0.0004 * max(0, step - 80)
            tell(run, ("evaluated", {"step": step, "loss": held_out, "is_best": True}))
        if not step % 40:
            sample(run, step)
    return run


def sample(run: Path, step: int) -> None:
    """Have the model said something on the way."""
    add_samples(
        run,
        (
            Sample(step, question, wanted, NOW, BASE, is_continued=number == 2)
            for number, (question, wanted) in enumerate(QUESTIONS)
        ),
    )


def finish(run: Path, reason: str = "done") -> Path:
    """Have it been trained to its end, with a result that is still to be proved."""
    facts = {"step": STEPS, "reason": reason, "best_step": 100, "loss_before": 3.11, "loss_after": 2.83}
    tell(run, ("finished", facts), time=time.time())
    (run / contract.RESULT).touch()
    return run


def report_on(run: Path, held_out: Change | None = GAIN, **changes: Any) -> Report:
    """Have it been proved, with this change of what was held out."""
    answers = tuple(
        Answered(question, BASE, NOW, wanted, is_continued=n == 2) for n, (question, wanted) in enumerate(QUESTIONS)
    )
    facts: dict[str, Any] = {
        "preferred": None,
        "answers": answers,
        "memorised": Overlap(7, 9, "the gulls were arguing about it again", "letters.pdf"),
        "speed": Speed(62.4, 58.9),
        "unit": DOCUMENT,
        **changes,
    }
    training = Training("done", STEPS, 100, 3.11, 2.83, 108_000, 288.0, 375.0, "fast", "float32", "cpu")
    effect = facts.pop("effect", Reading(746, 2.913, 2.934, 0.12, 0.87))
    report = Report(run.name, "Tiny", training, Reading(746, 2.93, 2.931, 0.0004, 0.99), effect, held_out, **facts)
    write_report(run, report)
    tell(run, ("proved", {"is_gain": report.is_gain}), time=time.time())
    return report


def export(run: Path, sha256: str, path: Path | None = None) -> Path:
    """Have its adapter been entered in the library."""
    tell(run, ("exported", {"path": str(path or run / "adapter.gguf"), "sha256": sha256}), time=time.time())
    return run

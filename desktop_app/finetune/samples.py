"""What a model that is being trained says to a few held-out questions: `samples.jsonl` in the run folder.

Whoever waits for the trainer has the engine answer them now and then, so that a person sees what the numbers mean.
The window only reads.
"""

from collections.abc import Sequence
from pathlib import Path

from desktop_app.engine.messages import Struct
from desktop_app.finetune.whole_files import append_lines, read_lines

SAMPLES = "samples.jsonl"


class Sample(Struct, frozen=True):
    """One answer on the way.

    Attributes:
        step: After how many steps; 0 is before the first one.
        question: What was asked, or of a text how it begins.
        wanted: What the person's own text says there.
        answer: What the model says now.
        base: What it said before the first step.
        is_continued: The question is the beginning of a text, which the answer goes on with.
    """

    step: int
    question: str
    wanted: str
    answer: str
    base: str
    is_continued: bool = False


def read_samples(folder: Path) -> tuple[Sample, ...]:
    """Return the samples of a run in the order of their steps; of a step that was done twice, the last ones."""
    try:
        read = read_lines((folder / SAMPLES).read_bytes(), Sample)
    except (OSError, ValueError):  # nothing depends on them
        return ()
    found = {(sample.step, sample.question): sample for sample in read}
    return tuple(sorted(found.values(), key=lambda sample: sample.step))


def add_samples(folder: Path, samples: Sequence[Sample]) -> None:
    """Add samples.

    Raises:
        OSError: If they cannot be written.
    """
    append_lines(folder / SAMPLES, samples)

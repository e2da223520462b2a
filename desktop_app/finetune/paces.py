"""How fast training goes on this computer, as runs and measurements have shown: remembered, so that a plan has a time.

How many tokens a plan has is known only once its texts are cut into them. How much text it has is known at once, and
the tokens grow with it; so a pace is told in text. What was trained on another computer leaves none here.
"""

import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec.structs import replace

from desktop_app.engine.messages import Struct
from desktop_app.finetune.pieces import Exchange, Piece
from desktop_app.finetune.run_folder import read_progress
from desktop_app.finetune.whole_files import as_lines, read_lines, replace_file
from desktop_app.trainer.contract import Recipe, read_run

PACES = "paces.jsonl"  # in the folder of all runs
SIZE = "size"  # in `Run.about`: of an epoch, see `text_size`

# What a model reads besides the texts is as long as so many characters: for an exchange what the chat template adds,
# and for a replay example its question and answer.
_EXCHANGE_CHARACTERS, _REPLAY_CHARACTERS = 120, 640


class Pace(Struct, frozen=True):
    """How fast training went.

    Attributes:
        model_sha256: Of the model's first file.
        device, precision, mode: As the trainer had them.
        loss, rank, length: Of the recipe.
        course: Whose texts these were; empty if they were of none.
        text_per_s: How much text was learned from in a second, see `text_size`.
        time: When, Unix time in seconds.
    """

    model_sha256: str
    device: str
    precision: str
    mode: str
    loss: str
    rank: int
    length: int
    course: str
    text_per_s: float
    time: float

    def is_of(self, recipe: Recipe, mode: str) -> bool:
        """Return whether training by this recipe in this mode goes as fast."""
        return (self.mode, self.loss, self.rank, self.length) == (mode, recipe.loss, recipe.rank, recipe.length)


def text_size(n_characters: int, n_exchanges: int, n_replay: int = 0) -> int:
    """Return how much there is to read for a model, in characters."""
    return n_characters + n_exchanges * _EXCHANGE_CHARACTERS + n_replay * _REPLAY_CHARACTERS


def size_of(pieces: Iterable[Piece], n_replay: int = 0) -> int:
    """Return how much there is to read in some pieces, with so many replay examples beside them."""
    n_characters = n_exchanges = 0
    for piece in pieces:
        if isinstance(piece, Exchange):
            n_exchanges += 1
            n_characters += sum(len(each.content) for conversation in piece.conversations for each in conversation)
        else:
            n_characters += len(piece.text)
    return text_size(n_characters, n_exchanges, n_replay)


def read_paces(runs: Path) -> tuple[Pace, ...]:
    """Return all that is remembered, the latest last; nothing if that cannot be read."""
    try:
        return read_lines((runs / PACES).read_bytes(), Pace)
    except (OSError, ValueError):
        return ()


def remember_pace(runs: Path, run: Path) -> None:
    """Remember how fast a run went that was trained on this computer, in the place of an earlier one of its kind.

    It is no loss if that cannot be done: the next plan is measured again.

    Args:
        runs: The folder of all runs.
        run: That run's; it need not be over.
    """
    with suppress(OSError, ValueError, KeyError, TypeError):
        pace = _pace_of(run)
        if pace is not None:
            others = [each for each in read_paces(runs) if _kind(each) != _kind(pace)]
            replace_file(runs / PACES, as_lines([*others, pace]))


def _pace_of(folder: Path) -> Pace | None:
    run, progress = read_run(folder), read_progress(folder)
    # The first step is slower, because memory is found and code is loaded.
    steps = sorted(progress.seconds)[1:] or list(progress.seconds)
    seconds = sum(progress.seconds[step] for step in steps)
    if not seconds or not progress.started["tokens"]:
        return None
    tokens_per_s = sum(progress.tokens[step] for step in steps) / seconds
    return Pace(
        model_sha256=run.base.parts[0].sha256,
        device=progress.started["device"],
        precision=progress.started["precision"],
        mode=progress.mode,
        loss=run.recipe.loss,
        rank=run.recipe.rank,
        length=run.recipe.length,
        course=run.about.get("course", ""),
        text_per_s=tokens_per_s * run.about[SIZE] / progress.started["tokens"],
        time=time.time(),
    )


def _kind(pace: Pace) -> Pace:
    return replace(pace, text_per_s=0.0, time=0.0)


def pace_for(paces: Sequence[Pace], course: str, recipe: Recipe, mode: str) -> Pace | None:
    """Return what tells best how fast a plan will go; None if nothing is remembered.

    Args:
        paces: Of the model that is taught.
        mode: Of using memory, as far as that is known before.
    """
    if not paces:
        return None
    device = max(paces, key=lambda pace: pace.time).device  # the others are those of another environment
    return max(
        (pace for pace in paces if pace.device == device),
        key=lambda pace: (pace.mode == mode, pace.is_of(recipe, mode), pace.course == course, pace.time),
    )

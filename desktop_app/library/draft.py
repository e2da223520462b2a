"""Which small model guesses ahead for a large one."""

from collections.abc import Sequence
from pathlib import Path

from desktop_app.errors import UserError
from desktop_app.library.vocabulary import vocabulary_fingerprint
from desktop_app.storage.records import Model

SIZE_RATIO = 8


def same_vocabulary(target: Path, draft: Path) -> bool:
    """Return whether a token of one model is the same text as that token of the other.

    Padding at the end of the vocabularies does not count, so one may have numbers for tokens that the other has not;
    neither model writes these.

    Raises:
        UserError: If one of the files cannot be read.
    """
    return vocabulary_fingerprint(target) == vocabulary_fingerprint(draft)


def choose_draft(target: Model, models: Sequence[Model]) -> Model | None:
    """Return the model that should guess ahead for `target`, or None.

    It is the largest one with the same vocabulary and at most an eighth of the parameters. Guessing g tokens in a row,
    of which each is right with probability a, at c times the cost of a token of the large model, is faster by
    (1 - a^(g+1)) / ((1 - a)(g c + 1)). With c = 1/8 and g = 3 that is 2.0 where three of four guesses are right, 1.4
    where every second is, and still no loss where only three of ten are; with c = 1/4 it is 1.6, 1.1 and a loss.

    Args:
        target: The model that answers.
        models: The library; files that are gone or damaged are passed over.

    Source: Leviathan, Kalman and Matias, https://arxiv.org/abs/2211.17192, theorem 3.8.
    """
    small = [model for model in models if 0 < model.n_params * SIZE_RATIO <= target.n_params]
    for model in sorted(small, key=lambda model: model.n_params, reverse=True):
        try:
            if same_vocabulary(Path(target.path), Path(model.path)):
                return model
        except UserError:
            continue
    return None

"""What is learned from examples: the loss of a step, in parts that add up however its examples are packed.

Shapes: tokens of all sequences lie end to end, (tokens,), and so do their hidden rows, (tokens, n_embd). A token at
position t of a sequence is predicted by row t - 1; rows that predict nothing never reach the head.

The loss of a step is

    sum of w * -ln p(token) over tokens learned by likelihood, divided by their number
    + mean over preferences of what `_preferences` says

where w is 1 for texts and `likelihood_share` for answers that were preferred.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid, sigmoid

from .contract import APO_ZERO, DOWN, DPO, KTO, LIKELIHOOD, PAIR, TEXT, UP, Example, Recipe
from .contract import Sequence as Tokens
from .errors import TrainerError
from .trainee import Trainee

_KINDS = {LIKELIHOOD: (TEXT,), DPO: (TEXT, PAIR), KTO: (TEXT, UP, DOWN), APO_ZERO: (TEXT, UP, DOWN)}


@dataclass(frozen=True)
class Lesson:
    """An example, and the log-probabilities of its answers before training (empty where they are not needed)."""

    example: Example
    reference: tuple[float, ...] = ()


@dataclass(frozen=True)
class Share:
    """What the sums of a step are divided by.

    Attributes:
        n_tokens: Learned by likelihood.
        n_preferences: Pairs or thumbs.
        distance: KTO's z, how far the model has moved from the reference: nats an answer.
    """

    n_tokens: int
    n_preferences: int
    distance: float = 0.0

    def at(self, distance: float) -> "Share":
        return replace(self, distance=distance)


def check_examples(examples: Iterable[Example], loss: str, n_vocab: int) -> None:
    """Refuse examples that this loss cannot learn from, or that this model has no tokens for.

    Raises:
        TrainerError: If there is one.
    """
    for number, example in enumerate(examples, 1):
        if example.kind not in _KINDS[loss]:
            raise TrainerError(
                f"Example {number} is of the kind “{example.kind}”, from which the loss “{loss}” cannot learn.",
                "Prepare the run again with another loss.",
            )
        n_needed = 2 if example.kind == PAIR or (loss == KTO and example.kind != TEXT) else 1
        if len(example.sequences) < n_needed or not all(_is_sound(each, n_vocab) for each in example.sequences):
            raise TrainerError(f"Example {number} of the run is damaged.", "Prepare the run again.")


def _is_sound(sequence: Tokens, n_vocab: int) -> bool:
    """Return whether something is learned, in ranges in order, and all tokens are of the vocabulary."""
    if not sequence.learned or min(sequence.tokens) < 0 or max(sequence.tokens) >= n_vocab:
        return False
    end = 1
    for start, stop in sequence.learned:
        if not end <= start < stop:
            return False
        end = stop
    return end <= len(sequence.tokens)


def learned_sequences(example: Example) -> tuple[Tokens, ...]:
    """Return the sequences whose likelihood has a gradient: all, but not the mismatched one of a thumb."""
    return example.sequences if example.kind == PAIR else example.sequences[:1]


def mismatched_sequence(example: Example, loss: str) -> Tokens | None:
    """Return the sequence that tells how far the model has moved, if this loss asks for it."""
    return example.sequences[1] if loss == KTO and example.kind != TEXT else None


def needs_reference(example: Example) -> bool:
    """Return whether log-probabilities before training are part of this example's loss."""
    return example.kind != TEXT


def n_computed(sequences: Iterable[Tokens]) -> int:
    """Return how many tokens go through the model: those before the last learned one."""
    return sum(sequence.learned[-1][1] - 1 for sequence in sequences)


def step_share(examples: Sequence[Example], recipe: Recipe) -> Share:
    """Return what the sums over the examples of a whole step are divided by."""
    counted = [example for example in examples if _likelihood_weight(example, recipe)]
    n_tokens = sum(example.sequences[0].n_learned for example in counted)
    return Share(n_tokens, sum(map(needs_reference, examples)))


def micro_loss(model: Trainee, lessons: Sequence[Lesson], share: Share, recipe: Recipe) -> Tensor:
    """Return what these examples add to the loss of their step."""
    found = iter(sequence_logprobs(model, [each for lesson in lessons for each in learned_sequences(lesson.example)]))
    parts = []
    for lesson in lessons:
        logprobs = [next(found) for _ in learned_sequences(lesson.example)]
        if weight := _likelihood_weight(lesson.example, recipe):
            parts.append(logprobs[0] * (-weight / share.n_tokens))
        if needs_reference(lesson.example):
            parts.append(_preference(lesson, logprobs, share, recipe) / share.n_preferences)
    return torch.stack(parts).sum()


def micro_distance(model: Trainee, lessons: Sequence[Lesson]) -> float:
    """Return the sum of ln p(answer) - ln p(answer before training) over mismatched answers, without gradient."""
    with torch.no_grad():
        found: list[float] = sequence_logprobs(model, [lesson.example.sequences[1] for lesson in lessons]).tolist()
    return sum(now - lesson.reference[1] for now, lesson in zip(found, lessons, strict=True))


def sequence_logprobs(model: Trainee, sequences: Sequence[Tokens]) -> Tensor:
    """Return the sum of ln p of the learned tokens of each sequence, (sequences,)."""
    lengths = [n_computed([sequence]) for sequence in sequences]
    tokens = [token for sequence, length in zip(sequences, lengths, strict=True) for token in sequence.tokens[:length]]
    rows: list[int] = []
    targets: list[int] = []
    offset = 0
    for sequence, length in zip(sequences, lengths, strict=True):
        for start, stop in sequence.learned:
            rows += range(offset + start - 1, offset + stop - 1)
            targets += sequence.tokens[start:stop]
        offset += length
    hidden = model.hidden(torch.tensor(tokens, device=model.device), lengths)
    logprobs = model.logprobs(hidden[torch.tensor(rows, device=model.device)], torch.tensor(targets).to(model.device))
    return torch.stack([part.sum() for part in logprobs.split([sequence.n_learned for sequence in sequences])])


def _likelihood_weight(example: Example, recipe: Recipe) -> float:
    if example.kind == TEXT:
        return 1.0
    return 0.0 if example.kind == DOWN else recipe.likelihood_share


def _preference(lesson: Lesson, logprobs: Sequence[Tensor], share: Share, recipe: Recipe) -> Tensor:
    """Return the loss of one preference, with d = ln p(answer) - ln p(answer before training) of its answers.

    Sources: DPO, https://arxiv.org/abs/2305.18290, equation 7, with label smoothing as in
    https://ericmitchell.ai/cdpo.pdf, equation 3; KTO, https://arxiv.org/abs/2402.01306, equation 8, with both weights
    1; APO-zero, https://arxiv.org/abs/2408.06266, of which each answer has its own half.
    """
    beta = recipe.beta
    d = [now - before for now, before in zip(logprobs, lesson.reference, strict=False)]
    if recipe.loss == DPO:
        margin = beta * (d[0] - d[1])
        smoothing = recipe.label_smoothing
        return -(1 - smoothing) * logsigmoid(margin) - smoothing * logsigmoid(-margin)
    if recipe.loss == KTO:
        gain = beta * (d[0] - share.distance)
        return 1 - sigmoid(gain if lesson.example.kind == UP else -gain)
    return 1 - sigmoid(beta * d[0]) if lesson.example.kind == UP else sigmoid(beta * d[0])

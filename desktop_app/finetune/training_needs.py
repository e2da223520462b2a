"""What training will take on this computer, in numbers and in words: memory, time and space on the disk.

Memory is known from the model's header. Time has to be measured; what was measured for one plan tells that of another,
because a run takes as long as it has text to go through.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from desktop_app.finetune.expert import Matter
from desktop_app.finetune.model_file import model_file, target_weights
from desktop_app.finetune.paces import Pace
from desktop_app.finetune.words import readable_time
from desktop_app.library.gguf import GgufHeader
from desktop_app.library.memory import readable_size
from desktop_app.trainer.contract import AUTO, FAST, FLOAT32, LEAN, PACKED, TARGETS, ModelFile, Recipe
from desktop_app.trainer.memory import LARGEST_SHARE, SHARE_OF_FREE, choose, forecasts, too_little
from desktop_app.trainer.pace import FORWARD_SHARE

_CPU = "cpu"
# As was measured with the starter model; see docs/benchmarks.md.
_MODE_FACTORS = {FAST: 1.0, PACKED: 4 / 3, LEAN: 5 / 3}
_MODE_TIMES = {
    FAST: "It trains in the fast mode.",
    PACKED: "It trains in the packed mode, which takes about a third longer than the fast one.",
    LEAN: "It trains in the lean mode, which takes about two thirds longer than the fast one.",
}
_CHECKPOINT_BYTES = 2 * 4 * 4  # two of them, each with weights, two moments and the best, for each number
_RESULT_BYTES = 2 + 2  # what was learned, and the adapter's own file
_PROBE_TOKENS, _PROOF_TOKENS, _LOGPROB_BYTES = 2 * 1024, 2048, 2


class MemoryFit(StrEnum):
    """Whether there is enough memory."""

    FITS = "Fits"
    TIGHT = "Tight"
    TOO_LARGE = "Does not fit"


@dataclass(frozen=True)
class Ground:
    """What is known of a model before it is trained.

    Attributes:
        widths: Rows and columns of all weights of a kind together, by `contract.TARGETS`.
    """

    file: ModelFile
    widths: Mapping[str, int]
    n_vocab: int
    n_ctx_train: int


@dataclass(frozen=True)
class MemoryPlan:
    """How a run would lie in memory; `mode` is the one that is taken, also where it does not fit."""

    fit: MemoryFit
    mode: str
    sentence: str


def ground_of(header: GgufHeader) -> Ground:
    """Return what is known of a model.

    Raises:
        UserError: If its files cannot be read any more.
    """
    shapes = {target: sum(map(sum, target_weights(header, [target]).values())) for target in TARGETS}
    return Ground(model_file(header), shapes, header.n_vocab, header.n_ctx_train)


def plan_memory(ground: Ground, recipe: Recipe, free_bytes: int, pace: Pace | None) -> MemoryPlan:
    """Return how a run would lie in memory.

    Args:
        free_bytes: Of RAM.
        pace: At which this model was trained on this computer, if it was.
    """
    device, precision = (pace.device, pace.precision) if pace else (_CPU, FLOAT32)
    forecast = forecasts(ground.file, recipe, precision)
    if pace and device != _CPU:  # whose memory only the trainer sees
        mode = pace.mode if recipe.mode == AUTO else recipe.mode
        sentence = f"It takes about {readable_size(forecast[mode])} of the memory of {device}. {_MODE_TIMES[mode]}"
        return MemoryPlan(MemoryFit.FITS, mode, sentence)
    mode = (choose(forecast, free_bytes) or LEAN) if recipe.mode == AUTO else recipe.mode
    needed = forecast[mode]
    sizes = f"It takes about {readable_size(needed)} of memory, and {readable_size(free_bytes)} are free."
    if needed > free_bytes * LARGEST_SHARE:
        if recipe.mode in (AUTO, LEAN):
            return MemoryPlan(MemoryFit.TOO_LARGE, mode, " ".join(too_little(forecast, free_bytes)))
        return MemoryPlan(MemoryFit.TOO_LARGE, mode, f"{sizes} Let the mode be chosen automatically.")
    fit = MemoryFit.FITS if needed <= free_bytes * SHARE_OF_FREE else MemoryFit.TIGHT
    close = " Closing other programs helps." if fit == MemoryFit.TIGHT else ""
    return MemoryPlan(fit, mode, f"{sizes} {_MODE_TIMES[mode]}{close}")


def disk_bytes(ground: Ground, recipe: Recipe) -> int:
    """Return about how much of the disk a run takes while it lasts."""
    numbers = recipe.rank * sum(ground.widths[target] for target in recipe.targets)
    logprobs = (_PROBE_TOKENS + _PROOF_TOKENS) * ground.n_vocab * _LOGPROB_BYTES
    return numbers * (_CHECKPOINT_BYTES + _RESULT_BYTES) + logprobs


def disk_sentence(needed: int, free_bytes: int) -> tuple[bool, str]:
    """Return whether there is enough, and what to say of it."""
    sentence = f"It takes about {readable_size(needed)} on the disk while it lasts"
    if needed > free_bytes:
        return False, f"{sentence}, and only {readable_size(free_bytes)} are free. Free some space first."
    return True, f"{sentence}; {readable_size(free_bytes)} are free."


def seconds_for(pace: Pace, recipe: Recipe, mode: str, matter: Matter) -> float:
    """Return how long a run takes.

    Args:
        pace: At which this model was trained on this computer.
        mode: That it will be trained in, one of `contract.MODES`.
        matter: That is learned.
    """
    epochs: float = recipe.epochs
    if recipe.max_steps:
        epochs = min(epochs, recipe.max_steps * recipe.batch / max(1, matter.n_examples))
    read = matter.size * epochs + matter.held_out * recipe.evaluations * FORWARD_SHARE
    return read / pace.text_per_s * _MODE_FACTORS[mode] / _MODE_FACTORS[pace.mode]


def about(seconds: float) -> str:
    """Return a time that is only roughly known, in words."""
    return f"About {readable_time(seconds)}"

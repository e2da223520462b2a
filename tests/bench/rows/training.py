"""The trainer against TRL with PEFT: the same GGUF file, tokens, micro-batches, adapter to begin with and steps.

The peer unpacks the file with transformers and computes in 32 bits, as ours does here, without computing activations
again, which is its faster way and takes more memory; the other way is shown beside it. Each figure is that of a whole
process.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from math import prod
from pathlib import Path

from desktop_app.library.gguf import GgufHeader, read_header
from desktop_app.library.starter import starter_path
from desktop_app.trainer.contract import FAST, FLOAT32, LEAN, PACKED, Recipe
from tests.bench.rows import measures
from tests.bench.table import Goal, Row, interleave
from tests.bench.training import (
    PEER,
    PRODUCT,
    Task,
    Trained,
    text_task,
    train_beside_products,
    train_ours,
    train_peer,
)

# Two micro-batches of two sequences a step. Every step has the same sequences, at a high rate, so that the loss falls
# far enough in three steps to tell one way of training from another.
BATCH, STEPS, RUNS = 4, 3, 2
RECIPE = Recipe(batch=BATCH, epochs=STEPS, learning_rate=1e-3, precision=FLOAT32)
SHARE_STEPS = 6
START_RUNS, START_S = 3, 10
SPEED = {FAST: Goal("at least", 2)}
MEMORY = {FAST: Goal("at most", 0.5), LEAN: Goal("at most", 0.333)}


@contextmanager
def starter_task(recipe: Recipe, n_sequences: int, has_start: bool = False) -> Iterator[Task]:
    with tempfile.TemporaryDirectory() as folder:
        yield text_task(Path(folder, "run"), starter_path(), recipe, n_sequences, has_start)


@measures("train")
def train() -> Iterator[Row]:
    """Train with each of the programs in turns."""
    with starter_task(RECIPE, BATCH, has_start=True) as task:
        peers, *ours = interleave(
            lambda _: train_peer(task),
            lambda _: train_ours(task, FAST),
            lambda _: train_ours(task, PACKED),
            lambda _: train_ours(task, LEAN),
            runs=RUNS,
            warm_up=False,
        )
        sparing = train_peer(task, checkpointing=True)
    modes = dict(zip((FAST, PACKED, LEAN), ours, strict=True))
    for mode, runs in modes.items():
        yield from compare(mode, runs, PEER, peers, SPEED.get(mode), MEMORY.get(mode))
    yield same_losses([*peers, sparing], [run for runs in modes.values() for run in runs])
    yield from compare(LEAN, modes[LEAN][-1:], f"{PEER}, activations computed again", [sparing], None, None)


def compare(
    mode: str,
    ours: Sequence[Trained],
    peer_name: str,
    peers: Sequence[Trained],
    speed: Goal | None,
    memory: Goal | None,
) -> Iterator[Row]:
    what = f"Training with rank {RECIPE.rank}, {BATCH} sequences of {RECIPE.length} tokens a step, {mode} mode"
    speeds, peer_speeds = (tuple(run.tokens_per_s for run in runs) for runs in (ours, peers))
    peaks, peer_peaks = (tuple(run.peak_bytes / 1e9 for run in runs) for runs in (ours, peers))
    yield Row(what, "tokens/s", speeds, speed, peer_name, peer_speeds)
    yield Row(f"{what}: peak memory", "GB", peaks, memory, peer_name, peer_peaks)


def same_losses(peers: Sequence[Trained], ours: Sequence[Trained]) -> Row:
    """Return by how much the loss after the same steps differs in any of the runs."""
    expected = peers[0].losses
    differences = [
        abs(loss / other - 1) * 100
        for run in (*peers[1:], *ours)
        for loss, other in zip(run.losses, expected, strict=True)
    ]
    notes = f"{', '.join(f'{loss:.4f}' for loss in expected)} of {PEER}"
    what = "Loss of each step, all ways of training, largest difference"
    return Row(what, "%", (max(differences),), Goal("at most", 1), notes=notes)


@measures("train-share")
def share() -> Iterator[Row]:
    """Train in the fast mode in a process that also measures plain products, after each step."""
    with starter_task(replace(RECIPE, epochs=SHARE_STEPS), BATCH) as task:
        steps = train_beside_products(task, FAST)[1:]
    yield share_of_products(steps, product_parameters(read_header(task.model)))


def share_of_products(steps: Sequence[tuple[int, float, float]], parameters: int) -> Row:
    """Compare 4 N operations a token, forward and back to the inputs, with those of plain products.

    Args:
        steps: Of each, its tokens, its seconds, and the seconds of one product.
        parameters: N.
    """
    ours = tuple(4 * parameters * tokens / seconds / 1e9 for tokens, seconds, _ in steps)
    plain = tuple(2 * prod(PRODUCT) / seconds / 1e9 for _, _, seconds in steps)
    rows, inner, columns = PRODUCT
    what = f"Training, {FAST} mode, 4 N operations a token, N = {parameters / 1e6:.1f} million"
    peer = f"torch.mm, {rows:,} x {inner} x {columns:,}"
    return Row(what, "GFLOP/s", ours, Goal("at least", 0.6), peer, plain)


def product_parameters(header: GgufHeader) -> int:
    """Return how many weights take part in products: all matrices, and the embedding only if it is the output."""
    matrices = {tensor.name: prod(tensor.shape) for tensor in header.tensors if len(tensor.shape) == 2}
    if "output.weight" in matrices:
        del matrices["token_embd.weight"]
    return sum(matrices.values())


@measures("train-start")
def start() -> Iterator[Row]:
    """Start the trainer as the program does, with everything as it chooses; parity with the engine is checked."""
    recipe = Recipe(max_steps=1)
    with starter_task(recipe, recipe.batch) as task:
        (runs,) = interleave(lambda _: train_ours(task), runs=START_RUNS)
    yield from first_step(runs, task)


def first_step(runs: Sequence[Trained], task: Task) -> Iterator[Row]:
    what = "From starting the trainer with the starter model to"
    yield Row(f"{what} its first step", "s", tuple(run.began for run in runs), Goal("at most", START_S))
    ends = tuple(run.began + run.seconds[0] for run in runs)
    yield Row(f"{what} the end of that step, of {task.step_tokens:,} tokens", "s", ends, None)

"""What is trained in the benchmark, and the programs that train it: ours and its peer, each a process of its own.

Peak memory is the most that a process has ever had resident, pages of the model's file included.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from desktop_app.adapters.effect import probe_text
from desktop_app.engine.choices import LoadSettings
from desktop_app.engine.messages import Record, Recorded
from desktop_app.finetune.encoder import EngineEncoder
from desktop_app.finetune.model_file import target_weights
from desktop_app.finetune.trainer_process import TRAINER, Start, start_trainer, trainer_command
from desktop_app.library.gguf import GgufHeader, read_header
from desktop_app.library.hardware import physical_cores
from desktop_app.trainer import contract
from desktop_app.trainer.batches import Schedule
from desktop_app.trainer.contract import A_SUFFIX, B_SUFFIX, TEXT, Example, Recipe
from desktop_app.trainer.contract import Sequence as Tokens
from tests.bench.ours import Engine
from tests.support.run_folders import make_run, write_probe

PEER = "TRL + PEFT"
ROOT = Path(__file__).resolve().parents[2]
TEXTS = ("README.md", "docs/benchmarks.md", "assets/probe.txt")
# Rows, what is summed over, and columns: the tokens of a micro-batch times both halves of the starter model's gate.
PRODUCT = (1024, 576, 3072)
_N_CTX = 4096
_LAST_WORDS = 2000


@dataclass(frozen=True)
class Trained:
    """What came of a training.

    Attributes:
        tokens: In the sequences of a step.
        losses, seconds: Of each step.
        peak_bytes: Of the process from its start to its end.
        began: Seconds from the start of the process to the first step.
    """

    tokens: int
    losses: tuple[float, ...]
    seconds: tuple[float, ...]
    peak_bytes: int
    began: float = 0.0

    @property
    def tokens_per_s(self) -> float:
        """Of the step in the middle; the first one, in which memory is found and code is loaded, does not count."""
        return self.tokens / statistics.median(self.seconds[1:] or self.seconds)


@dataclass(frozen=True)
class Task:
    """A run that can be trained again and again.

    Attributes:
        folder: A run folder, of which each training has a copy.
        model: The file of the model.
        sequences: Tokens of each example.
    """

    folder: Path
    model: Path
    recipe: Recipe
    sequences: tuple[tuple[int, ...], ...]

    @property
    def step_tokens(self) -> int:
        return sum(map(len, self.steps()[0]))

    def steps(self) -> list[list[tuple[int, ...]]]:
        """Return the sequences of each step, in the order in which the trainer takes them."""
        schedule = Schedule(len(self.sequences), self.recipe)
        return [[self.sequences[number] for number in schedule.examples(step)] for step in range(schedule.n_steps)]


# ------------------------------------------------------------ what is trained


def text_task(folder: Path, model: Path, recipe: Recipe, n_sequences: int, has_start: bool = True) -> Task:
    """Return a task with sequences out of texts that are here anyway."""
    text = "\n\n".join((ROOT / name).read_text("utf-8") for name in TEXTS)
    with Engine(LoadSettings(n_ctx=_N_CTX), model) as engine:
        encoder = EngineEncoder(engine.client)
        tokens, probe = encoder.texts([text, probe_text()])
        if encoder.bos is not None:
            probe = (encoder.bos, *probe)
        return _task(folder, model, recipe, cut(tokens, n_sequences, recipe.length), probe, engine, has_start)


def random_task(folder: Path, model: Path, recipe: Recipe, n_sequences: int) -> Task:
    """Return a task with tokens by chance, for a model that expects any of them."""
    n_vocab = read_header(model).n_vocab
    chance = np.random.default_rng(1)
    tokens = chance.integers(n_vocab, size=n_sequences * recipe.length + contract.LEAST_PROBE_TOKENS).tolist()
    probe, rest = tokens[: contract.LEAST_PROBE_TOKENS], tokens[contract.LEAST_PROBE_TOKENS :]
    with Engine(LoadSettings(n_ctx=_N_CTX), model) as engine:
        return _task(folder, model, recipe, cut(rest, n_sequences, recipe.length), probe, engine, False)


def cut(tokens: Sequence[int], n_sequences: int, length: int) -> tuple[tuple[int, ...], ...]:
    """Return sequences of the same length that follow each other."""
    if len(tokens) < n_sequences * length:
        raise ValueError(f"{len(tokens)} tokens are too few for {n_sequences} sequences of {length}")
    return tuple(tuple(tokens[start : start + length]) for start in range(0, n_sequences * length, length))


def _task(
    folder: Path,
    model: Path,
    recipe: Recipe,
    sequences: tuple[tuple[int, ...], ...],
    probe: Sequence[int],
    engine: Engine,
    has_start: bool,
) -> Task:
    make_run(folder, model, recipe=recipe, continues=has_start)
    examples = [Example(TEXT, (Tokens(tokens, ((1, len(tokens)),)),)) for tokens in sequences]
    contract.write_examples(folder / contract.TRAIN, examples)
    if has_start:
        np.savez(folder / contract.START, allow_pickle=False, **new_adapter(read_header(model), recipe))
    write_probe(folder, probe)
    out = str(folder / contract.PROBE_LOGPROBS)
    engine.client.ask(Record(engine.client.next_request(), tuple(probe), (), out), Recorded)
    return Task(folder, model, recipe, sequences)


def new_adapter(header: GgufHeader, recipe: Recipe) -> dict[str, Any]:
    """Return the matrices that all programs begin with: A by chance, with variance 1 / in, and B zero."""
    chance = np.random.default_rng(recipe.seed)
    arrays = {}
    for name, (n_out, n_in) in target_weights(header, recipe.targets).items():
        arrays[name + A_SUFFIX] = (chance.standard_normal((recipe.rank, n_in)) / n_in**0.5).astype(np.float32)
        arrays[name + B_SUFFIX] = np.zeros((n_out, recipe.rank), np.float32)
    return arrays


# ------------------------------------------------------------ the programs


def train_ours(task: Task, mode: str = "") -> Trained:
    """Train as the program does: the trainer's own process, in a mode or in the one that it chooses."""
    with _copied(task) as folder:
        started = time.time()
        process = start_trainer(folder, Start(mode=mode))
        peak_bytes = peak_memory(process)
        steps = step_events(folder, process.returncode)
    began = steps[0]["time"] - steps[0]["seconds"] - started
    losses, seconds = (tuple(step[name] for step in steps) for name in ("loss", "seconds"))
    return Trained(task.step_tokens, losses, seconds, peak_bytes, began)


def train_peer(task: Task, checkpointing: bool = False) -> Trained:
    """Train with TRL and PEFT.

    Args:
        task: Has an adapter to begin with.
        checkpointing: Whether activations are computed again for the backward pass instead of being kept.
    """
    job = {
        "model": str(task.model),
        "start": str(task.folder / contract.START),
        "recipe": asdict(task.recipe),
        "steps": task.steps(),
        "threads": physical_cores(),
        "checkpointing": checkpointing,
    }
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, "job.json")
        path.write_text(json.dumps(job), "utf-8")
        found, peak_bytes = run_program("tests.bench.trl_peer", [str(path)], {"HF_HUB_OFFLINE": "1"})
    return Trained(task.step_tokens, tuple(found["losses"]), tuple(found["seconds"]), peak_bytes)


def train_beside_products(task: Task, mode: str) -> list[tuple[int, float, float]]:
    """Train in the process of `products`; return of each step its tokens, its seconds, and those of one product."""
    with _copied(task) as folder:
        command = trainer_command(folder, Start(mode=mode))
        products, _ = run_program("tests.bench.products", command[command.index(str(TRAINER)) + 1 :], {})
        steps = step_events(folder, 0)
    after_steps = products[1 : len(steps) + 1]
    return [
        (step["tokens"], step["seconds"] - all_s, one_s)
        for step, (one_s, all_s) in zip(steps, after_steps, strict=True)
    ]


def step_events(folder: Path, status: int) -> list[dict[str, Any]]:
    """Return what a trainer that has ended with this status says of its steps.

    Raises:
        RuntimeError: If it has not come to its end.
    """
    events = list(contract.read_events(folder))
    if status or not any(event["event"] == "finished" for event in events):
        log = folder / contract.LOG
        words = log.read_text("utf-8", errors="replace")[-_LAST_WORDS:] if log.exists() else ""
        raise RuntimeError(f"the trainer has ended with the status {status}: {events[-1:]} {words}")
    return [event for event in events if event["event"] == "step"]


def run_program(module: str, arguments: Sequence[str], variables: Mapping[str, str]) -> tuple[Any, int]:
    """Run a module to its end; return what it has printed, as JSON, and its peak memory in bytes.

    Raises:
        RuntimeError: If it fails.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as log:
        environment = {**os.environ, **variables}
        process = subprocess.Popen([sys.executable, "-m", module, *arguments], stdout=out, stderr=log, env=environment)
        peak_bytes = peak_memory(process)
        out.seek(0)
        log.seek(0)
        if process.returncode:
            words = log.read().decode(errors="replace")[-_LAST_WORDS:]
            raise RuntimeError(f"{module} has ended with the status {process.returncode}: {words}")
        return json.loads(out.read().splitlines()[-1]), peak_bytes


def peak_memory(process: "subprocess.Popen[bytes]") -> int:
    """Wait until a process has ended; return the most bytes that it had resident.

    It is never less than what this process has while it starts that one, so nothing large may be loaded here.
    """
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return int(usage.ru_maxrss) * (1 if sys.platform == "darwin" else 1024)


@contextmanager
def _copied(task: Task) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=task.folder.parent) as scratch:
        yield shutil.copytree(task.folder, Path(scratch, "run"))

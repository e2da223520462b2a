"""The run folder: everything that the program and the trainer tell each other, as names, formats and types.

    run.json          what is to be done (`Run`); never changed once training has begun
    model.json        where each tensor lies in the model's files, and what the header says (`ModelFile`)
    examples/         train.jsonl and held_out.jsonl, an `Example` a line; probe.json, the tokens (`Probe`)
                      and, for people, what they were made from: texts.jsonl (`finetune/source_texts.py`)
    probe.npy         the engine's log-probabilities after each token of the probe: float16, (tokens, vocabulary);
                      with the stack, and with the adapter to be continued
    stack-N.npz       the frozen adapters under the new one, in order; start.npz is the adapter to be continued
    events.jsonl      what happened, an object a line with `time` and `event`; the last line may be torn
    for_course.json   what its course is still to know of the run (`finetune/course_runs.py`)
    log.txt           the trainer's stderr
    checkpoints/      the last two; see `checkpoint`
    reference.npz     log-probabilities of preference examples before training
    result.npz        the adapter: what is exported; adapted.npy: the log-probabilities of the probe with it
    pause, stop       asked of the trainer by a file of this name: save and end; end and keep the best
    hold              asked in the same way: wait, for as long as the file was touched less than `HELD_S` ago
    lock              locked as long as a trainer works on the folder (flock, or its like on Windows)

Adapters (`.npz`) have `<weight>.lora_a`, (rank, in), and `<weight>.lora_b`, (out, rank), by the weight's name in the
model, such as `blk.0.attn_q.weight`. What is added to the weight is B @ A: `start` and `result` are multiplied by
alpha / rank as they are used, those of the stack are not, because their scales are in B already.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

FORMAT = 1
RUN, MODEL = "run.json", "model.json"
TRAIN, HELD_OUT, PROBE = "examples/train.jsonl", "examples/held_out.jsonl", "examples/probe.json"
TEXTS = "examples/texts.jsonl"
PROBE_LOGPROBS, ADAPTED_LOGPROBS = "probe.npy", "adapted.npy"
STACK, START, REFERENCE, RESULT = "stack-{}.npz", "start.npz", "reference.npz", "result.npz"
EVENTS, LOG, CHECKPOINTS = "events.jsonl", "log.txt", "checkpoints"
PAUSE, STOP, HOLD, LOCK = "pause", "stop", "hold", "lock"
HELD_S = 30.0  # whoever asked may have died

ARCHITECTURES = ("llama", "qwen2", "qwen3", "gemma2", "gemma3", "phi3", "smollm3", "granite")
A_SUFFIX, B_SUFFIX = ".lora_a", ".lora_b"
TARGETS = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")
LIKELIHOOD, DPO, KTO, APO_ZERO = LOSSES = ("likelihood", "dpo", "kto", "apo_zero")
TEXT, PAIR, UP, DOWN = "text", "pair", "up", "down"
AUTO = "auto"
DONE, EARLY, STOPPED, DIVERGED = REASONS = ("done", "early", "stopped", "diverged")  # of the event finished
FAST, PACKED, LEAN = MODES = ("fast", "packed", "lean")
FLOAT32, BFLOAT16 = PRECISIONS = ("float32", "bfloat16")

# Of the parity check: more than rounding does (see `parity`).
LARGEST_NLL_DIFFERENCE = 0.02  # nats a token
LARGEST_DIVERGENCE = 0.01  # nats a token; and an adapter that changes anything changes more
LEAST_PROBE_TOKENS = 512


@dataclass(frozen=True)
class Recipe:
    """How to train.

    Attributes:
        rank, alpha: Of the adapter, whose product is multiplied by alpha / rank.
        targets: Kinds of weights; where a model has several of them in one (attn_qkv), that one.
        loss: One of `LOSSES`. Examples of the kind text always count by their likelihood.
        beta: How far a preference may move the model from where it began; larger is nearer.
        likelihood_share: How much the likelihood of what was preferred counts beside a preference.
        label_smoothing: Share of pairs taken to be the wrong way round.
        learning_rate: The highest; it rises over the share `warm_up` of all steps and falls along a cosine to a tenth.
        batch: Examples a step.
        length: Tokens of the longest sequence.
        micro_tokens: Tokens that are computed at once, as long as one example is not longer.
        epochs, max_steps: Whichever ends first; 0 steps is no limit.
        evaluations: How often the loss on the held-out examples is taken; `patience` of them without a gain end it.
        mode: One of `MODES`, or auto. precision: One of `PRECISIONS`, or auto.
    """

    rank: int = 16
    alpha: float = 32.0
    targets: tuple[str, ...] = TARGETS
    loss: str = LIKELIHOOD
    beta: float = 0.1
    likelihood_share: float = 0.5
    label_smoothing: float = 0.0
    learning_rate: float = 2e-4
    warm_up: float = 0.1
    weight_decay: float = 0.01
    clip: float = 1.0
    batch: int = 8
    length: int = 512
    micro_tokens: int = 1024
    epochs: int = 3
    max_steps: int = 0
    evaluations: int = 6
    patience: int = 3
    seed: int = 1
    mode: str = AUTO
    precision: str = AUTO


@dataclass(frozen=True)
class Part:
    """One file of the model; a split one has several."""

    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class Base:
    """The model that is trained. Only the trainer's own machine can know `path`, that of its first file."""

    name: str
    path: str
    architecture: str
    parts: tuple[Part, ...]
    norms_sha256: str = ""
    vocab_sha256: str = ""


@dataclass(frozen=True)
class Run:
    """What is to be done.

    Attributes:
        n_stack: How many adapters are frozen under the new one.
        continues: Whether `start.npz` is there.
        n_ctx: Context length that the person chats with; the factors of long RoPE follow it.
        about: What the trainer does not look at: documents, stack and parent with hashes, replay, preset.
    """

    name: str
    base: Base
    recipe: Recipe
    n_stack: int = 0
    continues: bool = False
    n_ctx: int = 4096
    about: dict[str, Any] = field(default_factory=dict)
    format: int = FORMAT


@dataclass(frozen=True)
class TensorPlace:
    """One tensor. `shape` is NumPy's, (rows, length of a row); `offset` counts from the start of the file `part`."""

    name: str
    type: str
    shape: tuple[int, ...]
    part: int
    offset: int
    size_bytes: int


@dataclass(frozen=True)
class ModelFile:
    """What the header of a model says: numbers and short texts of the metadata, and its tensors."""

    metadata: dict[str, Any]
    tensors: tuple[TensorPlace, ...]


@dataclass(frozen=True)
class Sequence:
    """Tokens, and which of them are learned: half-open ranges of positions, of tokens that have one before them."""

    tokens: tuple[int, ...]
    learned: tuple[tuple[int, int], ...]

    @property
    def n_learned(self) -> int:
        return sum(end - start for start, end in self.learned)


@dataclass(frozen=True)
class Example:
    """Something to learn from.

    Attributes:
        kind: text; pair (chosen, rejected); up or down (a thumb), for KTO followed by the same prompt with another
            example's answer, of which nothing is learned but how far the model has moved.
        sequences: One, or two.
        group: Whatever may not be split between training and holding out: a document's or conversation's hash.
        is_replay: It keeps the model what it was; it is not held out.
    """

    kind: str
    sequences: tuple[Sequence, ...]
    group: str = ""
    is_replay: bool = False


@dataclass(frozen=True)
class Probe:
    """A text of at least `LEAST_PROBE_TOKENS` tokens, with BOS if the model wants it."""

    tokens: tuple[int, ...]


# ------------------------------------------------------------ reading and writing


def read_run(folder: Path) -> Run:
    """Return what is to be done.

    Raises:
        OSError, ValueError, KeyError, TypeError: If the file is missing, damaged or of another version.
    """
    told = json.loads((folder / RUN).read_text(encoding="utf-8"))
    if told["format"] != FORMAT:
        raise ValueError(f"the format of the run folder is {told['format']}, not {FORMAT}")
    base = told.pop("base")
    parts = tuple(Part(**part) for part in base.pop("parts"))
    recipe = told.pop("recipe")
    targets = tuple(recipe.pop("targets"))
    return Run(base=Base(parts=parts, **base), recipe=Recipe(targets=targets, **recipe), **told)


def read_model_file(folder: Path) -> ModelFile:
    """Return where the model's tensors lie; raises as `read_run`."""
    told = json.loads((folder / MODEL).read_text(encoding="utf-8"))
    tensors = tuple(TensorPlace(**{**each, "shape": tuple(each["shape"])}) for each in told["tensors"])
    return ModelFile(told["metadata"], tensors)


def read_examples(path: Path) -> list[Example]:
    """Return the examples of a file; raises as `read_run`."""
    with path.open(encoding="utf-8") as lines:
        return [_example(json.loads(line)) for line in lines]


def read_probe(folder: Path) -> Probe:
    """Return the probe; raises as `read_run`."""
    return Probe(tuple(json.loads((folder / PROBE).read_text(encoding="utf-8"))["tokens"]))


def write_json(path: Path, value: Run | ModelFile | Probe) -> None:
    path.write_text(json.dumps(asdict(value), ensure_ascii=False, indent=1), encoding="utf-8")


def write_examples(path: Path, examples: Iterable[Example]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(asdict(example)) + "\n" for example in examples)


def read_events(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield what happened; a line that was torn by a sudden end is passed over."""
    path = folder / EVENTS
    if path.exists():
        with path.open("rb") as lines:
            yield from sound_events(lines)


def sound_events(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """Yield the events in some lines of a file, without what is none."""
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict):
            yield event


def _example(told: dict[str, Any]) -> Example:
    sequences = tuple(
        Sequence(tuple(each["tokens"]), tuple((start, end) for start, end in each["learned"]))
        for each in told.pop("sequences")
    )
    return Example(sequences=sequences, **told)

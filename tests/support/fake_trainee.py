"""A model of a few lines that is trained in no time, in the place of a real one, and run folders for it.

As a program it is the trainer with this model: `python fake_trainee.py RUN_FOLDER`. What goes wrong then is said by
the environment: KILL_AT, in which pass the process dies; HUNGRY, how many bytes a pass in the fast mode takes beyond
what is allowed.
"""

import hashlib
import os
import signal
import sys
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import torch

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from desktop_app.trainer import contract, session
from desktop_app.trainer.contract import (
    Base,
    Example,
    ModelFile,
    Part,
    Probe,
    Recipe,
    Run,
    Sequence,
    TensorPlace,
)
from desktop_app.trainer.events import Events
from desktop_app.trainer.lora import Adapter
from desktop_app.trainer.turns import Paused

torch.set_num_threads(1)

N_VOCAB, N_EMBD, N_FF = 24, 8, 12
WEIGHT = "blk.0.attn_q.weight"
PROBE_TOKENS = tuple((7 * place * place + 3 * place) % N_VOCAB for place in range(600))

QUICK = Recipe(
    rank=2,
    alpha=4.0,
    targets=("attn_q",),
    learning_rate=0.03,
    batch=4,
    micro_tokens=20,
    epochs=3,
    evaluations=3,
    precision="float32",
)


class FakeTrainee:
    """Predicts a token from the mean of those before it, by one layer with an adapter and a head.

    Args:
        before_pass: Is told the mode, and whether a gradient is wanted, before each pass.
        error: Of what is computed in 16 bits; for checks that must notice it.
    """

    def __init__(self, adapter, stack, dtype, mode, before_pass, error=0.0):
        chance = torch.Generator().manual_seed(5)
        self.device = torch.device("cpu")
        self.adapter, self.stack, self.mode, self.before_pass = adapter, stack, mode, before_pass
        self.is_open = True
        self.embedding = torch.randn(N_VOCAB, N_EMBD, generator=chance)
        self.weight = torch.randn(N_EMBD, N_EMBD, generator=chance) / 2
        self.head = torch.randn(N_VOCAB, N_EMBD, generator=chance)
        if dtype == torch.bfloat16:
            self.head += error
            self.head[0] += error
        self.refresh()

    def refresh(self):
        """Take over the adapter as a real model does, so that forgetting it is noticed."""
        self.merged = self.weight.clone()
        for frozen in self.stack:
            a, b = (torch.from_numpy(frozen[WEIGHT + suffix]) for suffix in (contract.A_SUFFIX, contract.B_SUFFIX))
            self.merged += b @ a
        self.seen = self.adapter.arrays()

    def hidden(self, tokens, lengths):
        assert self.is_open
        assert sum(lengths) == len(tokens)
        for name, array in self.adapter.arrays().items():
            assert np.array_equal(array, self.seen[name]), "the model was not told that its adapter has changed"
        self.before_pass(self.mode, torch.is_grad_enabled())
        x = self.embedding[tokens]
        means = torch.cat([part.cumsum(0) / torch.arange(1, len(part) + 1)[:, None] for part in x.split(list(lengths))])
        a, b = self.adapter.a[WEIGHT], self.adapter.b[WEIGHT]
        return torch.tanh(means @ self.merged.T + self.adapter.scale * (means @ a.T) @ b.T) + x / 2

    def logprobs(self, hidden, targets):
        return (hidden @ self.head.T).log_softmax(1).gather(1, targets[:, None])[:, 0]

    @torch.no_grad()
    def all_logprobs(self, hidden):
        for rows in hidden.split(100):
            yield (rows @ self.head.T).log_softmax(1)

    def close(self):
        self.is_open = False


def loader(before_pass=lambda _mode, _has_gradient: None, error=0.0):
    """Return what opens the fake, in the place of `load_model`."""

    def load(_file, _parts, adapter, stack, *, dtype, mode, **_rest):
        return FakeTrainee(adapter, stack, dtype, mode, before_pass, error)

    return load


def at_pass(number, act, with_gradient=True):
    """Return a `before_pass` that acts before the pass of this number, counted from 1 over those with a gradient, or
    over all."""
    passes = count(1)

    def before_pass(_mode, has_gradient):
        if (has_gradient or not with_gradient) and next(passes) == number:
            act()

    return before_pass


def no_memory():
    """Fail as torch does when memory runs out."""
    torch.empty(1 << 60)


def text(*tokens, learned=None):
    """Return an example of which all tokens but the first are learned, or those in a range."""
    return Example("text", (Sequence(tokens, (learned or (1, len(tokens)),)),))


def random_texts(n, seed=0, kind="text"):
    """Return examples of 3 to 11 tokens; of kinds other than text each has a second sequence as long."""
    chance = np.random.default_rng(seed)
    examples = []
    for _ in range(n):
        sequences = []
        for _ in range(1 if kind == "text" else 2):
            tokens = tuple(int(token) for token in chance.integers(0, N_VOCAB, chance.integers(3, 12)))
            sequences.append(Sequence(tokens, ((int(chance.integers(1, len(tokens))), len(tokens)),)))
        examples.append(Example(kind, tuple(sequences)))
    return examples


def make_run(folder, train, held_out=(), recipe=QUICK, stack=(), start=None, probe_error=0.0):
    """Write a run folder for the fake, with a probe as an engine would have recorded it."""
    folder.mkdir(parents=True, exist_ok=True)
    model = folder.parent / "model.gguf"
    model.write_bytes(b"weights")
    part = Part("model.gguf", 7, hashlib.sha256(b"weights").hexdigest())
    base = Base("Fake", str(model), "llama", (part,))
    contract.write_json(
        folder / contract.RUN, Run("a run", base, recipe, n_stack=len(stack), continues=start is not None)
    )
    contract.write_json(folder / contract.MODEL, model_file())
    (folder / "examples").mkdir(exist_ok=True)
    contract.write_examples(folder / contract.TRAIN, train)
    contract.write_examples(folder / contract.HELD_OUT, held_out)
    contract.write_json(folder / contract.PROBE, Probe(PROBE_TOKENS))
    for number, frozen in enumerate(stack):
        np.savez(folder / contract.STACK.format(number), **frozen)
    if start is not None:
        np.savez(folder / contract.START, **start)
    adapter = Adapter.new({WEIGHT: (N_EMBD, N_EMBD)}, recipe.rank, recipe.alpha, recipe.seed)
    if start is not None:
        adapter.load(start)
    engine = FakeTrainee(adapter, stack, torch.float32, "fast", lambda *_: None)
    engine.head[0] += probe_error
    with torch.no_grad():
        logprobs = torch.cat(list(engine.all_logprobs(engine.hidden(torch.tensor(PROBE_TOKENS), [len(PROBE_TOKENS)]))))
    np.save(folder / contract.PROBE_LOGPROBS, logprobs.numpy().astype(np.float16))
    return folder


def model_file():
    """Return the header of a model as large as the fake is."""
    shapes = {
        "token_embd.weight": (N_VOCAB, N_EMBD),
        "output_norm.weight": (N_EMBD,),
        WEIGHT: (N_EMBD, N_EMBD),
        "blk.0.attn_k.weight": (N_EMBD, N_EMBD),
        "blk.0.attn_v.weight": (N_EMBD, N_EMBD),
        "blk.0.attn_output.weight": (N_EMBD, N_EMBD),
        "blk.0.ffn_gate.weight": (N_FF, N_EMBD),
        "blk.0.ffn_up.weight": (N_FF, N_EMBD),
        "blk.0.ffn_down.weight": (N_EMBD, N_FF),
    }
    places = (TensorPlace(name, "F32", shape, 0, 0, 4 * int(np.prod(shape))) for name, shape in shapes.items())
    return ModelFile({"general.architecture": "llama", "llama.block_count": 1}, tuple(places))


def small_adapter(seed, rank=2, size=0.3):
    """Return the arrays of a random adapter for the fake."""
    chance = np.random.default_rng(seed)
    shapes = {contract.A_SUFFIX: (rank, N_EMBD), contract.B_SUFFIX: (N_EMBD, rank)}
    return {WEIGHT + suffix: (size * chance.normal(size=shape)).astype(np.float32) for suffix, shape in shapes.items()}


class Seconds:
    """A clock that goes on by so many seconds each time somebody looks."""

    def __init__(self, step=0.0):
        self.now, self.step = 0.0, step

    def __call__(self):
        self.now += self.step
        return self.now


def train(folder, load=None, clock=None, **options):
    """Train in this process; return whether it was not paused."""
    wanted = session.Options(threads=1, **options)
    try:
        session.train(folder, wanted, Events(folder / contract.EVENTS), load or loader(), clock or Seconds())
    except Paused:
        return False
    return True


def events(folder, name):
    return [event for event in contract.read_events(folder) if event["event"] == name]


def curve(folder):
    """Return the loss of each step and of each look at the held-out examples; of what was done twice, the last."""
    losses = {("step", event["step"]): event["loss"] for event in events(folder, "step")}
    return losses | {("held out", event["step"]): event["loss"] for event in events(folder, "evaluated")}


def result(folder):
    with np.load(folder / contract.RESULT) as found:
        return {name: found[name] for name in found.files}


def with_recipe(**changes):
    return replace(QUICK, **changes)


def _main():
    """Train as a process of its own, in which things go wrong."""
    from desktop_app.trainer import command, turns

    turns.SAVED_EVERY_S = 0.0
    before_pass = at_pass(int(os.environ.get("KILL_AT", 0)), lambda: os.kill(os.getpid(), signal.SIGKILL))
    if hungry := int(os.environ.get("HUNGRY", 0)):
        import resource

        import psutil

        resource.setrlimit(resource.RLIMIT_AS, (psutil.Process().memory_info().vms + hungry // 2,) * 2)

        def before_pass(mode, has_gradient):
            if mode == "fast" and has_gradient:
                torch.empty(hungry, dtype=torch.uint8)

    return command.main(sys.argv[1:], load=loader(before_pass))


if __name__ == "__main__":
    sys.exit(_main())

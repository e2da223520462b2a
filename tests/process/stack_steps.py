"""What tests of stacks do again and again: an engine with a tiny model, and adapters made of chance for it."""

from pathlib import Path

from desktop_app.engine.choices import LoadSettings, SamplerSettings
from desktop_app.engine.client import EngineClient
from desktop_app.engine.messages import (
    AdapterScale,
    ChatMessage,
    Compare,
    Compared,
    Load,
    Loaded,
    Prepare,
    Prepared,
    Score,
    Scored,
    StateFolder,
)
from tests.process.steps import answer

SETTINGS = LoadSettings(n_ctx=1024, n_threads=1, speculate=False)
GREEDY = SamplerSettings(temperature=0, repeat_penalty=1, max_tokens=12)
TEXT = "The ferry to the island leaves at seven, and the baker on the quay sells bread to those who wait. " * 3
QUESTION = (ChatMessage("user", "When does the ferry leave, and who sells bread to those who wait?"),)


def stacked(*entries):
    """Return a stack of adapters, each a path, or a path and a scale."""
    pairs = ((entry, 1.0) if isinstance(entry, Path) else entry for entry in entries)
    return tuple(AdapterScale(str(path), scale) for path, scale in pairs)


class Session:
    """An engine process with a model; with a folder it keeps KV states there. Use it in a `with` statement."""

    def __init__(self, model, folder=None, settings=SETTINGS):
        self.model = model
        self.states = StateFolder(str(folder), 10**9) if folder else None
        self.settings = settings
        self.engine = EngineClient()
        self.load()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.engine.close()

    def load(self, model=None):
        """Load the model anew: nothing of what was is there any more."""
        self.model = model or self.model
        command = Load(self.engine.next_request(), str(self.model), self.settings, "a" * 64, self.states)
        self.engine.ask(command, Loaded)

    def answer(self, messages, stack, conversation=0, sampler=GREEDY):
        """Return the text and the facts of an answer."""
        return answer(self.engine, messages, sampler, stack=stack, conversation=conversation)

    def score(self, stack, text=TEXT):
        return self.engine.ask(Score(self.engine.next_request(), text, stack), Scored).logprobs

    def prepare(self, stack):
        return self.engine.ask(Prepare(self.engine.next_request(), stack), Prepared).fingerprint

    def compare(self, stack, other, text=TEXT, other_model=""):
        """Return how the second stack, of another model if one is named, differs from the first one."""
        command = Compare(self.engine.next_request(), text, stack, other, str(other_model))
        return self.engine.ask(command, Compared).effect

"""The protocol between the engine process and its clients, whole: one JSON object a line, both ways.

Commands go to the engine's stdin, events come from its stdout. Every command but `Stop` and `Quit` is answered by
exactly one closing event (`Loaded`, `Finished`, `Scored`, `Compared`, `Merged`, `Counted`, `Prepared`, `Unloaded`,
`Forgotten` or `Failed`) that carries the command's `request` number; an event whose number nobody waits for
any more is dropped.
Commands begin in order. `Generate`s run beside each other, and `Count` and `Forget` between their steps; every other
command waits until the answers before it are written. `Stop` overtakes.
"""

from typing import ClassVar

import msgspec

from desktop_app.engine.choices import LoadSettings, SamplerSettings

PROTOCOL_VERSION = 3


class Struct(msgspec.Struct, frozen=True):
    """Plain, immutable, comparable data."""


class ChatMessage(Struct, frozen=True):
    """One message as the chat template sees it. Roles: system, user, assistant."""

    role: str
    content: str


class AdapterScale(Struct, frozen=True):
    """One adapter of a stack: its GGUF file and the person's weight for it (1 is "as trained")."""

    path: str
    scale: float = 1.0


Stack = tuple[AdapterScale, ...]  # in order; an empty one is the bare model


class Device(Struct, frozen=True):
    """Something llama.cpp can compute on. `kind` is cpu, gpu or accelerator; the bytes are 0 where it does not say."""

    name: str
    description: str
    kind: str
    free_bytes: int = 0
    total_bytes: int = 0


class StateFolder(Struct, frozen=True):
    """Where KV states of conversations are kept on disk, and how much of it they may take (0 is automatic)."""

    path: str
    max_bytes: int = 0


class ModelFacts(Struct, frozen=True):
    """What the engine knows of the model it has loaded, and how it has loaded it.

    Attributes:
        memory_bytes: What the whole engine is forecast to need.
        draft_name: The small model that guesses ahead, or empty.
        template_note, load_note: Sentences for the person, or empty.
    """

    path: str
    architecture: str
    n_ctx: int
    n_ctx_train: int
    n_params: int
    size_bytes: int
    n_threads: int
    template_note: str = ""
    kv_type: str = "f16"
    n_gpu_layers: int = 0
    memory_bytes: int = 0
    draft_name: str = ""
    load_note: str = ""


class AnswerFacts(Struct, frozen=True):
    """What is recorded about one answer. Times in seconds, lengths in tokens.

    Attributes:
        prompt_tokens: The whole prompt, `reused_tokens` of which were still in the KV cache.
        answer_tokens: Decoded tokens, the end-of-generation token included.
        omitted_messages: Messages left out after the system prompt because the context is full.
        finish_reason: stop (the model ended), length (max_tokens), context (no room), stopped (by the person).
        drafted_tokens: Guessed ahead, `accepted_tokens` of which were what the model would have written.
    """

    prompt_tokens: int
    reused_tokens: int
    answer_tokens: int
    omitted_messages: int
    prefill_s: float
    decode_s: float
    time_to_first_token_s: float
    finish_reason: str
    seed: int
    stack_fingerprint: str = ""
    drafted_tokens: int = 0
    accepted_tokens: int = 0


class Effect(Struct, frozen=True):
    """How two ways of reading a text differ, over `tokens` tokens of it; in nats a token.

    Attributes:
        mean_nll, other_nll: Mean negative log-likelihood of each.
        nll_error: Standard error of the mean difference, token by token.
        kl: Mean Kullback-Leibler divergence of the other one's distributions from the first one's.
        agreement: Share of tokens where both think the same one most likely.
    """

    tokens: int
    mean_nll: float
    other_nll: float
    nll_error: float
    kl: float
    agreement: float


# ---------------------------------------------------------------- commands


class Command(Struct, frozen=True, tag_field="command", tag=str.lower):
    """Client to engine."""


class Load(Command, frozen=True):
    """Load a model; the one before stays usable if this one is refused.

    Attributes:
        sha256: Of the file, or empty while it is not known; KV states are kept on disk only for a model that is known.
        states: Where to keep them; None keeps them in memory alone.
    """

    request: int
    path: str
    settings: LoadSettings = LoadSettings()
    sha256: str = ""
    states: StateFolder | None = None


class Unload(Command, frozen=True):
    request: int


class Prepare(Command, frozen=True):
    """Check these adapters and get them ready, so that what is asked next under this stack begins at once."""

    request: int
    stack: Stack


class Generate(Command, frozen=True):
    """Answer a conversation.

    Attributes:
        messages: Oldest first; the last one is the person's, unless `continue_last`.
        continue_last: The last message is an unfinished answer; write on from its end.
        omit_at_least: Messages the previous answer left out. Starting from the same cut keeps the KV prefix alive.
        conversation: Whose KV state this goes on from and adds to; 0 belongs to none and is kept for nobody. Each stack
            has states of its own.
        stack: The adapters that act on this answer.
    """

    request: int
    messages: tuple[ChatMessage, ...]
    sampler: SamplerSettings = SamplerSettings()
    continue_last: bool = False
    omit_at_least: int = 0
    conversation: int = 0
    stack: Stack = ()


class Score(Command, frozen=True):
    """Measure how likely the loaded model, under a stack, finds this text."""

    request: int
    text: str
    stack: Stack = ()


class Compare(Command, frozen=True):
    """Measure on a text how much another way of reading it differs from the loaded model under a stack.

    Attributes:
        stack: Of the loaded model.
        other_stack: The other way: the same model under this stack ...
        other_model: ... or this model under it, if one is named.
    """

    request: int
    text: str
    stack: Stack = ()
    other_stack: Stack = ()
    other_model: str = ""


class Merge(Command, frozen=True):
    """Write a model that has these adapters in its weights, each of the type it had. No model needs to be loaded."""

    request: int
    model: str
    stack: Stack
    out: str


class Count(Command, frozen=True):
    """Count the tokens these messages take as a prompt, with nothing left out."""

    request: int
    messages: tuple[ChatMessage, ...]


class Forget(Command, frozen=True):
    """Destroy the KV states of a conversation, in memory and on disk: it was deleted."""

    request: int
    conversation: int


class Stop(Command, frozen=True):
    """End the command with this number as soon as can be; a finished or unknown one is no error."""

    request: int


class Quit(Command, frozen=True):
    pass


# ---------------------------------------------------------------- events


class Event(Struct, frozen=True, tag_field="event", tag=str.lower):
    """Engine to client."""


class Hello(Event, frozen=True):
    """The first line, always. `backend` is llama or echo; `system` says what the native build can use."""

    protocol: int
    version: str
    backend: str
    system: str = ""
    devices: tuple[Device, ...] = ()


class Progress(Event, frozen=True):
    """How much of a `Load` or `Merge` is done, from 0 to 1."""

    request: int
    fraction: float


class Loaded(Event, frozen=True):
    request: int
    model: ModelFacts


class Unloaded(Event, frozen=True):
    request: int


class Prepared(Event, frozen=True):
    request: int
    fingerprint: str


class Prefill(Event, frozen=True):
    """How far the prompt has been read; sent at the start and between slices."""

    request: int
    done_tokens: int
    total_tokens: int
    reused_tokens: int
    omitted_messages: int


class Piece(Event, frozen=True):
    """More text of the answer: whole characters, some tens of milliseconds' worth."""

    request: int
    text: str


class Finished(Event, frozen=True):
    request: int
    facts: AnswerFacts


class Scored(Event, frozen=True):
    """Log-probabilities in nats, one for each of the text's tokens but the first of each window."""

    request: int
    mean_nll: float
    logprobs: tuple[float, ...]


class Compared(Event, frozen=True):
    request: int
    effect: Effect


class Merged(Event, frozen=True):
    """`changed` weights were written anew, `size_bytes` is the size of the whole file."""

    request: int
    changed: int
    size_bytes: int


class Counted(Event, frozen=True):
    """`limit` is the longest prompt that leaves room for an answer."""

    request: int
    tokens: int
    limit: int


class Forgotten(Event, frozen=True):
    request: int


class Failed(Event, frozen=True):
    """A refused or failed command, in sentences a person can read. The engine goes on."""

    request: int
    sentence: str
    hint: str = ""


AnyCommand = Load | Unload | Prepare | Generate | Score | Compare | Merge | Count | Forget | Stop | Quit
AnyEvent = (
    Hello
    | Progress
    | Loaded
    | Unloaded
    | Prepared
    | Prefill
    | Piece
    | Finished
    | Scored
    | Compared
    | Merged
    | Counted
    | Forgotten
    | Failed
)


class Codec:
    """Encode and decode protocol lines; lines that are not of the protocol raise `msgspec.MsgspecError`."""

    _encoder: ClassVar = msgspec.json.Encoder()
    _commands: ClassVar = msgspec.json.Decoder(AnyCommand)
    _events: ClassVar = msgspec.json.Decoder(AnyEvent)

    @classmethod
    def encode(cls, message: Command | Event) -> bytes:
        """Return one line, newline included."""
        line: bytes = cls._encoder.encode(message)
        return line + b"\n"

    @classmethod
    def command(cls, line: bytes) -> AnyCommand:
        command: AnyCommand = cls._commands.decode(line)
        return command

    @classmethod
    def event(cls, line: bytes) -> AnyEvent:
        event: AnyEvent = cls._events.decode(line)
        return event

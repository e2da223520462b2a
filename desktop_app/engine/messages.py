"""The protocol between the engine process and its clients, whole: one JSON object a line, both ways.

Commands go to the engine's stdin, events come from its stdout. Every command but `Stop` and `Quit` is answered by
exactly one closing event (`Loaded`, `Finished`, `Scored`, `Compared`, `Merged`, `Encoded`, `Recorded`, `Counted`,
`Prepared`, `Unloaded`, `Forgotten` or `Failed`) that carries the command's `request` number; an event whose number
nobody waits for any more is dropped.
Commands begin in order. `Generate`s run beside each other, and `Prepare`, `Count` and `Forget` between their steps;
every other command waits until the answers before it are written. `Stop` overtakes.
"""

from typing import ClassVar

import msgspec

from desktop_app.engine.choices import LoadSettings, SamplerSettings
from desktop_app.engine.facts import AnswerFacts as AnswerFacts
from desktop_app.engine.facts import Device as Device
from desktop_app.engine.facts import Effect as Effect
from desktop_app.engine.facts import EncodedChat as EncodedChat
from desktop_app.engine.facts import EncodedSequence as EncodedSequence
from desktop_app.engine.facts import ModelFacts as ModelFacts
from desktop_app.engine.facts import Struct as Struct

PROTOCOL_VERSION = 5


class ChatMessage(Struct, frozen=True):
    """One message as the chat template sees it. Roles: system, user, assistant."""

    role: str
    content: str


class AdapterScale(Struct, frozen=True):
    """One adapter of a stack: its GGUF file and the person's weight for it (1 is "as trained")."""

    path: str
    scale: float = 1.0


Stack = tuple[AdapterScale, ...]  # in order; an empty one is the bare model


class StateFolder(Struct, frozen=True):
    """Where KV states of conversations are kept on disk, and how much of it they may take (0 is automatic)."""

    path: str
    max_bytes: int = 0


# ---------------------------------------------------------------- commands


class Command(Struct, frozen=True, tag_field="command", tag=str.lower):
    """Client to engine."""


class Load(Command, frozen=True):
    """Load a model; the one before stays usable if this one is refused, unless `Failed` says that it is gone.

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
    """Answer a conversation, or go on with a text.

    Attributes:
        messages: Oldest first; the last one is the person's, unless `continue_last`.
        continue_last: The last message is an unfinished answer; write on from its end.
        omit_at_least: Messages the previous answer left out. Starting from the same cut keeps the KV prefix alive.
        conversation: Whose KV state this goes on from and adds to; 0 belongs to none and is kept for nobody. Each stack
            has states of its own.
        stack: The adapters that act on this answer.
        text: In the place of messages: a text to go on with as it is, without the template.
    """

    request: int
    messages: tuple[ChatMessage, ...]
    sampler: SamplerSettings = SamplerSettings()
    continue_last: bool = False
    omit_at_least: int = 0
    conversation: int = 0
    stack: Stack = ()
    text: str = ""


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


class Encode(Command, frozen=True):
    """Turn conversations and texts into tokens to learn from, by the vocabulary and template of the loaded model.

    The prompt of each answer is what `Generate` would feed. Texts get neither BOS nor an end: they are to be cut.
    Where the first conversation is not the person's first one, `first` is its number, for sentences.
    """

    request: int
    conversations: tuple[tuple[ChatMessage, ...], ...] = ()
    texts: tuple[str, ...] = ()
    first: int = 1


class Record(Command, frozen=True):
    """Write to `out` the log-probabilities after each token, (tokens, vocabulary), as a `.npy` file of float16.

    The tokens, at most a window of `Score`, are read as they are: BOS is one of them if the model wants it.
    """

    request: int
    tokens: tuple[int, ...]
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


class Encoded(Event, frozen=True):
    """In the order of the command. `bos` belongs before a text, `eog` behind it; None where the model has none."""

    request: int
    conversations: tuple[EncodedChat, ...]
    texts: tuple[tuple[int, ...], ...]
    bos: int | None = None
    eog: int | None = None


class Recorded(Event, frozen=True):
    request: int
    tokens: int


class Counted(Event, frozen=True):
    """`limit` is the longest prompt that leaves room for an answer."""

    request: int
    tokens: int
    limit: int


class Forgotten(Event, frozen=True):
    request: int


class Failed(Event, frozen=True):
    """A refused or failed command, in sentences that are read. The engine goes on; without a model if `is_empty`."""

    request: int
    sentence: str
    hint: str = ""
    is_empty: bool = False


AnyCommand = (
    Load | Unload | Prepare | Generate | Score | Compare | Merge | Encode | Record | Count | Forget | Stop | Quit
)
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
    | Encoded
    | Recorded
    | Counted
    | Forgotten
    | Failed
)


class _Numbered(Struct, frozen=True):
    """What can be read of a command that cannot be read."""

    request: int


class Codec:
    """Encode and decode protocol lines; lines that are not of the protocol raise `msgspec.MsgspecError`."""

    _encoder: ClassVar = msgspec.json.Encoder()
    _commands: ClassVar = msgspec.json.Decoder(AnyCommand)
    _numbers: ClassVar = msgspec.json.Decoder(_Numbered)
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
    def request(cls, line: bytes) -> int:
        """Return the number of a command of which nothing else need be right."""
        numbered: _Numbered = cls._numbers.decode(line)
        return numbered.request

    @classmethod
    def event(cls, line: bytes) -> AnyEvent:
        event: AnyEvent = cls._events.decode(line)
        return event

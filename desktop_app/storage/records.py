"""The rows of the database as plain, immutable data: what storage hands out and everyone above reads."""

from enum import StrEnum

from desktop_app.engine.choices import SamplerSettings
from desktop_app.engine.messages import AnswerFacts, Effect, Struct


class Role(StrEnum):
    """Who wrote a message."""

    USER = "user"
    ASSISTANT = "assistant"


class MessageState(StrEnum):
    """How far a message got. Everything but `STREAMING` is final until the person continues it."""

    DONE = "done"
    STREAMING = "streaming"
    STOPPED = "stopped"  # by the person
    INTERRUPTED = "interrupted"  # the engine or the window ended in the middle
    FAILED = "failed"  # nothing came; `note` says why


class Rating(StrEnum):
    """What the person thinks of an answer."""

    NONE = ""
    GOOD = "good"
    BAD = "bad"


class StackEntry(Struct, frozen=True):
    """One adapter of a stack, known by its file's hash: it is the same one wherever it lies and whenever it comes back.

    Attributes:
        name: What it was called when it was put there, for the time when it is not in the library any more.
        scale: The person's weight for it; 1 is "as trained".
    """

    sha256: str
    name: str
    scale: float = 1.0
    is_on: bool = True


Stack = tuple[StackEntry, ...]


class Message(Struct, frozen=True):
    """One node of a conversation's tree.

    Attributes:
        version: Place among its siblings (messages with the same parent), from 1.
        versions: How many siblings there are, itself included.
        note: A sentence for the person about what went wrong, or empty.
        model_name, model_sha256, sampler, facts: Answers only; None where not known (yet).
        stack: Answers only: the adapters that acted on it.
        rating: Answers only: the person's mark.
        chosen_over: Answers only: ids of answers to the same message that the person turned down for this one, which
            is what they were edited to, or was kept of several.
        created_at: Unix time in seconds.
    """

    id: int
    conversation_id: int
    parent_id: int | None
    role: Role
    content: str
    state: MessageState
    created_at: float
    version: int = 1
    versions: int = 1
    note: str = ""
    model_name: str = ""
    model_sha256: str = ""
    sampler: SamplerSettings | None = None
    facts: AnswerFacts | None = None
    stack: Stack = ()
    rating: Rating = Rating.NONE
    chosen_over: tuple[int, ...] = ()


class Conversation(Struct, frozen=True):
    """One conversation, without its messages.

    Attributes:
        head_id: The newest message of the version being shown; None while empty.
        titled: True once the person or the model gave the title; False while it is the first words.
        draft: Text typed but not sent.
        stack: The adapters that act on the next answer.
    """

    id: int
    title: str
    created_at: float
    updated_at: float
    titled: bool = False
    pinned: bool = False
    deleted_at: float | None = None
    head_id: int | None = None
    model_id: int | None = None
    system_prompt: str = ""
    sampler: SamplerSettings = SamplerSettings()
    draft: str = ""
    stack: Stack = ()


class Preset(Struct, frozen=True):
    """A stack with a name, to be used again."""

    id: int
    name: str
    stack: Stack


class Adapter(Struct, frozen=True):
    """One adapter of the library: a GGUF file, wherever it lies.

    Attributes:
        sha256: Always known; two entries never have the same.
        max_rank: Of all its weights.
        n_weights: How many weights of a model it changes; `targets` are their kinds, such as attn_q.
        base_name, base_repo: The model it says it was made for, or empty.
        source: See `library.catalog` and, for what was made here, `adapters.catalog`.
        repo, revision, files: Where on the Hub it is from, and what was downloaded; empty for others.
    """

    id: int
    name: str
    path: str
    sha256: str
    size_bytes: int
    architecture: str
    max_rank: int
    n_weights: int
    targets: tuple[str, ...]
    base_name: str
    base_repo: str
    source: str
    added_at: float
    last_used_at: float | None = None
    license: str = ""
    repo: str = ""
    revision: str = ""
    files: tuple["RemoteFile", ...] = ()
    default_scale: float = 1.0


class Proof(Struct, frozen=True):
    """What an adapter was measured to do to a model, alone and at scale 1, over a probe text.

    Attributes:
        effect: How it differs from the bare model, which is the first one of the two.
        measured_at: Unix time in seconds.
    """

    adapter_sha256: str
    model_sha256: str
    effect: Effect
    measured_at: float


class SearchHit(Struct, frozen=True):
    """A message (or, with `message_id` None, a title) that matches a search; the match is between \\x02 and \\x03."""

    conversation_id: int
    title: str
    message_id: int | None
    snippet: str


class RemoteFile(Struct, frozen=True):
    """A file that belongs to a model, as it is in its repository, or on this disk if it is copied from there.

    Attributes:
        path: In the repository, with `/`; or the absolute path here.
        sha256: As announced there, in hexadecimal digits; empty where nothing is announced.
    """

    path: str
    size_bytes: int
    sha256: str = ""


class ModelDefaults(Struct, frozen=True):
    """What a new chat with a model starts with, where it is something else than the settings say (None, or 0)."""

    system_prompt: str | None = None
    sampler: SamplerSettings | None = None
    n_ctx: int = 0


class Model(Struct, frozen=True):
    """One model of the library: a GGUF file, wherever it lies.

    Attributes:
        sha256: Empty until it has been computed; of the first file of a split model.
        source: See `library.catalog`.
        license: As the Hub or the GGUF states it, or empty.
        repo, revision, files: Where on the Hub it is from, and what was downloaded; empty for other models.
        verified_at: When its files were last found to be what they should be, Unix time in seconds.
        tokens_per_s: How fast it last wrote an answer here; 0 if it has not written one yet.
    """

    id: int
    name: str
    path: str
    size_bytes: int
    architecture: str
    quant_type: str
    n_params: int
    n_ctx_train: int
    source: str
    added_at: float
    last_used_at: float | None = None
    sha256: str = ""
    license: str = ""
    repo: str = ""
    revision: str = ""
    files: tuple[RemoteFile, ...] = ()
    verified_at: float | None = None
    tokens_per_s: float = 0.0
    defaults: ModelDefaults = ModelDefaults()


class DownloadState(StrEnum):
    """What is to become of a download. That it runs is not stored: one that was cut off by a kill goes on by itself."""

    WAITING = "waiting"
    PAUSED = "paused"
    FAILED = "failed"  # `note` says why


class Download(Struct, frozen=True):
    """A model or an adapter on its way into the library. How much of it is there is told by the files themselves.

    Attributes:
        repo: owner/name on the Hub; empty if it is copied from a place on this computer.
        revision: The commit, so that all parts are of one version.
        files: The model or its parts in order, then what else comes along. Of an adapter that has to be converted: its
            configuration, then its weights.
        kind: What it becomes: model, or adapter.
        model_id: Of an adapter: the model it was looked for, as long as that is in the library.
    """

    id: int
    name: str
    repo: str
    revision: str
    license: str
    files: tuple[RemoteFile, ...]
    state: DownloadState
    note: str
    created_at: float
    kind: str = "model"
    model_id: int | None = None

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)

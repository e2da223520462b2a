"""What events carry: facts about devices, models, answers and effects, and conversations as tokens.

Everybody imports these from `messages`, which is the whole protocol.
"""

import msgspec


class Struct(msgspec.Struct, frozen=True):
    """Plain, immutable, comparable data."""


class Device(Struct, frozen=True):
    """Something llama.cpp can compute on. `kind` is cpu, gpu or accelerator; the bytes are 0 where it does not say."""

    name: str
    description: str
    kind: str
    free_bytes: int = 0
    total_bytes: int = 0


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


class EncodedSequence(Struct, frozen=True):
    """Tokens, and the half-open ranges of positions of those that the model itself would have written."""

    tokens: tuple[int, ...]
    learned: tuple[tuple[int, int], ...]


class EncodedChat(Struct, frozen=True):
    """A conversation: one sequence, or several where the prompt of an answer does not begin with all that was before.

    Each answer is learned in exactly one of them.
    """

    sequences: tuple[EncodedSequence, ...]

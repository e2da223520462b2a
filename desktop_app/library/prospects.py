"""What is to be expected of a model that is not here yet: whether it fits into the memory, and how fast it will write.

Exact as the forecast is where the model's header is known (one look at the beginning of a file is enough for all
quantizations of it). Where only the number of parameters is known, as in the results of a search, a model of usual
shape is taken in its place, which can be wrong by a third.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from desktop_app.engine.choices import LoadSettings
from desktop_app.errors import UserError
from desktop_app.library.fit import USABLE_SHARE
from desktop_app.library.gguf import GgufHeader
from desktop_app.library.gguf_reader import Value, Vocabulary
from desktop_app.library.hardware import FreeMemory
from desktop_app.library.outlook import Outlook, cached_header, outlook_of
from desktop_app.library.sketch import sketch_header
from desktop_app.library.speed import Measured, bytes_a_token, expected_tokens_per_s
from desktop_app.storage.records import Model

BYTES_A_PARAMETER = 0.61  # of Q4_K_M, on an average over models of 1 to 70 billion parameters

# Layers, width and width of the feed-forward part of common models with at most so many parameters.
_USUAL_SHAPES = (
    (0.5e9, 24, 896, 4_864),
    (1.0e9, 28, 1_024, 3_072),
    (2.5e9, 28, 2_048, 6_144),
    (5.0e9, 36, 2_560, 9_728),
    (10e9, 36, 4_096, 12_288),
    (20e9, 40, 5_120, 17_408),
    (50e9, 64, 5_120, 25_600),
    (1e15, 80, 8_192, 28_672),
)


@dataclass(frozen=True)
class Machine:
    """What a prospect depends on besides the model: how models are loaded, what memory is free, what was measured."""

    settings: LoadSettings
    free: FreeMemory
    measured: tuple[Measured, ...] = ()

    @property
    def largest_model_bytes(self) -> int:
        """What the weights of a model may take, with a fifth left for the conversation."""
        return round(max(self.free.ram, self.free.vram) * USABLE_SHARE * 0.8)


@dataclass(frozen=True)
class Prospect:
    """`tokens_per_s` is None as long as no model has been measured on this computer."""

    outlook: Outlook
    tokens_per_s: float | None


def prospect(header: GgufHeader, machine: Machine) -> Prospect:
    """Return what is to be expected of a model with this header."""
    speed = expected_tokens_per_s(bytes_a_token(header), machine.measured)
    return Prospect(outlook_of(header, machine.settings, machine.free), speed)


def bytes_a_token_of(model: Model) -> int:
    """Return how many bytes of a model of the library take part in a token; 0 if its file cannot be read."""
    try:
        return bytes_a_token(cached_header(Path(model.path)))
    except UserError:
        return 0


def measured_models(models: Iterable[Model]) -> tuple[Measured, ...]:
    """Return what is known of speeds from the models that have written here."""
    return tuple(Measured(bytes_a_token_of(model), model.tokens_per_s) for model in models if model.tokens_per_s)


def header_of_usual_shape(n_params: int, size_bytes: int, n_ctx_train: int = 0) -> GgufHeader:
    """Return the header that a model of so many parameters probably has."""
    _, n_layer, n_embd, n_ff = next((shape for shape in _USUAL_SHAPES if n_params <= shape[0]), _USUAL_SHAPES[-1])
    heads = max(1, n_embd // 128)
    metadata: dict[str, Value] = {
        "general.architecture": "llama",
        "llama.context_length": n_ctx_train or 32_768,
        "llama.block_count": n_layer,
        "llama.embedding_length": n_embd,
        "llama.feed_forward_length": n_ff,
        "llama.attention.head_count": heads,
        "llama.attention.head_count_kv": min(8, heads),
        "llama.attention.key_length": 128,
        "llama.attention.value_length": 128,
        "tokenizer.ggml.tokens": Vocabulary(128_000, has_all_bytes=True),
    }
    return sketch_header(Path("model.gguf"), metadata, size_bytes)


def rough_prospect(n_params: int, n_ctx_train: int, machine: Machine) -> Prospect | None:
    """Return what is to be expected of a model of which only its size is known, in four bits; None without one."""
    if n_params <= 0:
        return None
    size_bytes = round(n_params * BYTES_A_PARAMETER)
    return prospect(header_of_usual_shape(n_params, size_bytes, n_ctx_train), machine)


def prospects_of(metadata: dict[str, Value], sizes: Sequence[int], machine: Machine) -> tuple[Prospect, ...]:
    """Return what is to be expected of a model in several quantizations, whose files have these sizes."""
    return tuple(prospect(sketch_header(Path("model.gguf"), metadata, size), machine) for size in sizes)

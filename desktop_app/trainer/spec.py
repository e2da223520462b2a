"""What a model computes, told from the header of its file: the numbers and choices that its family's code gives."""

import math
from dataclasses import dataclass
from typing import Any

from .contract import ModelFile
from .errors import TrainerError

SILU, GELU = "silu", "gelu"


@dataclass(frozen=True)
class Rope:
    """How heads are turned by their position; as llama.cpp does it (`ggml_rope_ext`).

    Attributes:
        n_rot: How many of a head's numbers turn, from the first one.
        base: The number i of n_rot / 2 turns by position * scale / base^(2 i / n_rot).
        magnitude: What the turned numbers are multiplied by.
        pairs_neighbors: Numbers 2 i and 2 i + 1 turn together; else i and i + n_rot / 2.
        factors: Name of a tensor that the angles are divided by, or empty.
    """

    n_rot: int
    base: float
    pairs_neighbors: bool
    scale: float = 1.0
    magnitude: float = 1.0
    factors: str = ""


@dataclass(frozen=True)
class Spec:
    """A decoder of equal layers: norm, attention, norm, feed-forward, each added to what came before it.

    Attributes:
        head_width: Of queries and keys; value_width: of values.
        ropes: Of each layer; None where it knows no positions.
        windows: Of each layer, how many tokens it sees with the present one; 0 is all.
        attention_scale: What the products of queries and keys are multiplied by.
        attention_cap, logit_cap: Both are bent to stay below this (cap * tanh(x / cap)); 0 is no bound.
        activation: Of the gate: silu or gelu (by tanh).
        embedding_scale, residual_scale: What embeddings, and what each half layer adds, are multiplied by.
        logit_scale: What the logits are multiplied by.
        has_fused_gate: `ffn_up` has the rows of the gate before its own.
    """

    n_layer: int
    n_embd: int
    n_head: int
    n_head_kv: int
    head_width: int
    value_width: int
    eps: float
    ropes: tuple[Rope | None, ...]
    windows: tuple[int, ...]
    attention_scale: float
    attention_cap: float = 0.0
    logit_cap: float = 0.0
    activation: str = SILU
    embedding_scale: float = 1.0
    residual_scale: float = 1.0
    logit_scale: float = 1.0
    has_fused_gate: bool = False


class Header:
    """The metadata of a model by their names without the architecture, which stands before most of them.

    Raises:
        TrainerError: By each method, if a number is missing or differs between layers.
    """

    def __init__(self, file: ModelFile) -> None:
        self._metadata = file.metadata
        self.architecture = str(file.metadata.get("general.architecture", ""))
        self.tensors = frozenset(tensor.name for tensor in file.tensors)

    def get(self, name: str, default: Any = None) -> Any:
        value = self._metadata.get(f"{self.architecture}.{name}", default)
        if value is None:
            raise TrainerError(
                f"The model does not say its “{name}”, which training needs.", "Download it again, or choose another."
            )
        if isinstance(value, list | tuple):
            if len(set(value)) != 1:
                raise TrainerError(
                    f"The layers of this model differ in “{name}”, which is not supported by training yet.",
                    "Choose another model.",
                )
            return value[0]
        return value

    def per_layer(self, name: str) -> tuple[Any, ...] | None:
        """Return a list as it is, or None if it is no list."""
        value = self._metadata.get(f"{self.architecture}.{name}")
        return tuple(value) if isinstance(value, list | tuple) else None

    def rope(self, pairs_neighbors: bool, n_ctx: int = 0) -> Rope:
        """Return the turning that most layers have.

        Args:
            pairs_neighbors: See `Rope`.
            n_ctx: Context length of the chat, for models with long and short factors.
        """
        scaling = self.get("rope.scaling.type", "none")
        if scaling not in ("none", "linear", "longrope"):
            raise TrainerError(
                f"This model stretches its context by the method “{scaling}”, which is not supported by training yet.",
                "Choose another model.",
            )
        factor = float(self.get("rope.scaling.factor", 0.0) or self.get("rope.scale_linear", 0.0) or 1.0)
        return Rope(
            n_rot=int(self.get("rope.dimension_count", self.head_width)),
            base=float(self.get("rope.freq_base", 10_000.0)),
            pairs_neighbors=pairs_neighbors,
            scale=1.0 / factor if scaling == "linear" else 1.0,
            magnitude=float(self.get("rope.scaling.attn_factor", 1.0)),
            factors=self._factors(n_ctx),
        )

    def _factors(self, n_ctx: int) -> str:
        if "rope_factors_long.weight" in self.tensors:
            is_long = n_ctx > self.get("rope.scaling.original_context_length", n_ctx)
            return f"rope_factors_{'long' if is_long else 'short'}.weight"
        return "rope_freqs.weight" if "rope_freqs.weight" in self.tensors else ""

    @property
    def head_width(self) -> int:
        return int(self.get("attention.key_length", self.get("embedding_length") // self.get("attention.head_count")))

    @property
    def n_layer(self) -> int:
        return int(self.get("block_count"))

    def spec(self, rope: Rope, **own: Any) -> Spec:
        """Return a model whose layers are all the same, but for what the family says."""
        n_layer, n_head = self.n_layer, int(self.get("attention.head_count"))
        usual: dict[str, Any] = {
            "n_layer": n_layer,
            "n_embd": int(self.get("embedding_length")),
            "n_head": n_head,
            "n_head_kv": int(self.get("attention.head_count_kv", n_head)),
            "head_width": self.head_width,
            "value_width": int(self.get("attention.value_length", self.head_width)),
            "eps": float(self.get("attention.layer_norm_rms_epsilon")),
            "ropes": (rope,) * n_layer,
            "windows": (0,) * n_layer,
            "attention_scale": 1 / math.sqrt(self.head_width),
        }
        return Spec(**usual | own)

"""Models to begin with: a short list that comes with the program, so that choosing one needs no network.

Their shapes are those of the models' `config.json` and of the headers of the files; sizes are those of the files in
their repositories on the Hub. Numbers of weights were computed from the shapes.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from desktop_app.library.gguf import GgufHeader
from desktop_app.library.gguf_reader import TOKENS, Skipped, Value, Vocabulary
from desktop_app.library.gguf_types import FILE_TYPES, STRING
from desktop_app.library.sketch import sketch_header
from desktop_app.paths import bundled

USES = ("chat", "writing", "code", "reasoning", "languages", "small computers")

_FILE_TYPES = {name: number for number, name in FILE_TYPES.items()}


@dataclass(frozen=True)
class CuratedModel:
    """One model of the list.

    Attributes:
        repo: Its repository on the Hub, owner and name.
        quant: Which quantization of it to take. Files spell it in capitals or not.
        name: For people.
        uses: Some of `USES`.
        words: A sentence about what it is good for.
        license: By its name on the Hub.
        gated: Whether the Hub gives it only to those who have agreed to its terms.
        n_params_active: Weights that work on each token; fewer than `n_params` for a mixture of experts.
        size_bytes: Of the file.
        key_length: Width of one head's keys, and of its values.
        n_ff: Width of the feed-forward layers; `n_ff_expert` of one expert.
        n_merges: 0 for a vocabulary that has none.
        n_swa: Tokens that a sliding-window layer sees; 0 where there is no window.
        n_expert, n_expert_used: Experts of a layer, and how many of them work on a token; 0 where there are none.
    """

    repo: str
    quant: str
    name: str
    uses: tuple[str, ...]
    words: str
    license: str
    gated: bool
    architecture: str
    n_params: int
    n_params_active: int
    size_bytes: int
    n_ctx_train: int
    n_layer: int
    n_embd: int
    n_head: int
    n_head_kv: int
    key_length: int
    n_ff: int
    n_vocab: int
    n_merges: int = 0
    n_swa: int = 0
    n_expert: int = 0
    n_expert_used: int = 0
    n_ff_expert: int = 0

    def header(self) -> GgufHeader:
        """Return a header to forecast its memory from before it is downloaded."""
        return sketch_header(Path(self.name), self._metadata(), self.size_bytes)

    def _metadata(self) -> Mapping[str, Value]:
        numbers = {
            "context_length": self.n_ctx_train,
            "block_count": self.n_layer,
            "embedding_length": self.n_embd,
            "feed_forward_length": self.n_ff,
            "attention.head_count": self.n_head,
            "attention.head_count_kv": self.n_head_kv,
            "attention.key_length": self.key_length,
            "attention.value_length": self.key_length,
            "attention.sliding_window": self.n_swa,
            "expert_count": self.n_expert,
            "expert_used_count": self.n_expert_used,
            "expert_feed_forward_length": self.n_ff_expert,
        }
        return {
            "general.architecture": self.architecture,
            "general.type": "model",
            "general.name": self.name,
            "general.license": self.license,
            "general.file_type": _FILE_TYPES[self.quant],
            **{f"{self.architecture}.{key}": number for key, number in numbers.items() if number},
            TOKENS: Vocabulary(self.n_vocab, has_all_bytes=True),
            "tokenizer.ggml.merges": Skipped(STRING, is_list=True, length=self.n_merges),
        }


@lru_cache(maxsize=1)
def curated_models() -> tuple[CuratedModel, ...]:
    """Return the list, the smallest first."""
    entries = json.loads(bundled("curated_models.json").read_text("utf-8"))
    return tuple(map(_model, entries))


def _model(entry: dict[str, Any]) -> CuratedModel:
    return CuratedModel(**{**entry, "uses": tuple(entry["uses"])})

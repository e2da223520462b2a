"""How llama.cpp calls the weights of a model from Hugging Face, and in which order it has their rows.

Facts of llama.cpp's conversion of models (`conversion/`, `gguf-py/gguf/tensor_mapping.py`). It moves rows of q and k
in the classes of models that descend from its `LlamaModel`, so that numbers that turn together stand side by side.
Which these are is a fact of each class, and does not follow from how the model turns them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from desktop_app.adapters.lora import Matrix
from desktop_app.adapters.peft_config import BIASES, DORA, EMBEDDING, EXPERTS, OUTPUT, PICTURES
from desktop_app.errors import UserError
from desktop_app.library.file_errors import shown_text
from desktop_app.library.gguf import MAX_LAYERS, GgufHeader

_PARTS = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
_PHI_PARTS = {  # gate and up are one there, and llama.cpp calls both of them together up
    "self_attn.qkv_proj": "attn_qkv",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
# Each is here because its adapters give the same numbers in llama.cpp as in PEFT; tests/process/test_peft_import.py
_ARCHITECTURES = {
    "llama": _PARTS,
    "qwen2": _PARTS,
    "qwen3": _PARTS,
    "gemma2": _PARTS,
    "gemma3": _PARTS,
    "phi3": _PHI_PARTS,
    "smollm3": _PARTS,
    "granite": _PARTS,
}
_MOVED = {"llama", "smollm3", "granite"}
_MODEL_TYPES = {"mistral": "llama", "gemma3_text": "gemma3"}  # whose architecture in GGUF files is called otherwise
_MODULE = re.compile(r"(?:(?:model|language_model)\.)*layers\.([0-9]{1,3})\.((?:self_attn|mlp)\.\w+)")
_FOREIGN = {  # what stands in names of what cannot be converted
    "lora_magnitude_vector": DORA,
    "lora_embedding": EMBEDDING,
    "embed_tokens": EMBEDDING,
    "lm_head": OUTPUT,
    "experts": EXPERTS,
    "vision": PICTURES,
    "visual": PICTURES,
    "multi_modal": PICTURES,
    ".bias": BIASES,
}
_NO_BASE = "Choose the model in your library that the adapter was made for."


@dataclass(frozen=True)
class Base:
    """What has to be known of the model that an adapter was trained on.

    Attributes:
        architecture: As GGUF files have it.
        n_head, n_head_kv: Of each layer; empty where no rows are moved.
    """

    architecture: str
    n_head: tuple[int, ...] = ()
    n_head_kv: tuple[int, ...] = ()

    def weight(self, module: str) -> str | None:
        """Return llama.cpp's name of a module's weight, or None if it has none."""
        found = _MODULE.fullmatch(module)
        part = _ARCHITECTURES[self.architecture].get(found[2]) if found else None
        return f"blk.{int(found[1])}.{part}.weight" if found and part else None

    def module(self, weight: str) -> str | None:
        """Return the module that has a weight of llama.cpp's, or None: the reverse of `weight`."""
        _, layer, part, _ = weight.split(".")
        modules = {ours: theirs for theirs, ours in _ARCHITECTURES[self.architecture].items()}
        return f"model.layers.{layer}.{modules[part]}" if part in modules else None

    def rows(self, weight: str, b: Matrix) -> Matrix | None:
        """Return B with its rows in the order that llama.cpp has them in, or None if they are not of this model."""
        if (n_heads := self._moved_heads(weight)) is None:
            return b
        if not n_heads or len(b) % (2 * n_heads):
            return None
        moved: Matrix = b.reshape(n_heads, 2, -1, b.shape[1]).swapaxes(1, 2).reshape(b.shape)
        return moved

    def rows_of_module(self, weight: str, b: Matrix) -> Matrix:
        """Return B of a weight that fits this model with its rows in their first order: the reverse of `rows`."""
        if (n_heads := self._moved_heads(weight)) is None:
            return b
        moved: Matrix = b.reshape(n_heads, -1, 2, b.shape[1]).swapaxes(1, 2).reshape(b.shape)
        return moved

    def _moved_heads(self, weight: str) -> int | None:
        """Return how many heads the moved rows of a weight belong to, 0 if it is not known; None if none are moved."""
        _, layer, part, _ = weight.split(".")
        if self.architecture not in _MOVED or part not in ("attn_q", "attn_k"):
            return None
        heads = self.n_head if part == "attn_q" else self.n_head_kv
        return heads[int(layer)] if int(layer) < len(heads) else 0


def base_of_model(model: GgufHeader) -> Base:
    """Return what has to be known of a model that is here.

    Raises:
        UserError: If adapters for models like it cannot be converted.
    """
    return base_of_heads(model.architecture, model.n_head, model.n_head_kv)


def base_of_heads(architecture: str, n_head: tuple[int, ...], n_head_kv: tuple[int, ...]) -> Base:
    """Return what has to be known of a model with so many heads in each layer; raises as `base_of_model`."""
    return Base(_supported(architecture), n_head, n_head_kv)


def base_of_config(config: Mapping[str, Any]) -> Base:
    """Return what has to be known of a model, from its `config.json`.

    Raises:
        UserError: If it does not tell, or adapters for models like it cannot be converted.
    """
    inner = config.get("text_config")  # of a model that also sees
    config = inner if isinstance(inner, Mapping) else config
    model_type = str(config.get("model_type", ""))
    architecture = _supported(_MODEL_TYPES.get(model_type, model_type))
    if architecture not in _MOVED:
        return Base(architecture)
    n_layer, n_head = _count(config, "num_hidden_layers"), _count(config, "num_attention_heads")
    n_head_kv = _count(config, "num_key_value_heads") if config.get("num_key_value_heads") else n_head
    return Base(architecture, (n_head,) * n_layer, (n_head_kv,) * n_layer)


def _count(config: Mapping[str, Any], key: str) -> int:
    number = config.get(key)
    if not isinstance(number, int) or not 0 < number <= MAX_LAYERS:  # nor has any model more heads
        raise UserError(
            "The configuration of the adapter's base model does not say how many layers and heads it has.", _NO_BASE
        )
    return number


def _supported(architecture: str) -> str:
    if not architecture:
        raise UserError("It is not known which kind of model this adapter is for.", _NO_BASE)
    if architecture not in _ARCHITECTURES:
        raise UserError(
            f"Adapters for models of the architecture “{shown_text(architecture)}” cannot be converted yet.",
            "Choose an adapter that is in the GGUF format already.",
        )
    return architecture


def why_not(name: str, base: Base) -> str:
    """Return in a sentence about “it” why the tensor of this name cannot be converted."""
    known = next((reason for word, reason in _FOREIGN.items() if word in name), None)
    return known or (
        f"It changes “{shown_text(name)}”, which is not known of models of the architecture “{base.architecture}”."
    )

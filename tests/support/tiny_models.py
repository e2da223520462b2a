"""Tiny models of random weights, each one twice: as transformers computes it and as a GGUF file for llama.cpp.

What is changed on the way to GGUF is what llama.cpp's own conversion changes (its folder `conversion/`): names, the
order of the rows of q and k of those that descend from Llama, and the 1 that Gemma adds to its norms. It is written
down here a second time, apart from what the program knows of it, so that one can be held against the other.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import transformers
from transformers import PretrainedConfig, PreTrainedModel

from tests.support.gguf_files import F32, Q8_0, GgufFile, TensorSpec, sentencepiece_vocabulary

F16 = 1
N_VOCAB = 288
BOS, FIRST_BYTE, SPACE = 1, 3, 259  # in the vocabulary

torch.set_num_threads(1)  # more gain nothing on models of this size, and much is lost to a busy computer

_SIZES: dict[str, Any] = {
    "vocab_size": N_VOCAB,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 1024,
    "pad_token_id": 0,
    "bos_token_id": BOS,
    "eos_token_id": 2,
    "tie_word_embeddings": False,
}


@dataclass(frozen=True)
class Kind:
    """An architecture: its classes in transformers, what its tiny model has of its own, and how its file differs."""

    classes: str
    own: dict[str, Any]
    is_permuted: bool = False
    has_shifted_norms: bool = False


# By `general.architecture`. Gemma 3 has six layers because only its sixth one sees the whole text, SmolLM3 four
# because its fourth one knows no positions, and heads are sometimes wider than their share of the model.
KINDS = {
    "llama": Kind("Llama", {}, is_permuted=True),
    "qwen2": Kind("Qwen2", {"tie_word_embeddings": True}),
    "qwen3": Kind("Qwen3", {"head_dim": 32, "tie_word_embeddings": True}),
    "gemma2": Kind(
        "Gemma2",
        {"head_dim": 32, "query_pre_attn_scalar": 32, "sliding_window": 16, "tie_word_embeddings": True},
        has_shifted_norms=True,
    ),
    "gemma3": Kind(
        "Gemma3",
        {
            "head_dim": 32,
            "query_pre_attn_scalar": 32,
            "sliding_window": 16,
            "num_hidden_layers": 6,
            "tie_word_embeddings": True,
        },
        has_shifted_norms=True,
    ),
    "phi3": Kind("Phi3", {"partial_rotary_factor": 0.75, "original_max_position_embeddings": 1024}),
    "smollm3": Kind("SmolLM3", {"num_hidden_layers": 4, "tie_word_embeddings": True}, is_permuted=True),
    "granite": Kind(
        "Granite",
        {
            "embedding_multiplier": 3.0,
            "residual_multiplier": 0.5,
            "attention_multiplier": 0.2,
            "logits_scaling": 1.5,
            "tie_word_embeddings": True,
        },
        is_permuted=True,
    ),
}


def tiny_tokens(text: str) -> list[int]:
    """Return a text as the vocabulary of tiny models has it: one token a byte."""
    return [BOS, *(SPACE if byte == ord(" ") else FIRST_BYTE + byte for byte in text.encode())]


def tiny_model(architecture: str, **sizes: Any) -> PreTrainedModel:
    """Return the model of an architecture, the same at each call, sure enough of itself to be told from noise.

    Args:
        architecture: One of `KINDS`.
        sizes: Of its configuration in transformers, in place of the usual ones.
    """
    kind = KINDS[architecture]
    suffix = "TextConfig" if kind.classes == "Gemma3" else "Config"
    config = getattr(transformers, kind.classes + suffix)(**_SIZES | kind.own | sizes)
    config._attn_implementation = "eager"  # the one that all of them compute as they should
    model: PreTrainedModel = getattr(transformers, kind.classes + "ForCausalLM")(config)
    chance = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            size = 0.15 if name.endswith("proj.weight") else 0.3
            parameter.normal_(0, size, generator=chance)
            if name.endswith("norm.weight") and not kind.has_shifted_norms:
                parameter += 1
    return model.eval()


def tiny_gguf(model: PreTrainedModel, type_id: int = F32) -> GgufFile:
    """Return a model as a GGUF file, its matrices of type F32, F16 or Q8_0."""
    config = model.config
    architecture = config.model_type.removesuffix("_text")
    kind = KINDS[architecture]
    tensors = []
    for name, parameter in model.named_parameters():
        weights = parameter.detach().numpy()
        if kind.is_permuted and name.endswith(("q_proj.weight", "k_proj.weight")):
            is_q = name.endswith("q_proj.weight")
            weights = _permuted(weights, config.num_attention_heads if is_q else config.num_key_value_heads)
        if kind.has_shifted_norms and name.endswith("norm.weight"):
            weights = weights + 1
        spec_type = F32 if weights.ndim == 1 else type_id
        data = _packed(weights, spec_type)
        tensors.append(TensorSpec(_gguf_name(name, kind), weights.shape[::-1], spec_type, data=data))
    return GgufFile(tuple(_metadata(architecture, config).items()), tuple(tensors))


def _permuted(weights: np.ndarray, n_heads: int) -> np.ndarray:
    """Return rows that turn in pairs (i, i + half a head) as rows that turn in pairs of neighbors."""
    return weights.reshape(n_heads, 2, -1, weights.shape[-1]).swapaxes(1, 2).reshape(weights.shape)


def _packed(weights: np.ndarray, type_id: int) -> bytes:
    """Return weights as a file has them."""
    if type_id != Q8_0:
        return weights.astype(np.float16 if type_id == F16 else np.float32).tobytes()
    blocks = weights.reshape(-1, 32)
    scales = (np.abs(blocks).max(axis=1, keepdims=True) / 127).astype(np.float16)
    numbers = np.round(blocks / np.maximum(scales.astype(np.float32), 1e-12)).astype(np.int8)
    return np.concatenate([scales.view(np.int8), numbers], axis=1).tobytes()


_WHOLE = {
    "model.embed_tokens.weight": "token_embd.weight",
    "model.norm.weight": "output_norm.weight",
    "lm_head.weight": "output.weight",
}
_PARTS = {
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.qkv_proj": "attn_qkv",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.gate_up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
_GEMMA_PARTS = {
    **_PARTS,
    "post_attention_layernorm": "post_attention_norm",
    "pre_feedforward_layernorm": "ffn_norm",
    "post_feedforward_layernorm": "post_ffw_norm",
}


def _gguf_name(name: str, kind: Kind) -> str:
    if name in _WHOLE:
        return _WHOLE[name]
    _, _, layer, rest = name.split(".", 3)
    part, _, what = rest.rpartition(".")
    parts = _GEMMA_PARTS if kind.has_shifted_norms else _PARTS
    return f"blk.{layer}.{parts[part]}.{what}"


def _metadata(architecture: str, config: PretrainedConfig) -> dict[str, Any]:
    head_width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    rope = config.rope_parameters
    own: dict[str, Any] = {}
    match architecture:
        case "gemma2" | "gemma3":
            own["attention.sliding_window"] = config.sliding_window
            rope = rope.get("full_attention", rope)
        case "phi3":
            own |= {"attention.sliding_window": 0, "rope.scaling.original_context_length": 1024}
        case "granite":
            own |= {
                "embedding_scale": config.embedding_multiplier,
                "residual_scale": config.residual_multiplier,
                "attention.scale": config.attention_multiplier,
                "logit_scale": config.logits_scaling,
            }
    if architecture == "gemma2":
        own["attn_logit_softcapping"] = config.attn_logit_softcapping
        own["final_logit_softcapping"] = config.final_logit_softcapping
    own |= {
        "block_count": config.num_hidden_layers,
        "context_length": config.max_position_embeddings,
        "embedding_length": config.hidden_size,
        "feed_forward_length": config.intermediate_size,
        "attention.head_count": config.num_attention_heads,
        "attention.head_count_kv": config.num_key_value_heads,
        "attention.key_length": head_width,
        "attention.value_length": head_width,
        "attention.layer_norm_rms_epsilon": config.rms_norm_eps,
        "rope.dimension_count": int(head_width * rope.get("partial_rotary_factor", 1.0)),
        "rope.freq_base": rope["rope_theta"],
    }
    return {
        "general.architecture": architecture,
        "general.type": "model",
        "general.name": "Tiny model",  # llama.cpp wants certain tokens of what is called Phi-3
        **{f"{architecture}.{key}": value for key, value in own.items()},
        **_vocabulary(config.vocab_size),
    }


def _vocabulary(n_vocab: int) -> dict[str, Any]:
    """Return a vocabulary that has each byte as a token, and the space as a word of its own, as it must be."""
    vocabulary = sentencepiece_vocabulary(n_vocab)
    vocabulary["tokenizer.ggml.tokens"][SPACE] = "▁"
    return {**vocabulary, "tokenizer.ggml.add_space_prefix": False}

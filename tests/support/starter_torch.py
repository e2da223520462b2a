"""The starter model as transformers computes it, with the very weights that its GGUF file has."""

from pathlib import Path

import numpy as np
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from desktop_app.library.gguf import read_header
from desktop_app.library.gguf_reader import Tensor

_PARTS = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


def starter_in_torch(path: Path) -> LlamaForCausalLM:
    """Return the model of a Llama file whose weights are Q4_1, Q8_0 or F32 and whose output is its embedding."""
    header = read_header(path)
    [n_head], [n_head_kv] = set(header.n_head), set(header.n_head_kv)
    config = LlamaConfig(
        vocab_size=header.n_vocab,
        hidden_size=header.n_embd,
        intermediate_size=header.n_ff,
        num_hidden_layers=header.n_layer,
        num_attention_heads=n_head,
        num_key_value_heads=n_head_kv,
        head_dim=header.key_length,
        max_position_embeddings=header.n_ctx_train,
        rms_norm_eps=header.metadata["llama.attention.layer_norm_rms_epsilon"],
        rope_parameters={"rope_type": "default", "rope_theta": header.metadata["llama.rope.freq_base"]},
        tie_word_embeddings=True,
    )
    model = LlamaForCausalLM(config)
    data = np.memmap(path, np.uint8, "r", header.data_offset)
    state = {}
    for tensor in header.tensors:
        weights = _dequantized(tensor, data)
        if tensor.name.endswith(("attn_q.weight", "attn_k.weight")):  # back into the order that transformers has
            heads = n_head if "attn_q" in tensor.name else n_head_kv
            weights = weights.reshape(heads, -1, 2, weights.shape[1]).swapaxes(1, 2).reshape(weights.shape)
        state[_name(tensor)] = torch.from_numpy(np.ascontiguousarray(weights))
    state["lm_head.weight"] = state["model.embed_tokens.weight"]
    model.load_state_dict(state)
    return model.eval()


def _name(tensor: Tensor) -> str:
    if tensor.name == "token_embd.weight":
        return "model.embed_tokens.weight"
    if tensor.name == "output_norm.weight":
        return "model.norm.weight"
    _, layer, part, _ = tensor.name.split(".")
    return f"model.layers.{layer}.{_PARTS[part]}.weight"


def _dequantized(tensor: Tensor, data: np.ndarray) -> np.ndarray:
    packed = data[tensor.offset : tensor.offset + tensor.size_bytes]
    if tensor.type == "F32":
        return packed.view(np.float32).reshape(tensor.shape[::-1]).copy()
    if tensor.type == "Q8_0":  # of each 32 numbers a scale, then one byte each
        blocks = packed.reshape(-1, 34)
        weights = blocks[:, 2:].view(np.int8) * _halves(blocks, 0)
    else:
        assert tensor.type == "Q4_1"  # a scale and an offset, then half a byte each, first the lower halves
        blocks = packed.reshape(-1, 20)
        numbers = np.concatenate([blocks[:, 4:] & 15, blocks[:, 4:] >> 4], axis=1)
        weights = numbers * _halves(blocks, 0) + _halves(blocks, 2)
    return weights.reshape(tensor.shape[::-1])


def _halves(blocks: np.ndarray, at: int) -> np.ndarray:
    return np.ascontiguousarray(blocks[:, at : at + 2]).view(np.float16).astype(np.float32)

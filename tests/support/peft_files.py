"""Adapters as PEFT saves them, made without it: a configuration and random weights for a tiny llama model."""

import json
from typing import Any

import numpy as np
from safetensors.numpy import save

from tests.support.gguf_files import Shape

BASE = "who/Tiny-Instruct"
CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
TINY = Shape()


def peft_adapter(shape: Shape = TINY, rank: int = 4, seed: int = 1, **changes: Any) -> dict[str, bytes]:
    """Return the files of an adapter that changes q and down of each layer; `changes` go into its configuration."""
    config = {
        "peft_type": "LORA",
        "base_model_name_or_path": BASE,
        "r": rank,
        "lora_alpha": 8,
        "target_modules": ["q_proj", "down_proj"],
        "bias": "none",
        "init_lora_weights": True,
        **changes,
    }
    chance = np.random.default_rng(seed)
    tensors = {}
    for layer in range(shape.n_layer):
        for module, inputs in (("self_attn.q_proj", shape.n_embd), ("mlp.down_proj", shape.n_ff)):
            name = f"base_model.model.model.layers.{layer}.{module}"
            tensors[f"{name}.lora_A.weight"] = chance.standard_normal((rank, inputs)).astype(np.float32)
            tensors[f"{name}.lora_B.weight"] = chance.standard_normal((shape.n_embd, rank)).astype(np.float32)
    return {CONFIG: json.dumps(config).encode(), WEIGHTS: save(tensors)}


def base_config(shape: Shape = TINY) -> bytes:
    """Return `config.json` of the model that such an adapter is for."""
    config = {
        "model_type": "llama",
        "num_hidden_layers": shape.n_layer,
        "num_attention_heads": shape.n_head,
        "num_key_value_heads": shape.n_head_kv,
    }
    return json.dumps(config).encode()

"""A tiny model with experts: the tiny Llama, but in each layer several feed-forward nets of which two are asked."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.support.gguf_files import F32, GgufFile, TensorSpec
from tests.support.tiny_models import tiny_gguf, tiny_model

N_EXPERTS, N_ASKED = 4, 2
_NETS = ("ffn_gate", "ffn_up", "ffn_down")


def write_tiny_experts(path: Path) -> Path:
    """Write the model, the same at each call, with 32-bit floats."""
    plain = tiny_gguf(tiny_model("llama"))
    metadata = (
        ("llama.expert_count", N_EXPERTS),
        ("llama.expert_used_count", N_ASKED),
    )
    tensors = tuple(changed for tensor in plain.tensors for changed in _with_experts(tensor))
    return GgufFile((*plain.metadata, *metadata), tensors).write(path)


def _with_experts(tensor: TensorSpec) -> tuple[TensorSpec, ...]:
    parts = tensor.name.split(".")
    if len(parts) < 4 or parts[2] not in _NETS:
        return (tensor,)
    layer, kind = int(parts[1]), parts[2]
    chance = np.random.default_rng([layer, _NETS.index(kind)])
    data = (chance.standard_normal((N_EXPERTS, *tensor.shape[::-1])) * 0.15).astype(np.float32).tobytes()
    experts = replace(tensor, name=f"blk.{layer}.{kind}_exps.weight", shape=(*tensor.shape, N_EXPERTS), data=data)
    if kind != _NETS[0]:
        return (experts,)
    router = chance.standard_normal((N_EXPERTS, tensor.shape[0])).astype(np.float32)
    name = f"blk.{layer}.ffn_gate_inp.weight"
    return (TensorSpec(name, (tensor.shape[0], N_EXPERTS), F32, data=router.tobytes()), experts)

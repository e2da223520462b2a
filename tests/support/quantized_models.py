"""A small Llama of random weights with its matrices in any of ggml's types, whose rows are wide enough for all."""

import dataclasses
from pathlib import Path

import numpy as np

from desktop_app.library.gguf_types import TENSOR_TYPES
from tests.support.gguf_files import GgufFile
from tests.support.packed_weights import quantized
from tests.support.tiny_models import tiny_gguf, tiny_model

_WIDE = {"hidden_size": 256, "intermediate_size": 512, "num_attention_heads": 8, "num_key_value_heads": 4}
_NUMBERS = {packing.name: number for number, packing in TENSOR_TYPES.items()}


def quantized_llama(library: Path, type_name: str) -> GgufFile:
    """Return the model as a file; its embedding, norms and output have 32 bits, or nothing could be told of the rest.

    Args:
        library: ggml's, which quantizes.
        type_name: Of all matrices inside the layers.
    """
    file = tiny_gguf(tiny_model("llama", **_WIDE))
    tensors = []
    for tensor in file.tensors:
        if tensor.name.startswith("blk.") and len(tensor.shape) == 2 and type_name != "F32":
            # As small as those of trained models are, and the rest would be lost in the noise of quantized inputs.
            weights = np.frombuffer(tensor.data, np.float32).reshape(tensor.shape[::-1]) * np.float32(0.4)
            data = quantized(library, type_name, np.ascontiguousarray(weights)).tobytes()
            tensor = dataclasses.replace(tensor, type_id=_NUMBERS[type_name], data=data)
        tensors.append(tensor)
    return dataclasses.replace(file, tensors=tuple(tensors))

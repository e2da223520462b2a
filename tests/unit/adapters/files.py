"""Adapters and models for these tests, sound and unsound, and how they are checked."""

from dataclasses import replace

import pytest

from desktop_app.errors import UserError
from tests.support.gguf_files import GgufFile, TensorSpec, llama_model, lora_adapter
from tests.unit.library.sentences import assert_readable

ADAPTER = lora_adapter()
MODEL = llama_model()
A, B = "blk.0.attn_q.weight.lora_a", "blk.0.attn_q.weight.lora_b"
EXPERTS = "blk.0.ffn_up_exps.weight"


def changed(file, tensor, **changes):
    """Return a file one of whose tensors is changed; its data too, as its size may be another."""
    tensors = (replace(each, data=None, **changes) if each.name == tensor else each for each in file.tensors)
    return replace(file, tensors=tuple(tensors))


def with_tensors(file, *tensors):
    return replace(file, tensors=(*file.tensors, *tensors))


def pair(weight, inputs=32, outputs=32, rank=4, experts=()):
    """Return the halves of a pair for a weight; `experts` are the dimensions that follow."""
    return (
        TensorSpec(f"{weight}.lora_a", (inputs, rank, *experts)),
        TensorSpec(f"{weight}.lora_b", (rank, outputs, *experts)),
    )


def only(*tensors):
    """Return an adapter with these tensors alone."""
    return GgufFile(ADAPTER.metadata, tensors)


def error_of(call, *arguments):
    """Return the sentence of what a call refuses, once it is known to be readable."""
    with pytest.raises(UserError) as caught:
        call(*arguments)
    assert_readable(caught.value)
    return caught.value.sentence

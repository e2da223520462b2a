"""A model that is trained: its frozen weights out of GGUF files, with the adapter and a stack under it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from .attention import Angles
from .block import Block
from .contract import FAST, LEAN, ModelFile
from .errors import TrainerError
from .families import model_spec
from .functions import Again, Before, Norm
from .ggml_library import Ggml
from .head import Head
from .linear import Linear, Member, Scratch
from .lora import Adapter, Arrays, stacked
from .spec import Rope, Spec
from .weights import Weights

_FUSED = {"attn_q": "attn_qkv", "attn_k": "attn_qkv", "attn_v": "attn_qkv", "ffn_gate": "ffn_up"}
# All that a model may have; anything else would be computed by llama.cpp and not here.
_LAYER_PARTS = (
    *("attn_norm", "attn_q", "attn_k", "attn_v", "attn_qkv", "attn_output", "attn_q_norm", "attn_k_norm"),
    *("ffn_norm", "ffn_gate", "ffn_up", "ffn_down", "post_attention_norm", "post_ffw_norm"),
)
_WHOLE_PARTS = (
    *("token_embd.weight", "output.weight", "output.bias", "output_norm.weight"),
    *("rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight"),
)


def adapter_shapes(file: ModelFile, targets: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return (out, in) of each weight that an adapter with these targets changes, in the order of the layers.

    Where a model has several targets in one weight, that one is changed.
    """
    shapes = {tensor.name: tensor.shape for tensor in file.tensors}
    found: dict[str, tuple[int, int]] = {}
    for layer in sorted({int(name.split(".")[1]) for name in shapes if name.startswith("blk.")}):
        for target in targets:
            for kind in (target, _FUSED.get(target, target)):
                name = f"blk.{layer}.{kind}.weight"
                if name in shapes:
                    found[name] = (shapes[name][0], shapes[name][1])
                    break
    return found


def load_model(
    file: ModelFile,
    parts: Sequence[Path],
    adapter: Adapter,
    stack: Sequence[Arrays],
    *,
    n_ctx: int,
    device: torch.device,
    dtype: torch.dtype,
    mode: str,
    ggml: Path | None,
    n_threads: int,
) -> "Model":
    """Open a model for training.

    Args:
        file: Where its tensors lie.
        parts: Its files.
        adapter: Is trained; the model follows it (`Model.refresh`).
        stack: Adapters that stay as they are.
        n_ctx: Context length of the chat.
        device, dtype: Where and in what it is computed.
        mode: One of `contract.MODES`.
        ggml: The library that unpacks weights on the processor, if there is one.
        n_threads: It may use.

    Raises:
        TrainerError: If something in the model is not supported.
    """
    spec = model_spec(file, n_ctx)
    for tensor in file.tensors:
        if not _is_known(tensor.name):
            raise TrainerError(
                f"This model has the tensor “{tensor.name}”, which training does not know.", "Choose another model."
            )
    weights = Weights(file, parts, device, Ggml(ggml, n_threads) if ggml else None)
    return Model(spec, weights, adapter, stack, dtype, mode)


def _is_known(name: str) -> bool:
    if not name.startswith("blk."):
        return name in _WHOLE_PARTS
    _, _, part, ending = (*name.split(".", 3), "", "", "")[:4]
    return (ending in ("weight", "bias") and part in _LAYER_PARTS) or part.startswith("rope_f")


class Model:
    """Computes with all that is added to its weights; ask `load_model` for one."""

    def __init__(
        self, spec: Spec, weights: Weights, adapter: Adapter, stack: Sequence[Arrays], dtype: torch.dtype, mode: str
    ) -> None:
        self._spec, self._weights, self._adapter, self._stack = spec, weights, adapter, stack
        self._dtype, self._mode = dtype, mode
        self.device = weights.device
        # All layers unpack their weights into the same place, unless those of all of them are kept.
        self._scratch = None if mode == FAST else Scratch(self.device, dtype)
        self._embedding = weights.matrix("token_embd.weight")
        self._output_norm = Norm(weights.vector("output_norm.weight"), spec.eps, dtype)
        angles: dict[Rope, Angles] = {}
        self._blocks = []
        for layer in range(spec.n_layer):
            rope = spec.ropes[layer]
            if rope is not None and rope not in angles:
                angles[rope] = Angles(rope, weights.vector(rope.factors) if rope.factors else None, self.device)
            self._blocks.append(
                Block(spec, layer, weights, self._linear, angles[rope] if rope is not None else None, dtype)
            )
        output = "output.weight" if "output.weight" in weights else "token_embd.weight"
        bias = weights.vector("output.bias") if "output.bias" in weights else None
        self._head = Head(weights.matrix(output), bias, spec, self._scratch, dtype)
        self.n_vocab = self._head.n_vocab
        self.refresh()

    def _linear(self, names: Sequence[str], before: Before | None) -> Linear:
        adapter = self._adapter
        members = [
            Member(
                self._weights.matrix(name),
                adapter.a.get(name),
                adapter.b.get(name),
                adapter.scale,
                stacked(self._stack, name, self.device),
            )
            for name in names
        ]
        biases = [name.removesuffix("weight") + "bias" for name in names]
        bias = None
        if any(each in self._weights for each in biases):
            bias = torch.cat(
                [
                    self._weights.vector(each) if each in self._weights else torch.zeros(member.packed.rows)
                    for each, member in zip(biases, members, strict=True)
                ]
            ).to(self._dtype)
        return Linear(members, before, bias, self._scratch, self._dtype)

    def refresh(self) -> None:
        """Follow the adapter, which has changed."""
        for block in self._blocks:
            for linear in block.linears:
                linear.refresh()

    def hidden(self, tokens: Tensor, lengths: Sequence[int]) -> Tensor:
        """Return what the head reads after each token, (tokens, n_embd).

        Args:
            tokens: Of all sequences, end to end.
            lengths: Of each sequence.
        """
        x = self._embedding.gather(tokens)
        if self._spec.embedding_scale != 1.0:
            x *= self._spec.embedding_scale
        saves = self._mode == LEAN and torch.is_grad_enabled()
        trained = next(iter(self._adapter.a.values()))
        for block in self._blocks:
            x = Again.apply(x, block, lengths, trained) if saves else block(x, lengths)  # type: ignore[no-untyped-call]
        return self._output_norm(x)

    def logprobs(self, hidden: Tensor, targets: Tensor) -> Tensor:
        """Return ln p of a target after each row of `hidden`, in 32 bits."""
        return self._head.logprobs(hidden, targets)

    def all_logprobs(self, hidden: Tensor) -> Iterator[Tensor]:
        """Yield ln p of all tokens after some rows at a time, (rows, vocabulary) in 32 bits."""
        return self._head.all_logprobs(hidden)

    def close(self) -> None:
        """Let go of all memory."""
        self._blocks.clear()
        self._scratch = None
        self._head.kept = None
        self._weights.close()

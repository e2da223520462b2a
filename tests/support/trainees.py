"""Models as the trainer opens them, straight from a GGUF file."""

from collections.abc import Sequence
from pathlib import Path

import torch

from desktop_app.library.gguf import read_header
from desktop_app.library.gguf_reader import read_part
from desktop_app.trainer.contract import FAST, TARGETS, ModelFile, TensorPlace
from desktop_app.trainer.ggml_library import find_ggml
from desktop_app.trainer.lora import Adapter, Arrays
from desktop_app.trainer.model import Model, adapter_shapes, load_model

CPU = torch.device("cpu")


def model_file(path: Path) -> ModelFile:
    """Return where the tensors of a model in one file lie."""
    part = read_part(path)
    kept = (bool, int, float, str, tuple)
    metadata = {key: value for key, value in read_header(path).metadata.items() if isinstance(value, kept)}
    tensors = (
        TensorPlace(each.name, each.type, each.shape[::-1], 0, part.data_offset + each.offset, each.size_bytes)
        for each in part.tensors
    )
    return ModelFile(metadata, tuple(tensors))


def open_trainee(
    path: Path,
    mode: str = FAST,
    dtype: torch.dtype = torch.float32,
    *,
    rank: int = 4,
    targets: Sequence[str] = TARGETS,
    stack: Sequence[Arrays] = (),
    file: ModelFile | None = None,
) -> tuple[Model, Adapter]:
    """Return a model and a new adapter of it."""
    file = file or model_file(path)
    adapter = Adapter.new(adapter_shapes(file, targets), rank, 2.0 * rank, seed=1)
    model = load_model(
        file, [path], adapter, stack, n_ctx=4096, device=CPU, dtype=dtype, mode=mode, ggml=find_ggml(), n_threads=1
    )
    return model, adapter


def shake(model: Model, adapter: Adapter, size: float = 0.05) -> None:
    """Give B some values, so that the adapter changes the model."""
    chance = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for b in adapter.b.values():
            b.copy_(torch.randn(b.shape, generator=chance) * size)
    model.refresh()


def logprobs(model: Model, sequences: Sequence[Sequence[int]]) -> torch.Tensor:
    """Return ln p of all tokens after each token of some sequences that are computed at once."""
    tokens = torch.tensor([token for sequence in sequences for token in sequence])
    with torch.no_grad():
        hidden = model.hidden(tokens, [len(sequence) for sequence in sequences])
    return torch.cat(list(model.all_logprobs(hidden)))

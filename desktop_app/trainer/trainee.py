"""What the rest of the trainer needs of a model, so that it can be tested with one of a few lines; see `Model`."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from .contract import ModelFile
from .lora import Adapter, Arrays


class Trainee(Protocol):
    """A model that computes with an adapter."""

    device: torch.device

    def hidden(self, tokens: Tensor, lengths: Sequence[int]) -> Tensor: ...

    def logprobs(self, hidden: Tensor, targets: Tensor) -> Tensor: ...

    def all_logprobs(self, hidden: Tensor) -> Iterator[Tensor]: ...

    def refresh(self) -> None: ...

    def close(self) -> None: ...


class LoadModel(Protocol):
    """How a model is opened; see `load_model`."""

    def __call__(
        self,
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
    ) -> Trainee: ...

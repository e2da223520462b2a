"""The weights of a model where they lie in its files: mapped, packed, and unpacked a matrix or some rows at a time."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from . import dequantize
from .contract import ModelFile, TensorPlace
from .errors import TrainerError
from .ggml_library import Ggml


class Weights:
    """All tensors of a model. On a GPU they are packed there, where its code can unpack their type.

    Args:
        file: Where the tensors lie.
        parts: The model's files, in order.
        device: Where unpacked tensors are wanted.
        ggml: Unpacks on the processor, faster and more types than torch's code; None if there is none.

    Raises:
        TrainerError: If a file cannot be read, or a type of quantization cannot be unpacked here.
    """

    def __init__(self, file: ModelFile, parts: Sequence[Path], device: torch.device, ggml: Ggml | None) -> None:
        self.device = device
        self._ggml = ggml
        self._places = {tensor.name: tensor for tensor in file.tensors}
        try:
            self._maps = [np.memmap(path, np.uint8, "r") for path in parts]
        except (OSError, ValueError) as error:
            raise TrainerError(
                "The model's file cannot be read.", "Check that its drive is connected, then resume the run."
            ) from error
        known = dequantize.TYPES | (ggml.types if ggml else frozenset())
        for tensor in file.tensors:
            if tensor.type not in known:
                raise TrainerError(
                    f"“{tensor.name}” is quantized as {tensor.type}, which cannot be unpacked here.",
                    "Install llama-cpp-python beside torch, or choose another quantization of this model.",
                )

    def __contains__(self, name: str) -> bool:
        return name in self._places

    def close(self) -> None:
        """End the threads that unpack."""
        if self._ggml is not None:
            self._ggml.close()

    def vector(self, name: str) -> Tensor:
        """Return a whole tensor of any shape as 32-bit floats on the device."""
        place = self._places[name]
        return self.matrix(name).unpack().reshape(place.shape)

    def matrix(self, name: str) -> "PackedMatrix":
        """Return a matrix, still packed; a tensor of another shape counts as rows of its last length."""
        place = self._places[name]
        data = self._maps[place.part][place.offset : place.offset + place.size_bytes]
        return PackedMatrix(place, data, self.device, self._ggml)


class PackedMatrix:
    """One matrix of shape (rows, columns)."""

    def __init__(self, place: TensorPlace, data: NDArray[np.uint8], device: torch.device, ggml: Ggml | None) -> None:
        self.name = place.name
        self.columns = place.shape[-1]
        self.rows = int(np.prod(place.shape[:-1], dtype=np.int64))
        self._type = place.type
        self._packed = data.reshape(self.rows, -1)
        self.device = device
        self._ggml = ggml if ggml and place.type in ggml.types else None
        self._on_device: Tensor | None = None
        if device.type != "cpu" and place.type in dequantize.TYPES:
            self._on_device = torch.from_numpy(np.array(self._packed)).to(device)

    def unpack(self, rows: slice = slice(None), out: Tensor | None = None) -> Tensor:
        """Return some rows, or all.

        Args:
            rows: Neighboring ones.
            out: Where to write them, (rows, columns), contiguous; by default, new 32-bit floats.
        """
        if self._on_device is not None:
            unpacked = dequantize.unpack(self._type, self._on_device[rows])
            return unpacked if out is None else out.copy_(unpacked)
        packed = self._packed[rows]
        if out is not None and out.device.type == "cpu" and out.dtype == torch.float32:
            self._unpack_here(packed, out)
            return out
        unpacked = torch.empty(len(packed), self.columns)
        self._unpack_here(packed, unpacked)
        if out is None:
            return unpacked.to(self.device)
        return out.copy_(unpacked)

    def gather(self, rows: Tensor) -> Tensor:
        """Return these rows as 32-bit floats, each unpacked once: (len(rows), columns)."""
        wanted, where = torch.unique(rows, return_inverse=True)
        if self._on_device is not None:
            return dequantize.unpack(self._type, self._on_device[wanted])[where]
        unpacked = torch.empty(len(wanted), self.columns)
        self._unpack_here(np.ascontiguousarray(self._packed[wanted.cpu().numpy()]), unpacked)
        return unpacked.to(self.device)[where]

    def _unpack_here(self, packed: NDArray[np.uint8], out: Tensor) -> None:
        if self._ggml is not None:
            self._ggml.unpack(self._type, packed, out.numpy())
        else:
            out.copy_(dequantize.unpack(self._type, torch.from_numpy(np.array(packed))))

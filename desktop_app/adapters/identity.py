"""What identifies a model whatever its quantization, so that an adapter can be told from one for its twin.

A model and its instruct version have the same shapes, and an adapter for one loads into the other. What tells them
apart in every quantization are the norms: llama.cpp never quantizes vectors, and whoever trains all of a model trains
its norms too. Only a finetune that left them alone, such as a merged LoRA, has the identity of its base.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from desktop_app.errors import UserError
from desktop_app.library.file_errors import shown_name
from desktop_app.library.gguf import GgufHeader
from desktop_app.library.gguf_reader import read_part
from desktop_app.library.vocabulary import vocabulary_fingerprint

_LARGEST_NORM_BYTES = 1 << 22  # a norm has a number for each of a layer's, a few thousand; anything else is none


@dataclass(frozen=True)
class BaseIdentity:
    """SHA-256 in hexadecimal digits of a model's norms, empty if it has none, and of its vocabulary."""

    norms_sha256: str
    vocab_sha256: str


def base_identity(model: GgufHeader) -> BaseIdentity:
    """Return what all quantizations of one model have in common.

    All files of the model are read once, as long as they do not change.

    Raises:
        UserError: If one of them cannot be read any more.
    """
    try:
        statuses = [path.stat() for path in model.parts]
        norms = _norms_sha256(model.parts, tuple((each.st_size, each.st_mtime_ns) for each in statuses))
    except OSError as error:
        raise UserError(
            f"“{shown_name(model.path)}” could not be read.", "Check that the file is there and may be read."
        ) from error
    return BaseIdentity(norms, vocabulary_fingerprint(model.path))


@lru_cache(maxsize=64)
def _norms_sha256(parts: tuple[Path, ...], _statuses: tuple[tuple[int, int], ...]) -> str:
    norms: dict[str, bytes] = {}
    for path in parts:
        part = read_part(path)  # again, because the header of a split model does not say which part a tensor is in
        with path.open("rb") as file:
            for tensor in part.tensors:
                if "norm" in tensor.name and len(tensor.shape) == 1 and tensor.size_bytes <= _LARGEST_NORM_BYTES:
                    file.seek(part.data_offset + tensor.offset)
                    norms[tensor.name] = f"{tensor.name} {tensor.shape}\n".encode() + file.read(tensor.size_bytes)
    return hashlib.sha256(b"".join(norms[name] for name in sorted(norms))).hexdigest() if norms else ""

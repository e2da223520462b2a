"""Looking at a model file before it is added to the library."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from desktop_app.errors import UserError
from desktop_app.library.file_errors import shown_name, shown_text, utf8_path
from desktop_app.library.gguf import GgufHeader, read_header
from desktop_app.library.model_check import check_model

_CHUNK_BYTES = 1 << 20
_PART = re.compile(r"-\d{5}-of-\d{5}$")
_HASH = re.compile(r"(sha256-)?[0-9a-f]{40,}")
_SAYS_NOTHING = ("", "model", "ggml-model", "unnamed")


@dataclass(frozen=True)
class ModelInfo:
    """What the library keeps about a model, except where it lies. `size_bytes` counts all parts of a split one."""

    name: str
    size_bytes: int
    architecture: str
    quant_type: str
    n_params: int
    n_ctx_train: int
    license: str


def inspect_model(path: Path) -> ModelInfo:
    """Read and check a model file.

    Raises:
        UserError: If it is not a model this program can chat with.
    """
    header = read_header(utf8_path(path))
    check_model(header)
    return ModelInfo(
        name=_readable_name(header),
        size_bytes=header.file_size,
        architecture=header.architecture,
        quant_type=header.quant_type,
        n_params=header.n_params,
        n_ctx_train=header.n_ctx_train,
        license=shown_text(header.license),
    )


def _readable_name(header: GgufHeader) -> str:
    """Return the name people know the model by: the file's, without what is said elsewhere.

    `general.name` is the second choice, because it is often the working title of a training run, as in the starter
    model's "Smollm2 135M 8k Lc100K Mix1 Ep2".
    """
    whole = shown_name(header.path.with_suffix(""))
    stem = _PART.sub("", whole)
    stem = re.sub(rf"(^|[-._ ]+){re.escape(header.quant_type)}$", "", stem, flags=re.IGNORECASE)
    if stem.lower() in _SAYS_NOTHING or _HASH.fullmatch(stem):
        return shown_text(header.name) or whole
    return stem


def file_sha256(
    path: Path,
    progress: Callable[[float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> str:
    """Return the SHA-256 of a file in hexadecimal digits, or an empty text if it was stopped.

    Args:
        path: The file.
        progress: Is told the fraction that has been read, about every megabyte.
        should_stop: Is asked as often whether to give up.

    Raises:
        UserError: If the file cannot be read.
    """
    digest, done = hashlib.sha256(), 0
    try:
        with path.open("rb", buffering=0) as file:
            size = max(1, path.stat().st_size)
            while chunk := file.read(_CHUNK_BYTES):
                if should_stop and should_stop():
                    return ""
                digest.update(chunk)
                done += len(chunk)
                if progress:
                    progress(min(1.0, done / size))
    except OSError as error:
        raise UserError(
            f"“{shown_name(path)}” could not be read to its end.", "Check that its drive is connected and works."
        ) from error
    return digest.hexdigest()

"""Whether an error means that memory ran out; torch says it in many ways."""

import errno

import torch

_WORDS = (
    "can't allocate memory",  # of the processor's own allocator
    "not enough memory",  # the same on Windows
    "out of memory",  # of CUDA, MPS and cuBLAS
    "CUBLAS_STATUS_ALLOC_FAILED",
)


class OutOfMemory(Exception):
    """Memory ran out in some process of this run, and what it was needed for is to be done again."""


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether the same may work with less memory."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError | OutOfMemory):
        return True
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _WORDS)

"""What this computer has for training: a device, memory, cores, and the number format that it multiplies fast."""

import math
import os
import sys
import time

import psutil
import torch
from torch import Tensor

from .contract import BFLOAT16, FLOAT32
from .ranks import local_rank

DTYPES = {FLOAT32: torch.float32, BFLOAT16: torch.bfloat16}

_LEAST_GAIN = 1.5  # of 16 bits, which cost precision
_SIDE = {"cpu": 512, "mps": 2048, "cuda": 4096}  # of the matrices that are multiplied: some milliseconds each
_TURNS = 9


def choose_device() -> torch.device:
    """Return where to train."""
    if torch.cuda.is_available():
        device = torch.device("cuda", local_rank())
        torch.cuda.set_device(device)
        return device
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def device_name(device: torch.device) -> str:
    """Return what a person calls the device."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def fast_precision(device: torch.device) -> str:
    """Return the format to compute in: 16 bits only where a matrix product takes much less time with them.

    Both take turns, and the fastest of each counts, because other programs slow down what they happen to meet.
    """
    dtypes = (torch.float32, torch.bfloat16)
    best = dict.fromkeys(dtypes, math.inf)
    try:
        for turn in range(_TURNS):
            for dtype in dtypes:
                seconds = _product_seconds(device, dtype)
                if turn:  # the first ones find memory and load code
                    best[dtype] = min(best[dtype], seconds)
    except (RuntimeError, TypeError):  # older GPUs of Apple do not know it
        return FLOAT32
    return BFLOAT16 if best[torch.float32] >= _LEAST_GAIN * best[torch.bfloat16] else FLOAT32


def free_memory_bytes(device: torch.device) -> int:
    """Return how much memory of the device is free."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return int(psutil.virtual_memory().available)


def use_threads(wanted: int | None) -> int:
    """Compute on so many threads, or on one a physical core; return how many."""
    threads = wanted or psutil.cpu_count(logical=False) or 1
    if not wanted and hasattr(os, "sched_getaffinity"):
        threads = min(threads, len(os.sched_getaffinity(0)))
    torch.set_num_threads(threads)
    return threads


def be_nice(amount: int) -> None:
    """Let other programs go first."""
    if sys.platform == "win32":
        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        os.nice(amount)


def _product_seconds(device: torch.device, dtype: torch.dtype) -> float:
    matrix = torch.ones(_SIDE[device.type], _SIDE[device.type], device=device, dtype=dtype)
    _wait(matrix)
    start = time.perf_counter()
    _wait(matrix @ matrix)
    return time.perf_counter() - start


def _wait(matrix: Tensor) -> None:
    """Return once it is computed, and not only asked for."""
    matrix[0, 0].item()

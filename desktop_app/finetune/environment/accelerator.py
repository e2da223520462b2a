"""What this computer can compute training on, found out without loading any library of a driver."""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from desktop_app.child_environment import foreign_environment, program_folder, start_foreign
from desktop_app.finetune.environment.lock import CPU, CUDA, MPS, Lock

_PATIENCE_S = 20  # a GPU that sleeps takes some seconds to answer
_ASK = ("--query-gpu=name,driver_version,compute_cap", "--format=csv,noheader")


@dataclass(frozen=True)
class Gpu:
    """A GPU of NVIDIA: its name, and the versions of its driver and of what it can do."""

    name: str
    driver: str
    compute: str


@dataclass(frozen=True)
class Suggestion:
    """What to compute on, and why, in a sentence."""

    accelerator: str
    sentence: str


def find_gpu(program: Path | None = None) -> Gpu | None:
    """Return the first GPU of NVIDIA that has a driver, as the driver's own tool tells it."""
    tool = program or _find_tool()
    if tool is None:
        return None
    ours = program_folder()
    try:
        environment = foreign_environment(ours)
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        with start_foreign([str(tool), *_ASK], environment, ours, **pipes) as process:
            try:
                said, _ = process.communicate(timeout=_PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                return None
    except OSError:
        return None
    return _parsed(said.decode("utf-8", "replace")) if process.returncode == 0 else None


def suggest(locks: Mapping[str, Lock], ask: Callable[[], Gpu | None] = find_gpu) -> Suggestion:
    """Return what to compute on, of what there are packages for."""
    if MPS in locks:
        return Suggestion(MPS, "The GPU of this Mac.")
    if CUDA not in locks:
        return Suggestion(CPU, "The processor of this computer.")
    gpu = ask()
    if gpu is None:
        return Suggestion(_other(locks), "No GPU of NVIDIA was found.")
    lock = locks[CUDA]
    if _numbers(gpu.compute) < _numbers(lock.least_compute):
        return Suggestion(_other(locks), f"The processor, because the {gpu.name} is too old for PyTorch.")
    if _numbers(gpu.driver) < _numbers(lock.least_driver):
        return Suggestion(
            _other(locks),
            f"The processor, because the driver {gpu.driver} of the {gpu.name} is too old. With version "
            f"{lock.least_driver} or newer, training could use the GPU.",
        )
    return Suggestion(CUDA, f"The {gpu.name}.")


def _other(locks: Mapping[str, Lock]) -> str:
    return CPU if CPU in locks else CUDA


def _find_tool() -> Path | None:
    found = shutil.which("nvidia-smi")
    if found is not None:
        return Path(found)
    usual = Path(os.environ.get("SYSTEMROOT", "C:/Windows"), "System32", "nvidia-smi.exe")
    return usual if os.name == "nt" and usual.is_file() else None


def _parsed(said: str) -> Gpu | None:
    for line in said.splitlines():
        parts = [part.strip() for part in line.rsplit(",", 2)]
        if len(parts) == 3 and _numbers(parts[1]) and _numbers(parts[2]):
            return Gpu(*parts)
    return None


def _numbers(version: str) -> tuple[int, ...]:
    """Return a version as numbers, to be compared; nothing for what is none, such as “[N/A]”."""
    parts = version.split(".")
    return tuple(map(int, parts)) if all(part.isdecimal() for part in parts) else ()

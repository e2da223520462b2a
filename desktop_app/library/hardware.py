"""What this computer has for a model: memory and cores, as far as this process may use them."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from desktop_app.library.memory import MemoryForecast

_CGROUPS = Path("/sys/fs/cgroup")
_OWN_CGROUPS = Path("/proc/self/cgroup")


@dataclass(frozen=True)
class FreeMemory:
    """Bytes that can be had now.

    Attributes:
        vram: Of the GPU, 0 without one.
        is_shared: What the GPU takes is taken from RAM, as on Apple's chips.
    """

    ram: int
    vram: int = 0
    is_shared: bool = sys.platform == "darwin"

    def taken_from_ram(self, memory: MemoryForecast) -> int:
        """Return how many bytes of RAM a model takes here."""
        return memory.total if self.is_shared else memory.ram


@dataclass(frozen=True)
class _MemoryGroup:
    """What Linux allows a container or service: its limit and its use in bytes, and what of that caches files."""

    limit: int
    used: int
    file_cache: int


def free_memory_bytes() -> int:
    """Return the memory that can be had without swapping; what only caches files counts as free."""
    allowed = [max(0, group.limit - group.used + group.file_cache) for group in _memory_groups()]
    return min([psutil.virtual_memory().available, *allowed])


def held_bytes(process_id: int | None = None) -> int:
    """Return the memory that the end of a process would give back; without a number, of this one.

    What it has mapped from files is left out, because that counts as free all the time; only macOS locks it for a GPU.
    A process that is gone holds nothing.
    """
    try:
        process = psutil.Process(process_id)
        if sys.platform == "darwin":
            return int(process.memory_full_info().uss)
        memory = process.memory_info()
    except psutil.NoSuchProcess:
        return 0
    if sys.platform == "win32":
        return int(memory.private)
    return int(memory.rss - memory.shared)


def physical_cores() -> int:
    """Return how many cores this process may keep busy, at least 1; two threads of one core count as one."""
    cores = [psutil.cpu_count(logical=False) or os.cpu_count() or 1]
    if hasattr(os, "sched_getaffinity"):
        cores.append(len(os.sched_getaffinity(0)))
    for folder in _cgroup_folders(""):
        quota, _, period = _text(folder / "cpu.max").partition(" ")
        if quota.isdecimal() and period.isdecimal() and int(period):
            cores.append(int(quota) // int(period))
    return max(1, min(cores))


def _memory_groups() -> Iterator[_MemoryGroup]:
    """Yield the limited groups that this process is in; each of the limits holds."""
    layouts = (  # of version 2 of control groups, and of version 1
        ("", "memory.max", "memory.current", ""),
        ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_"),
    )
    for controller, limit_name, used_name, prefix in layouts:
        for folder in _cgroup_folders(controller):
            limit, used = _text(folder / limit_name), _text(folder / used_name)
            if limit.isdecimal() and used.isdecimal():  # without a limit it says "max"
                stat = dict(line.split(" ", 1) for line in _text(folder / "memory.stat").splitlines() if " " in line)
                cache = sum(int(stat.get(f"{prefix}{kind}_file", "0")) for kind in ("active", "inactive"))
                yield _MemoryGroup(int(limit), int(used), cache)


def _cgroup_folders(controller: str) -> Iterator[Path]:
    """Yield the control groups of this process, innermost first; none but on Linux.

    Args:
        controller: Of version 1; empty for version 2, which has one hierarchy for all.
    """
    root = _CGROUPS / controller
    for line in _text(_OWN_CGROUPS).splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == controller:
            own = root / path.lstrip("/")
            yield from (folder for folder in (own, *own.parents) if folder.is_relative_to(root))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return ""

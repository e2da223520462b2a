"""Which packages a training environment is made of, for each kind of computer, as `installers/lock_training.py` wrote.

A lock is two files of `assets/training`: `<system>-<processor>-<accelerator>.txt` has the packages with their hashes,
as uv installs them, the `.json` beside it what a person is told before: sizes, licenses, and where it comes from.
"""

import hashlib
import json
import platform
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from desktop_app.errors import UserError

CPU, CUDA, MPS = ACCELERATORS = ("cpu", "cuda", "mps")

# What Python's archives are, as far as one can say before: 25 to 30 MB packed.
PYTHON_DOWNLOAD_BYTES, PYTHON_DISK_BYTES = 30_000_000, 120_000_000


@dataclass(frozen=True)
class Package:
    """A package: its license in a few words, and its size as it comes and as it lies on the disk."""

    name: str
    version: str
    license: str
    download_bytes: int
    disk_bytes: int
    is_unconfirmed: bool = False  # its hash is not from the index that the program asks; no release has such


@dataclass(frozen=True)
class Lock:
    """All packages for one kind of computer.

    Attributes:
        name: Of its files.
        requirements: The file that uv installs from, and `sha256`, the hash of it and of the Python's version.
        python: The version of Python; `python_url`, where it comes from.
        indexes: Where packages are looked for besides the usual index.
        least_driver: The oldest driver of NVIDIA that will do, and `least_compute`, the oldest kind of GPU.
    """

    name: str
    requirements: Path
    sha256: str
    python: str
    python_url: str
    packages: tuple[Package, ...]
    indexes: tuple[str, ...] = ()
    least_driver: str = ""
    least_compute: str = ""

    @property
    def versions(self) -> dict[str, str]:
        return {each.name: each.version for each in self.packages}

    @property
    def accelerator(self) -> str:
        return self.name.rpartition("-")[2]

    @property
    def download_bytes(self) -> int:
        return sum(each.download_bytes for each in self.packages) + PYTHON_DOWNLOAD_BYTES

    @property
    def disk_bytes(self) -> int:
        return sum(each.disk_bytes for each in self.packages) + PYTHON_DISK_BYTES

    @property
    def python_archive(self) -> str:
        """What the file is called that Python comes in."""
        return unquote(urlsplit(self.python_url).path.rpartition("/")[2])


def this_computer(system: str = sys.platform, processor: str = "") -> str:
    """Return the kind of computer, as the names of locks begin."""
    names = {"linux": "linux", "darwin": "macos", "win32": "windows"}
    return f"{names.get(system, system)}-{(processor or platform.machine()).lower()}"


def offered(folder: Path, computer: str) -> dict[str, Lock]:
    """Return the locks for a kind of computer by what they compute on, the usual one first.

    Raises:
        UserError: If there are none, because torch is not made for it, or the files are damaged.
    """
    names = {each: f"{computer}-{each}" for each in ACCELERATORS}
    locks = {each: _read(folder, name) for each, name in names.items() if (folder / f"{name}.json").is_file()}
    if not locks:
        raise UserError(
            "Training needs PyTorch, which there is not for this kind of computer.",
            "Prepare the run here and train it on another computer; the README says how.",
        )
    return locks


def _read(folder: Path, name: str) -> Lock:
    requirements = folder / f"{name}.txt"
    try:
        told = json.loads((folder / f"{name}.json").read_text("utf-8"))
        data = requirements.read_bytes().replace(b"\r\n", b"\n")
        packages = tuple(Package(**each) for each in told.pop("packages"))
        indexes = tuple(told.pop("indexes"))
        sha256 = hashlib.sha256(data + told["python"].encode()).hexdigest()
        return Lock(name, requirements, sha256, packages=packages, indexes=indexes, **told)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            "The list of what training needs is damaged.", "Install Moatless again; your data stays."
        ) from error

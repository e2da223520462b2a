"""One try to set an environment up: Python, an empty environment, the packages, the proof, and only then its place."""

import re
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from desktop_app.errors import UserError
from desktop_app.finetune.environment.lock import Lock
from desktop_app.finetune.environment.place import Place, Record, folder_bytes, is_whole, python_in, write_record
from desktop_app.finetune.environment.process import Workshop
from desktop_app.finetune.environment.status import State
from desktop_app.finetune.environment.troubles import Damaged, uv_trouble
from desktop_app.finetune.environment.uv import (
    Supply,
    install_packages,
    install_python,
    installed_python,
    make_environment,
    mirrored,
    python_cache,
    uv_environment,
)
from desktop_app.finetune.environment.verify import Proof, try_training
from desktop_app.finetune.run_folder import is_running
from desktop_app.library.memory import readable_size
from desktop_app.network.door import Door

Verify = Callable[[Path, str, Place, Workshop], Proof]

_UNCACHED = re.compile(r"^DEBUG Identified uncached distribution: ([\w.-]+)==", re.MULTILINE)
_PREPARED = re.compile(r"^Prepared \d+ package", re.MULTILINE)

# How much of the work is done once the download has begun and ended, and once everything is installed.
_BEGUN, _DOWNLOADED, _INSTALLED = 0.03, 0.9, 0.94
_LEAST_KNOWN = 0.02  # of the download: before, nobody can tell how long it will take


@dataclass(frozen=True)
class Step:
    """What is being done: one of the states, in words, how much of all is done, and how long the download will take."""

    state: State
    words: str
    fraction: float | None = None
    seconds_left: float | None = None


@dataclass(frozen=True)
class Means:
    """What an installation works with.

    Attributes:
        uv: The program.
        program: What `child_environment.program_folder` gives.
        supply: Where packages come from.
        door: Asked before anything connects.
        runs: Where runs are; while one is being trained, the environment in use stays.
        verify: Proves that an environment works.
    """

    uv: Path
    program: Path | None
    supply: Supply
    door: Door
    runs: Path
    verify: Verify = try_training


def is_training(runs: Path) -> bool:
    """Return whether any run is being worked on."""
    return runs.is_dir() and any(is_running(folder) for folder in runs.iterdir() if folder.is_dir())


class Installation:
    """Everything may end it at any time, by an exception."""

    def __init__(
        self, place: Place, lock: Lock, means: Means, workshop: Workshop, tell: Callable[[Step], None]
    ) -> None:
        self._place = place
        self._lock = lock
        self._means = means
        self._workshop = workshop
        self._tell = tell

    def run(self) -> Record:
        """Set it up.

        Raises:
            UserError: If that is not possible; `Damaged` if it does not work and nobody knows why.
            OSError: If a file cannot be written.
            Stopped: If the person has stopped it.
        """
        new = self._place.new_environment()
        try:
            python = self._find_python()
            self._tell(Step(State.DOWNLOADING, "Looking the packages up", _BEGUN))
            self._uv(make_environment(new, python, self._lock))
            self._install_packages(python_in(new))
            record = self._proved(new)
            write_record(new, record)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
        if is_training(self._means.runs):
            raise UserError(
                "The new training environment is ready, but a run is being trained with the one before.",
                "It takes its place as soon as no run is being trained.",
            )
        self._place.swap(new)
        return record

    # ------------------------------------------------------------ Python

    def _find_python(self) -> Path | None:
        """Return the Python to make an environment of; None leaves it to those of the computer."""
        if (there := installed_python(self._lock, self._place)) is not None:
            return there
        if self._means.supply.folder is None:
            self._tell(Step(State.DOWNLOADING, f"Downloading Python {self._lock.python}", 0.0))
            self._uv(
                install_python(self._lock, None),
                self._means.supply.python_hosts(self._lock),
                "Python for the training environment",
                lambda _said: folder_bytes(python_cache(self._place)),
            )
        else:
            archive = self._means.supply.folder / self._lock.python_archive
            if not archive.is_file():
                return None
            mirror = self._place.new_mirror()
            copy = mirrored(self._lock, archive, mirror)
            copy.parent.mkdir()
            shutil.copyfile(archive, copy)
            self._uv(install_python(self._lock, mirror))
            shutil.rmtree(mirror, ignore_errors=True)
        return installed_python(self._lock, self._place)

    # ------------------------------------------------------------ packages

    def _install_packages(self, python: Path) -> None:
        supply = self._means.supply
        progress = _Progress(
            self._lock, self._place, "Downloading" if supply.folder is None else "Unpacking", self._tell
        )
        why = "Packages for the training environment"
        self._uv(install_packages(self._lock, supply, python), supply.hosts(self._lock), why, progress.look)

    def _uv(
        self,
        arguments: Sequence[str],
        connects: Sequence[str] = (),
        why: str = "",
        look: Callable[[str], int] | None = None,
    ) -> None:
        command = [str(self._means.uv), *arguments]
        environment = uv_environment(self._place, self._means.program)
        status, said = self._workshop.run(command, environment, connects, why, look)
        if status:
            raise uv_trouble(said, self._place.log, status)

    # ------------------------------------------------------------ the proof

    def _proved(self, new: Path) -> Record:
        self._tell(Step(State.VERIFYING, "Training two steps to see that it works", _INSTALLED))
        lock = self._lock
        proof = self._means.verify(python_in(new), lock.accelerator, self._place, self._workshop)
        record = Record(
            lock=lock.name,
            lock_sha256=lock.sha256,
            accelerator=lock.accelerator,
            python=lock.python,
            device=proof.device,
            free_bytes=proof.free_bytes,
            # The cache has the same files, which count once.
            disk_bytes=folder_bytes(new) + folder_bytes(self._place.pythons),
            created_at=time.time(),
            packages=lock.versions,
        )
        if not is_whole(new, record):
            raise Damaged("Files of the training environment are missing or damaged.", "Try again.")
        return record


class _Progress:
    """How far the download is, by what uv says it needs and by how much its cache has grown."""

    def __init__(self, lock: Lock, place: Place, verb: str, tell: Callable[[Step], None]) -> None:
        self._verb = verb
        self._packages = {each.name: each for each in lock.packages}
        self._cache = place.cache
        self._tell = tell
        self._began_at = time.monotonic()
        self._bytes_before = folder_bytes(place.cache)

    def look(self, said: str) -> int:
        """Tell how far it is, and return how much has come through the network."""
        wanted = [self._packages[name] for name in set(_UNCACHED.findall(said)) & self._packages.keys()]
        total = sum(each.download_bytes for each in wanted)
        if _PREPARED.search(said) or not wanted:
            if "Resolved" in said:
                self._tell(Step(State.INSTALLING, "Installing the packages", _DOWNLOADED))
            return total
        unpacked = folder_bytes(self._cache) - self._bytes_before
        done = max(0.0, min(1.0, unpacked / max(1, sum(each.disk_bytes for each in wanted))))
        left = None
        if done > _LEAST_KNOWN:
            left = (time.monotonic() - self._began_at) / done * (1 - done)
        words = f"{self._verb} {readable_size(round(total * done))} of {readable_size(total)}"
        self._tell(Step(State.DOWNLOADING, words, _BEGUN + (_DOWNLOADED - _BEGUN) * done, left))
        return round(total * done)

"""The folder of the training environment: what is where in it, and how a new one takes the place of the one before.

    environment/        the environment in use; `environment.json` in it is written last, after it has proved to work
    new-*/              one that is being made; each try has its own, because a killed one's uv may go on for a while
    old/                the one before, while the new one takes its place
    python/, cache/     uv's: the Python that environments are made of, and everything that was downloaded
    log.txt             of the last installation
    lock                held while something is changed

Nothing belongs to it anywhere else, so that removing the folder removes all.
"""

import json
import os
import shutil
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from desktop_app.finetune.environment.packages import is_package_whole
from desktop_app.finetune.whole_files import replace_file

_RECORD = "environment.json"
_NEW, _TRIAL, _MIRROR = "new-", "trial-", "mirror-"


@dataclass(frozen=True)
class Record:
    """What is known of an environment that works.

    Attributes:
        lock: Name of the lock it was made from, and `lock_sha256`, the hash of that.
        accelerator: What was asked for; `device`, what the trainer found, in its words.
        packages: Names and versions.
        free_bytes: Of the device's memory, when it was tried.
        disk_bytes: What it takes of the disk.
        created_at: Unix time in seconds.
    """

    lock: str
    lock_sha256: str
    accelerator: str
    python: str
    device: str
    free_bytes: int
    disk_bytes: int
    created_at: float
    packages: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """The folder, and the names in it."""

    root: Path

    @property
    def environment(self) -> Path:
        return self.root / "environment"

    @property
    def pythons(self) -> Path:
        return self.root / "python"

    @property
    def cache(self) -> Path:
        return self.root / "cache"

    @property
    def log(self) -> Path:
        return self.root / "log.txt"

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def _old(self) -> Path:
        return self.root / "old"

    def new_environment(self) -> Path:
        """Make a folder for an environment."""
        return Path(tempfile.mkdtemp(prefix=_NEW, dir=self.root))

    def new_trial(self) -> Path:
        """Make a folder for a run that the environment is tried on."""
        return Path(tempfile.mkdtemp(prefix=_TRIAL, dir=self.root))

    def new_mirror(self) -> Path:
        """Make a folder for the archive of a Python."""
        return Path(tempfile.mkdtemp(prefix=_MIRROR, dir=self.root))

    def swap(self, new: Path) -> None:
        """Let a new environment take the place of the one in use. Whatever ends it halfway, `settle` ends it.

        Raises:
            OSError: If it cannot; the old one is then in use again.
        """
        shutil.rmtree(self._old, ignore_errors=True)
        if self.environment.exists():
            self.environment.rename(self._old)
        try:
            new.rename(self.environment)
        except OSError:
            with suppress(OSError):
                self._old.rename(self.environment)
            raise
        shutil.rmtree(self._old, ignore_errors=True)

    def settle(self, may_swap: bool) -> None:
        """End what was interrupted: an environment that was ready takes its place, and half-made folders go.

        Args:
            may_swap: No run needs the one in use.
        """
        ready = [each for each in self._made(_NEW) if read_record(each) is not None]
        with suppress(OSError):  # the next one tries again
            if not self.environment.exists() and not ready and self._old.exists():
                self._old.rename(self.environment)
            if ready and (may_swap or not self.environment.exists()):
                self.swap(ready.pop())
        if self.environment.exists():
            shutil.rmtree(self._old, ignore_errors=True)
        for folder in (*self._made(_NEW), *self._made(_TRIAL), *self._made(_MIRROR)):
            if folder not in ready:
                shutil.rmtree(folder, ignore_errors=True)

    def remove(self) -> None:
        """Remove everything but the lock, which is held.

        Raises:
            OSError: If something cannot be removed.
        """
        # First of all what says that it is ready; what is left of an interrupted removal is then no environment.
        (self.environment / _RECORD).unlink(missing_ok=True)
        for path in self.root.iterdir():
            if path != self.lock:
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()

    def _made(self, prefix: str) -> list[Path]:
        try:
            return [each for each in self.root.iterdir() if each.name.startswith(prefix) and each.is_dir()]
        except OSError:
            return []


def python_in(environment: Path) -> Path:
    """Return the Python of an environment, which need not be there."""
    return environment / "Scripts" / "python.exe" if os.name == "nt" else environment / "bin" / "python"


def read_record(environment: Path) -> Record | None:
    """Return what is known of an environment; None if it has not proved to work."""
    try:
        told = json.loads((environment / _RECORD).read_text("utf-8"))
        return Record(**told)
    except (OSError, ValueError, TypeError):
        return None


def write_record(environment: Path, record: Record) -> None:
    """Say that an environment works.

    Raises:
        OSError: If it cannot be written.
    """
    replace_file(environment / _RECORD, json.dumps(asdict(record), indent=1).encode())


def is_whole(environment: Path, record: Record) -> bool:
    """Return whether every file that was installed is there in its full size."""
    folders = (environment / "Lib" / "site-packages", *environment.glob("lib/python3*/site-packages"))
    infos = {_name_of(info): info for folder in folders for info in folder.glob("*.dist-info")}
    if not python_in(environment).exists():
        return False
    return all(name in infos and is_package_whole(infos[name]) for name in record.packages)


def folder_bytes(folder: Path) -> int:
    """Return the size of all files in a folder, of those with several names only once."""
    total, seen = 0, set()
    waiting = [str(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                        continue
                    status = entry.stat(follow_symlinks=False)
                    if status.st_nlink > 1 and status.st_ino in seen:
                        continue
                    seen.add(status.st_ino)
                    total += status.st_size
        except OSError:  # it was just removed, or may not be looked into
            continue
    return total


def _name_of(info: Path) -> str:
    return info.name.partition("-")[0].lower().replace("_", "-").replace(".", "-")
